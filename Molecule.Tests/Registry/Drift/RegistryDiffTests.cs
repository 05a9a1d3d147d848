using System.Text.Json;
using Molecule.Registry.Diff;

namespace Molecule.Tests.Registry.Drift;

/// <summary>Every way in which two registries may differ, in words and in its effect on the matrix.</summary>
public sealed class RegistryDiffTests
{
    [Theory]
    [InlineData("name: spare,", "name: other,", "provider 'spare' was removed [no cell]|provider 'other' was added [no cell]")]
    [InlineData("protocol: openai, auth_mode: anthropic_api", "protocol: anthropic, auth_mode: anthropic_api", "provider 'own': protocol was 'openai' and is 'anthropic' [changes alpha/own, beta/own]")]
    [InlineData("auth_mode: anthropic_api", "auth_mode: wif_adc", "provider 'own': auth_mode was 'anthropic_api' and is 'wif_adc' [changes alpha/own, beta/own]")]
    [InlineData("auth_mode: oauth", "auth_mode: anthropic_api", "provider 'platform': auth_mode was 'oauth' and is 'anthropic_api' [changes alpha/platform]")]
    [InlineData("auth_mode: third_party_anthropic_compat", "auth_mode: oauth", "provider 'spare': auth_mode was 'third_party_anthropic_compat' and is 'oauth' [no cell]")]
    [InlineData("own.example/v1", "own.example/v2", "provider 'own': base_url_template was 'https://own.example/v1' and is 'https://own.example/v2' [changes alpha/own, beta/own]")]
    [InlineData("[SPARE_KEY]", "[SPARE_KEY], base_url_anthropic: 'https://a.example/v1'", "provider 'spare': base_url_anthropic was not set and is 'https://a.example/v1' [no cell]")]
    [InlineData("default: cp.example", "default: cp2.example", "provider 'platform': endpoint_vars was 'cp from CP, else cp.example' and is 'cp from CP, else cp2.example' [changes alpha/platform]")]
    [InlineData(", default: cp.example", "", "provider 'platform': endpoint_vars was 'cp from CP, else cp.example' and is 'cp from CP' [changes alpha/platform]")]
    [InlineData("https://{cp}/x', endpoint_vars: {", "https://{cp}/{org}', endpoint_vars: { org: { env: ORG },", "provider 'platform': base_url_template was 'https://{cp}/x' and is 'https://{cp}/{org}' [changes alpha/platform]|provider 'platform': endpoint_vars was 'cp from CP, else cp.example' and is 'cp from CP, else cp.example; org from ORG' [changes alpha/platform]")]
    [InlineData("[OWN_KEY, OTHER_KEY]", "[OTHER_KEY, OWN_KEY]", "provider 'own': auth_env was 'OWN_KEY, OTHER_KEY' and is 'OTHER_KEY, OWN_KEY' [changes alpha/own, beta/own]")]
    [InlineData("[SPARE_KEY]", "[SPARE_KEY], auth_token_env: T", "provider 'spare': auth_token_env was not set and is 'T' [no cell]")]
    [InlineData("[SPARE_KEY]", "[SPARE_KEY], wire_model_prefix: g/", "provider 'spare': wire_model_prefix was not set and is 'g/' [no cell]")]
    [InlineData("[SPARE_KEY]", "[SPARE_KEY], display_name: Spare", "provider 'spare': display_name was not set and is 'Spare' [no cell]")]
    [InlineData("[SPARE_KEY]", "[SPARE_KEY], vendor_logo: spare", "provider 'spare': vendor_logo was not set and is 'spare' [no cell]")]
    [InlineData("[SPARE_KEY]", "[SPARE_KEY], model_aliases: [a, b]", "provider 'spare': model_aliases was not set and is 'a, b' [no cell]")]
    [InlineData("[SPARE_KEY]", "[SPARE_KEY], deprecated: true", "provider 'spare': deprecated was not set and is 'true' [no cell]")]
    [InlineData("[SPARE_KEY]", "[SPARE_KEY], thinking_policy: always", "provider 'spare': thinking_policy was not set and is 'always' [no cell]")]
    [InlineData("upstream_vendor: own", "upstream_vendor: owner", "provider 'own': upstream_vendor was 'own' and is 'owner' [changes alpha/own, beta/own]")]
    [InlineData("'^own-'", "'^owned-'", "provider 'own': model_prefix_match was '^own-' and is '^owned-' [changes alpha/own, beta/own]")]
    [InlineData("beta: {", "gamma: {", "runtime 'beta' was removed [loses beta/own]|runtime 'gamma' was added [gains gamma/own]")]
    [InlineData("['own:own-1'] }", "['own:own-1'] }, { name: spare, models: [] }", "runtime 'beta': arm 'spare' was added [gains beta/spare]")]
    [InlineData(", { name: platform, models: [vendor/own-1], withdrawn_models: [vendor/old] }", "", "runtime 'alpha': arm 'platform' was removed [loses alpha/platform]")]
    [InlineData("[own-1, own-2]", "[own-1, own-2, own-3]", "runtime 'alpha', arm 'own': model 'own-3' was added [changes alpha/own]")]
    [InlineData("[own-1, own-2]", "[own-1]", "runtime 'alpha', arm 'own': model 'own-2' was removed [changes alpha/own]")]
    [InlineData("[own-1, own-2]", "[own-2, own-1]", "runtime 'alpha', arm 'own': the models stand in another order: was own-1, own-2, is own-2, own-1 [changes alpha/own]")]
    [InlineData("[own-1, own-2] }", "[own-1], withdrawn_models: [own-2] }", "runtime 'alpha', arm 'own': model 'own-2' was withdrawn [changes alpha/own]")]
    [InlineData("withdrawn_models: [vendor/old]", "withdrawn_models: [vendor/old, vendor/older]", "runtime 'alpha', arm 'platform': model 'vendor/older' was withdrawn [changes alpha/platform]")]
    [InlineData("[vendor/own-1], withdrawn_models: [vendor/old]", "[vendor/own-1, vendor/old]", "runtime 'alpha', arm 'platform': model 'vendor/old' was withdrawn and is offered again [changes alpha/platform]")]
    [InlineData(", withdrawn_models: [vendor/old]", "", "runtime 'alpha', arm 'platform': model 'vendor/old' was removed [changes alpha/platform]")]
    [InlineData("models: [vendor/own-1]", "models: [own-1, vendor/own-1]", "runtime 'alpha', arm 'platform': model 'own-1' was added [changes alpha/platform]")]
    public void A_difference_is_named_with_its_effect(string right, string wrong, string lines) =>
        Assert.Equal(lines.Split('|'), RegistryDiff.Between(Sample.Source.Registry, Sample.With(right, wrong).Registry).Select(DiffText.Line));

