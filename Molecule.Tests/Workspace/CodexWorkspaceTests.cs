namespace Molecule.Tests.Workspace;

public sealed class CodexWorkspaceTests
{
    [Fact]
    public async Task A_turn_reaches_the_vendor_and_its_answer_comes_back()
    {
        await using var workspace = await RunningWorkspace.StartAsync(
            static origin => new()
            {
                ["MOLECULE_RUNTIME"] = "codex",
                ["MOLECULE_RESOLVED_PROVIDER"] = "openai-api",
                ["MOLECULE_MODEL"] = "gpt-5.5",
                ["OPENAI_API_KEY"] = "mol-key-1",
                ["OPENAI_BASE_URL"] = origin + "/v1",
            },
            TestContext.Current.CancellationToken);

        var result = await workspace.SendAsync("Here are two words: KAVODU and MIRELO. Join them in reverse order with a single dash.", TestContext.Current.CancellationToken);

        Assert.Contains("MIRELO-KAVODU", RunningWorkspace.TextOf(result), StringComparison.Ordinal);
        var request = Assert.Single(workspace.Vendor.Requests);
        Assert.Equal("/v1/responses", request.Path);
        Assert.Equal("Bearer mol-key-1", request.Header("authorization"));
        Assert.Equal("gpt-5.5", request.Model);
        Assert.Equal(11, (int?)result["usage"]?["input_tokens"]);
    }
}
