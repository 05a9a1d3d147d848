using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using Molecule.Harness.Keys;
using Molecule.Harness.Lanes;
using Molecule.Harness.Live;
using Molecule.Harness.Logins;
using Molecule.Harness.Runs;
using Molecule.Tests.ControlPlane;
using Molecule.Tests.Workspace;

namespace Molecule.Tests.Harness.Logins;

/// <summary>A login that is good for one use, from where it came from and back (design.md 6).</summary>
public sealed class OneUseLoginTests : IAsyncLifetime
{
    private static readonly string _fresh = SomeLogin.Text("rt-secret-fresh", SomeLogin.Noon);
    private static readonly string _stale = SomeLogin.Text("rt-secret-stale", SomeLogin.Noon.AddDays(-9), SomeLogin.Noon.AddMinutes(-1));

    private readonly TemporaryFolder _home = new("molecule-login-");
    private readonly Dictionary<string, string> _environment = [];
    private readonly FakeTimeProvider _clock = new(SomeLogin.Noon.AddMinutes(10));
    private readonly HttpClient _http = new();
    private readonly SecretScan _scan = new();
    private FakeInfisical? _infisical;
    private FakeVendor? _vendor;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private string? Stored => _infisical!.Secrets.GetValueOrDefault(SomeLogin.Name);

    private string[] Kept => Directory.Exists(Path.Combine(_home.Path, ".local")) ? Directory.GetFiles(_home.Path, "*.json", SearchOption.AllDirectories) : [];

    [Fact]
    public async Task A_login_that_holds_is_used_as_it_is()
    {
        using var login = await BeginAsync(_fresh);

        var taken = await login.TakeAsync(Cancelled);

        Assert.Equal(_fresh, taken.Text);
        Assert.Null(await login.TakeBackAsync(Cancelled));
        Assert.Empty(_vendor!.Calls);
        Assert.Empty(_infisical!.Written);
    }

    [Fact]
    public async Task A_login_that_has_run_out_is_refreshed_once_and_is_back_before_anybody_works_with_it()
    {
        AnswerWith("rt-secret-next");
        using var login = await BeginAsync(_stale);

        var taken = await login.TakeAsync(Cancelled);

        Assert.Equal("rt-secret-next", taken.Refresh);
        Assert.Equal(taken.Text, Stored);
        Assert.Empty(Kept);
        var asked = JsonElement.Parse(Assert.Single(_vendor!.Calls).Body);
        Assert.Equal(("refresh_token", "rt-secret-stale"), (asked.GetProperty("grant_type").GetString(), asked.GetProperty("refresh_token").GetString()));
        Assert.Equal(SomeLogin.Of(_stale).Account, taken.Account);
    }

    [Fact]
    public async Task Two_runs_at_once_refresh_it_once()
    {
        AnswerWith("rt-secret-next", TimeProvider.System.GetUtcNow().AddDays(10));
        var stale = SomeLogin.Text("rt-secret-stale", TimeProvider.System.GetUtcNow().AddDays(-9), TimeProvider.System.GetUtcNow().AddMinutes(-1));
        using var one = await BeginAsync(stale, TimeProvider.System);
        using var other = await BeginAsync(stale, TimeProvider.System);

        var taken = await Task.WhenAll(one.TakeAsync(Cancelled), other.TakeAsync(Cancelled));

        Assert.All(taken, static t => Assert.Equal("rt-secret-next", t.Refresh));
        Assert.Single(_vendor!.Calls);
    }

    [Fact]
    public async Task From_the_environment_it_is_not_taken_since_nothing_can_be_written_there()
    {
        _environment[SomeLogin.Name] = _stale;
        using var login = await BeginAsync(null);

        var refused = await Assert.ThrowsAsync<LiveUncheckedException>(() => login.TakeAsync(Cancelled));

        Assert.StartsWith($"credential-refused: {SomeLogin.Name} (it comes from the environment: its refresh token is good for one use", refused.Message, StringComparison.Ordinal);
        Assert.Null(await login.TakeBackAsync(Cancelled));
        Assert.Empty(_vendor!.Calls);
    }

