namespace Molecule.HostTools.Installing;

/// <summary>This machine cannot have what was asked for, and why: a sentence for the user, answered with exit code 2.</summary>
public sealed class InstallException : Exception
{
    public InstallException(string message)
        : base(message)
    {
    }

    public InstallException(string message, Exception cause)
        : base(message, cause)
    {
    }
}
