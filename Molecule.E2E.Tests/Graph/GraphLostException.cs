namespace Molecule.E2E.Tests.Graph;

/// <summary>There is no graph to run a cell on; the message says why.</summary>
public sealed class GraphLostException(Exception cause) : Exception($"graph lost: {cause.Message}", cause);
