using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Molecule.Contracts;
using Molecule.Contracts.Faults;
using Molecule.Contracts.Journal;
using Molecule.ProviderFakes.Journal;

namespace Molecule.Tests.ProviderFakes;

public sealed class JournalTests(RunningFakes fakes) : IClassFixture<RunningFakes>
{
    [Fact]
    public async Task A_credential_is_written_down_as_its_fingerprint_only()
    {
        const string secret = "mol-very-secret-credential";
        await fakes.AcceptAsync("openai-api", secret);
        await fakes.SendAsync(Calls.Of("a03", secret, "Hello"));
        await fakes.SendAsync(Calls.Of("a01", secret, "Hello"));

        using var answer = await fakes.AdminAsync(HttpMethod.Get, "/__molecule/journal");
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.DoesNotContain(secret, text, StringComparison.Ordinal);
        Assert.Contains(CredentialFingerprint.Of(secret), text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_entry_stands_there_before_the_answer_has_ended()
    {
        await fakes.AcceptAsync("anthropic-api", "mol-order");
        for (var turn = 1; turn <= 20; turn++)
        {
            await fakes.SendAsync(Calls.Of("a01", "mol-order", Calls.Prompt($"L{turn}", "R")));

            Assert.Equal($"R-L{turn}", (await fakes.JournalOfAsync("mol-order"))[^1].Answer);
        }
    }

    [Fact]
    public async Task A_long_prompt_is_cut_but_answered_by_its_whole()
    {
        await fakes.AcceptAsync("anthropic-api", "mol-long");

        await fakes.SendAsync(Calls.Of("a01", "mol-long", new string('x', 5000) + " " + Calls.Prompt("KAVODU", "MIRELO")));

        var entry = await fakes.OneEntryOfAsync("mol-long");
        Assert.Equal((2000, "MIRELO-KAVODU"), (entry.Prompt?.Length, entry.Answer));
    }

    [Fact]
    public async Task A_client_that_leaves_in_the_middle_of_its_answer_is_noticed()
    {
        // Held back half-way until the client has left.
        await fakes.AcceptAsync("anthropic-api", "mol-leaver");
        await fakes.InjectAsync(new FaultOrder("anthropic-api", FaultKind.Hold, Credential: CredentialFingerprint.Of("mol-leaver")));
        using var request = Calls.Of("a01", "mol-leaver", Calls.Prompt("LEFT", "RIGHT")).ToRequest();
        using (var answer = await fakes.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken))
        {
            Assert.Equal(200, (int)answer.StatusCode);
        }

        var entry = await fakes.OneEntryOfAsync("mol-leaver");

        Assert.Equal(200, entry.Status);
        Assert.Matches("^The client went away after [0-9]+ of [0-9]+ frames of its answer.$", entry.Problem);
    }

    [Fact]
    public async Task A_client_that_leaves_in_the_middle_of_its_request_is_noticed()
    {
        using (var client = new TcpClient())
        {
            await client.ConnectAsync(fakes.Address.Host, fakes.Address.Port, TestContext.Current.CancellationToken);
            await client.GetStream().WriteAsync(
                Encoding.ASCII.GetBytes("POST /a01/v1/messages HTTP/1.1\r\nHost: fakes\r\nx-api-key: mol-half\r\nContent-Length: 1000\r\n\r\n{\"model\""),
                TestContext.Current.CancellationToken);
        }

        var entry = await fakes.OneEntryOfAsync("mol-half");

        Assert.Equal(0, entry.Status);
        Assert.Contains("before it had sent its request", entry.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_journal_refuses_further_requests_and_is_unhealthy()
    {
        await using var small = new RunningFakes { JournalCapacity = 2 };
        await small.InitializeAsync();
        await small.AcceptAsync("anthropic-api", "mol-small");
        var call = Calls.Of("a01", "mol-small", "Hello");

        int[] statuses = [(await small.SendAsync(call)).Status, (await small.SendAsync(call)).Status];
        var healthy = await small.SendAsync(new Call("GET", "/health", null));
        var refused = await small.SendAsync(call);
        var unhealthy = await small.SendAsync(new Call("GET", "/health", null));

        Assert.Equal([200, 200], statuses);
        Assert.Equal((200, 507, 503), (healthy.Status, refused.Status, unhealthy.Status));
        Assert.Contains("1 requests were refused", unhealthy.Text, StringComparison.Ordinal);
        Assert.Equal(2, (await small.JournalOfAsync("mol-small")).Length);
    }

    [Fact]
    public void Entries_are_numbered_without_gaps_whoever_writes_them_and_come_in_pages()
    {
        var journal = new RequestJournal(capacity: 1200);
        Parallel.For(0, 1200, n =>
        {
            Assert.True(journal.TryReserve());
            journal.Append(Entry($"{n}"));
        });

        Assert.False(journal.TryReserve());
        var pages = new List<JournalPage>();
        for (var last = 0L; last < 1200; last = pages[^1].Entries[^1].Sequence)
        {
            pages.Add(journal.After(last));
        }

        Assert.Equal([500, 500, 200], pages.Select(static p => p.Entries.Length));
        Assert.All(pages, static p => Assert.Equal(1200, p.Last));
        Assert.Equal(Enumerable.Range(1, 1200).Select(static n => (long)n), pages.SelectMany(static p => p.Entries).Select(static e => e.Sequence));
        Assert.Equal(1200, pages.SelectMany(static p => p.Entries).Select(static e => e.Path).Distinct().Count());
        Assert.Empty(journal.After(1200).Entries);
    }

    [Fact]
    public async Task A_full_journal_gives_the_room_of_settled_entries_and_of_no_other()
    {
        await using var small = new RunningFakes { JournalCapacity = 3 };
        await small.InitializeAsync();
        await small.AcceptAsync("anthropic-api", "mol-settled");
        var statuses = new List<int>();
        for (var n = 0; n < 3; n++)
        {
            statuses.Add((await small.SendAsync(Calls.Of("a01", "mol-settled", $"{n}"))).Status);
        }

        using var settled = await small.AdminAsync(HttpMethod.Post, "/__molecule/journal/settled", new SettledEntries([2, 1]));
        var kept = (await small.JournalAsync()).Select(static e => e.Sequence).ToArray();
        for (var n = 3; n < 6; n++)
        {
            statuses.Add((await small.SendAsync(Calls.Of("a01", "mol-settled", $"{n}"))).Status);
        }

        Assert.Equal(204, (int)settled.StatusCode);
        Assert.Equal([1, 2, 3], kept);
        Assert.Equal([200, 200, 200, 200, 200, 507], statuses);
        Assert.Equal([(3L, "2"), (4L, "3"), (5L, "4")], (await small.JournalAsync()).Select(static e => (e.Sequence, e.Prompt!)));
    }

    [Fact]
    public void Pages_are_exact_also_where_settled_entries_have_gone()
    {
        var journal = new RequestJournal(capacity: 1200);
        for (var n = 1; n <= 1200; n++)
        {
            journal.TryReserve();
            journal.Append(Entry($"{n}"));
        }

        Assert.Null(journal.Settle([.. Enumerable.Range(1, 1200).Where(static n => n % 2 == 0).Select(static n => (long)n)]));
        for (var n = 1201; n <= 1800; n++)
        {
            Assert.True(journal.TryReserve());
            journal.Append(Entry($"{n}"));
        }

        Assert.False(journal.TryReserve());
        var pages = new List<JournalPage>();
        for (var last = 0L; last < 1800; last = pages[^1].Entries[^1].Sequence)
        {
            pages.Add(journal.After(last));
        }

        Assert.All(pages, static p => Assert.Equal(1800, p.Last));
        Assert.Equal(
            Enumerable.Range(1, 1800).Where(static n => n > 1200 || n % 2 == 1).Select(static n => (Sequence: (long)n, Path: $"{n}")),
            pages.SelectMany(static p => p.Entries).Select(static e => (e.Sequence, e.Path)));
        Assert.Equal(1201, journal.After(1200).Entries[0].Sequence);
    }

    [Fact]
    public void Settling_what_has_gone_already_changes_nothing()
    {
        var journal = new RequestJournal(capacity: 1);
        journal.TryReserve();
        journal.Append(Entry("1"));
        journal.Settle([1]);
        journal.TryReserve();
        journal.Append(Entry("2"));

        Assert.Null(journal.Settle([1]));

        Assert.False(journal.TryReserve());
        Assert.Equal(2, Assert.Single(journal.After(0).Entries).Sequence);
    }

    [Theory]
    [InlineData("""{"sequences":[1000000]}""", "sequences: no entry has had the number 1000000 yet")]
    [InlineData("""{"sequences":[0]}""", "sequences: no entry has had the number 0 yet")]
    [InlineData("""{"sequences":"all"}""", "The body names no settled entries")]
    [InlineData("{}", "The body names no settled entries")]
    public async Task Settling_what_is_no_entry_is_refused(string body, string message)
    {
        using var answer = await fakes.AdminAsync(HttpMethod.Post, "/__molecule/journal/settled", JsonSerializer.Deserialize<JsonElement>(body));

        Assert.Equal(400, (int)answer.StatusCode);
        Assert.Contains(message, (await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_of_a_request_is_written_down_at_any_length()
    {
        var secret = $"mol-{Guid.NewGuid():N}";
        await fakes.AcceptAsync("anthropic-api", secret);
        var call = Calls.Of("a01", secret, "Hello").Change(static b => b["model"] = new string('m', 1_000_000));

        await fakes.SendAsync(call.With("User-Agent", new string('u', 8000)) with { Path = $"/a01/v1/messages?{new string('q', 6000)}" });

        var entry = await fakes.OneEntryOfAsync(secret);
        Assert.Equal((2000, 2000, 2000, 2000), (entry.Model?.Length, entry.UserAgent?.Length, entry.Query.Length, entry.Problem?.Length));
    }

    [Fact]
    public async Task The_admin_api_tells_the_fakes_and_wants_its_key()
    {
        using var refused = await fakes.AdminAsync(HttpMethod.Get, "/__molecule/fakes", key: "another");
        using var answer = await fakes.AdminAsync(HttpMethod.Get, "/__molecule/fakes");
        var all = (await answer.Content.ReadFromJsonAsync<FakeDescription[]>(ContractJson.Compact, TestContext.Current.CancellationToken))!;

        Assert.Equal(401, (int)refused.StatusCode);
        Assert.All(all, static fake => Assert.Matches("^/[a-z][0-9]{2}$", fake.BasePath));
        Assert.Equal(all.Length, all.Select(static fake => fake.BasePath).Distinct().Count());
        Assert.Equal(all.Length, all.Select(static fake => fake.Fake).Distinct().Count());
        Assert.Contains(new FakeDescription("byok-minimax", "/a07", "https://api.minimax.io"), all);
    }

    [Theory]
    [InlineData("""{"fake":"nobody","fingerprint":"0123456789abcdef"}""", "fake: there is no 'nobody'")]
    [InlineData("""{"fake":"openai-api","fingerprint":"mol-a-credential"}""", "fingerprint: give the first 16 hex digits")]
    [InlineData("""{"fake":"openai-subscription","fingerprint":"0123456789abcdef"}""", "accountId: openai-subscription needs")]
    [InlineData("""{"fake":"openai-api","fingerprint":"0123456789abcdef","accountId":"acct"}""", "accountId: openai-api knows no accounts")]
    [InlineData("""{"fake":"openai-api"}""", "no accepted credential")]
    public async Task A_wrong_registration_is_refused_with_the_field_and_the_mend(string body, string message)
    {
        using var answer = await fakes.AdminAsync(HttpMethod.Post, "/__molecule/credentials", JsonSerializer.Deserialize<JsonElement>(body));

        Assert.Equal(400, (int)answer.StatusCode);
        Assert.Contains(message, (await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_admin_api_does_not_know_stands_in_no_journal()
    {
        using var unknown = await fakes.AdminAsync(HttpMethod.Get, "/__molecule/other");
        using var after = await fakes.AdminAsync(HttpMethod.Get, "/__molecule/journal?after=x");

        Assert.Equal((404, 400), ((int)unknown.StatusCode, (int)after.StatusCode));
        Assert.DoesNotContain(await fakes.JournalAsync(), static e => e.Path.Contains("__molecule", StringComparison.Ordinal));
    }

    private static JournalEntry Entry(string path) => new(
        0, DateTimeOffset.UnixEpoch, "anthropic-api", "POST", path, "", CredentialForm.None, null, null, false, 200, null, null, null, null, null, null);
}
