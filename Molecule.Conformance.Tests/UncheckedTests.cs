using System.Collections.Concurrent;
using Microsoft.Testing.Platform.Builder;
using Microsoft.Testing.Platform.Extensions.Messages;
using Microsoft.Testing.Platform.Extensions.TestHost;
using Microsoft.Testing.Platform.Messages;
using Microsoft.Testing.Platform.Services;

namespace Molecule.Conformance.Tests;

/// <summary>Names at the session's end the tests that were not made for what this machine lacks: neither passed nor failed (docs/decisions/0011, 0023).</summary>
internal sealed class UncheckedTests(IMessageBus bus) : IDataProducer, ITestSessionLifetimeHandler
{
    private static readonly ConcurrentDictionary<string, (string Lacking, string Reason)> Unchecked = new(StringComparer.Ordinal);

    public string Uid => "molecule-unchecked-tests";

    public string Version => "1";

    public string DisplayName => "Unchecked for what the machine lacks";

    public string Description => "Names the tests that need what this machine does not have.";

    public Type[] DataTypesProduced => [typeof(TestNodeUpdateMessage)];

    /// <param name="test">Its name.</param>
    /// <param name="lacking">What it needs.</param>
    /// <param name="reason">Why that is not there, and the mend.</param>
    public static void Add(string test, string lacking, string reason) => Unchecked[test] = (lacking, reason);

    public Task<bool> IsEnabledAsync() => Task.FromResult(true);

    public Task OnTestSessionStartingAsync(ITestSessionContext testSessionContext) => Task.CompletedTask;

    public async Task OnTestSessionFinishingAsync(ITestSessionContext testSessionContext)
    {
        foreach (var (test, (lacking, reason)) in Unchecked.OrderBy(static u => u.Key, StringComparer.Ordinal))
        {
            var node = new TestNode
            {
                Uid = $"{Uid}/{test}",
                DisplayName = $"unchecked ({lacking}): {test}",
                Properties = new PropertyBag(new SkippedTestNodeStateProperty(reason)),
            };
            await bus.PublishAsync(this, new TestNodeUpdateMessage(testSessionContext.SessionUid, node));
        }
    }
}

/// <summary>Registers <see cref="UncheckedTests"/> with the test platform; named in this project's file.</summary>
public static class UncheckedTestsHook
{
    public static void AddExtensions(ITestApplicationBuilder builder, string[] arguments)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.TestHost.AddTestSessionLifetimeHandler(static services => new UncheckedTests(services.GetMessageBus()));
    }
}
