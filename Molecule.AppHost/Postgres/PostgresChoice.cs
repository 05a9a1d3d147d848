using Molecule.HostTools.Containers;

namespace Molecule.AppHost.Postgres;

/// <summary>Where the graph's PostgreSQL runs.</summary>
public enum PostgresKind
{
    /// <summary>As a process, from npm's binaries.</summary>
    Embedded = 0,

    /// <summary>In a container, by Aspire's own integration.</summary>
    Container = 1,
}

/// <summary>Decides where PostgreSQL runs (design.md 5): <c>auto</c> is a container under real Aspire on a machine with a container engine, else embedded.</summary>
public static class PostgresChoice
{
    /// <summary>The configuration key: auto, container or embedded.</summary>
    public const string Setting = "Molecule:Postgres";

    /// <exception cref="InvalidOperationException">The setting is none of the three.</exception>
    public static PostgresKind Of(string? setting, bool isRealAspire, Func<ContainerEngine?> engine) => setting?.ToLowerInvariant() switch
    {
        "container" => PostgresKind.Container,
        "embedded" => PostgresKind.Embedded,
        null or "" or "auto" => isRealAspire && engine() is not null ? PostgresKind.Container : PostgresKind.Embedded,
        _ => throw new InvalidOperationException($"{Setting} is '{setting}'; it is one of auto, container, embedded."),
    };
}
