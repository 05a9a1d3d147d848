namespace Molecule.E2E.Tests.Session;

/// <summary>The control plane under test does not show what the cell needs; the message is the cell's reason and begins with <c>SUT: </c>.</summary>
public sealed class SystemUncheckedException(string reason) : Exception(reason);
