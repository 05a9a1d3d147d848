using System.Collections.Immutable;
using Molecule.Registry.Mirror;

namespace Molecule.Harness.Registries;

/// <summary>Which registry the running parts of a graph said that they run on, asked of each over HTTP.</summary>
/// <param name="ControlPlane">The control plane.</param>
/// <param name="Workspace">A running workspace, at the address that it registered.</param>
/// <param name="Menu">The models that the control plane's list of templates offers for the workspace's runtime; empty where it has not just one row for that.</param>
public sealed record SeenRegistries(ReportedRegistry ControlPlane, ReportedRegistry Workspace, ImmutableArray<string> Menu);
