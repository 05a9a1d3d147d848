using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Molecule.Harness.Keys;

/// <summary>
/// Keys in .NET's user-secrets of the AppHost: <c>dotnet user-secrets set E2E_OPENAI_API_KEY ... --project Molecule.AppHost</c>. Where the file lies
/// is documented: https://learn.microsoft.com/aspnet/core/security/app-secrets#how-the-secret-manager-tool-works.
/// </summary>
public sealed class UserSecretsKeys(string file) : IKeyStore
{
    // UserSecretsId of Molecule.AppHost.
    private const string Id = "molecule-e2e-apphost";

    private static readonly JsonDocumentOptions _withComments = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    private static readonly JsonSerializerOptions _indented = new() { WriteIndented = true };

    public string Name => $"user-secrets ({file})";

    /// <summary>The file of this user; null where the user has no home.</summary>
    public static UserSecretsKeys? OfThisUser(Func<string, string?> environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        return (environment("APPDATA"), environment("HOME")) switch
        {
            ({ Length: > 0 } data, _) => new UserSecretsKeys(Path.Combine(data, "Microsoft", "UserSecrets", Id, "secrets.json")),
            (_, { Length: > 0 } home) => new UserSecretsKeys(Path.Combine(home, ".microsoft", "usersecrets", Id, "secrets.json")),
            _ => null,
        };
    }

    public async Task<ImmutableDictionary<string, string>> ReadAsync(ImmutableArray<string> wanted, CancellationToken cancellationToken)
    {
        var secrets = await LoadAsync(cancellationToken).ConfigureAwait(false);
        return wanted
            .Select(name => (Name: name, Value: TextOf(secrets, name)))
            .Where(static key => !string.IsNullOrWhiteSpace(key.Value))
            .ToImmutableDictionary(static key => key.Name, static key => key.Value!);
    }

    public async Task<string?> FindWrittenAsync(string name, CancellationToken cancellationToken) => TextOf(await LoadAsync(cancellationToken).ConfigureAwait(false), name);

    // Comments go, as they do where 'dotnet user-secrets set' writes.
    public async Task ReplaceAsync(string name, string value, CancellationToken cancellationToken)
    {
        var secrets = await LoadAsync(cancellationToken).ConfigureAwait(false);
        secrets[name] = value;
        try
        {
            await PrivateFile.WriteAsync(file, secrets.ToJsonString(_indented), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KeySourceException($"{file} cannot be written: {e.Message} Make it and its folder writable.", e);
        }
    }

    private async Task<JsonObject> LoadAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(file))
        {
            return [];
        }

        try
        {
            return JsonNode.Parse(await File.ReadAllTextAsync(file, cancellationToken).ConfigureAwait(false), documentOptions: _withComments) as JsonObject
                ?? throw new KeySourceException($"{file}: it must hold one JSON object of names and values, as 'dotnet user-secrets set' writes it.");
        }
        catch (JsonException e)
        {
            // Its message tells a place; the text around that place it does not repeat, and no more do we.
            throw new KeySourceException($"{file}: not JSON at line {e.LineNumber + 1}: mend it, or remove it with 'dotnet user-secrets clear --project Molecule.AppHost'.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KeySourceException($"{file} cannot be read: {e.Message} Make it readable, or remove it.", e);
        }
    }

    private static string? TextOf(JsonObject secrets, string name) => secrets[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
