using System.Collections.Immutable;
using Molecule.Contracts.Engines;
using Molecule.Contracts.Runs;

namespace Molecule.Workspace.Agents.Hermes;

/// <summary>Which hermes answers: one that runs already, one that is installed here, or the stand-in of this build; in this order.</summary>
/// <param name="Engine">The name for people: <c>hermes 0.1.0 (emulated)</c> for the stand-in.</param>
/// <param name="Program">What to start; null where one runs already.</param>
/// <param name="Url">The API server that runs already.</param>
/// <param name="Key">Its bearer; secret.</param>
/// <param name="IsEmulated">Whether <paramref name="Program"/> is the stand-in.</param>
public sealed record HermesSource(string Engine, string? Program, Uri? Url, string? Key, bool IsEmulated)
{
    private const string Prefix = "Molecule__Runtimes__hermes__";

    /// <summary>Finds it.</summary>
    /// <param name="environment">The workspace's environment: the node hands <c>Molecule__Runtimes__*</c> on.</param>
    /// <exception cref="AgentSetupException">What is configured is not there, or there is none at all.</exception>
    public static HermesSource Find(ImmutableDictionary<string, string> environment)
    {
        string? Setting(string name) => environment.TryGetValue(Prefix + name, out var value) && value.Length > 0 ? value : null;
        var name = Setting("Version") is { } version ? $"hermes {version}" : "hermes";
        if (Setting("Url") is { } url)
        {
            return Uri.TryCreate(url, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
                ? new HermesSource(name, null, address, Setting("Key") ?? throw new AgentSetupException($"{Prefix}Key is not set: it is the API_SERVER_KEY of the hermes at {url}."), IsEmulated: false)
                : throw new AgentSetupException($"{Prefix}Url is '{url}': it has to be an absolute http or https URL.");
        }

        if (Setting("Command") is { } command)
        {
            return new HermesSource(
                name,
                OnPath(command, environment) ?? throw new AgentSetupException($"{Prefix}Command is '{command}': there is no such program. Give its path, or unset it for the stand-in."),
                null, null, IsEmulated: false);
        }

        return OnPath("hermes", environment) is { } installed ? new HermesSource(name, installed, null, null, IsEmulated: false) : StandIn(environment);
    }

    private static HermesSource StandIn(ImmutableDictionary<string, string> environment)
    {
        try
        {
            var engine = EngineLookup.Find("hermes", environment.GetValueOrDefault(RunEnvironment.Engines));
            var kind = engine.Kind is EngineKind.Emulated;
            return new HermesSource(kind ? $"{engine.Name} {engine.Version} (emulated)" : $"{engine.Name} {engine.Version}", engine.Path, null, null, kind);
        }
        catch (EngineMissingException e)
        {
            throw new AgentSetupException($"There is no hermes here, neither {Prefix}Url nor {Prefix}Command nor a hermes on PATH, and no stand-in: {e.Message}", e);
        }
    }

    private static string? OnPath(string command, ImmutableDictionary<string, string> environment) => command.Contains('/', StringComparison.Ordinal)
        ? File.Exists(command) ? command : null
        : environment.GetValueOrDefault("PATH", "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Select(folder => Path.Combine(folder, command)).FirstOrDefault(File.Exists);

    // The key is a secret.
    public override string ToString() => $"{Engine} at {Program ?? Url?.ToString()}";
}
