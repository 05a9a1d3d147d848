using System.Collections.Immutable;
using Microsoft.Extensions.Time.Testing;
using Molecule.Contracts.Runs;
using Molecule.Processes;
using Molecule.Workspace.Agents;

namespace Molecule.Tests.Workspace;

// What holds of the agent alone: its answer's pieces, the end of a turn, its conversation.
public abstract partial class RuntimeContract
{
    [Fact]
    public async Task The_answers_first_piece_is_there_before_the_vendor_has_sent_the_last()
    {
        await using var bench = await AgentBench.StartAsync(this);
        var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        bench.Vendor.BeforePiece = (piece, gone) => piece is 2 ? first.Task.WaitAsync(Deadline, gone) : Task.CompletedTask;
        var pieces = new List<string>();

        var reply = await bench.Agent.RunTurnAsync(
            Words.Prompt("KAVODU", "MIRELO"),
            piece =>
            {
                pieces.Add(piece);
                first.TrySetResult();
            },
            Cancelled);

        Assert.Equal("MIRELO-KAVODU", reply.Text);
        Assert.Equal(reply.Text, string.Concat(pieces));
        Assert.True(pieces.Count > 1, "The answer came in one piece.");
    }

    [Fact]
    public async Task A_cancelled_turn_ends_in_the_program_which_goes_on_with_the_conversation()
    {
        await using var bench = await AgentBench.StartAsync(this);
        var program = bench.Program();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var aborted = bench.Vendor.HangAfterTheFirstPiece();
        var pieces = new List<string>();

        var turn = bench.Agent.RunTurnAsync(
            Words.Prompt("KAVODU", "MIRELO"),
            piece =>
            {
                pieces.Add(piece);
                cancel.Cancel();
            },
            cancel.Token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => turn.WaitAsync(Deadline));
        await aborted.WaitAsync(Deadline, Cancelled);
        Assert.Equal("MIRE", string.Concat(pieces));
        bench.Vendor.BeforePiece = null;
        Assert.Equal("TELUNO-SOPIRA", (await bench.TurnAsync("SOPIRA", "TELUNO")).Text);
        Assert.Contains("KAVODU", bench.LastRequest(), StringComparison.Ordinal);
        Assert.Equal(program, bench.Program());
    }

