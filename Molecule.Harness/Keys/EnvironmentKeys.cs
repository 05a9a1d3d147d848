using System.Collections.Immutable;

namespace Molecule.Harness.Keys;

/// <summary>Keys in the environment, under their own names: E2E_OPENAI_API_KEY, never OPENAI_API_KEY, which is a developer's own money.</summary>
public sealed class EnvironmentKeys(Func<string, string?> environment) : IKeySource
{
    public string Name => "the environment";

    public Task<ImmutableDictionary<string, string>> ReadAsync(ImmutableArray<string> wanted, CancellationToken cancellationToken) =>
        Task.FromResult(wanted
            .Select(name => (Name: name, Value: environment(name)))
            .Where(static key => !string.IsNullOrWhiteSpace(key.Value))
            .ToImmutableDictionary(static key => key.Name, static key => key.Value!));
}
