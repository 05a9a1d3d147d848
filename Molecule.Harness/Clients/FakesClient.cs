using System.Collections.Immutable;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Molecule.Contracts;
using Molecule.Contracts.Clouds;
using Molecule.Contracts.Faults;
using Molecule.Contracts.Journal;

namespace Molecule.Harness.Clients;

/// <summary>The provider fakes' admin side: which there are, which credentials they accept, what reached them.</summary>
public sealed class FakesClient(HttpClient http, string adminKey)
{
    /// <summary>Where the fakes are reached.</summary>
    public Uri Address => http.BaseAddress ?? throw new InvalidOperationException("The fakes' client has no address.");

    /// <summary>Every fake of the host.</summary>
    public async Task<ImmutableArray<FakeDescription>> DescribeAsync(CancellationToken cancellationToken) =>
        await SendAsync<ImmutableArray<FakeDescription>>(HttpMethod.Get, "/__molecule/fakes", null, cancellationToken).ConfigureAwait(false);

    /// <summary>Makes a fake accept a credential from now on.</summary>
    public Task AcceptAsync(AcceptedCredential credential, CancellationToken cancellationToken) =>
        SendAsync<object?>(HttpMethod.Post, "/__molecule/credentials", JsonContent.Create(credential, options: ContractJson.Compact), cancellationToken);

    /// <summary>Makes the fakes of Google's clouds trust an AWS identity from now on.</summary>
    public Task TrustAsync(FederatedIdentity identity, CancellationToken cancellationToken) =>
        SendAsync<object?>(HttpMethod.Post, "/__molecule/identities", JsonContent.Create(identity, options: ContractJson.Compact), cancellationToken);

    /// <summary>Gives the emulated AWS account a user.</summary>
    public Task AddAsync(EmulatedAwsUser user, CancellationToken cancellationToken) => PostAsync("aws/users", user, cancellationToken);

    /// <summary>Denies something to everybody of the emulated account, or no more.</summary>
    public Task SetAsync(EmulatedGuardrail guardrail, CancellationToken cancellationToken) => PostAsync("aws/guardrails", guardrail, cancellationToken);

    /// <summary>Puts the emulated account out of order for the readers of one secret, or in order again.</summary>
    public Task SetAsync(EmulatedReaderOutage outage, CancellationToken cancellationToken) => PostAsync("aws/outage/readers", outage, cancellationToken);

    /// <summary>Rotates or revokes a secret at the emulated manager itself.</summary>
    public Task ChangeAsync(EmulatedSecretChange change, CancellationToken cancellationToken) => PostAsync("aws/secrets", change, cancellationToken);

    /// <summary>Changes a role of the emulated account, or ends its sessions.</summary>
    public Task ChangeAsync(EmulatedRoleChange change, CancellationToken cancellationToken) => PostAsync("aws/roles", change, cancellationToken);

    /// <summary>Who has called the emulated account for what.</summary>
    public async Task<ImmutableArray<EmulatedAwsCall>> TrailAsync(CancellationToken cancellationToken) =>
        (await SendAsync<EmulatedAwsTrail>(HttpMethod.Get, "/__molecule/aws/trail", null, cancellationToken).ConfigureAwait(false)).Calls;

    private Task<object?> PostAsync<T>(string path, T body, CancellationToken cancellationToken) =>
        SendAsync<object?>(HttpMethod.Post, $"/__molecule/{path}", JsonContent.Create(body, options: ContractJson.Compact), cancellationToken);

    /// <summary>The whole journal after an entry's number, however many pages it has.</summary>
    public async Task<JournalPage> JournalAsync(long after, CancellationToken cancellationToken)
    {
        var entries = ImmutableArray.CreateBuilder<JournalEntry>();
        while (true)
        {
            var page = await SendAsync<JournalPage>(HttpMethod.Get, $"/__molecule/journal?after={after}", null, cancellationToken).ConfigureAwait(false);
            entries.AddRange(page.Entries);
            if (page.Entries.IsEmpty || page.Entries[^1].Sequence == page.Last)
            {
                return new JournalPage(entries.ToImmutable(), page.Last);
            }

            after = page.Entries[^1].Sequence;
        }
    }

    /// <summary>Releases entries: the journal may give their room to others.</summary>
    public Task SettleAsync(IEnumerable<long> sequences, CancellationToken cancellationToken) =>
        SendAsync<object?>(HttpMethod.Post, "/__molecule/journal/settled", JsonContent.Create(new SettledEntries([.. sequences]), options: ContractJson.Compact), cancellationToken);

    /// <summary>Makes a fake know a single-use refresh token.</summary>
    public Task RegisterAsync(RefreshTokenFamily family, CancellationToken cancellationToken) =>
        SendAsync<object?>(HttpMethod.Post, "/__molecule/refresh-tokens", JsonContent.Create(family, options: ContractJson.Compact), cancellationToken);

    /// <summary>Lets an accepted access token run out.</summary>
    public Task ExpireAsync(ExpiredCredential credential, CancellationToken cancellationToken) =>
        SendAsync<object?>(HttpMethod.Post, "/__molecule/credentials/expired", JsonContent.Create(credential, options: ContractJson.Compact), cancellationToken);

    /// <summary>Orders a fault, which stands from now on; gives its id.</summary>
    public async Task<string> InjectAsync(FaultOrder order, CancellationToken cancellationToken) =>
        (await SendAsync<FaultPlaced>(HttpMethod.Post, "/__molecule/faults", JsonContent.Create(order, options: ContractJson.Compact), cancellationToken).ConfigureAwait(false)).Id;

    /// <summary>One request of each shape that reached a fake for a turn.</summary>
    public Task<RequestSamples> RequestsAsync(CancellationToken cancellationToken) =>
        SendAsync<RequestSamples>(HttpMethod.Get, "/__molecule/requests", null, cancellationToken);

    /// <summary>Takes a fault away.</summary>
    public Task ClearAsync(string id, CancellationToken cancellationToken) =>
        SendAsync<object?>(HttpMethod.Delete, $"/__molecule/faults/{Uri.EscapeDataString(id)}", null, cancellationToken);

    /// <summary>The faults that stand, and how often each has been applied.</summary>
    public Task<ImmutableArray<FaultState>> FaultsAsync(CancellationToken cancellationToken) =>
        SendAsync<ImmutableArray<FaultState>>(HttpMethod.Get, "/__molecule/faults", null, cancellationToken);

    private async Task<T> SendAsync<T>(HttpMethod method, string path, HttpContent? content, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", adminKey);
        using var response = await http.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
        {
            throw new HttpRequestException($"{method} {path} at the fakes answered {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false)}");
        }

        var text = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
        return text.Length == 0 ? default! : JsonSerializer.Deserialize<T>(text, ContractJson.Compact)!;
    }
}
