using Molecule.Registry.Mirror;

namespace Molecule.Workspace.Mirror;

/// <summary>The workspace runtime's own copy of the registry, byte for byte in this program, and what is told of it.</summary>
public static class OwnMirror
{
    private const string Resource = "providers.yaml";

    public static void MapMirror(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var report = new Lazy<ReportedRegistry>(Report);
        app.MapGet(ReportedRegistry.Path, () => report.Value);
    }

    private static ReportedRegistry Report()
    {
        using var stream = typeof(OwnMirror).Assembly.GetManifestResourceStream(Resource) ?? throw new InvalidOperationException($"{Resource} is not in this program.");
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        var mirror = RegistrySource.Read(Resource, bytes.ToArray());
        return new ReportedRegistry(mirror.Fingerprint, mirror.Sha256, RegistryProjection.Fingerprint);
    }
}
