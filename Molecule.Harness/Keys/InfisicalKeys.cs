using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Molecule.Harness.Keys;

/// <summary>
/// Keys in Infisical under /shared/serving-e2e-keys, read and written back by a machine identity (universal auth):
/// https://infisical.com/docs/api-reference/endpoints/universal-auth/login and .../endpoints/secrets/list, read and update. Held against the calls of the
/// vendor's own @infisical/sdk 5.0.2: the same routes and parameters.
/// </summary>
public sealed class InfisicalKeys(InfisicalLogin login, HttpClient http) : IKeyStore
{
    private const string Folder = "/shared/serving-e2e-keys";
    private const string Access = "INFISICAL_PROJECT_ID, INFISICAL_ENVIRONMENT and the identity's access to that folder";

    public string Name => $"Infisical ({login.Address})";

    public async Task<ImmutableDictionary<string, string>> ReadAsync(ImmutableArray<string> wanted, CancellationToken cancellationToken)
    {
        var token = await LogInAsync(cancellationToken).ConfigureAwait(false);

        // A secret may be a reference to another one (${prod.vendors.KEY}): the SDK asks for what it refers to, the API by itself answers the reference.
        var query = $"workspaceId={Uri.EscapeDataString(login.Project)}&environment={Uri.EscapeDataString(login.Environment)}&secretPath={Uri.EscapeDataString(Folder)}&expandSecretReferences=true&viewSecretValue=true";
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(login.Address, $"/api/v3/secrets/raw?{query}"));
        request.Headers.Authorization = new("Bearer", token);
        var listed = await SendAsync(request, $"the secrets of {Folder}", Access, cancellationToken).ConfigureAwait(false);
        if (listed?["secrets"] is not JsonArray secrets)
        {
            throw new KeySourceException($"{Name} answered without 'secrets' for {Folder}: INFISICAL_URL must name an Infisical server.");
        }

        return secrets.OfType<JsonObject>()
            .Select(static secret => (Name: (string?)secret["secretKey"], Value: (string?)secret["secretValue"]))
            .Where(secret => secret.Name is { } name && wanted.Contains(name) && !string.IsNullOrWhiteSpace(secret.Value))
            .ToImmutableDictionary(static secret => secret.Name!, static secret => secret.Value!);
    }

    public async Task<string?> FindWrittenAsync(string name, CancellationToken cancellationToken)
    {
        var token = await LogInAsync(cancellationToken).ConfigureAwait(false);
        var query = $"workspaceId={Uri.EscapeDataString(login.Project)}&environment={Uri.EscapeDataString(login.Environment)}&secretPath={Uri.EscapeDataString(Folder)}&expandSecretReferences=false&viewSecretValue=true";
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(login.Address, $"{AddressOf(name)}?{query}"));
        request.Headers.Authorization = new("Bearer", token);
        return await SendAsync(request, name, Access, cancellationToken, HttpStatusCode.NotFound).ConfigureAwait(false) is { } read ? (string?)read["secret"]?["secretValue"] : null;
    }

    // Routes and bodies as the server's own code reads them (Infisical/infisical, backend/src/server/routes/v3/secret-router.ts).
    public async Task ReplaceAsync(string name, string value, CancellationToken cancellationToken)
    {
        var token = await LogInAsync(cancellationToken).ConfigureAwait(false);
        using var request = new HttpRequestMessage(HttpMethod.Patch, new Uri(login.Address, AddressOf(name)))
        {
            Content = JsonContent.Create(new JsonObject
            {
                ["workspaceId"] = login.Project,
                ["environment"] = login.Environment,
                ["secretPath"] = Folder,
                ["secretValue"] = value,
                ["type"] = "shared",
            }),
        };
        request.Headers.Authorization = new("Bearer", token);
        await SendAsync(request, $"the new value of {name}", "that the identity may edit secrets in that folder", cancellationToken).ConfigureAwait(false);
    }

    private static string AddressOf(string name) => $"/api/v3/secrets/raw/{Uri.EscapeDataString(name)}";

    private async Task<string> LogInAsync(CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(login.Address, "/api/v1/auth/universal-auth/login"))
        {
            Content = JsonContent.Create(new JsonObject { ["clientId"] = login.ClientId, ["clientSecret"] = login.ClientSecret }),
        };
        var answer = await SendAsync(request, "the login", "INFISICAL_CLIENT_ID and INFISICAL_CLIENT_SECRET", cancellationToken).ConfigureAwait(false);
        return (string?)answer?["accessToken"] is { Length: > 0 } token
            ? token
            : throw new KeySourceException($"{Name} answered the login without 'accessToken': INFISICAL_URL must name an Infisical server.");
    }

    // An answer's body may repeat what was sent: only its status is ever told.
    private async Task<JsonObject?> SendAsync(HttpRequestMessage request, string what, string mend, CancellationToken cancellationToken, HttpStatusCode? absent = null)
    {
        try
        {
            using var answer = await http.SendAsync(request, cancellationToken).ConfigureAwait(false);
            if (answer.StatusCode == absent)
            {
                return null;
            }

            if (answer.StatusCode is not HttpStatusCode.OK)
            {
                throw new KeySourceException($"{Name} answered {(int)answer.StatusCode} to {what}: check {mend}.");
            }

            return await answer.Content.ReadFromJsonAsync<JsonObject>(cancellationToken).ConfigureAwait(false)
                ?? throw new KeySourceException($"{Name} answered nothing to {what}: INFISICAL_URL must name an Infisical server.");
        }
        catch (HttpRequestException e)
        {
            throw new KeySourceException($"{Name} cannot be reached for {what}: {e.Message} Check INFISICAL_URL, or unset INFISICAL_CLIENT_ID to do without it.", e);
        }
        catch (JsonException e)
        {
            throw new KeySourceException($"{Name} answered {what} with something that is no JSON object: INFISICAL_URL must name an Infisical server.", e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new KeySourceException($"{Name} did not answer {what} within {http.Timeout.TotalSeconds:0} s: check INFISICAL_URL.", e);
        }
    }
}