    [Fact]
    public void A_model_that_another_arm_owns_has_changed_its_payer()
    {
        var newer = Sample.With("models: [own-1, own-2] }, { name: platform, models: [vendor/own-1]", "models: [own-1] }, { name: platform, models: [own-2, vendor/own-1]");

        Assert.Equal(
            [
                "runtime 'alpha', arm 'own': model 'own-2' was removed [changes alpha/own]",
                "runtime 'alpha', arm 'platform': model 'own-2' was added [changes alpha/platform]",
                "runtime 'alpha': payer changed: model 'own-2' was paid by 'own' and is paid by 'platform' [changes alpha/own, alpha/platform]",
            ],
            RegistryDiff.Between(Sample.Source.Registry, newer.Registry).Select(DiffText.Line));
    }

    [Fact]
    public void A_payer_whose_arm_is_gone_is_no_pair_that_has_changed()
    {
        var newer = Sample.With("models: [own-1, own-2] }, { name: platform, models: [vendor/own-1], withdrawn_models: [vendor/old] }", "models: [own-1, own-2, vendor/own-1] }");

        Assert.Equal(
            "runtime 'alpha': payer changed: model 'vendor/own-1' was paid by 'platform' and is paid by 'own' [changes alpha/own]",
            RegistryDiff.Between(Sample.Source.Registry, newer.Registry).Select(DiffText.Line).Last());
    }

    [Fact]
    public void A_withdrawn_model_that_another_arm_owns_has_changed_its_payer()
    {
        var newer = Sample.With(
            "models: [own-1, own-2] }, { name: platform, models: [vendor/own-1], withdrawn_models: [vendor/old] }",
            "models: [own-1, own-2], withdrawn_models: [vendor/old] }, { name: platform, models: [vendor/own-1] }");

        Assert.Equal(
            "runtime 'alpha': payer changed: model 'vendor/old' was paid by 'platform' and is paid by 'own' [changes alpha/platform, alpha/own]",
            RegistryDiff.Between(Sample.Source.Registry, newer.Registry).Select(DiffText.Line).Last());
    }

