using System.Collections.Concurrent;
using Microsoft.Testing.Platform.Builder;
using Microsoft.Testing.Platform.Extensions.Messages;
using Microsoft.Testing.Platform.Extensions.TestHost;
using Microsoft.Testing.Platform.Messages;
using Microsoft.Testing.Platform.Services;

namespace Molecule.Conformance.Tests.Containers;

/// <summary>Names at the session's end what was not checked for the lack of a container engine: neither passed nor failed (docs/decisions/0002).</summary>
internal sealed class UncheckedContainers(IMessageBus bus) : IDataProducer, ITestSessionLifetimeHandler
{
    private static readonly ConcurrentDictionary<string, string> Unchecked = new(StringComparer.Ordinal);

    public string Uid => "molecule-unchecked-containers";

    public string Version => "1";

    public string DisplayName => "Unchecked for the lack of a container engine";

    public string Description => "Names the tests that need a container engine on a machine that has none.";

    public Type[] DataTypesProduced => [typeof(TestNodeUpdateMessage)];

    public static void Add(string test, string reason) => Unchecked[test] = reason;

    public Task<bool> IsEnabledAsync() => Task.FromResult(true);

    public Task OnTestSessionStartingAsync(ITestSessionContext testSessionContext) => Task.CompletedTask;

    public async Task OnTestSessionFinishingAsync(ITestSessionContext testSessionContext)
    {
        foreach (var (test, reason) in Unchecked.OrderBy(static u => u.Key, StringComparer.Ordinal))
        {
            var node = new TestNode
            {
                Uid = $"{Uid}/{test}",
                DisplayName = $"unchecked (container engine): {test}",
                Properties = new PropertyBag(new SkippedTestNodeStateProperty(reason)),
            };
            await bus.PublishAsync(this, new TestNodeUpdateMessage(testSessionContext.SessionUid, node));
        }
    }
}

/// <summary>Registers <see cref="UncheckedContainers"/> with the test platform; named in this project's file.</summary>
public static class UncheckedContainersHook
{
    public static void AddExtensions(ITestApplicationBuilder builder, string[] arguments)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.TestHost.AddTestSessionLifetimeHandler(static services => new UncheckedContainers(services.GetMessageBus()));
    }
}
