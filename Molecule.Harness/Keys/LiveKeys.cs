using System.Collections.Immutable;
using Molecule.Harness.Runs;

namespace Molecule.Harness.Keys;

/// <summary>The live keys of a run, by name. What reads one may hand it to a workspace or to its vendor, to nobody else.</summary>
public sealed class LiveKeys
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(20);

    /// <summary>The name of the ChatGPT login, whose refresh token is good for one use.</summary>
    public const string CodexLogin = "E2E_CODEX_AUTH_JSON";

    private readonly ImmutableSortedDictionary<string, string> _values;
    private readonly ImmutableDictionary<string, IKeySource> _origins;

    private LiveKeys(ImmutableSortedDictionary<string, string> values, ImmutableDictionary<string, IKeySource> origins) => (_values, _origins) = (values, origins);

    /// <summary>Of a run that has none.</summary>
    public static LiveKeys None { get; } = new(ImmutableSortedDictionary<string, string>.Empty, ImmutableDictionary<string, IKeySource>.Empty);

    /// <summary>Names of the keys that are there.</summary>
    public ImmutableArray<string> Names => [.. _values.Keys];

    /// <summary>A key's value; null where it is not there.</summary>
    public string? Find(string name) => _values.GetValueOrDefault(name);

    /// <summary>Where a key was found; null where it is not there.</summary>
    public IKeySource? OriginOf(string name) => _origins.GetValueOrDefault(name);

    /// <summary>Reads the wanted keys, each from the first source that has it. A source is asked only for what those before it lack.</summary>
    /// <exception cref="KeySourceException">A source cannot be read.</exception>
    public static async Task<LiveKeys> ReadAsync(IEnumerable<IKeySource> sources, ImmutableArray<string> wanted, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(sources);
        var found = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        var origins = ImmutableDictionary.CreateBuilder<string, IKeySource>(StringComparer.Ordinal);
        foreach (var source in sources)
        {
            ImmutableArray<string> lacking = [.. wanted.Where(name => !found.ContainsKey(name))];
            if (!lacking.IsEmpty)
            {
                foreach (var (name, value) in await source.ReadAsync(lacking, cancellationToken).ConfigureAwait(false))
                {
                    found[name] = value;
                    origins[name] = source;
                }
            }
        }

        return new LiveKeys(found.ToImmutable(), origins.ToImmutable());
    }

    /// <summary>Reads them from the environment, from user-secrets and from Infisical, in this order.</summary>
    /// <exception cref="KeySourceException">A source that is set up cannot be read.</exception>
    public static async Task<LiveKeys> OfThisMachineAsync(Func<string, string?> environment, ImmutableArray<string> wanted, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(environment);

        // Lives as long as the keys do: what was read may have to be written back at the run's end.
        var http = new HttpClient { Timeout = _limit };
        IKeySource?[] sources =
        [
            new EnvironmentKeys(environment),
            UserSecretsKeys.OfThisUser(environment),
            InfisicalLogin.Read(environment) is { } login ? new InfisicalKeys(login, http) : null,
        ];
        return await ReadAsync(sources.OfType<IKeySource>(), wanted, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Tells the scan of the run's artefacts what it must not find there.</summary>
    public void TellTo(SecretScan scan)
    {
        ArgumentNullException.ThrowIfNull(scan);
        foreach (var (name, value) in _values)
        {
            scan.Add(name, value);
        }
    }

    /// <summary>
    /// The same keys as variables, for the test process of this run: it then asks no source but its environment for them. Not so one that is good for one use:
    /// who uses it has to know where it came from.
    /// </summary>
    public ImmutableSortedDictionary<string, string> ToEnvironment() => _values.Remove(CodexLogin);

    public override string ToString() => _values.IsEmpty ? "no live keys" : $"live keys {string.Join(", ", _values.Keys)}";
}