    [Fact]
    public void An_expression_that_moves_to_another_arm_changes_who_pays_for_a_model_that_no_arm_lists()
    {
        const string Older = """
            schema_version: 1
            providers:
              - { name: first, protocol: openai, auth_mode: oauth, auth_env: [A], model_prefix_match: '^openai:' }
              - { name: second, protocol: openai, auth_mode: oauth, auth_env: [B], model_prefix_match: '^none:' }
            runtimes:
              alpha: { providers: [{ name: first }, { name: second }] }
            """;
        var newer = Older.Replace("'^openai:'", "'^x:'", StringComparison.Ordinal).Replace("'^none:'", "'^openai:'", StringComparison.Ordinal);

        Assert.Equal(
            [
                "provider 'first': model_prefix_match was '^openai:' and is '^x:' [changes alpha/first]",
                "provider 'second': model_prefix_match was '^none:' and is '^openai:' [changes alpha/second]",
                "runtime 'alpha': payer changed: model 'openai:gpt-4o' was paid by 'first' and is paid by 'second' [changes alpha/first, alpha/second]",
            ],
            RegistryDiff.Between(Sample.Of(Older).Registry, Sample.Of(newer).Registry).Select(DiffText.Line));
    }

    [Fact]
    public void A_changed_provider_changes_no_pair_that_is_new_as_well()
    {
        var newer = Sample.Of(Sample.Yaml
            .Replace("[SPARE_KEY]", "[SPARE_KEY], auth_token_env: T", StringComparison.Ordinal)
            .Replace("['own:own-1'] }", "['own:own-1'] }, { name: spare }", StringComparison.Ordinal));

        Assert.Equal(
            ["provider 'spare': auth_token_env was not set and is 'T' [no cell]", "runtime 'beta': arm 'spare' was added [gains beta/spare]"],
            RegistryDiff.Between(Sample.Source.Registry, newer.Registry).Select(DiffText.Line));
    }

    [Fact]
    public void Effects_of_several_fates_stand_apart() =>
        Assert.Equal(
            "runtime 'alpha' was added [gains alpha/own, alpha/spare; loses beta/own]",
            DiffText.Line(new RegistryChange(
                ChangeKind.RuntimeAdded, "alpha", null, null, null, null, [new("alpha", "own", PairFate.Gained), new("beta", "own", PairFate.Lost), new("alpha", "spare", PairFate.Gained)])));

    [Fact]
    public void The_order_of_arms_and_of_providers_is_data()
    {
        var both = Sample.With("models: [vendor/own-1]", "models: [own-1, vendor/own-1]");
        var turned = Sample.Of(
            """
            schema_version: 1
            providers:
              - { name: platform, protocol: anthropic, auth_mode: oauth, base_url_template: 'https://{cp}/x', endpoint_vars: { cp: { env: CP, default: cp.example } }, auth_env: [USAGE_TOKEN] }
              - { name: own, protocol: openai, auth_mode: anthropic_api, base_url_template: 'https://own.example/v1', auth_env: [OWN_KEY, OTHER_KEY], model_prefix_match: '^own-', upstream_vendor: own }
              - { name: spare, protocol: openai, auth_mode: third_party_anthropic_compat, auth_env: [SPARE_KEY] }
            runtimes:
              alpha: { providers: [{ name: platform, models: [own-1, vendor/own-1], withdrawn_models: [vendor/old] }, { name: own, models: [own-1, own-2] }] }
              beta: { providers: [{ name: own, models: ['own:own-1'] }] }
            """);

        Assert.Equal(
            [
                "the providers stand in another order: was own, platform, spare, is platform, own, spare [no cell]",
                "runtime 'alpha': the arms stand in another order: was own, platform, is platform, own [changes alpha/platform, alpha/own]",
                "runtime 'alpha': payer changed: model 'own-1' was paid by 'own' and is paid by 'platform' [changes alpha/own, alpha/platform]",
            ],
            RegistryDiff.Between(both.Registry, turned.Registry).Select(DiffText.Line));
    }

    [Fact]
    public void A_comment_is_no_difference() =>
        Assert.Empty(RegistryDiff.Between(Sample.Source.Registry, Sample.With("schema_version: 1", "schema_version: 1 # one").Registry));

    [Fact]
    public void The_product_owned_registry_against_itself_has_none() => Assert.Empty(RegistryDiff.Between(OwnRegistry.Registry, OwnRegistry.Registry));

