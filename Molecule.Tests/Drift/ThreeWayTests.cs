using System.Collections.Immutable;
using System.Text.Json;
using Molecule.Contracts.Journal;
using Molecule.Coverage.Planning;
using Molecule.Harness.Drift;
using Molecule.Harness.Runs;

namespace Molecule.Tests.Drift;

/// <summary>Of fake, SDK and live answer the one that stands alone has moved.</summary>
public sealed class ThreeWayTests
{
    private const string Message = """
        {"id":"msg_1","type":"message","role":"assistant","model":"claude-haiku-4-5","content":[{"type":"text","text":"a"}],"stop_reason":"end_turn","stop_sequence":null,
        "usage":{"input_tokens":1,"output_tokens":1}}
        """;

    private static readonly Deviations _none = new([]);

    private static readonly AnswerProbe _probe = AnswerProbes.All.Single(static p => p.Name == "message");

    [Fact]
    public void Three_that_agree_are_no_drift()
    {
        Assert.Empty(Compare(Message, Message));
        Assert.Empty(ThreeWay.Compare(_probe, [JsonElement.Parse(Message)], null, _none));
    }

    [Fact]
    public void Texts_and_numbers_are_no_drift() => Assert.Empty(Compare(Message, Message.Replace("\"text\":\"a\"", "\"text\":\"bcd\"", StringComparison.Ordinal).Replace(":1", ":7", StringComparison.Ordinal)));

    [Theory]
    [InlineData("\"id\"", "\"bogus\":1,\"id\"", false, Moved.Fake, "bogus")]
    [InlineData("\"id\"", "\"bogus\":1,\"id\"", true, Moved.Sdk, "bogus")]
    [InlineData(",\"output_tokens\":1", "", false, Moved.Fake, "usage.output_tokens")]
    [InlineData(",\"output_tokens\":1", "", true, Moved.Sdk, "usage.output_tokens")]
    [InlineData("\"stop_sequence\":null,", "", false, Moved.Fake, "stop_sequence")]
    public void What_the_fake_has_or_lacks_is_the_fake_s_where_the_vendor_is_otherwise_and_the_SDK_s_where_it_is_alike(string right, string wrong, bool isLiveAlike, Moved moved, string member)
    {
        var changed = Changed(right, wrong);

        var drifted = Assert.Single(Compare(changed, isLiveAlike ? changed : Message));

        Assert.Equal((moved, member), (drifted.Moved, drifted.Member));
    }

    [Theory]
    [InlineData("\"id\"", "\"bogus\":{\"a\":{\"b\":1}},\"id\"", "bogus")]
    [InlineData("\"input_tokens\":1,", "", "usage.input_tokens")]
    [InlineData("\"stop_sequence\":null,", "", "stop_sequence")]
    public void What_the_vendor_alone_has_or_lacks_is_the_vendor_s(string right, string wrong, string member)
    {
        var drifted = Assert.Single(Compare(Message, Changed(right, wrong)));

        Assert.Equal((Moved.Live, member), (drifted.Moved, drifted.Member));
    }

    [Fact]
    public void Without_the_vendor_it_is_said_that_two_are_left()
    {
        var drifted = Assert.Single(ThreeWay.Compare(_probe, [JsonElement.Parse(Changed("\"id\"", "\"bogus\":1,\"id\""))], null, _none));

        Assert.Equal(Moved.FakeOrSdk, drifted.Moved);
    }

    [Fact]
    public void A_member_of_a_frame_is_compared_with_the_frames_of_its_kind()
    {
        var probe = AnswerProbes.All.Single(static p => p.Name == "message stream");
        ImmutableArray<JsonElement> frames = [JsonElement.Parse("""{"type":"ping"}"""), JsonElement.Parse("""{"type":"message_stop"}""")];

        Assert.Empty(ThreeWay.Compare(probe, frames, frames, _none));
        Assert.Equal((Moved.Fake, "ping: at"), ThreeWay.Compare(probe, frames.SetItem(0, JsonElement.Parse("""{"type":"ping","at":1}""")), frames, _none).Select(static d => (d.Moved, d.Member)).Single());
    }

    [Fact]
    public void A_request_that_no_SDK_knows_is_named_by_its_sender_and_a_shape_without_room_is_drift_too()
    {
        var body = JsonElement.Parse("""{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"a"}],"bogus":1}""");
        var samples = new RequestSamples([new RequestSample("anthropic-api", "/v1/messages", "some-agent", body), new RequestSample("google", "/v1beta/models/x:generateContent", "some-agent", body)], 2);

        var read = RequestDrift.Read(samples, _none);

        Assert.Equal(2, read.Drift.Length);
        Assert.Contains("some-agent to anthropic-api /v1/messages: 'bogus'", read.Drift[1], StringComparison.Ordinal);
        Assert.Equal(["some-agent /v1beta/models/x:generateContent"], read.Unread);
        Assert.Empty(RequestDrift.Read(samples with { Dropped = 0 }, new Deviations([new Deviation("MessageCreateParams", "some-agent", "bogus", MemberFault.Unknown, "r", "o")])).Drift);
    }

    [Fact]
    public void A_blind_detector_is_told_by_its_control()
    {
        ImmutableArray<(AnswerProbe, ImmutableArray<JsonElement>)> answers = [(_probe, [JsonElement.Parse(Message)])];
        var requests = new RequestSamples([new RequestSample("anthropic-api", "/v1/messages", "some-agent", JsonElement.Parse("""{"model":"m"}"""))], 0);

        Assert.Empty(DriftControl.Missed(answers, requests, _none));
        Assert.Equal(3, DriftControl.Missed([(_probe with { Model = new Blind() }, [JsonElement.Parse(Message)])], requests with { Samples = [] }, _none).Length);
        Assert.Single(DriftControl.Missed(answers, requests, new Deviations([new Deviation("MessageCreateParams", "some-agent", "*", MemberFault.Unknown, "r", "o")])));
    }

    [Fact]
    public void Each_live_probe_s_model_has_a_price()
    {
        var prices = File.ReadAllText(Repository.Find(AppContext.BaseDirectory).PricesFile);

        Assert.All(
            AnswerProbes.All.Select(static p => p.Body?["model"]?.GetValue<string>()).OfType<string>().Where(static model => model != "no-such-model").Distinct(),
            model => Assert.Contains($"model: {model},", prices, StringComparison.Ordinal));
    }

    private static string Changed(string right, string wrong)
    {
        Assert.Contains(right, Message, StringComparison.Ordinal);
        return Message.Replace(right, wrong, StringComparison.Ordinal);
    }

    private static ImmutableArray<Drifted> Compare(string fake, string live) => ThreeWay.Compare(_probe, [JsonElement.Parse(fake)], [JsonElement.Parse(live)], _none);

    private sealed class Blind : IVendorModel
    {
        public string Name => "Blind 1 Message";

        public ImmutableArray<MemberFinding> Read(JsonElement document) => [];
    }
}
