using System.Collections.Immutable;
using CliWrap;
using CliWrap.Buffered;
using Molecule.Contracts.Runs;
using Molecule.HostTools.Isolation;

namespace Molecule.Cli;

/// <summary>How a test process is started in a network of its own (design.md 4, "Egress").</summary>
/// <param name="Prefix">What stands before the program: it becomes the program, so process id, signals and streams are the program's.</param>
/// <param name="Variables">What a run without a network needs to be told.</param>
internal sealed record IsolatedLaunch(ImmutableArray<string> Prefix, ImmutableDictionary<string, string> Variables)
{
    private const string Postgres = "Molecule__Postgres";

    // A database in a container would listen outside. The rest are programs of the SDK and of Aspire that would report home:
    // https://learn.microsoft.com/dotnet/core/tools/telemetry, https://aspire.dev/reference/cli/microsoft-collected-dashboard-telemetry
    private static readonly ImmutableDictionary<string, string> _variables = ImmutableDictionary<string, string>.Empty
        .Add(Postgres, "embedded")
        .Add("DOTNET_CLI_TELEMETRY_OPTOUT", "1")
        .Add("ASPIRE_DASHBOARD_TELEMETRY_OPTOUT", "true")
        .Add("ASPIRE_VERSION_CHECK_DISABLED", "true");

    /// <summary>Tries it. Null and why where a run is not to be isolated or cannot be.</summary>
    /// <param name="mode">mock, live or both.</param>
    /// <param name="environment">A variable's value, or null.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public static async Task<(IsolatedLaunch? Launch, string? Refusal)> FindAsync(string? mode, Func<string, string?> environment, CancellationToken cancellationToken)
    {
        if (!"mock".Equals(mode, StringComparison.OrdinalIgnoreCase))
        {
            return (null, "live cells need the network");
        }

        if (PartsOutside(environment) is { } outside)
        {
            return (null, $"{outside} has a part of the graph listen outside");
        }

        if (LoopbackNamespace.Refusal() is not { } refusal)
        {
            return (new IsolatedLaunch(["dotnet", typeof(LoopbackNamespace).Assembly.Location, "isolate", "--"], _variables), null);
        }

        // As a user: in a user namespace of one's own one may. Only a program of one thread can move into one (man 2 unshare), so another one goes ahead.
        ImmutableArray<string> asUser =
            ["unshare", "--user", "--net", "--map-current-user", "--keep-caps", "--", "dotnet", typeof(LoopbackNamespace).Assembly.Location, "isolate", "--entered", "--"];
        return OperatingSystem.IsLinux() && await RunsAsync([.. asUser, "true"], cancellationToken)
            ? (new IsolatedLaunch(asUser, _variables), null)
            : (null, $"{refusal}; as root it can, or as a user whom the kernel gives namespaces of their own");
    }

    // What is configured to be somewhere else is not in a network that has nowhere else.
    private static string? PartsOutside(Func<string, string?> environment) =>
        environment(Postgres) is "container" ? Postgres
        : environment("Molecule__ControlPlane") is { Length: > 0 } controlPlane and not "project" ? $"Molecule__ControlPlane={controlPlane}"
        : environment("Molecule__Runtimes__hermes__Url") is { Length: > 0 } ? "Molecule__Runtimes__hermes__Url"
        : RuntimeImage.Runtimes.Select(RuntimeImage.ImageVariable).FirstOrDefault(variable => !string.IsNullOrEmpty(environment(variable)));

    private static async Task<bool> RunsAsync(ImmutableArray<string> command, CancellationToken cancellationToken)
    {
        try
        {
            var result = await CliWrap.Cli.Wrap(command[0]).WithArguments(command[1..]).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(cancellationToken);
            return result.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
