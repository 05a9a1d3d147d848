using System.Collections.Immutable;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Molecule.Contracts.Journal;
using Molecule.Harness.Clients;
using Molecule.Harness.Journals;
using Molecule.Harness.Lanes;

namespace Molecule.Harness.Controls;

/// <summary>
/// Calls a fake wrongly, one thing wrong at a time, and once rightly: a fake that answers everything would prove nothing about routing,
/// and a control that is refused for something else would prove nothing about the fake.
/// </summary>
public sealed class NegativeControls(HttpClient http, FakesClient fakes, JournalTail atFakes, JournalClaims claims)
{
    // Kimi's gateway refuses agents that it does not know (spec/runtimes-and-providers.md 3.4).
    private const string AgentUserAgent = "claude-cli/2.1.330 (external, sdk-cli)";

    private const string NoModel = "no-such-model";

    /// <summary>Name of the control that must be accepted.</summary>
    public const string Right = "everything right";

    /// <summary>Runs all controls of one fake and claims their journal entries.</summary>
    public async Task<ImmutableArray<ControlOutcome>> RunAsync(ArmRoute route, Random random, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(route);
        ArgumentNullException.ThrowIfNull(random);
        var description = (await fakes.DescribeAsync(cancellationToken).ConfigureAwait(false)).First(f => f.Fake == route.Fake);
        var known = $"mol-control-{random.NextInt64():x16}";
        var unknown = $"mol-unknown-{random.NextInt64():x16}";
        var account = route.Auth is CredentialForm.BearerAccountId ? $"acct-control-{random.Next():x8}" : null;
        await fakes.AcceptAsync(new AcceptedCredential(route.Fake, CredentialFingerprint.Of(known), account), cancellationToken).ConfigureAwait(false);

        ImmutableArray<(string Name, string Path, CredentialForm Form, string Credential, string Model)> controls =
        [
            (Right, route.Path, route.Auth, known, route.Model),
            ("wrong header", route.Path, WrongForm(route.Auth), known, route.Model),
            ("unknown credential", route.Path, route.Auth, unknown, route.Model),
            ("wrong path", "/v1" + route.Path, route.Auth, known, route.Model),
            ("wrong model", route.Path.Replace($"/{route.Model}:", $"/{NoModel}:", StringComparison.Ordinal), route.Auth, known, NoModel),
        ];

        var outcomes = ImmutableArray.CreateBuilder<ControlOutcome>();
        foreach (var control in controls)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, fakes.Address.GetLeftPart(UriPartial.Authority) + description.BasePath + control.Path)
            {
                Content = JsonContent.Create(Body(route.Wire, control.Model)),
            };
            request.Headers.TryAddWithoutValidation("User-Agent", AgentUserAgent);
            AddCredential(request.Headers, control.Form, control.Credential, account);
            using var response = await http.SendAsync(request, cancellationToken).ConfigureAwait(false);
            var answer = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
            outcomes.Add(new ControlOutcome(control.Name, (int)response.StatusCode, response.IsSuccessStatusCode ? RefusalIn(answer) : null));
        }

        var own = new HashSet<string>(StringComparer.Ordinal) { CredentialFingerprint.Of(known), CredentialFingerprint.Of(unknown) };
        var journal = await atFakes.ReadAsync(cancellationToken).ConfigureAwait(false);
        claims.Claim($"the controls of {route.Fake}", journal.Where(e => e.Credential is not null && own.Contains(e.Credential)));
        return outcomes.ToImmutable();
    }

    // {"base_resp":{"status_code":2013,"status_msg":"invalid params"}}, alone in a document: no stream holds it.
    private static string? RefusalIn(string answer)
    {
        try
        {
            return JsonNode.Parse(answer) is JsonObject json && json["base_resp"] is JsonObject native && (int?)native["status_code"] is { } code and not 0
                ? $"base_resp {code}"
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // No arm takes both.
    private static CredentialForm WrongForm(CredentialForm right) =>
        right is CredentialForm.XGoogApiKey ? CredentialForm.XApiKey : CredentialForm.XGoogApiKey;

    private static void AddCredential(HttpRequestHeaders headers, CredentialForm form, string credential, string? account)
    {
        switch (form)
        {
            case CredentialForm.XApiKey:
                headers.Add("x-api-key", credential);
                break;
            case CredentialForm.XGoogApiKey:
                headers.Add("x-goog-api-key", credential);
                break;
            default:
                headers.Authorization = new AuthenticationHeaderValue("Bearer", credential);
                break;
        }

        headers.Add("anthropic-version", "2023-06-01");
        if (form is CredentialForm.BearerOauthBeta)
        {
            headers.Add("anthropic-beta", "oauth-2025-04-20");
        }

        if (form is CredentialForm.BearerAccountId)
        {
            headers.Add("ChatGPT-Account-Id", account);
        }
    }

    private static JsonObject Body(ArmWire wire, string model) => wire switch
    {
        ArmWire.Messages => new JsonObject
        {
            ["model"] = model,
            ["max_tokens"] = 2048,
            ["stream"] = true,
            ["thinking"] = new JsonObject { ["type"] = "enabled", ["budget_tokens"] = 1024 },
            ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "control" }),
        },
        ArmWire.Chat => new JsonObject
        {
            ["model"] = model,
            ["stream"] = true,
            ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "control" }),
        },
        ArmWire.GenerateContent => new JsonObject
        {
            ["contents"] = new JsonArray(new JsonObject { ["role"] = "user", ["parts"] = new JsonArray(new JsonObject { ["text"] = "control" }) }),
        },
        _ => new JsonObject
        {
            ["model"] = model,
            ["stream"] = true,
            ["store"] = false,
            ["input"] = new JsonArray(new JsonObject
            {
                ["type"] = "message",
                ["role"] = "user",
                ["content"] = new JsonArray(new JsonObject { ["type"] = "input_text", ["text"] = "control" }),
            }),
        },
    };
}
