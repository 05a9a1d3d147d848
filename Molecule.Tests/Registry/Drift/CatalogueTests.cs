using System.Collections.Immutable;
using Molecule.Registry;
using Molecule.Registry.Aliases;
using Molecule.Registry.Catalogue;
using Molecule.Registry.Templates;

namespace Molecule.Tests.Registry.Drift;

/// <summary>What is offered to users against what can be driven and who pays for it.</summary>
public sealed class CatalogueTests
{
    private static readonly TemplateRow _alpha = new(
        "alpha", "Alpha", "", 3, "alpha", "vendor/own-1",
        [new TemplateModel("own-1", "own-1", ["OWN_KEY"]), new TemplateModel("own-2", "own-2", ["OTHER_KEY"]), new TemplateModel("vendor/own-1", "x", [])], [], [], null);

    private static readonly TemplateRow _beta = new("beta", "Beta", "", 3, "beta", "own:own-1", [new TemplateModel("own:own-1", "x", ["OWN_KEY"])], ["OWN_KEY"], [], null);

    [Fact]
    public void What_agrees_is_not_found() => Assert.Empty(Judge([_alpha, _beta]));

    [Fact]
    public void A_runtime_without_a_row_and_a_row_without_a_runtime_are_found() =>
        Assert.Equal(
            [
                "templates/beta/config.yaml: missing: runtime 'beta' is offered and has no row in the template registry: write it",
                "templates/alpha/config.yaml: disagreement: it starts runtime 'gamma': a runtime's row stands in the folder of its name",
                "templates/alpha/config.yaml: disagreement: runtime 'gamma' is not in the registry: take the row away, or bring the runtime back",
            ],
            Judge([_alpha, _alpha with { Runtime = "gamma" }]));

    [Fact]
    public void Menus_are_held_to_each_other_both_ways() =>
        Assert.Equal(
            [
                "templates/alpha/config.yaml: disagreement: model 'own-2' is on the registry's menu of 'alpha' and not in the template",
                "templates/alpha/config.yaml: disagreement: model 'own-9' is not on the registry's menu of 'alpha'",
                "templates/alpha/config.yaml: disagreement: model 'vendor/old' was withdrawn and must not be offered",
            ],
            Judge([_alpha with { Models = [_alpha.Models[0], _alpha.Models[2], new("own-9", "x", ["OWN_KEY"]), new("vendor/old", "x", [])] }, _beta]));

    [Fact]
    public void Required_env_is_one_of_the_arms_names_and_none_where_the_platform_pays() =>
        Assert.Equal(
            [
                "templates/alpha/config.yaml: disagreement: model 'own-1': required_env is [] and must be one of OWN_KEY, OTHER_KEY, which arm 'own' takes",
                "templates/alpha/config.yaml: disagreement: model 'own-2': required_env is [OWN_KEY, OTHER_KEY] and must be one of OWN_KEY, OTHER_KEY, which arm 'own' takes",
                "templates/alpha/config.yaml: disagreement: model 'vendor/own-1': required_env is [USAGE_TOKEN] and must be empty: arm 'platform' is paid by the control plane",
                "templates/alpha/config.yaml: disagreement: its default model 'own-7' is not on the registry's menu of 'alpha'",
                "templates/alpha/config.yaml: disagreement: required_env of the whole template names OWN_KEY, which not every arm of 'alpha' takes",
            ],
            Judge([_alpha with { Model = "own-7", RequiredEnv = ["OWN_KEY"], Models = [new("own-1", "x", []), new("own-2", "x", ["OWN_KEY", "OTHER_KEY"]), new("vendor/own-1", "x", ["USAGE_TOKEN"])] }, _beta]));

    [Fact]
    public void Several_owners_are_named_together()
    {
        var registry = Sample.With("{ name: platform, models: [vendor/own-1]", "{ name: spare, models: [own-1] }, { name: platform, models: [vendor/own-1]").Registry;

        Assert.Equal(
            ["templates/alpha/config.yaml: disagreement: model 'own-1': required_env is [USAGE_TOKEN] and must be one of OWN_KEY, OTHER_KEY, SPARE_KEY, which arms 'own', 'spare' take"],
            Judge([_alpha with { Models = _alpha.Models.SetItem(0, new("own-1", "x", ["USAGE_TOKEN"])) }, _beta], registry));
    }

