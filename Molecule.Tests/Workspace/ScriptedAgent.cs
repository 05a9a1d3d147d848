using Microsoft.Extensions.Logging.Abstractions;
using Molecule.Workspace.A2A;
using Molecule.Workspace.Agents;
using Molecule.Workspace.Memory;
using Molecule.Workspace.Turns;

namespace Molecule.Tests.Workspace;

/// <summary>An agent that gives its replies one after the other, and the last one to everything else.</summary>
public sealed class ScriptedAgent(params TurnReply[] replies) : IAgent
{
    /// <summary>Whether it tells each reply's text as a piece, too.</summary>
    public bool SaysItsText { get; init; }

    public int Resets { get; private set; }

    public List<string> Prompts { get; } = [];

    public int Turns => Prompts.Count;

    public string Engine => "scripted 1";

    public string? Session { get; set; }

    public void ContinueFrom(string session) => Session = session;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<TurnReply> RunTurnAsync(string prompt, Action<string> onText, CancellationToken cancellationToken)
    {
        Prompts.Add(prompt);
        Session ??= "s-1";
        var reply = replies[Math.Min(Prompts.Count, replies.Length) - 1];
        if (SaysItsText)
        {
            onText(reply.Text);
        }

        return Task.FromResult(reply);
    }

    public Task ResetSessionAsync(CancellationToken cancellationToken)
    {
        Session = null;
        Resets++;
        return Task.CompletedTask;
    }

    public Task<Transcript> TranscriptAsync(CancellationToken cancellationToken) => Task.FromResult(new Transcript("", []));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>Turns whose platform is scripted.</summary>
public static class ScriptedTurns
{
    public static TurnRunner Runner(ScriptedPlatform platform, Wedge wedge)
    {
        var memories = new MemoryClient(platform.Connect(), NullLogger<MemoryClient>.Instance);
        return Runner(platform, wedge, memories, new MemoryKeeper(memories));
    }

    public static TurnRunner Runner(ScriptedPlatform platform, Wedge wedge, MemoryClient memories, MemoryKeeper keeper) =>
        new(platform.Settings, new ErrorMask(platform.Settings.Environment), wedge, memories, keeper, new OverflowReport(platform.Connect(), NullLogger<OverflowReport>.Instance));
}
