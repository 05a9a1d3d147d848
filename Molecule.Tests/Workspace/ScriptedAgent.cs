using Microsoft.Extensions.Logging.Abstractions;
using Molecule.Workspace.A2A;
using Molecule.Workspace.Agents;
using Molecule.Workspace.Memory;
using Molecule.Workspace.Turns;

namespace Molecule.Tests.Workspace;

/// <summary>An agent that gives one reply to everything.</summary>
public sealed class ScriptedAgent(TurnReply reply) : IAgent
{
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
        return Task.FromResult(reply);
    }

    public Task ResetSessionAsync(CancellationToken cancellationToken)
    {
        Session = null;
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
        new(platform.Settings, new ErrorMask(platform.Settings.Environment), wedge, memories, keeper);
}
