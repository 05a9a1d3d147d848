using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Molecule.Contracts.Engines;
using Molecule.Coverage.Verdict;
using Molecule.Tests.ControlPlane;
using Molecule.Tests.Harness;
using Molecule.Tests.Harness.Logins;
using Molecule.Tests.Workspace;

namespace Molecule.Tests.Cli;

/// <summary>
/// <c>codex/openai-subscription</c> live through the real codex, with its login in Infisical. Its turns are answered by an independent server that takes one access
/// token; what refreshes a login is ours, since no server of other authors speaks ChatGPT's own wire for that.
/// </summary>
public sealed class LiveLoginTests(IndependentVendor vendor) : IClassFixture<IndependentVendor>
{
    private const string CellId = "codex/openai-subscription/serving@live";

    private static readonly DateTimeOffset _now = TimeProvider.System.GetUtcNow();

    [Fact]
    public async Task A_login_that_has_run_out_is_refreshed_and_written_back_before_its_cell_proves_the_live_path()
    {
        await using var scene = await Scene.StartAsync(vendor.AccessToken);
        scene.Store(SomeLogin.Text("rt-secret-stale", _now.AddDays(-9), _now.AddHours(-1)));
        await using var gate = scene.Gate(vendor.Url + "/backend-api", "both");

        await gate.EndAsync();

        Assert.True(gate.ExitCode == 0, gate.Output);
        AssertProven(gate, CellState.Covered);
        Assert.Equal(["rt-secret-stale"], scene.Refreshed);
        Assert.Equal("rt-secret-1", scene.Stored);
        scene.AssertNothingIsLeft(gate);
    }

    [Fact]
    public async Task A_login_that_codex_itself_refreshes_in_a_turn_is_written_back()
    {
        await using var scene = await Scene.StartAsync(vendor.AccessToken);
        scene.Store(SomeLogin.Text("rt-secret-refused", _now.AddHours(-1), _now.AddDays(8)));
        await using var gate = scene.Gate(vendor.Url + "/backend-api");

        await gate.EndAsync();

        // --mode live requires the vendor itself.
        Assert.True(gate.ExitCode == 4, gate.Output);
        AssertProven(gate, CellState.Unchecked);
        Assert.Equal(["rt-secret-refused"], scene.Refreshed);
        Assert.Equal("rt-secret-1", scene.Stored);
        scene.AssertNothingIsLeft(gate);
    }

