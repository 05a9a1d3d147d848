using Molecule.Registry;

namespace Molecule.Tests.Registry;

public sealed class ReaderTests
{
    /// <summary>Valid, and small enough that a reader of these tests can count its lines.</summary>
    private const string Minimal = """
        schema_version: 1
        providers:
          - name: alpha
            protocol: openai
            auth_mode: oauth
            base_url_template: https://{place}.example/v1
            endpoint_vars:
              place: { env: PLACE, default: here }
            auth_env: [ALPHA_KEY]
            model_prefix_match: '^alpha-'
            upstream_vendor: alpha
          - name: beta
            protocol: anthropic
            auth_mode: wif_adc
        runtimes:
          one:
            providers:
              - name: alpha
                models: [m1, m2]
                withdrawn_models: [m0]
              - name: beta
        """;

    [Fact]
    public void A_minimal_file_is_read()
    {
        var registry = RegistryReader.Read(Minimal, "r.yaml");

        Assert.Equal(1, registry.SchemaVersion);
        Assert.Equal(["alpha", "beta"], registry.Providers.Select(provider => provider.Name));
        var arm = Assert.Single(registry.Runtimes).FindArm("alpha")!;
        Assert.Equal(["m1", "m2"], arm.Models);
        Assert.Equal(["m0"], arm.WithdrawnModels);
        Assert.True(registry.FindRuntime("one")!.FindArm("beta")!.IsNameOnly);
        Assert.Equal(new EndpointVariable("PLACE", "here"), registry.FindProvider("alpha")!.EndpointVars["place"]);
    }

    [Fact]
    public void The_repositorys_own_file_is_read() => Assert.Equal(15, OwnRegistry.Registry.Providers.Length);

    [Fact]
    public void Every_key_of_the_schema_is_read()
    {
        var provider = Assert.Single(RegistryReader.Read(
            """
            schema_version: 1
            providers:
              - name: full
                display_name: Full House
                vendor_logo: full
                protocol: anthropic
                auth_mode: third_party_anthropic_compat
                base_url_template: 'https://{a}.example/v1'
                base_url_anthropic: 'https://{b}.example/anthropic/v1'
                endpoint_vars: { b: { env: B }, a: { env: A, default: null } }
                wire_model_prefix: google/
                auth_env: [K1, K2]
                auth_token_env: K3
                model_prefix_match: (?i)^full[:/]
                model_aliases: [f, g]
                deprecated: true
                upstream_vendor: full
                thinking_policy: require_enabled
            runtimes: { one: { providers: [] } }
            """,
            "r.yaml").Providers);

        Assert.Equal(("full", "Full House", "full"), (provider.Name, provider.DisplayName, provider.VendorLogo));
        Assert.Equal((WireProtocol.Anthropic, AuthMode.ThirdPartyAnthropicCompat), (provider.Protocol, provider.AuthMode));
        Assert.Equal(("https://{a}.example/v1", "https://{b}.example/anthropic/v1"), (provider.BaseUrlTemplate, provider.BaseUrlAnthropic));
        Assert.Equal(
            [new("a", new EndpointVariable("A", null)), new("b", new EndpointVariable("B", null))],
            provider.EndpointVars.Select(pair => (pair.Key, pair.Value)).ToList());
        Assert.Equal(("google/", "K3", "(?i)^full[:/]"), (provider.WireModelPrefix, provider.AuthTokenEnv, provider.ModelPrefixMatch?.Text));
        Assert.Equal(["K1", "K2"], provider.AuthEnv);
        Assert.Equal(["f", "g"], provider.ModelAliases);
        Assert.True(provider.Deprecated);
        Assert.Equal(("full", "require_enabled"), (provider.UpstreamVendor, provider.ThinkingPolicy));
    }

