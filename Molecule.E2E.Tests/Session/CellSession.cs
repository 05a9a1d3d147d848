using System.Collections.Immutable;
using System.Reflection;
using Microsoft.Testing.Platform.Extensions;
using Microsoft.Testing.Platform.Extensions.Messages;
using Microsoft.Testing.Platform.Extensions.TestHost;
using Microsoft.Testing.Platform.Messages;
using Microsoft.Testing.Platform.Services;
using Molecule.Coverage.Ledger;
using Molecule.Coverage.Planning;
using Molecule.Coverage.Verdict;
using Molecule.Harness.Keys;
using Molecule.Registry;

namespace Molecule.E2E.Tests.Session;

/// <summary>
/// Writes into the ledger what the test platform says of each test, and when the session ends judges the ledger: whatever gates and is not
/// covered becomes a failed test under the cell's own name, so that a plain <c>dotnet test</c> is red for what did not run.
/// </summary>
internal sealed class CellSession(IMessageBus bus) : IDataConsumer, IDataProducer, ITestSessionLifetimeHandler
{
    private const string CellTrait = "cell";

    public string Uid => "molecule-cells";

    public string Version => "1";

    public string DisplayName => "Molecule cells";

    public string Description => "Keeps the run's ledger and fails the session for expected cells that are not covered.";

    public Type[] DataTypesConsumed => [typeof(TestNodeUpdateMessage)];

    public Type[] DataTypesProduced => [typeof(TestNodeUpdateMessage)];

    public Task<bool> IsEnabledAsync() => Task.FromResult(true);

    public async Task OnTestSessionStartingAsync(ITestSessionContext testSessionContext)
    {
        try
        {
            await Unwritable.OrExitAsync(() => RunSession.BeginAsync(testSessionContext.CancellationToken));
        }
        catch (Exception e) when (e is CoverageFormatException or RegistryFormatException or RunRequestException or KeySourceException)
        {
            // Thrown on, it would end the process as a crash does, without the exit code and the one sentence that design.md 7 promises.
            Refusal.Exit(e.Message, (int)(e is KeySourceException ? GateExit.BadConfiguration : GateExits.Of(e)));
        }
    }

    public Task ConsumeAsync(IDataProducer dataProducer, IData value, CancellationToken cancellationToken)
    {
        if (dataProducer != this && value is TestNodeUpdateMessage { TestNode: var node } && Outcome(node) is { } outcome && !HasNoRowByPlan(node))
        {
            Unwritable.OrExit(() => RunSession.Ledger.Write(new LedgerResult(Cell(node), node.DisplayName, node.Uid.Value, outcome.Outcome, outcome.Detail)));
        }

        return Task.CompletedTask;
    }

    public async Task OnTestSessionFinishingAsync(ITestSessionContext testSessionContext)
    {
        ImmutableArray<(string Name, string Reason)> lacking = [];
        Unwritable.OrExit(() => lacking = RunSession.End());
        foreach (var (name, reason) in lacking)
        {
            var node = new TestNode
            {
                Uid = $"molecule-cells/{name}",
                DisplayName = name,
                Properties = new PropertyBag(new FailedTestNodeStateProperty(new CellNotCoveredException(reason), reason)),
            };
            await bus.PublishAsync(this, new TestNodeUpdateMessage(testSessionContext.SessionUid, node));
        }
    }

    // A feature of which the selection leaves no cell has no row: the platform reports its test as skipped, and the plan agrees.
    private static bool HasNoRowByPlan(TestNode node) =>
        Cell(node) is null && FeatureOf(node) is { } feature && !RunSession.Run.Expectation.Cells.Any(c => c.IsExecuted && feature.Names(c.Id.Feature));

    // A theory without rows carries no traits of its own, so its class is asked.
    private static FeatureAttribute? FeatureOf(TestNode node) =>
        node.Properties.SingleOrDefault<TestMethodIdentifierProperty>() is { } method
            ? typeof(CellSession).Assembly.GetType($"{method.Namespace}.{method.TypeName}")?.GetCustomAttribute<FeatureAttribute>()
            : null;

    private static CellId? Cell(TestNode node) =>
        Trait(node, CellTrait) is { } trait ? CellId.Parse(trait) : null;

    private static string? Trait(TestNode node, string key) => node.Properties.OfType<TestMetadataProperty>().FirstOrDefault(p => p.Key == key)?.Value;

    private static (TestOutcome Outcome, string? Detail)? Outcome(TestNode node) => node.Properties.SingleOrDefault<TestNodeStateProperty>() switch
    {
        PassedTestNodeStateProperty => (TestOutcome.Passed, null),
        SkippedTestNodeStateProperty skipped => (TestOutcome.Skipped, skipped.Explanation),
        FailedTestNodeStateProperty failed => (TestOutcome.Failed, failed.Exception?.Message ?? failed.Explanation),
        ErrorTestNodeStateProperty error => (TestOutcome.Error, error.Exception?.Message ?? error.Explanation),
        TimeoutTestNodeStateProperty timeout => (TestOutcome.Error, timeout.Exception?.Message ?? timeout.Explanation),

        // Discovered and in progress are no results.
        _ => null,
    };
}

/// <summary>An expected cell that is not covered at the end of the session.</summary>
public sealed class CellNotCoveredException(string message) : Exception(message);
