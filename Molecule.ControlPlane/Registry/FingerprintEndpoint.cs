using Molecule.ControlPlane.Wire;
using Molecule.Registry.Mirror;

namespace Molecule.ControlPlane.Registry;

/// <summary>Which registry this control plane runs on, so that a mirror of it can be held against the file. Ours, additive; nothing in it is secret.</summary>
public static class FingerprintEndpoint
{
    public static void MapFingerprint(this IEndpointRouteBuilder routes) => routes.MapGet(ReportedRegistry.Path, Report);

    private static IResult Report(RegistrySource registry) => Reply.Ok(new WireMap { ["fingerprint"] = registry.Fingerprint, ["sha256"] = registry.Sha256, ["projection"] = null });
}
