using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dapper;
using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Llm;
using Molecule.ControlPlane.Secrets;
using Molecule.Registry;
using Npgsql;

namespace Molecule.ControlPlane.CodexAuth;

/// <summary>A login that has run out could not be refreshed; the message says why, without any secret.</summary>
public sealed class CodexAuthException(string message) : Exception(message);

/// <summary>
/// Refreshes the ChatGPT login of a workspace before it is started, where this control plane owns that (CODEX_AUTH_REFRESH_OWNER=1,
/// spec/runtimes-and-providers.md 2.2): a refresh token is good for one use, so it is used in one place, and what comes of it is
/// stored before anybody works with it.
/// </summary>
public sealed class CodexAuthRefresh(MoleculeDatabase database, SecretStore secrets, ProviderRegistry registry, Settings settings, LlmUpstream http, TimeProvider time)
{
    private const string Arm = "openai-subscription";

    // The public client of the codex CLI (openai/codex, codex-rs/login).
    private const string ClientId = "app_EMoamEEZ73f0CkXaXp7hrann";

    private const int LargestAnswer = 64 * 1024;

    // A token that runs out while the workspace boots would be refreshed by codex itself.
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Leaves a login that will hold as it is, and replaces one that has run out.</summary>
    /// <exception cref="CodexAuthException">It has run out, and its vendor refused, did not answer or answered no tokens.</exception>
    public async Task EnsureFreshAsync(Guid workspace, string? provider)
    {
        if (settings.CodexTokenUrl is null || provider != Arm)
        {
            return;
        }

        await database.TransactAsync(
            async connection =>
            {
                // One at a time, whichever workspaces share the login: the second one finds it fresh.
                await connection.ExecuteAsync("SELECT pg_advisory_xact_lock(hashtext('codex-auth'))");
                await RefreshAsync(connection, workspace, settings.CodexTokenUrl);
                return true;
            },

            // A refresh that is given up half-way may have used the token up: whoever asked for the start may go, this goes on.
            CancellationToken.None);
    }

    private async Task RefreshAsync(NpgsqlConnection connection, Guid workspace, Uri tokenUrl)
    {
        var (values, _) = await secrets.ReadAsync(connection, workspace);
        var held = registry.FindProvider(Arm)?.AuthEnv.FirstOrDefault(name => values.TryGetValue(name, out var value) && value.Value.Length > 0);
        if (held is null || !CodexLogin.TryRead(values[held].Value, out var login) || login.Expires > time.GetUtcNow() + Margin)
        {
            return;
        }

        var rotated = login.With(await AskAsync(tokenUrl, login.RefreshToken), time.GetUtcNow())
            ?? throw new CodexAuthException($"the refresh of {held} answered without tokens: log in to ChatGPT anew and set {held}");
        if (values[held].IsOwn)
        {
            await secrets.SaveAsync(connection, workspace, held, rotated);
        }
        else
        {
            await secrets.SaveGlobalAsync(connection, held, rotated);
        }
    }

    private async Task<JsonObject> AskAsync(Uri tokenUrl, string refreshToken)
    {
        using var deadline = new CancellationTokenSource(Patience, time);
        using var request = new HttpRequestMessage(HttpMethod.Post, tokenUrl)
        {
            Content = JsonContent.Create(new { client_id = ClientId, grant_type = "refresh_token", refresh_token = refreshToken }),
        };
        try
        {
            using var response = await http.SendAsync(request, deadline.Token);
            await response.Content.LoadIntoBufferAsync(LargestAnswer, deadline.Token);
            var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync(deadline.Token)) as JsonObject;
            return response.IsSuccessStatusCode && answer is not null
                ? answer
                : throw new CodexAuthException($"the ChatGPT login has run out and its refresh was refused with {(int)response.StatusCode}{CodeOf(answer)}: log in to ChatGPT anew and set CODEX_AUTH_JSON");
        }
        catch (Exception e) when (e is HttpRequestException or JsonException)
        {
            throw new CodexAuthException($"the ChatGPT login has run out and its refresh at {tokenUrl.GetLeftPart(UriPartial.Authority)} failed: {e.GetType().Name}");
        }
        catch (OperationCanceledException)
        {
            throw new CodexAuthException($"the ChatGPT login has run out and its refresh at {tokenUrl.GetLeftPart(UriPartial.Authority)} was not answered within {Patience.TotalSeconds:0} s");
        }
    }

    private static string CodeOf(JsonObject? answer) => answer?["error"] is JsonObject error && error["code"] is JsonValue code && code.TryGetValue<string>(out var text) ? $" ({text})" : "";
}
