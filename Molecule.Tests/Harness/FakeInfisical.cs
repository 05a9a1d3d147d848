using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Molecule.Tests.ControlPlane;

namespace Molecule.Tests.Harness;

/// <summary>Infisical's universal auth and secrets, as its API reference and its server's routes write them (backend/src/server/routes/v3/secret-router.ts).</summary>
internal sealed class FakeInfisical : IAsyncDisposable
{
    private readonly string _secret = Guid.NewGuid().ToString("N");
    private readonly string _token = Guid.NewGuid().ToString("N");
    private LoopbackHost? _host;

    public ConcurrentDictionary<string, string> Secrets { get; } = [];

    /// <summary>What a reference stands for.</summary>
    public Dictionary<string, string> References { get; } = [];

    /// <summary>Whether the identity may edit nothing.</summary>
    public bool IsReadOnly { get; set; }

    /// <summary>Whether a change waits for somebody's approval: it is taken and not made (docs/documentation/platform/pr-workflows).</summary>
    public bool WaitsForApproval { get; set; }

    /// <summary>Every value that was written, in order.</summary>
    public ConcurrentQueue<(string Name, string Value)> Written { get; } = [];

    public static async Task<FakeInfisical> StartAsync()
    {
        var fake = new FakeInfisical();
        fake._host = await LoopbackHost.StartAsync(fake.AnswerAsync);
        return fake;
    }

    public void TellTo(IDictionary<string, string> environment)
    {
        environment["INFISICAL_URL"] = _host!.Url;
        environment["INFISICAL_CLIENT_ID"] = "the-identity";
        environment["INFISICAL_CLIENT_SECRET"] = _secret;
        environment["INFISICAL_PROJECT_ID"] = "the-project";
        environment["INFISICAL_ENVIRONMENT"] = "e2e";
    }

    public ValueTask DisposeAsync() => _host!.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        switch (request.Method, request.Path.Value)
        {
            case ("POST", "/api/v1/auth/universal-auth/login"):
                var login = await request.ReadFromJsonAsync<JsonObject>();
                await AnswerAsync(context, (string?)login?["clientId"] == "the-identity" && (string?)login["clientSecret"] == _secret
                    ? (200, new JsonObject { ["accessToken"] = _token, ["expiresIn"] = 7200, ["accessTokenMaxTTL"] = 43244, ["tokenType"] = "Bearer" })
                    : (401, new JsonObject { ["statusCode"] = 401, ["message"] = $"Invalid credentials {(string?)login?["clientSecret"]}", ["error"] = "Unauthorized" }));
                break;
            case ("GET", "/api/v3/secrets/raw") when request.Headers.Authorization == $"Bearer {_token}":
                var isThere = IsPlace(key => request.Query[key]);

                // References are expanded for whoever asks for it (docs/api-reference/endpoints/secrets/list, expandSecretReferences).
                var expands = request.Query["expandSecretReferences"] == "true";
                await AnswerAsync(context, isThere
                    ? (200, new JsonObject { ["secrets"] = new JsonArray([.. Secrets.Select(s => new JsonObject { ["secretKey"] = s.Key, ["secretValue"] = expands && References.TryGetValue(s.Value, out var meant) ? meant : s.Value, ["type"] = "shared" })]), ["imports"] = new JsonArray() })
                    : (404, new JsonObject { ["statusCode"] = 404, ["message"] = "Folder not found", ["error"] = "NotFound" }));
                break;
            case ("GET", { } path) when IsOne(path, out var name) && request.Headers.Authorization == $"Bearer {_token}":
                await AnswerAsync(context, IsPlace(key => request.Query[key]) && Secrets.TryGetValue(name, out var written)
                    ? (200, new JsonObject { ["secret"] = Described(name, request.Query["expandSecretReferences"] != "false" && References.TryGetValue(written, out var target) ? target : written) })
                    : (404, new JsonObject { ["statusCode"] = 404, ["message"] = $"Secret with name '{name}' not found", ["error"] = "NotFound" }));
                break;
            case ("PATCH", { } path) when IsOne(path, out var name) && request.Headers.Authorization == $"Bearer {_token}" && !IsReadOnly:
                var change = await request.ReadFromJsonAsync<JsonObject>() ?? [];
                if (!IsPlace(key => (string?)change[key]) || (string?)change["type"] != "shared" || (string?)change["secretValue"] is not { } value || !Secrets.ContainsKey(name))
                {
                    await AnswerAsync(context, (404, new JsonObject { ["statusCode"] = 404, ["message"] = "Secret not found", ["error"] = "NotFound" }));
                    break;
                }

                if (WaitsForApproval)
                {
                    await AnswerAsync(context, (200, new JsonObject { ["approval"] = new JsonObject { ["id"] = Guid.NewGuid().ToString(), ["status"] = "open" } }));
                    break;
                }

                // A value is trimmed, but for one line break at its end.
                Secrets[name] = value.EndsWith('\n') ? value.Trim() + "\n" : value.Trim();
                Written.Enqueue((name, Secrets[name]));
                await AnswerAsync(context, (200, new JsonObject { ["secret"] = Described(name, Secrets[name]) }));
                break;
            default:
                await AnswerAsync(context, (403, new JsonObject { ["statusCode"] = 403, ["message"] = "Forbidden", ["error"] = "Forbidden" }));
                break;
        }
    }

    private static bool IsPlace(Func<string, string?> said) => said("workspaceId") == "the-project" && said("environment") == "e2e" && said("secretPath") == "/shared/serving-e2e-keys";

    private static bool IsOne(string path, out string name)
    {
        name = path.StartsWith("/api/v3/secrets/raw/", StringComparison.Ordinal) ? path["/api/v3/secrets/raw/".Length..] : "";
        return name.Length > 0;
    }

    private static JsonObject Described(string name, string value) => new() { ["secretKey"] = name, ["secretValue"] = value, ["type"] = "shared", ["version"] = 1 };

    private static Task AnswerAsync(HttpContext context, (int Status, JsonObject Body) answer)
    {
        context.Response.StatusCode = answer.Status;
        return context.Response.WriteAsJsonAsync(answer.Body);
    }
}
