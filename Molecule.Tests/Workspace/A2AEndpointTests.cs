using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Molecule.Workspace.A2A;
using Molecule.Workspace.Agents;
using Molecule.Workspace.Boot;

namespace Molecule.Tests.Workspace;

/// <summary>What the A2A surface makes of messages, queues and error texts (spec/runtimes-and-providers.md 1.4, 1.5, 1.7).</summary>
public sealed class A2AEndpointTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("""{"message":{"parts":[{"kind":"text","text":"a"}]}}""", "a")]
    [InlineData("""{"message":{"parts":[{"type":"text","text":"a"},{"kind":"file","file":{}},{"kind":"text","text":"b"}]}}""", "a\nb")]
    [InlineData("""{"message":{"parts":[{"text":"a"}]}}""", "a")]
    [InlineData("""{"message":{"parts":[{"kind":"data","text":"a"}]}}""", "")]
    [InlineData("""{"message":{"parts":[]}}""", "")]
    [InlineData("""{"message":{"parts":"a"}}""", null)]
    [InlineData("""{"message":"a"}""", null)]
    [InlineData("""[]""", null)]
    public void Text_parts_are_read_whether_they_say_kind_or_type(string parameters, string? expected) =>
        Assert.Equal(expected, MessageText.Of(JsonNode.Parse(parameters)));

    [Fact]
    public void Secrets_are_masked_in_error_texts_inside_documents_too_and_words_are_not()
    {
        var mask = new ErrorMask(ImmutableDictionary<string, string>.Empty
            .Add("OPENAI_API_KEY", "mol-key-1234")
            .Add("CODEX_AUTH_JSON", """{"tokens":{"access_token":"inner-token-5678"}}""")
            .Add("SHORT_KEY", "key")
            .Add("MOLECULE_MODEL", "gpt-5.5-long-name"));

        Assert.Equal("bad key [masked] and [masked] for gpt-5.5-long-name", mask.Apply("bad key mol-key-1234 and inner-token-5678 for gpt-5.5-long-name"));
        Assert.Equal(1024, mask.Apply(new string('x', 5000)).Length);
    }

    [Fact]
    public async Task A_queue_that_is_full_takes_no_more_and_a_caller_that_left_does_not_hold_it_up()
    {
        using var queue = new TurnQueue();
        var first = new TaskCompletionSource<TurnReply>();
        using var left = new CancellationTokenSource();
        var order = new List<int>();
        var running = queue.RunAsync(_ => first.Task, Cancelled);
        var leaving = queue.RunAsync(_ => Done(order, 1), left.Token);
        var waiting = Enumerable.Range(2, TurnQueue.Capacity - 2).Select(i => queue.RunAsync(_ => Done(order, i), Cancelled)).ToList();

        Assert.Null(await queue.RunAsync(_ => Done(order, 99), Cancelled));
        await left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        Assert.Empty(order);
        first.SetResult(new TurnReply("first", null, Failed: false));

        await Task.WhenAll(waiting);
        Assert.Equal("first", (await running)!.Text);
        Assert.Equal(Enumerable.Range(2, TurnQueue.Capacity - 2), order);
        Assert.Equal(0, queue.Active);
    }

    [Theory]
    [InlineData("MOLECULE_MODEL=a MODEL=b MODEL_PROVIDER=c", "a")]
    [InlineData("MODEL=b MODEL_PROVIDER=c", "b")]
    [InlineData("MODEL_PROVIDER=c", "c")]
    [InlineData("MOLECULE_MODEL= MODEL=b", "b")]
    public void The_model_is_taken_from_the_first_variable_that_names_one(string environment, string model) =>
        Assert.Equal(model, WorkspaceSettings.Read(Read("WORKSPACE_ID=ws-1 " + environment)).Model);

    [Theory]
    [InlineData("A=1", "WORKSPACE_ID is not set")]
    [InlineData("WORKSPACE_ID=../ws", "'../ws'")]
    [InlineData("WORKSPACE_ID=Ws", "'Ws'")]
    [InlineData("WORKSPACE_ID=ws MOLECULE_HEARTBEAT_SECONDS=soon", "MOLECULE_HEARTBEAT_SECONDS is 'soon'")]
    [InlineData("WORKSPACE_ID=ws A2A_COMPLETION_IDLE_TIMEOUT_SECONDS=0", "A2A_COMPLETION_IDLE_TIMEOUT_SECONDS is '0'")]
    [InlineData("WORKSPACE_ID=ws MOLECULE_WORKSPACE_ADDRESS=here", "MOLECULE_WORKSPACE_ADDRESS is 'here': it has to be an IP address")]
    public void An_environment_that_makes_no_workspace_is_refused_by_name(string environment, string part) =>
        Assert.Contains(part, Assert.Throws<WorkspaceSettingsException>(() => WorkspaceSettings.Read(Read(environment))).Message, StringComparison.Ordinal);

    private static async Task<TurnReply> Done(List<int> order, int number)
    {
        await Task.Yield();
        order.Add(number);
        return new TurnReply("", null, Failed: false);
    }

    private static ImmutableDictionary<string, string> Read(string text) =>
        text.Split(' ').Select(static p => p.Split('=', 2)).ToImmutableDictionary(static p => p[0], static p => p[1]);
}