    /// <summary>A text of <see cref="Minimal"/>, what replaces it, and the one error that must follow.</summary>
    public static TheoryData<string, string, string> Breakages { get; } = new()
    {
        // Keys.
        { "schema_version: 1", "schema_version: 1\ncolour: red", "r.yaml(2,1): unknown key 'colour' in the registry; known: schema_version, providers, runtimes" },
        { "    auth_env:", "    colour: red\n    auth_env:", "r.yaml(9,5): unknown key 'colour' in provider 'alpha'; known: name, display_name," },
        { "env: PLACE,", "env: PLACE, colour: red,", "r.yaml(8,28): unknown key 'colour' in endpoint_vars.place of provider 'alpha'; known: env, default" },
        { "  one:\n", "  one:\n    colour: red\n", "r.yaml(17,5): unknown key 'colour' in runtime 'one'; known: providers" },
        { "        models: [m1, m2]", "        models: [m1, m2]\n        colour: red", "r.yaml(20,9): unknown key 'colour' in an arm of runtime 'one'; known: name, models, withdrawn_models" },
        { "    protocol: openai", "    protocol: openai\n    protocol: openai", "r.yaml(5,5): duplicate key 'protocol': it stands already in line 4" },
        { "  one:\n", "  one: {}\n  one:\n", "r.yaml(17,3): duplicate key 'one': it stands already in line 16|r.yaml(16,8): runtime 'one' lacks the key 'providers'" },
        { "schema_version: 1\n", "", "r.yaml(1,1): the registry lacks the key 'schema_version'" },
        { "    protocol: openai\n", "", "r.yaml(3,5): provider 'alpha' lacks the key 'protocol'" },
        { "    protocol: openai\n", "    protocol:\n", "r.yaml(3,5): provider 'alpha' lacks the key 'protocol'" },
        { "    auth_mode: oauth\n", "", "r.yaml(3,5): provider 'alpha' lacks the key 'auth_mode'" },
        { "name: beta\n    protocol", "protocol", "r.yaml(12,5): this provider lacks the key 'name'|r.yaml(20,15): runtime 'one' has the arm 'beta', but providers has no such provider" },
        { "{ env: PLACE, default: here }", "{ default: here }", "r.yaml(8,14): endpoint_vars.place of provider 'alpha' lacks the key 'env'" },
        { "      - name: beta", "      - models: []", "r.yaml(21,9): an arm of runtime 'one' lacks the key 'name'" },

        // Kinds.
        { "schema_version: 1", "schema_version: 2", "r.yaml(1,17): schema_version must be 1, the one this program reads, not the text '2'" },
        { "schema_version: 1", "schema_version: '1'", "r.yaml(1,17): schema_version must be 1, the one this program reads, not the text '1'" },
        { "  - name: beta\n    protocol", "  - beta\n  - name: beta\n    protocol", "r.yaml(12,5): this provider must be a mapping, not the text 'beta'" },
        { "auth_env: [ALPHA_KEY]", "auth_env: ALPHA_KEY", "r.yaml(9,15): auth_env of provider 'alpha' must be a list, not the text 'ALPHA_KEY'" },
        { "auth_env: [ALPHA_KEY]", "auth_env: [[ALPHA_KEY]]", "r.yaml(9,16): an item of auth_env of provider 'alpha' must be a text, not a list" },
        { "auth_env: [ALPHA_KEY]", "auth_env: [~]", "r.yaml(9,16): an item of auth_env of provider 'alpha' must be a text, not null" },
        { "auth_env: [ALPHA_KEY]", "auth_env: [Null]", "r.yaml(9,16): an item of auth_env of provider 'alpha' must be a text, not null" },
        { "auth_env: [ALPHA_KEY]", "auth_env: [NULL]", "r.yaml(9,16): an item of auth_env of provider 'alpha' must be a text, not null" },
        { "auth_env: [ALPHA_KEY]", "auth_env: [ALPHA-KEY]", "r.yaml(9,16): 'ALPHA-KEY' in auth_env of provider 'alpha' is no name of an environment variable" },
        { "auth_env: [ALPHA_KEY]", "auth_token_env: 1KEY", "r.yaml(9,21): '1KEY' in auth_token_env of provider 'alpha' is no name of an environment variable" },
        { "env: PLACE", "env: PLA CE", "r.yaml(8,21): 'PLA CE' in env of endpoint_vars.place of provider 'alpha' is no name of an environment variable" },
        { "    auth_env:", "    deprecated: yes\n    auth_env:", "r.yaml(9,17): deprecated of provider 'alpha' must be true or false, not the text 'yes'" },
        { "    auth_env:", "    display_name: ''\n    auth_env:", "r.yaml(9,19): display_name of provider 'alpha' must be a text without surrounding blanks, not ''" },
        { "models: [m1, m2]", "models: [m1, ' m2']", "r.yaml(19,22): an item of models of an arm of runtime 'one' must be a text without surrounding blanks, not ' m2'" },
        { "    auth_env:", "    display_name: {}\n    auth_env:", "r.yaml(9,19): display_name of provider 'alpha' must be a text, not a mapping" },
        { "protocol: openai", "protocol: grpc", "r.yaml(4,15): protocol of provider 'alpha' is 'grpc'; it must be one of openai, anthropic" },
        { "auth_mode: oauth", "auth_mode: magic", "r.yaml(5,16): auth_mode of provider 'alpha' is 'magic'; it must be one of anthropic_api, oauth, third_party_anthropic_compat, wif_adc" },
        { "name: alpha\n    protocol", "name: Al/pha\n    protocol", "r.yaml(3,11): 'Al/pha' is no name of a provider: use lower-case|r.yaml(18,15): runtime 'one' has the arm 'alpha', but" },
        { "  one:\n", "  o/ne:\n", "r.yaml(16,3): 'o/ne' is no name of a runtime: use lower-case letters" },

        { "    providers:\n      - name: alpha\n        models: [m1, m2]\n        withdrawn_models: [m0]\n      - name: beta", "    providers: alpha", "r.yaml(17,16): providers of runtime 'one' must be a list, not the text 'alpha'" },

        // Twins.
        { "- name: beta\n    protocol", "- name: alpha\n    protocol", "r.yaml(12,11): duplicate provider 'alpha': it stands already in line 3|r.yaml(21,15): runtime 'one' has the arm 'beta', but" },
        { "      - name: beta", "      - name: alpha", "r.yaml(21,15): duplicate arm 'alpha' in runtime 'one': it stands already in line 18" },
        { "models: [m1, m2]", "models: [m1, m1]", "r.yaml(19,22): 'm1' stands twice in models of an arm of runtime 'one': already in line 19" },
        { "auth_mode: wif_adc", "auth_mode: wif_adc\n    upstream_vendor: alpha", "r.yaml(15,22): upstream_vendor 'alpha' has two owners: 'alpha' (line 11) and 'beta'; keep one" },
        { "withdrawn_models: [m0]", "withdrawn_models: [m0, m2]", "r.yaml(20,32): model 'm2' of runtime 'one' is withdrawn by 'alpha' and offered by 'alpha' in line 19; keep one" },
        { "      - name: beta", "      - name: beta\n        models: [m0]", "r.yaml(20,28): model 'm0' of runtime 'one' is withdrawn by 'alpha' and offered by 'beta' in line 22; keep one" },

        // References and expressions.
        { "      - name: beta", "      - name: gamma", "r.yaml(21,15): runtime 'one' has the arm 'gamma', but providers has no such provider" },
        { "'^alpha-'", "'^(alpha-'", "r.yaml(10,25): model_prefix_match of provider 'alpha' is no regular expression (RE2): " },
        { "'^alpha-'", "'^(?=alpha)'", "r.yaml(10,25): model_prefix_match of provider 'alpha' is no regular expression (RE2): " },
        { "'^alpha-'", "'^(a)\\1'", "r.yaml(10,25): model_prefix_match of provider 'alpha' is no regular expression (RE2): " },
        { "'^alpha-'", "'^[[:alpha:]]'", "r.yaml(10,25): model_prefix_match of provider 'alpha' is no regular expression (RE2): the POSIX class [:alpha:] is not read here" },
        { "https://{place}.example/v1", "https://{place}.{zone}.example/v1", "r.yaml(6,24): base_url_template of provider 'alpha' has the placeholder {zone}, which endpoint_vars does not explain" },
        { "https://{place}.example/v1", "https://place.example/v1", "r.yaml(8,7): endpoint_vars of provider 'alpha' names 'place', but no base URL has the placeholder {place}" },
        { "https://{place}.example/v1", "https://{place}.exa{mple/v1", "r.yaml(6,24): base_url_template of provider 'alpha' has a brace without its partner: 'https://{place}.exa{mple/v1'" },
        { "https://{place}.example/v1", "ftp://{place}.example/v1", "r.yaml(6,24): base_url_template of provider 'alpha' must be an http or https URL (or begin with a placeholder), not 'ftp://{place}.example/v1'" },
        { "      place: { env: PLACE, default: here }", "      - place", "r.yaml(6,24): base_url_template of provider 'alpha' has the placeholder {place}, which|r.yaml(8,7): endpoint_vars of provider 'alpha' must be a mapping of placeholders, not a list" },

        // Yaml itself.
        { "auth_env: [ALPHA_KEY]", "auth_env: [ALPHA_KEY", "r.yaml(10,5): yaml: this cannot stand here; is a bracket or brace above not closed?" },
        { "auth_env: [ALPHA_KEY]", "auth_env: [*key]", "r.yaml(9,16): yaml: the alias *key is not part of the schema: write the value out" },
        { "schema_version: 1", "schema_version: 1\n\tx: 1", "r.yaml(1,17): yaml: While scanning a plain scalar, found a tab" },
        { "    protocol: openai", "    protocol: openai\n   colour: red", "r.yaml(5,4): yaml: " },
        { "schema_version: 1", "schema_version: 1\n[a]: b", "r.yaml(2,1): a key must be a word, this one is a list" },
        { "      - name: beta", "      - name: beta\n---\nmore: 1", "r.yaml(22,1): a second document begins here: the registry is one document" },
        { "auth_env: [ALPHA_KEY]", "auth_env: [[[[[[[[[[[[[[[[[[[[ALPHA_KEY]]]]]]]]]]]]]]]]]]]]", "r.yaml(9,28): yaml: nested deeper than 16 levels" },
    };