    [Fact]
    public async Task A_program_that_does_not_give_a_turn_up_is_replaced_and_the_conversation_goes_on()
    {
        await using var bench = await AgentBench.StartAsync(this);
        await bench.TurnAsync("BAVUNE", "DORIMA");
        var program = bench.Program();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var reached = bench.Vendor.Hang();
        var turn = bench.Agent.RunTurnAsync(Words.Prompt("KAVODU", "MIRELO"), static _ => { }, cancel.Token);
        await reached.WaitAsync(Deadline, Cancelled);

        ProcessTable.Freeze(program);
        await cancel.CancelAsync();
        await Eventually.HoldsAsync(
            () =>
            {
                bench.Time.Advance(TimeSpan.FromMilliseconds(100));
                return turn.IsCompleted;
            },
            Deadline,
            "the frozen program's turn has ended");

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => turn);
        bench.Vendor.Instead = null;
        Assert.Equal("TELUNO-SOPIRA", (await bench.TurnAsync("SOPIRA", "TELUNO")).Text);
        Assert.Contains("BAVUNE", bench.LastRequest(), StringComparison.Ordinal);
        Assert.NotEqual(program, bench.Program());
    }

    [Fact]
    public async Task A_reset_drops_the_conversation_and_its_transcripts()
    {
        await using var bench = await AgentBench.StartAsync(this);
        Assert.Empty((await bench.Agent.TranscriptAsync(Cancelled)).Lines);
        await bench.TurnAsync("KAVODU", "MIRELO");
        var before = bench.Agent.Session;
        var transcript = await bench.Agent.TranscriptAsync(Cancelled);
        Assert.Contains(transcript.Lines, static line => line.Contains("MIRELO-KAVODU", StringComparison.Ordinal));
        Assert.All(transcript.Lines, static line => Assert.NotNull(JsonLine.Read(line)));
        Assert.True(Directory.Exists(Path.Combine(bench.Home, transcript.Source)), $"There is no {transcript.Source}.");

        await bench.Agent.ResetSessionAsync(Cancelled);

        Assert.Empty((await bench.Agent.TranscriptAsync(Cancelled)).Lines);
        Assert.DoesNotContain(
            Directory.EnumerateFiles(bench.Home, "*.jsonl", SearchOption.AllDirectories),
            static file => File.ReadAllText(file).Contains("KAVODU", StringComparison.Ordinal));
        Assert.Equal("TELUNO-SOPIRA", (await bench.TurnAsync("SOPIRA", "TELUNO")).Text);
        Assert.DoesNotContain("KAVODU", bench.LastRequest(), StringComparison.Ordinal);
        Assert.NotEqual(before, bench.Agent.Session);
    }

    [Fact]
    public async Task An_agent_started_anew_goes_on_with_the_conversation_it_is_told()
    {
        await using var bench = await AgentBench.StartAsync(this);
        await bench.TurnAsync("KAVODU", "MIRELO");
        var session = bench.Agent.Session;
        Assert.NotNull(session);

        await bench.RestartAsync(session);

        Assert.Equal("TELUNO-SOPIRA", (await bench.TurnAsync("SOPIRA", "TELUNO")).Text);
        Assert.Contains("KAVODU", bench.LastRequest(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_agent_told_of_a_conversation_that_is_gone_begins_a_fresh_one()
    {
        await using var bench = await AgentBench.StartAsync(this);

        await bench.RestartAsync("0199f6d2-7a10-7000-8000-00000000abcd");

        Assert.Equal("TELUNO-SOPIRA", (await bench.TurnAsync("SOPIRA", "TELUNO")).Text);
        Assert.NotEqual("0199f6d2-7a10-7000-8000-00000000abcd", bench.Agent.Session);
    }

    /// <summary>One agent with its vendor and its folder, its time standing still.</summary>
    private sealed class AgentBench : IAsyncDisposable
    {
        private readonly TemporaryFolder _home = new("molecule-agent-");
        private readonly string _mark = $"ws-{Guid.NewGuid():N}";
        private readonly RuntimeContract _contract;
        private readonly string _manifest;

        private AgentBench(RuntimeContract contract, VendorStandIn vendor, string manifest)
        {
            (_contract, Vendor, _manifest) = (contract, vendor, manifest);
            Agent = Create();
        }

        public VendorStandIn Vendor { get; }

        public IAgent Agent { get; private set; }

        public FakeTimeProvider Time { get; } = new();

        public string Home => _home.Path;

        public static async Task<AgentBench> StartAsync(RuntimeContract contract)
        {
            var vendor = await VendorStandIn.StartAsync();
            var bench = new AgentBench(contract, vendor, await InstalledEngines.ManifestAsync(contract.Configured(vendor.Origin)["MOLECULE_RUNTIME"]));
            try
            {
                await bench.Agent.StartAsync(Cancelled);
                return bench;
            }
            catch
            {
                await bench.DisposeAsync();
                throw;
            }
        }

        /// <summary>Ends the agent and starts another on the same folder.</summary>
        public async Task RestartAsync(string session)
        {
            await Agent.DisposeAsync();
            Agent = Create();
            Agent.ContinueFrom(session);
            await Agent.StartAsync(Cancelled);
        }

        public Task<TurnReply> TurnAsync(string a, string b) => Agent.RunTurnAsync(Words.Prompt(a, b), static _ => { }, Cancelled);

        public string LastRequest() => Vendor.Turns[^1].Body!.ToJsonString();

        /// <summary>The oldest of the agent's processes that still run.</summary>
        public ProcessKey Program() => ProcessTable.Read()
            .Where(r => r.State is not 'Z' && ProcessTable.EnvironmentVariable(r.Key.Id, RunEnvironment.Workspace) == _mark)
            .MinBy(static r => r.Key.StartTicks)?.Key ?? throw new InvalidOperationException("No process of the agent runs.");

        private IAgent Create() => _contract.Create(
            _manifest,
            new AgentFolders(Home, Home),
            RunningProgram.BareEnvironment(Home).Concat(_contract.Configured(Vendor.Origin)).Append(new(RunEnvironment.Workspace, _mark)).ToImmutableDictionary(),
            Time);

        public async ValueTask DisposeAsync()
        {
            await Agent.DisposeAsync();
            await Vendor.DisposeAsync();
            _home.Dispose();
        }
    }
}
