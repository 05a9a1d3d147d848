using Molecule.E2E.Tests.Session;
using Xunit.v3;

[assembly: TestPipelineStartup(typeof(PlatformOnly))]

namespace Molecule.E2E.Tests.Session;

/// <summary>
/// Refuses xUnit.net's own console runner, which this program also holds (<c>-automated</c>, <c>@@</c>): it knows no session consumer, and its
/// -ignoreFailures exits 0 whatever failed.
/// </summary>
public sealed class PlatformOnly : ITestPipelineStartup
{
    public ValueTask StartAsync(Xunit.Sdk.IMessageSink diagnosticMessageSink)
    {
        if (!CellSessionHook.IsRegistered)
        {
            Refusal.Exit("this program runs under Microsoft.Testing.Platform alone, where its session is judged: leave out -automated and @@.");
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask StopAsync() => ValueTask.CompletedTask;
}
