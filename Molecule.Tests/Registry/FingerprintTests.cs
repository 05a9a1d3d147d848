using System.Collections.Immutable;
using CsCheck;
using Molecule.Registry;

namespace Molecule.Tests.Registry;

public sealed class FingerprintTests
{
    /// <summary>One edit a key of spec 4.3; each changes whatever value stands there.</summary>
    private static readonly ImmutableDictionary<string, Func<Provider, Provider>> ProviderEdits = new Dictionary<string, Func<Provider, Provider>>
    {
        [nameof(Provider.Name)] = provider => provider with { Name = provider.Name + "x" },
        [nameof(Provider.DisplayName)] = provider => provider with { DisplayName = provider.DisplayName + "x" },
        [nameof(Provider.VendorLogo)] = provider => provider with { VendorLogo = provider.VendorLogo + "x" },
        [nameof(Provider.Protocol)] = provider => provider with { Protocol = 1 - provider.Protocol },
        [nameof(Provider.AuthMode)] = provider => provider with { AuthMode = provider.AuthMode == AuthMode.OAuth ? AuthMode.WifAdc : AuthMode.OAuth },
        [nameof(Provider.BaseUrlTemplate)] = provider => provider with { BaseUrlTemplate = provider.BaseUrlTemplate + "x" },
        [nameof(Provider.BaseUrlAnthropic)] = provider => provider with { BaseUrlAnthropic = provider.BaseUrlAnthropic + "x" },
        [nameof(Provider.EndpointVars)] = provider => provider with { EndpointVars = provider.EndpointVars.Add("x", new EndpointVariable("X", null)) },
        [nameof(Provider.WireModelPrefix)] = provider => provider with { WireModelPrefix = provider.WireModelPrefix + "x" },
        [nameof(Provider.AuthEnv)] = provider => provider with { AuthEnv = provider.AuthEnv.Add("X") },
        [nameof(Provider.AuthTokenEnv)] = provider => provider with { AuthTokenEnv = provider.AuthTokenEnv + "x" },
        [nameof(Provider.ModelPrefixMatch)] = provider => provider with { ModelPrefixMatch = RegistryGen.Pattern(provider.ModelPrefixMatch?.Text + "x") },
        [nameof(Provider.ModelAliases)] = provider => provider with { ModelAliases = provider.ModelAliases.Add("x") },
        [nameof(Provider.Deprecated)] = provider => provider with { Deprecated = !provider.Deprecated },
        [nameof(Provider.UpstreamVendor)] = provider => provider with { UpstreamVendor = provider.UpstreamVendor + "x" },
        [nameof(Provider.ThinkingPolicy)] = provider => provider with { ThinkingPolicy = provider.ThinkingPolicy + "x" },
    }.ToImmutableDictionary();

    [Fact]
    public void It_is_sixteen_hex_digits() => Assert.Matches("^[0-9a-f]{16}$", RegistryFingerprint.Of(OwnRegistry.Registry));

    [Fact]
    public void Every_key_of_a_provider_is_data()
    {
        Assert.Equal(
            typeof(Provider).GetProperties().Where(property => property.CanWrite).Select(property => property.Name).Order(),
            ProviderEdits.Keys.Order());

        Gen.Select(RegistryGen.Registry, Gen.OneOf([.. ProviderEdits.Keys]), Gen.Int[0, 4]).Sample((registry, key, at) =>
            AssertChanges(registry, registry with { Providers = registry.Providers.SetItem(at, ProviderEdits[key](registry.Providers[at])) }));
    }

    [Fact]
    public void Every_datum_of_a_runtime_is_data() =>
        RegistryGen.Registry.Where(registry => !registry.Runtimes[0].Arms.IsEmpty).Sample(registry =>
        {
            var arm = registry.Runtimes[0].Arms[0];
            AssertChanges(registry, registry with { Runtimes = [registry.Runtimes[0] with { Name = "rx" }, .. registry.Runtimes.Skip(1)] });
            AssertChanges(registry, registry with { Runtimes = [.. registry.Runtimes, new Runtime("rx", [])] });
            AssertChanges(registry, registry with { Runtimes = [.. registry.Runtimes.Skip(1)] });
            AssertChanges(registry, WithFirstArm(registry, arm with { Provider = "px" }));
            AssertChanges(registry, WithFirstArm(registry, arm with { Models = arm.Models.Add("x") }));
            AssertChanges(registry, WithFirstArm(registry, arm with { WithdrawnModels = arm.WithdrawnModels.Add("x") }));
            if (!arm.Models.IsEmpty)
            {
                AssertChanges(registry, WithFirstArm(registry, arm with { Models = arm.Models.RemoveAt(0) }));
                AssertChanges(
                    registry,
                    WithFirstArm(registry, arm with { Models = arm.Models.RemoveAt(0), WithdrawnModels = arm.WithdrawnModels.Add(arm.Models[0]) }));
            }
        });

    [Fact]
    public void The_order_of_lists_is_data()
    {
        var own = OwnRegistry.Registry;
        var codex = own.FindRuntime("codex")!;

        AssertChanges(own, own with { Providers = [.. own.Providers.Reverse()] });
        AssertChanges(own, own with { Runtimes = own.Runtimes.Replace(codex, codex with { Arms = [.. codex.Arms.Reverse()] }) });
        AssertChanges(own, own with { SchemaVersion = 2 });
    }

    [Fact]
    public void An_endpoint_variables_every_part_is_data() =>
        Gen.OneOf<Func<EndpointVariable, EndpointVariable>>(
            variable => variable with { Env = "X" },
            variable => variable with { Default = null },
            variable => variable with { Default = "x" }).Sample(edit =>
        {
            var own = OwnRegistry.Registry;
            var platform = own.FindProvider("platform")!;
            var edited = platform with { EndpointVars = platform.EndpointVars.SetItem("cp_base_url", edit(platform.EndpointVars["cp_base_url"])) };
            AssertChanges(own, own with { Providers = own.Providers.Replace(platform, edited) });
        });

    [Theory]
    [InlineData("# The provider registry", "# A registry")]
    [InlineData("'(?i)^minimax-m'", "\"(?i)^minimax-m\"")]
    [InlineData("    protocol: openai\n    auth_mode: oauth\n", "    auth_mode: oauth\n\n    protocol: openai # moved\n")]
    [InlineData("models: [sonnet, opus, haiku,", "models: [ sonnet,\n          opus, haiku,")]
    [InlineData("        models: []\n", "")]
    [InlineData("{ env: MOLECULE_VERTEX_PROJECT }", "{ default: ~, env: MOLECULE_VERTEX_PROJECT }")]
    public void A_comment_a_layout_or_another_order_of_keys_in_the_own_file_is_no_data(string text, string other)
    {
        Assert.Contains(text, OwnRegistry.Text, StringComparison.Ordinal);

        Assert.Equal(
            RegistryFingerprint.Of(OwnRegistry.Registry),
            RegistryFingerprint.Of(RegistryReader.Read(OwnRegistry.Text.Replace(text, other, StringComparison.Ordinal), "edited.yaml")));
    }

    private static ProviderRegistry WithFirstArm(ProviderRegistry registry, RuntimeArm arm) =>
        registry with { Runtimes = registry.Runtimes.SetItem(0, registry.Runtimes[0] with { Arms = registry.Runtimes[0].Arms.SetItem(0, arm) }) };

    private static void AssertChanges(ProviderRegistry before, ProviderRegistry after) =>
        Assert.NotEqual(RegistryFingerprint.Of(before), RegistryFingerprint.Of(after));
}