    [Theory]
    [MemberData(nameof(Breakages))]
    public void A_broken_file_is_refused_with_line_and_column(string good, string bad, string expected)
    {
        Assert.Contains(good, Minimal, StringComparison.Ordinal);

        var error = Assert.Throws<RegistryFormatException>(() => RegistryReader.Read(Minimal.Replace(good, bad, StringComparison.Ordinal), "r.yaml"));

        // Alternatives of one row are all expected, and nothing else is reported.
        var lines = expected.Split('|', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(lines, line => Assert.Contains(error.Errors, found => found.ToString().StartsWith(line, StringComparison.Ordinal)));
        Assert.True(lines.Length == error.Errors.Length, error.Message);
    }

    [Theory]
    [InlineData("", "r.yaml(1,1): the file is empty: it must hold schema_version, providers and runtimes")]
    [InlineData("# nothing but a comment", "r.yaml(2,1): the file is empty: it must hold schema_version, providers and runtimes")]
    [InlineData("just words", "r.yaml(1,1): the registry must be a mapping, not the text 'just words'")]
    [InlineData("{ schema_version: 1, providers: [], runtimes: [] }", "r.yaml(1,33): providers must be a list of at least one provider, not a list\nr.yaml(1,47): runtimes must be a mapping of at least one runtime, not a list")]
    [InlineData("{}", "r.yaml(1,1): the registry lacks the key 'schema_version'\nr.yaml(1,1): the registry lacks the key 'providers'\nr.yaml(1,1): the registry lacks the key 'runtimes'")]
    public void A_file_that_is_no_registry_at_all_is_refused(string yaml, string expected)
    {
        var error = Assert.Throws<RegistryFormatException>(() => RegistryReader.Read(yaml, "r.yaml"));

        Assert.Equal(expected, error.Message);
    }

    [Fact]
    public void A_registry_without_a_runtime_is_refused()
    {
        var text = Minimal[..Minimal.IndexOf("  one:", StringComparison.Ordinal)].Replace("runtimes:", "runtimes: {}", StringComparison.Ordinal);

        var error = Assert.Throws<RegistryFormatException>(() => RegistryReader.Read(text, "r.yaml"));

        Assert.Equal("r.yaml(15,11): runtimes must be a mapping of at least one runtime, not a mapping", error.Message);
    }

    [Theory]
    [InlineData("http")]
    [InlineData("https")]
    public void A_base_url_may_be_of_either_scheme(string scheme) => Assert.Equal(
        $"{scheme}://{{place}}.example/v1",
        RegistryReader.Read(Minimal.Replace("https://{place}", $"{scheme}://{{place}}", StringComparison.Ordinal), "r.yaml").FindProvider("alpha")!.BaseUrlTemplate);

    [Fact]
    public void All_errors_are_reported_together_in_the_files_order()
    {
        var broken = Minimal
            .Replace("name: beta\n    protocol: anthropic", "name: beta\n    protocol: smoke", StringComparison.Ordinal)
            .Replace("'^alpha-'", "'['", StringComparison.Ordinal)
            .Replace("models: [m1, m2]", "models: [m0, m2]", StringComparison.Ordinal)
            .Replace("      - name: beta", "      - name: gamma", StringComparison.Ordinal)
            .Replace("schema_version: 1", "schema_version: 3", StringComparison.Ordinal);

        var error = Assert.Throws<RegistryFormatException>(() => RegistryReader.Read(broken, "r.yaml"));

        // Line 20 can only be judged when the arm of line 21 has been seen.
        Assert.Equal([(1, 17), (10, 25), (13, 15), (20, 28), (21, 15)], error.Errors.Select(found => (found.Line, found.Column)));
        Assert.Equal(5, error.Message.Split('\n').Length);
    }
}
