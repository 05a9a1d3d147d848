using Molecule.Harness.Keys;

namespace Molecule.Tests.Harness.Logins;

/// <summary>To Infisical, whose identity may be allowed to read alone.</summary>
public sealed class InfisicalLoginReturnTests : LoginReturnContract
{
    private readonly Dictionary<string, string> _environment = [];
    private readonly HttpClient _http = new();
    private FakeInfisical? _infisical;

    private protected override object Writes => _infisical!.Written.Count;

    private protected override IKeyStore Store => new InfisicalKeys(InfisicalLogin.Read(_environment.GetValueOrDefault)!, _http);

    [Fact]
    public async Task A_change_that_waits_for_approval_is_not_taken_for_written()
    {
        await StoreAsync(SomeLogin.Text("rt-secret-was", SomeLogin.Noon));
        _infisical!.WaitsForApproval = true;

        var said = await ReturnAsync();

        Assert.Contains("took it and does not show it: the change may wait there for somebody's approval", said, StringComparison.Ordinal);
        AssertKept(said);
    }

    [Fact]
    public async Task An_identity_that_may_not_edit_is_said_so()
    {
        await StoreAsync(SomeLogin.Text("rt-secret-was", SomeLogin.Noon));
        await BreakAsync();

        Assert.Contains($"answered 403 to the new value of {SomeLogin.Name}: check that the identity may edit secrets in that folder.", await ReturnAsync(), StringComparison.Ordinal);
    }

    public override async ValueTask InitializeAsync()
    {
        _infisical = await FakeInfisical.StartAsync();
        _infisical.TellTo(_environment);
    }

    public override async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _infisical!.DisposeAsync();
        await base.DisposeAsync();
    }

    private protected override Task StoreAsync(string login)
    {
        _infisical!.IsReadOnly = false;
        _infisical.Secrets[SomeLogin.Name] = login;
        _infisical.Secrets["E2E_OTHER_KEY"] = "somebody else's";
        return Task.CompletedTask;
    }

    private protected override Task<string?> StoredAsync(string name = SomeLogin.Name) => Task.FromResult<string?>(_infisical!.Secrets[name]);

    private protected override Task BreakAsync()
    {
        _infisical!.IsReadOnly = true;
        return Task.CompletedTask;
    }
}