    [Fact]
    public void What_the_platform_offers_beside_an_arm_of_a_users_own_asks_for_no_credential()
    {
        var registry = Sample.With("models: [vendor/own-1]", "models: [vendor/own-1, own-1]").Registry;

        Assert.Equal(
            ["templates/alpha/config.yaml: disagreement: model 'own-1': required_env is [OWN_KEY] and must be empty: arm 'platform' is paid by the control plane"],
            Judge([_alpha, _beta], registry));
    }

    [Fact]
    public void An_arm_without_a_credential_asks_for_none()
    {
        var registry = Sample.With("auth_env: [OWN_KEY, OTHER_KEY], ", "").Registry;

        Assert.DoesNotContain(Judge([_alpha, _beta], registry), static finding => finding.Contains("model 'own-1'", StringComparison.Ordinal));
    }

    [Fact]
    public void An_offered_or_withdrawn_model_without_a_price_is_found_once() =>
        Assert.Equal(
            [
                "prices.yaml: missing: model 'own-1' of runtime 'alpha', arm 'own' has no price: add a row with its source",
                "prices.yaml: missing: model 'vendor/old' of runtime 'alpha', arm 'platform' has no price: add a row with its source",
            ],
            Judge([_alpha, _beta], isPriced: static model => model == "own-2"));

    [Fact]
    public void A_price_under_the_canonical_name_will_do() => Assert.Empty(Judge([_alpha, _beta], isPriced: static model => model is "own-1" or "own-2" or "vendor/old"));

    [Fact]
    public void A_canonical_id_that_nobody_offers_and_an_alias_offered_beside_it_are_found()
    {
        var table = AliasTable.Read("schema: 1\nmodels: [{ canonical: own-8 }, { canonical: own-1, aliases: [own-2] }]", "aliases.yaml");

        Assert.Equal(
            [
                "aliases.yaml: disagreement: canonical id 'own-8' is offered by no arm",
                "aliases.yaml: disagreement: runtime 'alpha', arm 'own' offers 'own-2' beside 'own-1', which is the same model: keep one entry",
            ],
            Judge([_alpha, _beta], table: table));
    }

    [Fact]
    public void An_alias_that_an_arm_offers_alone_is_no_double()
    {
        // beta offers own-1, alpha's arm its other name: nobody has the choice between the two.
        var registry = Sample.With("models: [own-1, own-2]", "models: [own-2]").Registry;
        var table = AliasTable.Read("schema: 1\nmodels: [{ canonical: own-1, aliases: [own-2] }]", "aliases.yaml");

        Assert.DoesNotContain(Judge([_alpha, _beta], registry, table), static finding => finding.StartsWith("aliases.yaml", StringComparison.Ordinal));
    }

    [Fact]
    public void A_withdrawn_model_of_a_provider_that_is_gone_is_paid_by_nobody()
    {
        var registry = Sample.Source.Registry with { Providers = [.. Sample.Source.Registry.Providers.Where(static provider => provider.Name != "platform")] };

        Assert.Equal(
            ["providers.yaml: disagreement: runtime 'alpha': withdrawn model 'vendor/old' of arm 'platform' is paid by nobody where it is pinned"],
            Judge([_alpha, _beta], registry));
    }

    [Fact]
    public void A_withdrawn_model_that_another_arm_would_pay_for_is_found()
    {
        // Two arms have withdrawn it: whose it is where it is pinned is a matter of the keys that lie there.
        var registry = Sample.With("models: [own-1, own-2] }", "models: [own-1, own-2], withdrawn_models: [vendor/old] }").Registry;

        Assert.Equal(
            ["providers.yaml: disagreement: runtime 'alpha': withdrawn model 'vendor/old' of arm 'platform' is paid by 'own' where it is pinned"],
            Judge([_alpha, _beta], registry));
    }

    [Theory]
    [InlineData("own-1-20261128", "own-1")]
    [InlineData("vendor/own-1-20261128", "own-1")]
    [InlineData("own:own-1", "own-1")]
    [InlineData("own-1", "own-1")]
    [InlineData("vendor/else", "else")]
    [InlineData("else", "else")]
    public void A_spelling_has_one_canonical_id(string model, string canonical) => Assert.Equal(canonical, Sample.Aliases.CanonicalOf(model));

    [Fact]
    public void A_name_with_its_prefix_may_stand_in_the_table() =>
        Assert.Equal("a", AliasTable.Read("schema: 1\nmodels: [{ canonical: a, aliases: ['x:b'] }, { canonical: b }]", "t").CanonicalOf("x:b"));