    [Fact]
    public async Task A_reference_to_another_secret_is_not_taken_since_it_would_be_overwritten()
    {
        using var login = await BeginAsync("${prod.logins.CODEX}");
        _infisical!.References["${prod.logins.CODEX}"] = _stale;

        var refused = await Assert.ThrowsAsync<LiveUncheckedException>(() => login.TakeAsync(Cancelled));

        Assert.Contains("holds under that name is no auth.json of a ChatGPT login", refused.Message, StringComparison.Ordinal);
        Assert.Empty(_vendor!.Calls);
        Assert.Equal("${prod.logins.CODEX}", Stored);
    }

    [Fact]
    public async Task Without_a_place_to_keep_it_in_need_it_is_not_taken()
    {
        _environment.Remove("HOME");
        using var login = await BeginAsync(_stale);

        var refused = await Assert.ThrowsAsync<LiveUncheckedException>(() => login.TakeAsync(Cancelled));

        Assert.Contains("set HOME or XDG_STATE_HOME", refused.Message, StringComparison.Ordinal);
        Assert.Empty(_vendor!.Calls);
    }

    [Fact]
    public async Task A_refresh_that_the_vendor_refuses_is_said_with_its_code_alone()
    {
        _vendor!.Answer("""{"error":{"code":"refresh_token_reused","message":"rt-secret-stale was used"}}""", 401);
        using var login = await BeginAsync(_stale);

        var refused = await Assert.ThrowsAsync<LiveUncheckedException>(() => login.TakeAsync(Cancelled));

        Assert.Matches(@"^credential-refused: E2E_CODEX_AUTH_JSON \(localhost:\d+ answered 401 refresh_token_reused to its refresh: log in to ChatGPT anew", refused.Message);
        Assert.DoesNotContain("rt-secret", refused.ToString(), StringComparison.Ordinal);
        Assert.Equal(_stale, Stored);
    }

    [Theory]
    [InlineData(200, """{"access_token":"a"}""")]
    [InlineData(503, "<html>")]
    public async Task A_refresh_without_a_login_in_its_answer_fails_the_lane(int status, string body)
    {
        _vendor!.Answer(body, status);
        using var login = await BeginAsync(_stale);

        var failed = await Assert.ThrowsAsync<LaneException>(() => login.TakeAsync(Cancelled));

        Assert.Contains($"answered {status} without a login: where it has used the refresh token up, log in to ChatGPT anew.", failed.Message, StringComparison.Ordinal);
        Assert.Equal(_stale, Stored);
    }

    [Fact]
    public async Task A_refreshed_login_that_cannot_be_written_back_fails_the_lane_and_the_next_run_writes_it_back_first()
    {
        AnswerWith("rt-secret-next");
        using (var login = await BeginAsync(_stale))
        {
            _infisical!.IsReadOnly = true;
            var failed = await Assert.ThrowsAsync<LaneException>(() => login.TakeAsync(Cancelled));
            Assert.Contains($"It lies in {Assert.Single(Kept)}", failed.Message, StringComparison.Ordinal);
        }

        _infisical.IsReadOnly = false;
        using var next = await BeginAsync(_stale);
        var taken = await next.TakeAsync(Cancelled);

        Assert.Equal("rt-secret-next", taken.Refresh);
        Assert.Equal(taken.Text, Stored);
        Assert.Single(_vendor!.Calls);
        Assert.Empty(Kept);
    }

    [Fact]
    public async Task What_was_kept_is_forgotten_where_somebody_has_logged_in_anew()
    {
        AnswerWith("rt-secret-next");
        using (var login = await BeginAsync(_stale))
        {
            _infisical!.IsReadOnly = true;
            await Assert.ThrowsAsync<LaneException>(() => login.TakeAsync(Cancelled));
        }

        var anew = SomeLogin.Text("rt-secret-anew", SomeLogin.Noon.AddMinutes(30));
        using var next = await BeginAsync(anew);

        Assert.Equal(anew, (await next.TakeAsync(Cancelled)).Text);
        Assert.Empty(Kept);
        Assert.Empty(_infisical.Written);
    }

