using Microsoft.AspNetCore.Http;
using Molecule.Contracts.Journal;
using Molecule.Harness.Engines;
using Molecule.Harness.Runs;
using Molecule.Processes.Peers;

namespace Molecule.Tests.Workspace;

// What the kernel shows of the program behind a turn, judged by the committed locks.
public abstract partial class RuntimeContract
{
    /// <summary>A turn on the runtime's arm, whose request is taken from the other end and judged.</summary>
    protected async Task AssertAttestedAsync(string runtime, string engine)
    {
        await using var workspace = await RunningWorkspace.StartAsync(Configured, Cancelled);
        await AssertAttestedAsync(workspace, runtime, engine);
    }

    /// <summary>The same on a workspace that runs.</summary>
    internal static async Task AssertAttestedAsync(RunningWorkspace workspace, string runtime, string engine)
    {
        var attestor = new PeerAttestor();
        var entries = new List<JournalEntry>();
        workspace.Vendor.Instead = context =>
        {
            entries.Add(Entry(context, attestor.Identify(
                new(context.Connection.LocalIpAddress!, context.Connection.LocalPort), new(context.Connection.RemoteIpAddress!, context.Connection.RemotePort))));
            return Task.FromResult(false);
        };

        await workspace.SendAsync(Words.Prompt("KAVODU", "MIRELO"), Cancelled);
        workspace.Vendor.Instead = null;

        var locks = Repository.Find(AppContext.BaseDirectory).EnginesLockFiles.SelectMany(static path => EngineLockFile.Read(path));
        var (found, doubt) = new EngineAttestation([.. locks], static _ => null).Judge(runtime, "ws-1", entries);
        Assert.True(doubt is null, $"{doubt}: {string.Join(", ", entries.Select(static e => e.Peer))}");
        Assert.Equal(engine, found?.ToString());
    }

    private static JournalEntry Entry(HttpContext context, PeerIdentity? peer) => new(
        1, DateTimeOffset.UnixEpoch, "arm", context.Request.Method, context.Request.Path, "", CredentialForm.None, null, null, true, 200,
        context.Request.Headers.UserAgent, null, null, null, peer, null);
}