    [Fact]
    public void What_may_lag_is_set_aside_until_its_day_and_no_longer()
    {
        var changes = RegistryDiff.Between(Sample.Source.Registry, Sample.With("[own-1, own-2]", "[own-1]").Registry);
        var carveOuts = CarveOuts.Read("schema: 1\ncarve_outs: [{ runtime: alpha, arm: own, reason: it lags, owner: me, expires: 2026-12-01 }]", "carve-outs.yaml");

        var before = carveOuts.Carve(changes, new DateOnly(2026, 12, 1));
        Assert.Empty(before.Drift);
        Assert.Empty(before.Expired);
        Assert.Equal((changes[0], carveOuts[0]), Assert.Single(before.SetAside));

        var after = carveOuts.Carve(changes, new DateOnly(2026, 12, 2));
        Assert.Equal(changes, after.Drift);
        Assert.Equal(carveOuts, after.Expired);
        Assert.Empty(after.SetAside);

        Assert.False(carveOuts[0].Covers(changes[0] with { Runtime = "beta" }));
        Assert.False(carveOuts[0].Covers(changes[0] with { Provider = "platform" }));
    }

    [Theory]
    [InlineData("schema: 2\ncarve_outs: []", "c.yaml(1,9): schema must be 1, not '2'")]
    [InlineData("carve_outs: []", "c.yaml(1,1): the list of carve-outs lacks the key 'schema'")]
    [InlineData("schema: 1\ncarve_outs: one", "c.yaml(2,13): carve_outs must be a list, not ")]
    [InlineData("schema: 1\ncarve_outs: [one]", "c.yaml(2,14): a carve-out must be a mapping, not ")]
    [InlineData("schema: 1\ncarve_outs: [{ runtime: a, arm: b, reason: c, expires: 2026-12-01 }]", "c.yaml(2,14): a carve-out lacks the key 'owner'")]
    [InlineData("schema: 1\ncarve_outs: [{ runtime: a, arm: b, reason: c, owner: [d], expires: 2026-12-01 }]", "c.yaml(2,54): owner of a carve-out must be a text, not a list")]
    [InlineData("schema: 1\ncarve_outs: [{ runtime: a, arm: b, reason: c, owner: d, expires: soon }]", "expires of a carve-out must read yyyy-MM-dd, not 'soon'")]
    public void A_wrong_list_of_carve_outs_is_refused(string yaml, string message) =>
        Assert.Contains(message, Assert.Throws<Molecule.Registry.RegistryFormatException>(() => CarveOuts.Read(yaml, "c.yaml")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_list_without_entries_sets_nothing_aside() => Assert.Empty(CarveOuts.Read("schema: 1", "c.yaml"));

    [Fact]
    public void The_difference_is_told_as_json()
    {
        var changes = RegistryDiff.Between(Sample.Source.Registry, Sample.With("[own-1, own-2]", "[own-1, own-3]").Registry);
        var carveOut = new CarveOut("alpha", "own", "it lags", "me", new DateOnly(2026, 12, 1));
        var gone = new CarveOut("alpha", "spare", "it lagged", "you", new DateOnly(2026, 1, 1));

        using var json = JsonDocument.Parse(DiffText.Json("aaaa", "bbbb", new CarvedDiff([changes[0]], [(changes[1], carveOut)], [gone]), ["g"], ["l"], ["c"]));

        var root = json.RootElement;
        Assert.Equal("1 aaaa bbbb", $"{root.GetProperty("schema")} {root.GetProperty("older")} {root.GetProperty("newer")}");
        Assert.Equal(
            [
                "model-removed alpha own own-2 runtime 'alpha', arm 'own': model 'own-2' was removed alpha/own changes ",
                "model-added alpha own own-3 runtime 'alpha', arm 'own': model 'own-3' was added alpha/own changes 2026-12-01",
            ],
            root.GetProperty("changes").EnumerateArray().Select(static one =>
                $"{one.GetProperty("kind")} {one.GetProperty("runtime")} {one.GetProperty("provider")} {one.GetProperty("subject")} {one.GetProperty("text")} {one.GetProperty("effects")[0].GetProperty("pair")} {one.GetProperty("effects")[0].GetProperty("fate")} {one.GetProperty("mayLagUntil")}"));
        Assert.Equal("""{"runtime":"alpha","arm":"spare","owner":"you","reason":"it lagged","expires":"2026-01-01"}""", JsonSerializer.Serialize(root.GetProperty("expired")[0]));
        Assert.Equal("""{"gained":["g"],"lost":["l"],"changed":["c"]}""", JsonSerializer.Serialize(root.GetProperty("cells")));
    }
}