    [Fact]
    public async Task A_login_that_codex_has_refreshed_in_the_workspace_is_written_back_as_soon_as_it_is_seen()
    {
        var later = SomeLogin.Text("rt-secret-later", SomeLogin.Noon.AddMinutes(11));
        using var login = await BeginAsync(_fresh);
        await login.TakeAsync(Cancelled);
        login.Watch(_ => Task.FromResult<ImmutableArray<string>>([_fresh, later, "{}", SomeLogin.Text("rt-secret-other", SomeLogin.Noon.AddDays(1), account: "acct-2")]));

        Assert.Null(await login.TakeBackAsync(Cancelled));

        Assert.Equal(later, Stored);
        Assert.Single(_infisical!.Written);
        Assert.Null(await login.TakeBackAsync(Cancelled));
        Assert.Single(_infisical.Written);
    }

    [Fact]
    public async Task What_could_not_be_written_back_in_the_run_is_tried_again_at_its_end()
    {
        var later = SomeLogin.Text("rt-secret-later", SomeLogin.Noon.AddMinutes(11));
        using var login = await BeginAsync(_fresh);
        await login.TakeAsync(Cancelled);
        login.Watch(_ => Task.FromResult<ImmutableArray<string>>([later]));
        _infisical!.IsReadOnly = true;
        Assert.Contains("is not written back", await login.TakeBackAsync(Cancelled), StringComparison.Ordinal);
        login.Watch(null);
        _infisical.IsReadOnly = false;

        Assert.Null(await login.TakeBackAsync(Cancelled));

        Assert.Equal(later, Stored);
        Assert.Empty(Kept);
    }

    [Fact]
    public async Task A_workspace_that_cannot_be_asked_is_said_since_its_login_may_be_lost()
    {
        using var login = await BeginAsync(_fresh);
        await login.TakeAsync(Cancelled);
        login.Watch(static _ => throw new HttpRequestException("connection refused"));

        Assert.Equal(
            $"{SomeLogin.Name}: the workspace could not be asked for its login (connection refused): where codex has refreshed it there, log in to ChatGPT anew.",
            await login.TakeBackAsync(Cancelled));
    }

    [Fact]
    public async Task Its_tokens_are_told_to_the_scan_of_what_the_run_leaves()
    {
        AnswerWith("rt-secret-next");
        using var login = await BeginAsync(_stale);
        await login.TakeAsync(Cancelled);
        var artefact = Path.Combine(_home.Path, "artefact.txt");
        await File.WriteAllTextAsync(artefact, "it said rt-secret-next", Cancelled);

        Assert.Equal([$"{artefact} holds the secret '{SomeLogin.Name} refresh token'"], _scan.Find(artefact));
    }

    public async ValueTask InitializeAsync()
    {
        _infisical = await FakeInfisical.StartAsync();
        _vendor = await FakeVendor.StartAsync();
        _environment["HOME"] = _home.Path;
        _environment[LoginRefresh.UrlVariable] = _vendor.Url + "/oauth/token";
    }

    public async ValueTask DisposeAsync()
    {
        await _vendor!.DisposeAsync();
        await _infisical!.DisposeAsync();
        _http.Dispose();
        _home.Dispose();
    }

    private async Task<OneUseLogin> BeginAsync(string? stored, TimeProvider? clock = null)
    {
        if (stored is not null)
        {
            _infisical!.Secrets[SomeLogin.Name] = stored;
            _infisical.TellTo(_environment);
        }

        var keys = await LiveKeys.OfThisMachineAsync(_environment.GetValueOrDefault, [SomeLogin.Name], Cancelled);
        return new OneUseLogin(SomeLogin.Name, keys, LoginSafe.OfThisUser(_environment.GetValueOrDefault), new LoginRefresh(_http, _environment.GetValueOrDefault, clock ?? _clock), _scan, clock ?? _clock);
    }

    // spec/runtimes-and-providers.md 3.3: the three tokens. The second use of one is refused, as at the vendor.
    private void AnswerWith(string refresh, DateTimeOffset? expires = null)
    {
        var used = 0;
        _vendor!.Handler = context =>
        {
            context.Response.StatusCode = Interlocked.Increment(ref used) == 1 ? 200 : 401;
            return context.Response.WriteAsJsonAsync(new { access_token = SomeLogin.Jwt(refresh, expires ?? SomeLogin.Noon.AddDays(10)), id_token = "id", refresh_token = refresh });
        };
    }
}
