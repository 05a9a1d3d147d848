using System.Collections.Immutable;
using System.Text.Json;
using Molecule.Coverage.Planning;
using Molecule.Harness.Drift;

namespace Molecule.Tests.Drift;

/// <summary>What the strict reading must find and must let pass, deep inside documents and in requests.</summary>
public sealed class StrictReadingTests
{
    private const string Message = """
        {"id":"msg_1","type":"message","role":"assistant","model":"claude-opus-4-7","content":[{"type":"text","text":"a","citations":null}],"stop_reason":"end_turn","stop_sequence":null,
        "usage":{"input_tokens":1,"output_tokens":1}}
        """;

    private const string Request = """
        {"model":"claude-opus-4-7","max_tokens":5,"stream":true,"messages":[{"role":"user","content":[{"type":"text","text":"a"}]}],"metadata":{"user_id":"u"},"thinking":{"type":"adaptive"}}
        """;

    private const string Responses = """
        {"model":"gpt-5.5","stream":true,"store":false,"instructions":"x","include":["reasoning.encrypted_content"],"tool_choice":"auto","parallel_tool_calls":true,
        "input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"a"}]}],"reasoning":{"effort":"low"}}
        """;

    private const string Chat = """
        {"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":[{"type":"text","text":"a"}]}],"tools":[{"type":"function","function":{"name":"f","parameters":{}}}]}
        """;

    [Fact]
    public void A_member_deep_inside_a_message_is_named_by_its_path()
    {
        Assert.Contains(new MemberFinding("content[].bogus", MemberFault.Unknown), Read(VendorModels.Message, Message, "\"citations\":null", "\"bogus\":{\"a\":1}"));
        Assert.Contains(new MemberFinding("usage.output_tokens", MemberFault.Missing), Read(VendorModels.Message, Message, ",\"output_tokens\":1", ""));
    }

    [Fact]
    public void A_block_of_a_kind_that_the_sdk_does_not_know_is_found()
    {
        Assert.Contains(Read(VendorModels.Message, Message, "\"type\":\"text\"", "\"type\":\"bogus\""), static f => f is { Path: "content[]", Fault: MemberFault.UnknownKind });
        Assert.Contains(
            new MemberFinding("type=response.bogus", MemberFault.UnknownKind, "InternalUnknownResponseStreamEvent"),
            VendorModels.ResponseEvent.Read(JsonElement.Parse("""{"type":"response.bogus","sequence_number":1}""")));
    }

    [Fact]
    public void A_member_of_another_type_cannot_be_read()
    {
        Assert.Equal([MemberFault.Unreadable], VendorModels.Completion.Read(JsonElement.Parse("""{"id":1}""")).Select(static f => f.Fault));
        Assert.Contains(Read(VendorModels.Message, Message, "\"input_tokens\":1", "\"input_tokens\":\"one\""), static f => f is { Path: "usage.input_tokens", Fault: MemberFault.Unreadable });
    }

    [Fact]
    public void A_ping_is_no_drift_and_a_ping_with_more_is()
    {
        Assert.Empty(VendorModels.MessageEvent.Read(JsonElement.Parse("""{"type":"ping"}""")));
        Assert.Equal([new MemberFinding("at", MemberFault.Unknown)], VendorModels.MessageEvent.Read(JsonElement.Parse("""{"type":"ping","at":1}""")));
    }

    [Fact]
    public void A_request_that_its_sdk_knows_is_no_drift()
    {
        Assert.Empty(VendorModels.MessageRequest.Read(JsonElement.Parse(Request)));
        Assert.Empty(VendorModels.ResponseRequest.Read(JsonElement.Parse(Responses)));
        Assert.Empty(VendorModels.CompletionRequest.Read(JsonElement.Parse(Chat)));
    }

    [Theory]
    [InlineData("\"metadata\":{", "\"metadata\":{\"bogus\":1,", "metadata.bogus")]
    [InlineData("\"text\":\"a\"", "\"text\":\"a\",\"bogus\":1", "messages[].content[].bogus")]
    [InlineData("\"stream\":true", "\"stream\":true,\"bogus\":{\"a\":{\"b\":1}}", "bogus")]
    public void A_member_of_a_messages_request_that_no_sdk_knows_is_found(string right, string wrong, string path) =>
        Assert.Equal([new MemberFinding(path, MemberFault.Unknown)], Read(VendorModels.MessageRequest, Request, right, wrong));

    [Theory]
    [InlineData("\"effort\":\"low\"", "\"effort\":\"low\",\"bogus\":1", "reasoning.bogus")]
    [InlineData("\"text\":\"a\"", "\"text\":\"a\",\"bogus\":null", "input[].content[].bogus")]
    [InlineData("\"store\":false", "\"store\":false,\"bogus\":{\"a\":{\"b\":1}}", "bogus")]
    public void A_member_of_a_responses_request_that_no_sdk_knows_is_found(string right, string wrong, string path) =>
        Assert.Equal([new MemberFinding(path, MemberFault.Unknown)], Read(VendorModels.ResponseRequest, Responses, right, wrong));

    [Theory]
    [InlineData("\"name\":\"f\"", "\"name\":\"f\",\"bogus\":1", "tools[].function.bogus")]
    [InlineData("\"text\":\"a\"", "\"text\":\"a\",\"bogus\":1", "messages[].content[].bogus")]
    public void A_member_of_a_completions_request_that_no_sdk_knows_is_found(string right, string wrong, string path) =>
        Assert.Equal([new MemberFinding(path, MemberFault.Unknown)], Read(VendorModels.CompletionRequest, Chat, right, wrong));

    [Fact]
    public void A_written_deviation_is_set_aside_for_its_sender_its_model_and_its_fault_alone()
    {
        var deviations = Deviations.Read(PlanFile.Of("drift.yaml", "schema: 1\ndeviations:\n  - { model: Message, sender: fake, member: 'a.*', fault: unknown, reason: because, owner: us }\n"));
        var known = new MemberFinding("a.b", MemberFault.Unknown);

        Assert.Empty(deviations.Sift(VendorModels.Message, "fake", [known]));
        Assert.Equal([known], deviations.Sift(VendorModels.Message, "claude-cli", [known]));
        Assert.Equal([known], deviations.Sift(VendorModels.Completion, "fake", [known]));
        Assert.Single(deviations.Sift(VendorModels.Message, "fake", [known with { Fault = MemberFault.Missing }]));
        Assert.Single(deviations.Sift(VendorModels.Message, "fake", [known with { Path = "b.a" }]));
    }

    [Theory]
    [InlineData("schema: 2\ndeviations: []\n", "schema: 1")]
    [InlineData("schema: 1\ndeviations:\n  - { model: Message, sender: fake, member: a, fault: unknown, owner: us }\n", "deviations[0] must say")]
    [InlineData("schema: 1\ndeviations:\n  - { modle: Message }\n", "modle")]
    public void A_file_of_deviations_without_a_reason_is_refused(string text, string says) =>
        Assert.Contains(says, Assert.Throws<CoverageFormatException>(() => Deviations.Read(PlanFile.Of("drift.yaml", text))).Message, StringComparison.Ordinal);

    private static ImmutableArray<MemberFinding> Read(IVendorModel model, string text, string right, string wrong)
    {
        Assert.Contains(right, text, StringComparison.Ordinal);
        return model.Read(JsonElement.Parse(text.Replace(right, wrong, StringComparison.Ordinal)));
    }
}
