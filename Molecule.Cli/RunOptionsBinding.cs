using System.CommandLine;
using Molecule.Contracts.Runs;
using Molecule.Coverage.Planning;
using Molecule.Harness.Desktop;
using Molecule.Harness.Egress;
using Molecule.Harness.Runs;

namespace Molecule.Cli;

/// <summary>The options that select what a run covers, common to gate, plan and test.</summary>
internal sealed class RunOptionsBinding
{
    private readonly Option<string> _mode = new("--mode") { Description = "mock, live or both", DefaultValueFactory = static _ => Environment.GetEnvironmentVariable("MOLECULE_MODE") is { Length: > 0 } mode ? mode : "mock" };
    private readonly Option<string[]> _runtimes = List("--runtime", "only these runtimes");
    private readonly Option<string[]> _arms = List("--arm", "only these provider arms");
    private readonly Option<string[]> _features = List("--feature", "only these features");
    private readonly Option<string[]> _require = List("--require", "capabilities whose absence is red");
    private readonly Option<string?> _shard = new("--shard") { Description = "one of several machines that share a run: i/n" };

    public void AddTo(Command command)
    {
        command.Options.Add(_mode);
        command.Options.Add(_runtimes);
        command.Options.Add(_arms);
        command.Options.Add(_features);
        command.Options.Add(_require);
        command.Options.Add(_shard);
    }

    /// <summary>What is asked for, and what of it this machine can have.</summary>
    /// <exception cref="RunRequestException">The mode or the shard is ill-formed.</exception>
    public async Task<RunOptions> ReadAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        // By the same reader as the environment's, so that the launcher and `dotnet test` cannot come apart.
        var values = new Dictionary<string, string?>
        {
            [RunVariables.Mode] = parsed.GetValue(_mode),
            [RunVariables.Runtimes] = string.Join(',', parsed.GetValue(_runtimes) ?? []),
            [RunVariables.Arms] = string.Join(',', parsed.GetValue(_arms) ?? []),
            [RunVariables.Features] = string.Join(',', parsed.GetValue(_features) ?? []),
            [RunVariables.Shard] = parsed.GetValue(_shard),
            [RunVariables.Require] = string.Join(',', parsed.GetValue(_require) ?? []),
        };
        values[RunEnvironment.Run] = Environment.GetEnvironmentVariable(RunEnvironment.Run);
        var isIsolated = (await IsolatedLaunch.FindAsync(values[RunVariables.Mode], Environment.GetEnvironmentVariable, cancellationToken)).Launch is not null;
        return RunOptions.FromEnvironment(
            // Whose parts are judged is configuration, which has no options.
            name => values.TryGetValue(name, out var said) ? said : name.StartsWith("Molecule__", StringComparison.Ordinal) ? Environment.GetEnvironmentVariable(name) : null,
            static () => RunId.Fresh(TimeProvider.System, Random.Shared),
            [.. isIsolated ? [IsolatedNetwork.Capability] : (string[])[], .. DesktopCapability.OfThisMachine()]);
    }

    // Both forms are taken: --runtime codex --runtime claude-code, and --runtime codex,claude-code.
    private static Option<string[]> List(string name, string description) => new(name)
    {
        Description = description,
        CustomParser = static result => [.. result.Tokens.SelectMany(static t => t.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))],
    };
}
