using System.Collections.Immutable;
using System.Net.Http.Headers;
using System.Net.Http.Json;
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
            ("wrong model", route.Path, route.Auth, known, "no-such-model"),
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
            await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
            outcomes.Add(new ControlOutcome(control.Name, (int)response.StatusCode));
        }

        var own = new HashSet<string>(StringComparer.Ordinal) { CredentialFingerprint.Of(known), CredentialFingerprint.Of(unknown) };
        var journal = await atFakes.ReadAsync(cancellationToken).ConfigureAwait(false);
        claims.Claim($"the controls of {route.Fake}", journal.Where(e => e.Credential is not null && own.Contains(e.Credential)));
        return outcomes.ToImmutable();
    }

    // No arm that is built takes Google's header.
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
