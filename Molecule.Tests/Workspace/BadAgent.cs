using System.Globalization;
using System.Runtime.Versioning;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Molecule.Contracts;
using Molecule.Contracts.Engines;
using Molecule.Contracts.Runs;
using Molecule.Processes;
using Molecule.Workspace.A2A;
using Molecule.Workspace.Agents;
using Molecule.Workspace.Boot;
using Molecule.Workspace.Turns;

namespace Molecule.Tests.Workspace;

/// <summary>A workspace's agent whose program is a shell script: at its first start it misbehaves, at any later one it serves.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class BadAgent : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    // What the real programs of spec/driving-the-runtimes.md 1 and 2 say in one turn, no word more.
    private const string Claude = """
        read -r _; echo '{"type":"control_response","response":{"subtype":"success","request_id":"initialize"}}'
        while read -r _; do echo '{"type":"result","subtype":"success","is_error":false,"result":"served","session_id":"s-2"}'; done
        """;

    private const string Codex = """
        read -r _; echo '{"id":1,"result":{}}'
        read -r _; read -r _; echo '{"id":2,"result":{"thread":{"id":"t-2"}}}'
        n=3
        while read -r _; do
          echo '{"id":'$n',"result":{"turn":{"id":"u-1"}}}'
          echo '{"method":"item/completed","params":{"turnId":"u-1","item":{"type":"agentMessage","text":"served"}}}'
          echo '{"method":"turn/completed","params":{"turn":{"id":"u-1","status":"completed"}}}'
          n=$((n+1))
        done
        """;

    private readonly TemporaryFolder _folder = new("molecule-bad-agent-");
    private readonly TurnRunner _runner;
    private readonly ScriptedPlatform _platform;

    /// <summary>Makes it; nothing runs yet.</summary>
    /// <param name="runtime">claude-code or codex.</param>
    /// <param name="firstStart">Shell, run instead of serving at the first start; <c>hang</c> hangs.</param>
    public BadAgent(string runtime, string firstStart)
    {
        var program = Write("agent", $$"""
            #!/bin/sh
            hang() { echo $$ > "{{_folder.Path}}/hanging"; exec sleep 1000; }
            if [ ! -e "{{_folder.Path}}/started" ]; then
              : > "{{_folder.Path}}/started"
              {{firstStart}}
            fi
            {{(runtime is "codex" ? Codex : Claude)}}
            """);
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var manifest = Write("engines.json", JsonSerializer.Serialize(new EngineManifest([new InstalledEngine(runtime, "0", program, "", Kind: EngineKind.Emulated)]), ContractJson.Compact));
        _platform = new ScriptedPlatform(
            $"MOLECULE_RUNTIME={runtime}",
            $"MOLECULE_RESOLVED_PROVIDER={(runtime is "codex" ? "openai-api" : "anthropic-api")}",
            "MOLECULE_MODEL=some-model",
            "OPENAI_API_KEY=mol-key-1",
            "ANTHROPIC_API_KEY=mol-key-1",
            $"PATH={Environment.GetEnvironmentVariable("PATH")}",
            $"HOME={_folder.Path}",
            $"{RunEnvironment.Engines}={manifest}");
        var settings = _platform.Settings;
        _runner = ScriptedTurns.Runner(_platform, Wedge);
        Slot = new AgentSlot(
            new AgentFactory(settings, new OwnChildren(), _platform.Time, NullLoggerFactory.Instance),
            new AgentSnapshot(settings, new ErrorMask(settings.Environment), _platform.Time, NullLogger<AgentSnapshot>.Instance),
            _runner,
            Wedge,
            NullLogger<AgentSlot>.Instance);
    }

    public AgentSlot Slot { get; }

    public Wedge Wedge { get; } = new();

    /// <summary>Starts the agent as a workspace does; the clock goes on while the program hangs.</summary>
    public Task SetUpAsync(CancellationToken cancellationToken) => PassingAsync(Slot.SetUpAsync(cancellationToken), "the agent's start had ended");

    /// <summary>Runs a turn as a workspace does; the clock goes on while the program hangs.</summary>
    public async Task<TurnReply> TurnAsync(CancellationToken cancellationToken)
    {
        var turn = _runner.RunAsync(Slot.Ready!, "go on", static _ => { }, cancellationToken);
        await PassingAsync(turn, "the turn had ended");
        return await turn;
    }

    private bool IsHanging() =>
        File.Exists(Path.Combine(_folder.Path, "hanging"))
        && int.TryParse(File.ReadAllText(Path.Combine(_folder.Path, "hanging")), CultureInfo.InvariantCulture, out var id)
        && ProcessTable.Find(id) is { State: not 'Z' };

    private async Task PassingAsync(Task task, string awaited)
    {
        // Else it would run out for a program that a busy machine is slow to start.
        await Eventually.HoldsAsync(
            () =>
            {
                if (IsHanging())
                {
                    _platform.Time.Advance(TimeSpan.FromSeconds(30));
                }

                return task.IsCompleted;
            },
            Deadline,
            awaited);
        await task;
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder.Path, name);
        File.WriteAllText(path, text);
        return path;
    }

    public async ValueTask DisposeAsync()
    {
        await Slot.DisposeAsync();
        _platform.Dispose();
        _folder.Dispose();
    }
}
