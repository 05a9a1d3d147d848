using System.Collections.Immutable;
using CsCheck;
using Molecule.Registry;

namespace Molecule.Tests.Registry;

/// <summary>Random registries that the reader accepts: few names, so that arms compete for the same ids.</summary>
internal static class RegistryGen
{
    private static readonly string[] Names = ["p0", "p1", "p2", "p3", "platform"];

    private static readonly string[] RuntimeNames = ["r0", "r1", "r2"];

    private static readonly string[] Envs = ["K0", "K1", "K2"];

    private static readonly string[] Ids = ["a-1", "a-2", "b/1", "b:1", "c", "A-1"];

    private static readonly string[] Expressions = ["^a-", "(?i)^a-", "^b[/:]", "^c$", "1$"];

    /// <summary>Ids on the menus, near misses and noise.</summary>
    public static readonly Gen<string> Model = Gen.OneOf(Gen.OneOf(Ids), Gen.OneOf("a-9", "b/", ":", "", "  c ", "x\ny"), Gen.String[0, 12]);

    public static readonly Gen<string> RuntimeName = Gen.OneOf([.. RuntimeNames, "nowhere"]);

    public static readonly Gen<ImmutableHashSet<string>> PresentEnv = Subset(Envs).Select(names => names.ToImmutableHashSet());

    private static readonly Gen<string?> Text = Gen.OneOf<string?>(null, "plain", "with space", "1", "true", "null", "#x", "a: b", "'q'", "é");

    private static readonly Gen<Provider> AnyProvider =
        from look in Gen.Select(Text, Text, Text)
        from wire in Gen.Select(Gen.Enum<WireProtocol>(), Gen.Enum<AuthMode>())
        from urls in Gen.Select(Gen.Bool, Gen.Bool, Gen.OneOf<string?>(null, "there"))
        from auth in Gen.Select(Subset(Envs), Gen.OneOf<string?>(null, "T0"))
        from pattern in Gen.OneOf<string?>([null, .. Expressions])
        from rest in Gen.Select(Text.Array[0, 2], Gen.Bool)
        select new Provider
        {
            Name = "set later",
            DisplayName = look.Item1,
            VendorLogo = look.Item2,
            Protocol = wire.Item1,
            AuthMode = wire.Item2,
            BaseUrlTemplate = urls.Item1 ? "https://{zone}.example/v1" : null,
            BaseUrlAnthropic = urls.Item2 ? "{origin}/anthropic/v1" : null,
            EndpointVars = Variables(urls.Item1, urls.Item2, urls.Item3),
            WireModelPrefix = look.Item3,
            AuthEnv = [.. auth.Item1],
            AuthTokenEnv = auth.Item2,
            ModelPrefixMatch = pattern is null ? null : Pattern(pattern),
            ModelAliases = [.. rest.Item1.OfType<string>().Distinct()],
            Deprecated = rest.Item2,
        };

    private static readonly Gen<ImmutableArray<RuntimeArm>> Arms =
        from names in Subset(Names)
        from withdrawn in Subset(Ids)
        from menus in Subset(Ids).Array[names.Length]
        from withdrawals in Subset(withdrawn).Array[names.Length]
        select names.Select((name, at) => new RuntimeArm(name, [.. menus[at].Except(withdrawn)], [.. withdrawals[at]])).ToImmutableArray();

    public static readonly Gen<ProviderRegistry> Registry =
        from providers in AnyProvider.Array[Names.Length]
        from vendor in Gen.Int[-1, Names.Length - 1]
        from runtimes in Gen.Select(Subset(RuntimeNames, atLeast: 1), Arms.Array[RuntimeNames.Length])
        select new ProviderRegistry(
            1,
            [.. providers.Select((provider, at) => provider with { Name = Names[at], UpstreamVendor = at == vendor ? "b" : null })],
            [.. runtimes.Item1.Order(StringComparer.Ordinal).Select((name, at) => new Runtime(name, runtimes.Item2[at]))]);

    public static ModelPattern Pattern(string expression) =>
        ModelPattern.TryParse(expression, out var pattern, out var problem) ? pattern : throw new ArgumentException(problem, nameof(expression));

    /// <summary>Some of the items, in any order.</summary>
    private static Gen<string[]> Subset(string[] items, int atLeast = 0) =>
        Gen.Select(Gen.Shuffle(items), Gen.Int[Math.Min(atLeast, items.Length), items.Length], (shuffled, count) => shuffled[..count]);

    private static ImmutableSortedDictionary<string, EndpointVariable> Variables(bool zone, bool origin, string? fallback)
    {
        var variables = ImmutableSortedDictionary.CreateBuilder<string, EndpointVariable>(StringComparer.Ordinal);
        if (zone)
        {
            variables["zone"] = new EndpointVariable("ZONE", fallback);
        }

        if (origin)
        {
            variables["origin"] = new EndpointVariable("ORIGIN", null);
        }

        return variables.ToImmutable();
    }
}
