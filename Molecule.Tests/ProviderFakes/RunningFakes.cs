using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Molecule.Contracts;
using Molecule.Contracts.Faults;
using Molecule.Contracts.Journal;
using Molecule.ProviderFakes;
using Molecule.ProviderFakes.Journal;

namespace Molecule.Tests.ProviderFakes;

/// <summary>The host of the fakes on a free port, and a client that speaks to it as an agent would.</summary>
public sealed class RunningFakes : IAsyncLifetime
{
    public const string AdminKey = "admin-of-the-fakes";

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private WebApplication? _app;

    public int JournalCapacity { get; init; } = RequestJournal.DefaultCapacity;

    public TimeProvider? Time { get; init; }

    public HttpClient Client { get; private set; } = new();

    public Uri Address => Client.BaseAddress!;

    public async ValueTask InitializeAsync()
    {
        _app = FakesApplication.Build(["--urls", "http://127.0.0.1:0", $"--{FakesApplication.AdminKey}={AdminKey}", "--Logging:LogLevel:Default=Warning"], JournalCapacity, Time);
        await _app.StartAsync();
        Client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(_app.Urls.Single()) };
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (_app is not null)
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
        }
    }

    public async Task AcceptAsync(string fake, string secret, string? account = null)
    {
        using var answer = await AdminAsync(HttpMethod.Post, "/__molecule/credentials", new AcceptedCredential(fake, CredentialFingerprint.Of(secret), account));
        Assert.Equal(204, (int)answer.StatusCode);
    }

    /// <summary>Orders a fault; gives its id.</summary>
    public async Task<string> InjectAsync(FaultOrder order)
    {
        using var answer = await AdminAsync(HttpMethod.Post, "/__molecule/faults", order);
        Assert.Equal(201, (int)answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<FaultPlaced>(ContractJson.Compact, TestContext.Current.CancellationToken))!.Id;
    }

    /// <summary>A fault as the host tells of it.</summary>
    public async Task<FaultState> FaultAsync(string id)
    {
        using var answer = await AdminAsync(HttpMethod.Get, "/__molecule/faults");
        return Assert.Single((await answer.Content.ReadFromJsonAsync<FaultState[]>(ContractJson.Compact, TestContext.Current.CancellationToken))!, fault => fault.Id == id);
    }

    public async Task<HttpResponseMessage> AdminAsync(HttpMethod method, string path, object? body = null, string key = AdminKey)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        request.Content = body is null ? null : JsonContent.Create(body, body.GetType(), options: ContractJson.Compact);
        return await Client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>The journal's entries of one credential.</summary>
    public async Task<JournalEntry[]> JournalOfAsync(string secret) =>
        [.. (await JournalAsync()).Where(e => e.Credential == CredentialFingerprint.Of(secret))];

    /// <summary>The whole journal.</summary>
    public async Task<IReadOnlyList<JournalEntry>> JournalAsync()
    {
        var entries = new List<JournalEntry>();
        for (JournalPage? page = null; page is null || (page.Entries.Length > 0 && page.Entries[^1].Sequence < page.Last);)
        {
            using var answer = await AdminAsync(HttpMethod.Get, $"/__molecule/journal?after={(entries.Count == 0 ? 0 : entries[^1].Sequence)}");
            page = (await answer.Content.ReadFromJsonAsync<JournalPage>(ContractJson.Compact, TestContext.Current.CancellationToken))!;
            entries.AddRange(page.Entries);
        }

        return entries;
    }

    /// <summary>The one entry of a credential, waited for.</summary>
    public async Task<JournalEntry> OneEntryOfAsync(string secret)
    {
        await UntilAsync(async () => await JournalOfAsync(secret) is { Length: > 0 }, "an entry of that credential in the journal");
        return Assert.Single(await JournalOfAsync(secret));
    }

    /// <summary>Waits until a fault has been applied.</summary>
    public Task UntilAppliedAsync(string fault) => UntilAsync(async () => (await FaultAsync(fault)).Applied > 0, $"the fault {fault} applied");

    private static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        for (var end = DateTime.UtcNow + Deadline; !await condition(); await Task.Delay(20, TestContext.Current.CancellationToken))
        {
            if (DateTime.UtcNow > end)
            {
                throw new TimeoutException($"Not within {Deadline.TotalSeconds} s: {what}.");
            }
        }
    }

    public async Task<Reply> SendAsync(Call call)
    {
        using var request = call.ToRequest();
        using var answer = await Client.SendAsync(request, TestContext.Current.CancellationToken);
        return new Reply((int)answer.StatusCode, answer.Content.Headers.ContentType?.MediaType, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}

/// <summary>A request to a fake.</summary>
public sealed record Call(string Method, string Path, JsonObject? Body, params (string Name, string Value)[] Headers)
{
    public Call With(string name, string value) => this with { Headers = [.. Headers.Where(h => h.Name != name), (name, value)] };

    public Call Without(string name) => this with { Headers = [.. Headers.Where(h => h.Name != name)] };

    public Call Change(Action<JsonObject> change)
    {
        var body = Body!.DeepClone().AsObject();
        change(body);
        return this with { Body = body };
    }

    public HttpRequestMessage ToRequest()
    {
        var request = new HttpRequestMessage(new HttpMethod(Method), Path);
        request.Content = Body is null ? null : new StringContent(Body.ToJsonString(), Encoding.UTF8, "application/json");
        foreach (var (name, value) in Headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return request;
    }
}

/// <summary>What came back.</summary>
public sealed record Reply(int Status, string? ContentType, string Text)
{
    public JsonElement Json => JsonDocument.Parse(Text).RootElement;

    /// <summary>The frames of a stream: event name and data.</summary>
    public IReadOnlyList<(string? Event, string Data)> Frames =>
    [
        .. Text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(static frame =>
        {
            var lines = frame.Split('\n');
            return (lines.FirstOrDefault(static l => l.StartsWith("event: ", StringComparison.Ordinal))?[7..],
                lines.Single(static l => l.StartsWith("data: ", StringComparison.Ordinal))[6..]);
        }),
    ];

    public IEnumerable<JsonElement> Events => Frames.Where(static f => f.Data != "[DONE]").Select(static f => JsonDocument.Parse(f.Data).RootElement);
}
