namespace Molecule.E2E.Tests.Session;

/// <summary>The cell has not been begun, for a reason that is not its own: it stays uncovered, with that reason, and has not failed.</summary>
public class CellNotRunException(string message, Exception? cause = null) : Exception(message, cause);
