using System.Text;
using Molecule.Registry.Aliases;
using Molecule.Registry.Mirror;

namespace Molecule.Tests.Registry.Drift;

/// <summary>A small registry of two runtimes, and the same with a piece of its text exchanged.</summary>
internal static class Sample
{
    public const string Yaml = """
        schema_version: 1
        providers:
          - { name: own, protocol: openai, auth_mode: anthropic_api, base_url_template: 'https://own.example/v1', auth_env: [OWN_KEY, OTHER_KEY], model_prefix_match: '^own-', upstream_vendor: own }
          - { name: platform, protocol: anthropic, auth_mode: oauth, base_url_template: 'https://{cp}/x', endpoint_vars: { cp: { env: CP, default: cp.example } }, auth_env: [USAGE_TOKEN] }
          - { name: spare, protocol: openai, auth_mode: third_party_anthropic_compat, auth_env: [SPARE_KEY] }
        runtimes:
          alpha: { providers: [{ name: own, models: [own-1, own-2] }, { name: platform, models: [vendor/own-1], withdrawn_models: [vendor/old] }] }
          beta: { providers: [{ name: own, models: ['own:own-1'] }] }
        """;

    public const string AliasesYaml = "schema: 1\nmodels: [{ canonical: own-1, aliases: [own-1-20261128] }]\n";

    public static AliasTable Aliases { get; } = AliasTable.Read(AliasesYaml, "aliases.yaml");

    public static RegistrySource Source { get; } = Of(Yaml);

    public static RegistrySource Of(string yaml) => RegistrySource.Read("providers.yaml", Encoding.UTF8.GetBytes(yaml));

    public static RegistrySource With(string right, string wrong)
    {
        Assert.Contains(right, Yaml, StringComparison.Ordinal);
        return Of(Yaml.Replace(right, wrong, StringComparison.Ordinal));
    }
}
