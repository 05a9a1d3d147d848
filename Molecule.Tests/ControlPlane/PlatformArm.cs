using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Molecule.Contracts;
using Molecule.Contracts.Journal;
using Molecule.Contracts.Provisioning;

namespace Molecule.Tests.ControlPlane;

/// <summary>One workspace of the platform arm.</summary>
public sealed class PlatformArm
{
    public const string Messages = "/api/v1/internal/llm/anthropic/v1/messages";
    public const string Responses = "/api/v1/internal/llm/openai/v1/responses";
    public const string Chat = "/api/v1/internal/llm/openai/v1/chat/completions";

    private readonly long _before;

    private PlatformArm(SharedPlatform shared, Guid workspace, string token, long before) => (Shared, Workspace, Token, _before) = (shared, workspace, token, before);

    private SharedPlatform Shared { get; }

    public FakeVendor Vendor => Shared.Vendor;

    public FakeNode Node => Shared.Node;

    public RunningControlPlane Control => Shared.Control;

    public Guid Workspace { get; }

    /// <summary>The workspace's usage token.</summary>
    public string Token { get; }

    /// <summary>A new workspace; what the vendor and the journal hold of earlier ones is left behind.</summary>
    public static async Task<PlatformArm> CreateAsync(SharedPlatform shared)
    {
        var created = await shared.Control.SendAsync("POST", "/workspaces", new { name = "cell", runtime = "claude-code", model = "minimax/MiniMax-M2.7" });
        Assert.Equal((201, "platform"), (created.Status, created["provider"]));
        await shared.Control.InstanceAsync(created.Id);
        var request = shared.Node.Provisioned.Single(request => request.WorkspaceId == created.Id.ToString());
        shared.Vendor.Calls.Clear();
        var before = JsonElement.Parse((await shared.Control.SendAsync("GET", "/admin/llm/journal")).Body).GetProperty("last").GetInt64();
        return new PlatformArm(shared, created.Id, request.Env["MOLECULE_LLM_USAGE_TOKEN"], before);
    }

    /// <summary>A call with the usage token, as an Anthropic client (x-api-key) or an OpenAI one (bearer) sends it.</summary>
    public HttpRequestMessage Request(string path, string body, params ReadOnlySpan<(string Name, string Value)> headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        if (path.StartsWith(Messages, StringComparison.Ordinal))
        {
            request.Headers.Add("x-api-key", Token);
        }
        else
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return request;
    }

    public async Task<Answer> CallAsync(string path, string body, params (string Name, string Value)[] headers)
    {
        using var request = Request(path, body, headers);
        using var response = await Control.OpenAsync(request, TestContext.Current.CancellationToken);
        return await Answer.ReadAsync(response);
    }

    /// <summary>The journal since this workspace was made, read as a client of the harness would. Its numbers count from there.</summary>
    public async Task<JournalPage> JournalAsync(long after = 0)
    {
        var page = JsonSerializer.Deserialize<JournalPage>((await Control.SendAsync("GET", $"/admin/llm/journal?after={_before + after}")).Body, ContractJson.Compact)!;
        return new JournalPage([.. page.Entries.Select(entry => entry with { Sequence = entry.Sequence - _before })], page.Last - _before);
    }

    /// <summary>What the node was asked to start for a workspace, in order.</summary>
    public IReadOnlyList<ProvisionRequest> Starts(Guid workspace) => [.. Node.Provisioned.Where(request => request.WorkspaceId == workspace.ToString())];

    /// <summary>INPUT OUTPUT CALLS of the workspace, or null.</summary>
    public Task<string?> UsageAsync() => Control.ScalarAsync<string?>(
        "SELECT input_tokens || ' ' || output_tokens || ' ' || call_count FROM workspace_token_usage WHERE workspace_id = @Workspace", new { Workspace });
}
