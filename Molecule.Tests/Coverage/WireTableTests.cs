using Molecule.Coverage.Planning;

namespace Molecule.Tests.Coverage;

/// <summary><c>wires</c> and the features that stand once per runtime and wire.</summary>
public sealed class WireTableTests
{
    private const string Wires = """
        wires:
          claude-code: { messages: [anthropic-api, anthropic-oauth, kimi-coding, minimax, platform] }
          codex: { responses: [openai-api, openai-subscription, platform, byok-minimax] }
          hermes: { chat: [platform, byok-openai, byok-minimax, byok-gemini], messages: [kimi-coding, byok-anthropic] }
          openclaw: { chat: [kimi-coding, groq, platform, byok-openai, byok-minimax] }
          google-adk: { generate-content: [google], chat: [vertex, platform] }

        """;

    private const string WithoutLiveKey = "withoutLiveKey: [openai-subscription, platform, vertex]\n\n";

    private const string Fault = "  - { id: fault-x, axes: [runtime, arm], pairs: first-of-wire, modes: [mock], gate: required }\n\n";

    [Fact]
    public void A_fault_stands_on_each_wires_first_arm_in_the_registrys_order() => Assert.Equal(
        [
            "claude-code/anthropic-api/fault-x@mock",

            // The registry declares the subscription before the key arm.
            "codex/openai-subscription/fault-x@mock",
            "hermes/kimi-coding/fault-x@mock", "hermes/platform/fault-x@mock",
            "openclaw/kimi-coding/fault-x@mock",
            "google-adk/google/fault-x@mock", "google-adk/vertex/fault-x@mock",
        ],
        Cells(Wires));

    [Fact]
    public void Live_it_stands_on_each_wires_first_arm_that_a_live_key_reaches_and_on_the_first_where_none_does() => Assert.Equal(
        [
            "claude-code/anthropic-api/fault-x@live",
            "codex/openai-api/fault-x@live",
            "hermes/byok-openai/fault-x@live", "hermes/kimi-coding/fault-x@live",
            "openclaw/kimi-coding/fault-x@live",
            "google-adk/google/fault-x@live", "google-adk/vertex/fault-x@live",
        ],
        Cells(WithoutLiveKey + Wires, "modes: [live]", RunRequest.Mock with { Mode = RunMode.Live }));

    [Fact]
    public void Mock_it_stands_where_it_stood_whatever_has_no_live_key() => Assert.Equal(Cells(Wires), Cells(WithoutLiveKey + Wires));

    [Theory]
    [InlineData("pairs: legal, livePairs: first-of-wire", 7)]
    [InlineData("livePairs: first-of-wire", 7)]
    [InlineData("pairs: legal, livePairs: legal", 23)]
    [InlineData("pairs: legal", 23)]
    public void Live_a_feature_may_stand_on_each_wires_first_arm_alone_and_mock_on_every_legal_pair(string pairs, int live)
    {
        var plan = OwnPlan.ReadWith(With(WithoutLiveKey + Wires).Replace(Fault, Fault.Replace("pairs: first-of-wire, modes: [mock]", $"{pairs}, modes: [mock, live]", StringComparison.Ordinal), StringComparison.Ordinal));

        var (mocks, lives) = (IdsOf(plan, RunMode.Mock), IdsOf(plan, RunMode.Live));
        Assert.Equal((23, live), (mocks.Length, lives.Length));
        Assert.Equal(live is 7 ? Cells(WithoutLiveKey + Wires, "modes: [live]", RunRequest.Mock with { Mode = RunMode.Live }).Order(StringComparer.Ordinal) : mocks.Select(static id => id.Replace("@mock", "@live", StringComparison.Ordinal)), lives);
    }

    [Fact]
    public void A_feature_that_stands_once_per_wire_in_one_mode_alone_needs_the_table_too() =>
        Assert.Contains(
            "wires lacks claude-code/anthropic-api, which the registry offers",
            OwnPlan.ErrorsOf(With("").Replace("pairs: first-of-wire, modes: [mock]", "livePairs: first-of-wire, modes: [mock, live]", StringComparison.Ordinal))[0],
            StringComparison.Ordinal);

    [Fact]
    public void An_arm_without_a_live_key_that_is_none_is_an_error() =>
        Assert.Contains(
            "withoutLiveKey names 'plattform', which is no arm of the matrix (anthropic-api, anthropic-oauth, openai-api, ",
            Assert.Single(OwnPlan.ErrorsOf(With(WithoutLiveKey.Replace("platform", "plattform", StringComparison.Ordinal) + Wires))),
            StringComparison.Ordinal);

