using Molecule.Registry;

namespace Molecule.Tests.Registry;

public sealed class BaseUrlTests
{
    private readonly ProviderRegistry _registry = OwnRegistry.Registry;

    /// <summary>Spec 3.0, both columns, worked out by hand.</summary>
    [Theory]
    [InlineData("anthropic-api", null, "https://api.anthropic.com/v1")]
    [InlineData("anthropic-oauth", null, null)]
    [InlineData("openai-api", "https://api.openai.com/v1", null)]
    [InlineData("openai-subscription", null, null)]
    [InlineData("kimi-coding", "https://api.kimi.com/coding/v1", "https://api.kimi.com/coding/v1")]
    [InlineData("minimax", "https://api.minimax.io/v1", "https://api.minimax.io/anthropic/v1")]
    [InlineData("google", "https://generativelanguage.googleapis.com/v1beta/openai", null)]
    [InlineData("vertex", "https://us-central1-aiplatform.googleapis.com/v1beta1/projects/p1/locations/us-central1/endpoints/openapi", null)]
    [InlineData("groq", "https://api.groq.com/openai/v1", null)]
    [InlineData("platform", "https://api.moleculesai.app/api/v1/internal/llm/openai/v1", "https://api.moleculesai.app/api/v1/internal/llm/anthropic/v1")]
    [InlineData("moonshot", "https://api.moonshot.ai/v1", "https://api.moonshot.ai/anthropic/v1")]
    [InlineData("byok-anthropic", null, null)]
    [InlineData("byok-openai", "https://api.openai.com/v1", null)]
    [InlineData("byok-gemini", null, null)]
    [InlineData("byok-minimax", "https://api.minimax.io/v1", null)]
    public void A_provider_has_the_base_urls_of_the_spec(string provider, string? openAi, string? anthropic)
    {
        var found = _registry.FindProvider(provider)!;

        Assert.Equal(openAi, found.RenderBaseUrl(WireProtocol.OpenAi, Env));
        Assert.Equal(anthropic, found.RenderBaseUrl(WireProtocol.Anthropic, Env));

        static string? Env(string name) => name == "MOLECULE_VERTEX_PROJECT" ? "p1" : null;
    }

    [Theory]
    [InlineData("minimax", "https://api.minimax.io/anthropic")]
    [InlineData("kimi-coding", "https://api.kimi.com/coding")]
    [InlineData("anthropic-api", "https://api.anthropic.com")]
    [InlineData("anthropic-oauth", null)]
    public void Anthropics_clients_get_the_url_without_the_v1_they_append(string provider, string? expected) =>
        Assert.Equal(expected, _registry.FindProvider(provider)!.RenderAnthropicClientUrl(_ => null));

    [Theory]
    [InlineData("http://localhost:8080", "http://localhost:8080/api/v1/internal/llm/anthropic")]
    [InlineData("http://localhost:8080/", "http://localhost:8080/api/v1/internal/llm/anthropic")]
    [InlineData("", "https://api.moleculesai.app/api/v1/internal/llm/anthropic")]
    public void A_placeholder_takes_the_environments_value_or_its_default(string value, string expected) =>
        Assert.Equal(expected, _registry.FindProvider("platform")!.RenderAnthropicClientUrl(name => name == "CP_BASE_URL" ? value : null));

    [Fact]
    public void A_required_value_that_nobody_set_is_an_error_that_names_it()
    {
        var error = Assert.Throws<MissingEndpointVariableException>(
            () => _registry.FindProvider("vertex")!.RenderBaseUrl(WireProtocol.OpenAi, _ => null));

        Assert.Equal("provider 'vertex': its base URL needs {project}: set MOLECULE_VERTEX_PROJECT, it has no default", error.Message);
    }

    [Fact]
    public void A_placeholder_that_nothing_explains_is_an_error_that_names_it()
    {
        var odd = _registry.FindProvider("groq")! with { BaseUrlTemplate = "https://{zone}.example" };

        var error = Assert.Throws<MissingEndpointVariableException>(() => odd.RenderBaseUrl(WireProtocol.OpenAi, _ => "x"));

        Assert.Contains("{zone}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_vendor_is_reached_by_the_yaml_alone_and_gets_its_wire_prefix()
    {
        var registry = _registry with
        {
            Providers = [.. _registry.Providers.Select(provider => provider.Name == "vertex" ? provider with { UpstreamVendor = null } : provider)],
        };

        Assert.Null(registry.ResolveUpstream("vertex:gemini-2.5-pro"));
        Assert.Equal("google/gemini-2.5-pro", _registry.ResolveUpstream("vertex:gemini-2.5-pro")?.WireModel);
    }
}