    [Fact]
    public async Task A_login_that_cannot_be_written_back_is_kept_and_turns_the_run_red()
    {
        await using var scene = await Scene.StartAsync(vendor.AccessToken);
        scene.Store(SomeLogin.Text("rt-secret-refused", _now.AddHours(-1), _now.AddDays(8)));
        scene.Infisical.IsReadOnly = true;
        await using var gate = scene.Gate(vendor.Url + "/backend-api");

        await gate.EndAsync();

        Assert.True(gate.ExitCode == 3, gate.Output);
        var kept = Assert.Single(gate.InHome("E2E_CODEX_AUTH_JSON-*.json"));
        Assert.Contains($"login-not-returned: {SomeLogin.Name} was refreshed and is not written back: ", gate.Output, StringComparison.Ordinal);
        Assert.Contains($"It lies in {kept}, for its owner alone", gate.Output, StringComparison.Ordinal);
        Assert.Contains("rt-secret-1", await File.ReadAllTextAsync(kept, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.DoesNotContain("rt-secret", gate.Output, StringComparison.Ordinal);
        Assert.Equal("rt-secret-refused", scene.Stored);
    }

    [Fact]
    public async Task A_run_that_is_cancelled_in_the_middle_of_a_turn_still_writes_back_what_codex_has_refreshed()
    {
        await using var scene = await Scene.StartAsync(vendor.AccessToken);
        scene.Store(SomeLogin.Text("rt-secret-refused", _now.AddHours(-1), _now.AddDays(8)));
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var silent = await LoopbackHost.StartAsync(async context =>
        {
            if (context.Request.Headers.Authorization != $"Bearer {vendor.AccessToken}")
            {
                context.Response.StatusCode = 401;
            }
            else if (context.Request.Path.Value!.EndsWith("/codex/responses", StringComparison.Ordinal))
            {
                held.TrySetResult();
                var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                await using var told = context.RequestAborted.Register(gone.SetResult);
                await gone.Task;
            }
            else
            {
                context.Response.StatusCode = 404;
            }
        });
        await using var gate = scene.Gate(silent.Url + "/backend-api");
        await Eventually.HoldsAsync(() => held.Task.IsCompleted, TimeSpan.FromMinutes(4), $"codex asks with its refreshed login; the gate said:\n{gate.Output}");

        Assert.True(gate.Cancel());
        await gate.EndAsync();

        Assert.NotEqual(0, gate.ExitCode);
        await Eventually.HoldsAsync(() => scene.Stored == "rt-secret-1", TimeSpan.FromSeconds(60), $"the refreshed login is at its source, which holds {scene.Stored}; the gate said:\n{gate.Output}");
        scene.AssertNothingIsLeft(gate);
    }

    [Fact]
    public async Task From_the_environment_its_cell_is_unchecked_with_the_reason()
    {
        var login = SomeLogin.Text("rt-secret-stale", _now.AddDays(-9), _now.AddHours(-1));
        await using var gate = RunningGate.StartLive("live", "codex", "openai-subscription", new Dictionary<string, string> { [SomeLogin.Name] = login });

        await gate.EndAsync();

        Assert.True(gate.ExitCode == 4, gate.Output);
        var cell = Cell(gate.Verdict());
        Assert.Equal(CellState.Unchecked, cell.State);
        Assert.StartsWith($"credential-refused: {SomeLogin.Name} (it comes from the environment: its refresh token is good for one use", cell.Reason, StringComparison.Ordinal);
    }

    private static void AssertProven(RunningGate gate, CellState state)
    {
        var cell = Cell(gate.Verdict());
        Assert.Equal(state, cell.State);
        Assert.StartsWith("live-stand-in: live path proven, live vendor unchecked", cell.Reason, StringComparison.Ordinal);
        Assert.Equal(("codex", EngineKind.Real), (cell.Engine?.Name, cell.Engine?.Kind));
        Assert.DoesNotContain("rt-secret", gate.Output, StringComparison.Ordinal);
    }

    private static JudgedCell Cell(RunVerdict verdict) => verdict.Cells.Single(static cell => cell.Expected.Id.ToString() == CellId);

    private sealed record Scene(FakeInfisical Infisical, LoopbackHost Tokens, ConcurrentQueue<string> Refreshed) : IAsyncDisposable
    {
        private readonly Dictionary<string, string> _variables = [];

        /// <summary>The refresh token of the login that lies in Infisical.</summary>
        public string? Stored => SomeLogin.Of(Infisical.Secrets[SomeLogin.Name]).Refresh;

        public static async Task<Scene> StartAsync(string access)
        {
            var refreshed = new ConcurrentQueue<string>();

            // Each refresh token once, as at the vendor (spec/runtimes-and-providers.md 3.3).
            var tokens = await LoopbackHost.StartAsync(async context =>
            {
                var asked = await context.Request.ReadFromJsonAsync<JsonElement>();
                refreshed.Enqueue(asked.GetProperty("refresh_token").GetString()!);
                context.Response.StatusCode = refreshed.Count == 1 ? 200 : 401;
                await context.Response.WriteAsJsonAsync(refreshed.Count == 1
                    ? new JsonObject { ["access_token"] = access, ["id_token"] = access, ["refresh_token"] = "rt-secret-1" }
                    : new JsonObject { ["error"] = new JsonObject { ["code"] = "refresh_token_reused" } });
            });
            return new Scene(await FakeInfisical.StartAsync(), tokens, refreshed);
        }

        public void Store(string login) => Infisical.Secrets[SomeLogin.Name] = login;

        public RunningGate Gate(string backend, string mode = "live")
        {
            Infisical.TellTo(_variables);
            _variables["MOLECULE_LIVE_URL_OPENAI_SUBSCRIPTION"] = backend;
            _variables["MOLECULE_LIVE_TOKEN_URL_OPENAI_SUBSCRIPTION"] = Tokens.Url + "/oauth/token";
            return RunningGate.StartLive(mode, "codex", "openai-subscription", _variables, stored: [SomeLogin.Name]);
        }

        public void AssertNothingIsLeft(RunningGate gate) => Assert.Empty(gate.InHome("E2E_CODEX_AUTH_JSON-*"));

        public async ValueTask DisposeAsync()
        {
            await Tokens.DisposeAsync();
            await Infisical.DisposeAsync();
        }
    }
}