    [Theory]
    [InlineData("schema: 2\nmodels: []", "t(1,9): schema must be 1, not '2'")]
    [InlineData("models: []", "t(1,1): the table of aliases lacks the key 'schema'")]
    [InlineData("schema: 1", "t(1,1): the table of aliases lacks the key 'models'")]
    [InlineData("schema: 1\nmodels: x", "t(2,9): models must be a list, not ")]
    [InlineData("schema: 1\nmodels: [x]", "t(2,10): a model must be a mapping, not ")]
    [InlineData("schema: 1\nmodels: [{ aliases: [x] }]", "t(2,10): a model lacks the key 'canonical'")]
    [InlineData("schema: 1\nmodels: [{ canonical: a, aliases: [b] }, { canonical: c, aliases: [b] }]", "'b' of 'c' is a name of 'a' already: one name stands for one model")]
    [InlineData("schema: 1\nmodels: [{ canonical: a, aliases: [a] }]", "'a' of 'a' is a name of 'a' already: one name stands for one model")]
    public void A_wrong_table_is_refused(string yaml, string message) =>
        Assert.Contains(message, Assert.Throws<RegistryFormatException>(() => AliasTable.Read(yaml, "t")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_template_is_read_whole()
    {
        var row = TemplateRow.Read("alpha", """
            name: Alpha
            description: Of a kind.
            tier: 2
            runtime: alpha
            runtime_config:
              model: own-1
              required_env: [A]
              provision_timeout_seconds: 60
              models: [{ id: own-1, name: One, required_env: [B] }, { id: own-2 }]
            skills: [s]
            """, "t");

        Assert.Equal(("alpha", "Alpha", "Of a kind.", 2, "alpha", "own-1", 60), (row.Id, row.Name, row.Description, row.Tier, row.Runtime, row.Model, row.ProvisionTimeoutSeconds));
        Assert.Equal(["own-1 One B", "own-2 own-2 "], row.Models.Select(static model => $"{model.Id} {model.Name} {string.Join(',', model.RequiredEnv)}"));
        Assert.Equal(["A", "s"], row.RequiredEnv.Concat(row.Skills));
        var short_ = TemplateRow.Read("b", "name: B\nruntime: b\nruntime_config: { model: m, models: [] }", "t");
        Assert.Equal(("", 3, null), (short_.Description, short_.Tier, short_.ProvisionTimeoutSeconds));
    }

    [Theory]
    [InlineData("x", "t(1,1): the template must be a mapping, not ")]
    [InlineData("runtime: b\nruntime_config: { model: m, models: [] }", "the template lacks the key 'name'")]
    [InlineData("name: B\nruntime_config: { model: m, models: [] }", "the template lacks the key 'runtime'")]
    [InlineData("name: B\nruntime: b", "the template lacks the key 'runtime_config'")]
    [InlineData("name: B\nruntime: b\nruntime_config: x", "t(3,17): runtime_config must be a mapping, not ")]
    [InlineData("name: B\nruntime: b\nruntime_config: { models: [] }", "runtime_config lacks the key 'model'")]
    [InlineData("name: B\nruntime: b\nruntime_config: { model: m }", "runtime_config lacks the key 'models'")]
    [InlineData("name: B\nruntime: b\nruntime_config: { model: m, models: x }", "models of the template must be a list, not ")]
    [InlineData("name: B\nruntime: b\nruntime_config: { model: m, models: [x] }", "a model of the template must be a mapping, not ")]
    [InlineData("name: B\nruntime: b\nruntime_config: { model: m, models: [{ name: x }] }", "a model of the template lacks the key 'id'")]
    [InlineData("name: B\nruntime: b\nruntime_config: { model: m, models: [{ id: x }, { id: x }] }", "model 'x' stands twice in the template")]
    [InlineData("name: B\ntier: 0\nruntime: b\nruntime_config: { model: m, models: [] }", "t(2,7): tier must be a positive whole number, not '0'")]
    [InlineData("name: B\ntier: high\nruntime: b\nruntime_config: { model: m, models: [] }", "t(2,7): tier must be a positive whole number, not 'high'")]
    public void A_wrong_template_is_refused(string yaml, string message) =>
        Assert.Contains(message, Assert.Throws<RegistryFormatException>(() => TemplateRow.Read("b", yaml, "t")).Message, StringComparison.Ordinal);

    private static IEnumerable<string> Judge(ImmutableArray<TemplateRow> rows, ProviderRegistry? registry = null, AliasTable? table = null, Func<string, bool>? isPriced = null) =>
        new CatalogueJudge(registry ?? Sample.Source.Registry, rows, table ?? Sample.Aliases, isPriced ?? (static _ => true)).Judge().Select(static finding => finding.ToString());
}
