namespace Molecule.HostTools.Postgres;

/// <summary>PostgreSQL cannot be had as asked, and why: a sentence for the user, answered with exit code 2.</summary>
public sealed class PostgresUnavailableException : Exception
{
    public PostgresUnavailableException(string message)
        : base(message)
    {
    }

    public PostgresUnavailableException(string message, Exception cause)
        : base(message, cause)
    {
    }
}
