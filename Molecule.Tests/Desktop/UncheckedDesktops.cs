using System.Collections.Concurrent;
using Microsoft.Testing.Platform.Builder;
using Microsoft.Testing.Platform.Extensions.Messages;
using Microsoft.Testing.Platform.Extensions.TestHost;
using Microsoft.Testing.Platform.Messages;
using Microsoft.Testing.Platform.Services;

namespace Molecule.Tests.Desktop;

/// <summary>Names at the session's end what was not checked for the lack of a desktop's programs: neither passed nor failed (docs/decisions/0023).</summary>
internal sealed class UncheckedDesktops(IMessageBus bus) : IDataProducer, ITestSessionLifetimeHandler
{
    private static readonly ConcurrentDictionary<string, string> _unchecked = new(StringComparer.Ordinal);

    public string Uid => "molecule-unchecked-desktops";

    public string Version => "1";

    public string DisplayName => "Unchecked for the lack of a desktop";

    public string Description => "Names the tests that need a real desktop on a machine that cannot have one.";

    public Type[] DataTypesProduced => [typeof(TestNodeUpdateMessage)];

    public static void Add(string test, string reason) => _unchecked[test] = reason;

    public Task<bool> IsEnabledAsync() => Task.FromResult(true);

    public Task OnTestSessionStartingAsync(ITestSessionContext testSessionContext) => Task.CompletedTask;

    public async Task OnTestSessionFinishingAsync(ITestSessionContext testSessionContext)
    {
        foreach (var (test, reason) in _unchecked.OrderBy(static u => u.Key, StringComparer.Ordinal))
        {
            var node = new TestNode
            {
                Uid = $"{Uid}/{test}",
                DisplayName = $"unchecked (desktop): {test}",
                Properties = new PropertyBag(new SkippedTestNodeStateProperty(reason)),
            };
            await bus.PublishAsync(this, new TestNodeUpdateMessage(testSessionContext.SessionUid, node));
        }
    }
}

/// <summary>Registers <see cref="UncheckedDesktops"/> with the test platform; named in this project's file.</summary>
public static class UncheckedDesktopsHook
{
    public static void AddExtensions(ITestApplicationBuilder builder, string[] arguments)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.TestHost.AddTestSessionLifetimeHandler(static services => new UncheckedDesktops(services.GetMessageBus()));
    }
}
