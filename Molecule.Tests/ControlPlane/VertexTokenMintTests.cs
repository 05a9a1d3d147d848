using Microsoft.Extensions.Time.Testing;
using Molecule.ControlPlane;
using Molecule.ControlPlane.Llm;
using Molecule.Tests.ProviderFakes;

namespace Molecule.Tests.ControlPlane;

/// <summary>The keyless arm's bearer: the control plane's signature against the fakes' check of it, which share no code (spec/runtimes-and-providers.md 3.6).</summary>
public sealed class VertexTokenMintTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 27, 12, 0, 0, TimeSpan.Zero));
    private readonly LlmUpstream _upstream = new();
    private readonly RunningFakes _fakes;

    public VertexTokenMintTests() => _fakes = new RunningFakes { Time = _time };

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _fakes.InitializeAsync();

    public ValueTask DisposeAsync()
    {
        _upstream.Dispose();
        return _fakes.DisposeAsync();
    }

    [Fact]
    public async Task An_impersonated_token_is_spent_at_vertex_until_it_runs_out()
    {
        await _fakes.TrustAsync();

        var token = await Mint().MintAsync(Cancelled);

        Assert.Equal(_time.GetUtcNow().AddHours(1), token.Expires);
        Assert.Equal(200, await _fakes.SpendAsync(token.Value));
        _time.Advance(TimeSpan.FromHours(1) - TimeSpan.FromSeconds(1));
        Assert.Equal(200, await _fakes.SpendAsync(token.Value));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(401, await _fakes.SpendAsync(token.Value));
        Assert.Single(await _fakes.EntriesOfAsync("cloud-google-sts"));
        Assert.Equal("/v1/projects/-/serviceAccounts/llm-proxy@mol-project.iam.gserviceaccount.com:generateAccessToken", Assert.Single(await _fakes.EntriesOfAsync("cloud-google-iam")).Path);
    }

    [Fact]
    public async Task An_identity_that_may_call_vertex_itself_impersonates_nobody()
    {
        await _fakes.TrustAsync(account: null);

        var token = await Mint(("Molecule:Vertex:ServiceAccount", null)).MintAsync(Cancelled);

        Assert.Equal(200, await _fakes.SpendAsync(token.Value));
        Assert.Empty(await _fakes.EntriesOfAsync("cloud-google-iam"));
    }

    [Fact]
    public async Task A_federated_token_alone_is_not_enough_where_an_account_has_to_be_impersonated()
    {
        await _fakes.TrustAsync();

        var token = await Mint(("Molecule:Vertex:ServiceAccount", null)).MintAsync(Cancelled);

        Assert.Equal(401, await _fakes.SpendAsync(token.Value));
    }

    [Fact]
    public async Task Temporary_credentials_bring_their_session_along()
    {
        await _fakes.TrustAsync(session: "mol-session");

        await Mint(("Molecule:Vertex:AwsSessionToken", "mol-session")).MintAsync(Cancelled);
        var without = await Assert.ThrowsAsync<VertexTokenException>(() => Mint().MintAsync(Cancelled));

        Assert.Contains("InvalidClientTokenId", without.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("AwsSecretAccessKey", "another", "the token exchange was refused with 400: invalid_grant: Received invalid AWS response of type SignatureDoesNotMatch")]
    [InlineData("AwsAccessKeyId", "AKIAOTHER", "invalid_grant: Received invalid AWS response of type InvalidClientTokenId")]
    [InlineData("Audience", "//iam.googleapis.com/projects/421/other", "the token exchange was refused with 400: invalid_target: The target service indicated by")]
    [InlineData("ServiceAccount", "other@mol-project.iam.gserviceaccount.com", "the impersonation of other@mol-project.iam.gserviceaccount.com was refused with 403: PERMISSION_DENIED: Permission 'iam.serviceAccounts.getAccessToken' denied")]
    [InlineData("StsOrigin", "http://127.0.0.1:1", "the token exchange at http://127.0.0.1:1 failed: ConnectionError")]
    public async Task A_refusal_is_told_with_its_cause_and_without_a_secret(string setting, string value, string cause)
    {
        await _fakes.TrustAsync();

        var refused = await Assert.ThrowsAsync<VertexTokenException>(() => Mint(($"Molecule:Vertex:{setting}", value)).MintAsync(Cancelled));

        Assert.Contains(cause, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(VertexScene.Secret, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_clock_that_is_a_quarter_of_an_hour_off_is_told_so()
    {
        await _fakes.TrustAsync();
        var late = new FakeTimeProvider(_time.GetUtcNow().AddMinutes(-16));

        var refused = await Assert.ThrowsAsync<VertexTokenException>(() => VertexScene.Mint(_upstream, late, VertexScene.Settings(_fakes.Address)).MintAsync(Cancelled));

        Assert.Contains("Signature expired", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("grant_type", "refresh_token", "unsupported_grant_type")]
    [InlineData("requested_token_type", "urn:ietf:params:oauth:token-type:jwt", "invalid_request")]
    [InlineData("subject_token_type", "urn:ietf:params:oauth:token-type:jwt", "invalid_request")]
    [InlineData("scope", "openid", "invalid_scope")]
    [InlineData("audience", "//iam.googleapis.com/projects/9/elsewhere", "invalid_target")]
    [InlineData("subject_token", "%7B%7D", "invalid_grant")]
    [InlineData("subject_token", "no json", "invalid_grant")]
    public async Task The_exchange_refuses_a_wrong_field_by_oauth_s_code(string field, string value, string code)
    {
        await _fakes.TrustAsync();
        var form = Form();

        var right = await ExchangeAsync(form);
        form[field] = value;
        var wrong = await ExchangeAsync(form);

        Assert.Equal(200, right.Status);
        Assert.Equal(("Bearer", 3600), (right.Json.GetProperty("token_type").GetString(), right.Json.GetProperty("expires_in").GetInt32()));
        Assert.Equal((400, code), (wrong.Status, wrong.Json.GetProperty("error").GetString()));
    }

    [Theory]
    [InlineData("POST", "GET")]
    [InlineData("https://sts.eu-central-1.amazonaws.com", "https://sts.eu-central-1.example.com")]
    [InlineData("https://sts.eu-central-1.amazonaws.com", "https://sts.eu-west-1.amazonaws.com")]
    [InlineData("Action=GetCallerIdentity", "Action=GetSessionToken")]
    [InlineData("projects/420", "projects/421")]
    public async Task A_request_that_is_not_the_signed_one_is_refused(string part, string other)
    {
        await _fakes.TrustAsync();
        var form = Form();
        form["subject_token"] = Uri.EscapeDataString(Uri.UnescapeDataString(form["subject_token"]).Replace(part, other, StringComparison.Ordinal));

        var reply = await ExchangeAsync(form);

        Assert.Equal((400, "invalid_grant"), (reply.Status, reply.Json.GetProperty("error").GetString()));
    }

    [Theory]
    [InlineData("Audience", null, "Molecule__Vertex__Audience is not set while others of Molecule__Vertex are")]
    [InlineData("AwsSecretAccessKey", null, "Molecule__Vertex__AwsSecretAccessKey is not set")]
    [InlineData("Audience", "my-pool", "Molecule__Vertex__Audience is no full name of a pool provider")]
    [InlineData("StsOrigin", "sts", "Molecule__Vertex__StsOrigin is no http or https URL")]
    public void Half_an_identity_is_refused_by_the_setting_s_name(string setting, string? value, string message)
    {
        var refused = Assert.Throws<SettingsException>(() => Mint(($"Molecule:Vertex:{setting}", value)));

        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }

    private static Dictionary<string, string> FormOf(VertexIdentity identity, DateTimeOffset now) => new()
    {
        ["grant_type"] = "urn:ietf:params:oauth:grant-type:token-exchange",
        ["audience"] = VertexScene.Audience,
        ["scope"] = "https://www.googleapis.com/auth/cloud-platform",
        ["requested_token_type"] = "urn:ietf:params:oauth:token-type:access_token",
        ["subject_token_type"] = "urn:ietf:params:aws:token-type:aws4_request",
        ["subject_token"] = VertexSubjectToken.Create(identity, now),
    };

    private Dictionary<string, string> Form() =>
        FormOf(new VertexIdentity(VertexScene.Audience, "eu-central-1", VertexScene.AccessKey, VertexScene.Secret, null, null, "", ""), _time.GetUtcNow());

    private async Task<Reply> ExchangeAsync(Dictionary<string, string> form)
    {
        using var content = new FormUrlEncodedContent(form);
        using var answer = await _fakes.Client.PostAsync(new Uri("/c01/v1/token", UriKind.Relative), content, Cancelled);
        return new Reply((int)answer.StatusCode, answer.Content.Headers.ContentType?.MediaType, await answer.Content.ReadAsStringAsync(Cancelled));
    }

    private VertexTokenMint Mint(params (string Name, string? Value)[] changes) => VertexScene.Mint(_upstream, _time, VertexScene.Settings(_fakes.Address, changes));
}
