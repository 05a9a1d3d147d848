using System.Collections.Immutable;
using Aspire.Hosting;
using Aspire.Hosting.Testing;
using Molecule.AppHost.Services;
using Molecule.Contracts.Runs;
using Molecule.E2E.Tests.Session;

namespace Molecule.E2E.Tests.Graph;

/// <summary>Whose control plane this run judges, and what follows from that for its graph (docs/decisions/0018).</summary>
internal sealed record SystemUnderTest(ControlPlaneChoice Choice)
{
    /// <summary>What the run was asked for.</summary>
    public static SystemUnderTest OfThisRun { get; } = new(ControlPlaneChoice.Parse(RunSession.Run.Expectation.Request.ControlPlane));

    /// <summary>The graph's own parts, which are to be of this very run and whose end loses the graph.</summary>
    public ImmutableArray<string> Services => Choice.Kind switch
    {
        ControlPlaneKind.Project => [ControlPlaneExtensions.Name, "fakes", "node"],
        ControlPlaneKind.Container => ["fakes", "node"],
        _ => ["fakes"],
    };

    /// <summary>All parts whose end loses the graph. Of one that runs elsewhere nobody here is told the end.</summary>
    public ImmutableArray<string> Needed => Choice.Kind is ControlPlaneKind.Url ? Services : [.. Services.Union(["postgres", ControlPlaneExtensions.Name])];

    /// <summary>Whether the journal of its proxy can be read: that is an addition of our own control plane.</summary>
    public bool HasProxyJournal => Choice.Kind is ControlPlaneKind.Project;

    /// <summary>The admin token of one that runs already; null where the graph gives it one.</summary>
    public string? AdminToken()
    {
        if (Choice.Kind is not ControlPlaneKind.Url)
        {
            return null;
        }

        if (Environment.GetEnvironmentVariable(ControlPlaneChoice.AdminTokenVariable) is { Length: > 0 } token)
        {
            return token;
        }

        Session.Refusal.Exit($"{ControlPlaneChoice.AdminTokenVariable} is not set: {ControlPlaneChoice.Setting} is {Choice}, so give it that control plane's ADMIN_TOKEN.");
        return null;
    }

    /// <summary>A client of it.</summary>
    public HttpClient Connect(DistributedApplication app) => Choice.Kind is ControlPlaneKind.Url
        ? new HttpClient { BaseAddress = new Uri(Choice.Where) }
        : app.CreateHttpClient(ControlPlaneExtensions.Name, "http");

    /// <summary>Why a turn's engine cannot be told, where that is nobody's fault: none of its requests came from a process of this machine.</summary>
    public string? HidesEngineOf(Molecule.Harness.Lanes.LaneRun run, Molecule.Harness.Lanes.FeatureRun feature) =>
        Choice.Kind is ControlPlaneKind.Url
        && feature.Engine is null
        && run.RequestsOf(feature.Turns) is { IsEmpty: false } requests
        && requests.All(static r => r.Entry.Peer is null)
            ? "SUT: the processes of its workspaces are not of this machine or not to be seen, so nobody can tell which program has run"
            : null;
}
