using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Molecule.Registry;

namespace Molecule.Tests.Registry;

/// <summary>Answers to the letter: what a person reads, and what other programs compute again.</summary>
public sealed class ExactAnswerTests
{
    private static readonly Provider _full = new()
    {
        Name = "full",
        DisplayName = "Full House",
        VendorLogo = "logo",
        Protocol = WireProtocol.OpenAi,
        AuthMode = AuthMode.OAuth,
        BaseUrlTemplate = "https://{place}.example",
        BaseUrlAnthropic = "https://a.example",
        EndpointVars = ImmutableSortedDictionary<string, EndpointVariable>.Empty.Add("place", new EndpointVariable("PLACE", "here")),
        WireModelPrefix = "w/",
        AuthEnv = ["K1", "K2"],
        AuthTokenEnv = "TOKEN",
        ModelPrefixMatch = RegistryGen.Pattern("^f-"),
        ModelAliases = ["alias"],
        Deprecated = true,
        UpstreamVendor = "vendor",
        ThinkingPolicy = "require_enabled",
    };

    private static readonly Provider _bare = new() { Name = "bare", Protocol = WireProtocol.Anthropic, AuthMode = AuthMode.WifAdc };

    private static readonly ProviderRegistry _registry = new(
        1, [_full, _bare], [new Runtime("two", [new RuntimeArm("bare", [], [])]), new Runtime("one", [new RuntimeArm("full", ["m1", "m2"], ["m0"])])]);

    [Fact]
    public void The_fingerprint_is_of_this_projection()
    {
        const string Projection =
            """{"schema_version":1,"providers":[{"name":"full","display_name":"Full House","vendor_logo":"logo","protocol":"OpenAi","auth_mode":"OAuth","base_url_template":"https://{place}.example","base_url_anthropic":"https://a.example","endpoint_vars":{"place":{"env":"PLACE","default":"here"}},"wire_model_prefix":"w/","auth_env":["K1","K2"],"auth_token_env":"TOKEN","model_prefix_match":"^f-","model_aliases":["alias"],"deprecated":true,"upstream_vendor":"vendor","thinking_policy":"require_enabled"},"""
            + """{"name":"bare","display_name":null,"vendor_logo":null,"protocol":"Anthropic","auth_mode":"WifAdc","base_url_template":null,"base_url_anthropic":null,"endpoint_vars":{},"wire_model_prefix":null,"auth_env":[],"auth_token_env":null,"model_prefix_match":null,"model_aliases":[],"deprecated":false,"upstream_vendor":null,"thinking_policy":null}"""
            + """],"runtimes":{"one":[{"name":"full","models":["m1","m2"],"withdrawn_models":["m0"]}],"two":[{"name":"bare","models":[],"withdrawn_models":[]}]}}""";

        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Projection)))[..16], RegistryFingerprint.Of(_registry));
    }

    [Fact]
    public void A_template_alone_is_the_surface_of_its_providers_own_protocol()
    {
        var openAi = _bare with { Protocol = WireProtocol.OpenAi, BaseUrlTemplate = "https://o.example/" };
        var anthropic = _bare with { BaseUrlTemplate = "https://a.example/v1" };

        Assert.Equal(("https://o.example", null), (Url(openAi, WireProtocol.OpenAi), Url(openAi, WireProtocol.Anthropic)));
        Assert.Equal((null, "https://a.example/v1"), (Url(anthropic, WireProtocol.OpenAi), Url(anthropic, WireProtocol.Anthropic)));
    }

    [Fact]
    public void An_Anthropic_url_without_v1_is_left_as_it_is() =>
        Assert.Equal("https://a.example", _full.RenderAnthropicClientUrl(static _ => null));

    [Fact]
    public void Why_no_provider_was_derived_is_said_to_the_letter()
    {
        var broken = _registry with { Providers = [_bare] };

        Assert.Equal(new NotDerived(RefusalCode.RuntimeUnsupported, "runtime 'none' is not in the registry"), _registry.DeriveProvider("none", "m1", []));
        Assert.Equal(new NotDerived(RefusalCode.ModelRequired, "runtime 'one' was asked for a provider without a model"), _registry.DeriveProvider("one", "  ", []));
        Assert.Equal(
            new NotDerived(RefusalCode.DerivedProviderNotInRegistry, "model 'm1' belongs to arm 'full' of runtime 'one', and the registry has no provider of that name"),
            broken.DeriveProvider("one", "m1", []));
    }

    [Fact]
    public void A_create_without_a_model_on_a_runtime_without_a_default_is_told_to_name_one() =>
        Assert.Equal(new Refused(RefusalCode.ModelRequired, "runtime 'two' has no default model: name one"), _registry.Admit(new CreateIntent("two", null, [], true)));

    [Theory]
    [InlineData("claude-code", "anthropic/claude-opus-4-7", "platform", "URL or token")]
    [InlineData("google-adk", "vertex:gemini-2.5-pro", "vertex", "workload identity")]
    public void A_create_on_an_arm_that_the_control_plane_serves_is_told_what_the_control_plane_lacks(string runtime, string model, string arm, string lacks) => Assert.Equal(
        new Refused(RefusalCode.MissingPlatformProxy, $"provider '{arm}' is served through the control plane's LLM proxy, whose {lacks} is not configured"),
        OwnRegistry.Registry.Admit(new CreateIntent(runtime, model, [], PlatformProxyConfigured: false)));

    [Fact]
    public void A_refusal_code_that_does_not_exist_has_no_wire_form() =>
        Assert.StartsWith("no such refusal code", Assert.Throws<ArgumentOutOfRangeException>(() => ((RefusalCode)99).ToWire()).Message, StringComparison.Ordinal);

    [Fact]
    public void Arms_that_list_no_model_are_asked_for_by_these()
    {
        Assert.Equal(
            [
                new("byok-anthropic", "anthropic/claude-opus-4-7"), new("byok-gemini", "gemini/gemini-2.5-pro"), new("byok-minimax", "minimax:MiniMax-M2.7"),
                new("byok-openai", "openai:gpt-4o"), new KeyValuePair<string, string>("groq", "groq:llama-3.3-70b"),
            ],
            RefusalProbes.Representatives);
    }

    [Fact]
    public void An_arms_own_models_come_before_the_one_that_stands_for_it()
    {
        var registry = _registry with { Runtimes = [new Runtime("one", [new RuntimeArm("groq", ["m1", "groq:llama-3.3-70b", "m2"], [])]), new Runtime("two", [new RuntimeArm("byok-openai", ["m1"], [])])] };

        Assert.Equal(["m1", "groq:llama-3.3-70b", "m2"], registry.SampleModels("groq"));
        Assert.Equal(["m1", "openai:gpt-4o"], registry.SampleModels("byok-openai"));
    }

    [Fact]
    public void A_runtime_that_is_not_there_has_no_refusal() =>
        Assert.StartsWith("runtime 'none' is not in the registry", Assert.Throws<ArgumentException>(() => _registry.ProbeRefusal("none", "full")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_pattern_equals_another_of_the_same_text_and_nothing_else()
    {
        var pattern = RegistryGen.Pattern("^a");

        Assert.True(pattern.Equals(RegistryGen.Pattern("^a")));
        Assert.False(pattern.Equals(RegistryGen.Pattern("^b")));
        Assert.False(pattern.Equals((ModelPattern?)null));
        Assert.False(pattern.Equals((object)"^a"));
        Assert.Equal(pattern.GetHashCode(), RegistryGen.Pattern("^a").GetHashCode());
    }

    private static string? Url(Provider provider, WireProtocol protocol) => provider.RenderBaseUrl(protocol, static _ => null);
}
