using Molecule.E2E.Tests.Session;

namespace Molecule.E2E.Tests.Graph;

/// <summary>There is no graph to run a cell on; the message says why.</summary>
public sealed class GraphLostException(Exception cause) : CellNotRunException($"graph lost: {cause.Message}", cause);
