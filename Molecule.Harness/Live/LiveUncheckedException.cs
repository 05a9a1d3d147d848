namespace Molecule.Harness.Live;

/// <summary>A live cell cannot be looked at: the vendor refuses its key, or there is no price or no money for it. The message is the cell's reason, code first.</summary>
public sealed class LiveUncheckedException(string message) : Exception(message);
