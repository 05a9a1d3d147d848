using System.Collections.Immutable;
using System.Net;

namespace Molecule.Harness.Clients;

/// <summary>What a caller asks of <c>POST /workspaces</c>.</summary>
public sealed record WorkspaceWish(string Name, string Runtime, string? Model, ImmutableSortedDictionary<string, string> Secrets)
{
    /// <summary>The template that it is made from, which then says the runtime; null for one made without.</summary>
    public string? Template { get; init; }
}

/// <summary>What <c>POST /workspaces</c> answered.</summary>
/// <param name="Status">201, or 422 for a refusal.</param>
/// <param name="Id">The workspace's id, when it was created.</param>
/// <param name="Provider">The arm that will pay, when it was created (an addition of our control plane).</param>
/// <param name="Code">The refusal's code (spec/runtimes-and-providers.md 4.4).</param>
/// <param name="Error">The refusal's text.</param>
public sealed record CreateOutcome(HttpStatusCode Status, string? Id, string? Provider, string? Code, string? Error);

/// <summary>A workspace as the list shows it.</summary>
public sealed record WorkspaceView(string Id, string Name, string Status, string Url, string LastError)
{
    /// <summary>The agent card's word on the agent: ready, or not_configured; null where it says nothing.</summary>
    public string? Configuration { get; init; }

    /// <summary>Why it is not configured; empty where the card says nothing of it.</summary>
    public string ConfigurationError { get; init; } = "";
}

/// <summary>One row of a workspace's activity.</summary>
public sealed record ActivityRow(string Id, string Type, string Method, string Status, string? Error, string RequestBody, string ResponseBody);

/// <summary>What a caller was told that would not wait for a busy workspace.</summary>
/// <param name="Status">202 where the message waits in the control plane's queue, 503 where the caller has to come again (spec/control-plane.md 6.2).</param>
/// <param name="IsQueued">Whether it waits.</param>
public sealed record BusyAnswer(HttpStatusCode Status, bool IsQueued);