    [Fact]
    public void A_live_cell_of_a_runtime_alone_takes_any_key_but_those_that_reach_no_vendor()
    {
        var plan = OwnPlan.ReadWith(With(WithoutLiveKey + Wires)
            .Replace("pending:", "  - { id: of-runtime, axes: [runtime], modes: [live], gate: required }\n\npending:", StringComparison.Ordinal));

        var cell = plan.Expect(RunRequest.Mock with { Mode = RunMode.Live }).Cells.Single(static c => c.Id.ToString() == "codex/-/of-runtime@live");
        Assert.Equal("no-credential: E2E_OPENAI_API_KEY or E2E_MINIMAX_API_KEY", cell.Reason);
    }

    [Fact]
    public void A_live_cell_of_nothing_takes_the_key_of_the_arm_that_it_stands_on()
    {
        var plan = OwnPlan.ReadWith(With(WithoutLiveKey + Wires)
            .Replace("pending:", "  - { id: of-an-arm, axes: [], keyOf: groq, modes: [mock, live], gate: required }\n\npending:", StringComparison.Ordinal));

        var (mock, live) = (plan.Expect(RunRequest.Mock).Cells, plan.Expect(RunRequest.Mock with { Mode = RunMode.Live, Credentials = ["E2E_OPENAI_API_KEY"] }).Cells);
        Assert.Equal(Disposition.Run, mock.Single(static c => c.Id.Feature == "of-an-arm").Disposition);
        Assert.Equal("no-credential: E2E_GROQ_API_KEY", live.Single(static c => c.Id.Feature == "of-an-arm").Reason);
    }

    [Fact]
    public void An_arm_without_a_wire_is_an_error() =>
        Assert.Contains(
            "wires lacks openclaw/groq, which the registry offers: name the protocol that the runtime speaks to it",
            Assert.Single(OwnPlan.ErrorsOf(With(Wires.Replace("groq, ", "", StringComparison.Ordinal)))),
            StringComparison.Ordinal);

    [Fact]
    public void An_arm_that_the_registry_does_not_offer_is_an_error() =>
        Assert.Contains(
            "wires names codex/groq, which the registry does not offer",
            Assert.Single(OwnPlan.ErrorsOf(With(Wires.Replace("[openai-api,", "[groq, openai-api,", StringComparison.Ordinal)))),
            StringComparison.Ordinal);

    [Fact]
    public void An_arm_on_two_wires_is_an_error() =>
        Assert.Contains(
            "'google' stands twice in wires of google-adk",
            Assert.Single(OwnPlan.ErrorsOf(With(Wires.Replace("[vertex,", "[google, vertex,", StringComparison.Ordinal)))),
            StringComparison.Ordinal);

    [Fact]
    public void Without_a_feature_that_needs_it_the_table_may_be_left_out() => Assert.NotEmpty(OwnPlan.Read().Expect(RunRequest.Mock).Cells);

    private static string[] Cells(string wires) => Cells(wires, "modes: [mock]", RunRequest.Mock);

    private static string[] Cells(string wires, string modes, RunRequest request)
    {
        var plan = OwnPlan.ReadWith(With(wires).Replace(Fault, Fault.Replace("modes: [mock]", modes, StringComparison.Ordinal), StringComparison.Ordinal));
        return [.. plan.Expect(request).Cells.Where(cell => cell.Id.Feature == "fault-x").Select(cell => cell.Id.ToString()).Order(StringComparer.Ordinal)
            .OrderBy(static id => Array.IndexOf(["claude-code", "codex", "hermes", "openclaw", "google-adk"], id.Split('/')[0]))];
    }

    private static string[] IdsOf(CoveragePlan plan, RunMode mode) =>
        [.. plan.Expect(RunRequest.Mock with { Mode = mode }).Cells.Where(static cell => cell.Id.Feature == "fault-x").Select(static cell => cell.Id.ToString()).Order(StringComparer.Ordinal)];

    private static string With(string wires) =>
        OwnPlan.Coverage.Text.Replace("capabilities:", wires + "capabilities:", StringComparison.Ordinal).Replace("pending:", Fault + "pending:", StringComparison.Ordinal);
}
