using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Molecule.Contracts.Journal;
using Molecule.Harness.Clients;
using Molecule.Harness.Controls;
using Molecule.Harness.Journals;
using Molecule.Harness.Lanes;
using Molecule.Tests.ProviderFakes;

namespace Molecule.Tests.Integrity;

/// <summary>A fake that answers everything proves nothing, and neither do controls that were not made.</summary>
public sealed class ControlTests
{
    private static readonly ArmRoute _route = new("openai-api", "/v1/responses", CredentialForm.Bearer, "gpt-5.5", ArmWire.Responses);

    private static readonly ImmutableArray<ControlOutcome> _good =
    [
        new("everything right", 200), new("wrong header", 401), new("unknown credential", 401), new("wrong path", 404), new("wrong model", 400),
    ];

    [Fact]
    public async Task Our_own_fake_refuses_each_wrong_control_and_serves_the_right_one()
    {
        await using var fakes = new RunningFakes();
        await fakes.InitializeAsync();

        Assert.Null(ControlJudge.Doubt(await MadeAgainst(fakes.Client)));
    }

    [Fact]
    public async Task A_fake_that_answers_everything_is_found()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        await using var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.MapGet("/__molecule/fakes", static () => Results.Json(new[] { new FakeDescription("openai-api", "/a07", "https://api.openai.com") }));
        app.MapPost("/__molecule/credentials", static () => Results.NoContent());
        app.MapGet("/__molecule/journal", static () => Results.Json(new JournalPage([], 0)));
        app.MapFallback(static () => Results.Text("of course"));
        await app.StartAsync(TestContext.Current.CancellationToken);
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };

        Assert.Equal("The fake answered 200 to a request with wrong header.", ControlJudge.Doubt(await MadeAgainst(client)));
    }

    [Fact]
    public void Controls_that_hold_raise_no_doubt() => Assert.Null(ControlJudge.Doubt(_good));

    [Fact]
    public void A_control_that_was_not_made_or_made_twice_is_named()
    {
        foreach (var control in _good)
        {
            var sentence = $"The control with {control.Name} was not made exactly once.";
            Assert.Equal(sentence, ControlJudge.Doubt(_good.Remove(control)));
            Assert.Equal(sentence, ControlJudge.Doubt(_good.Add(control)));
        }
    }

    [Theory]
    [InlineData(399)]
    [InlineData(500)]
    public void A_wrong_control_that_was_not_refused_is_named(int status) =>
        Assert.Equal($"The fake answered {status} to a request with wrong model.", ControlJudge.Doubt(_good.SetItem(4, new ControlOutcome("wrong model", status))));

    [Theory]
    [InlineData(400)]
    [InlineData(499)]
    public void A_wrong_control_that_was_refused_by_any_4xx_holds(int status) =>
        Assert.Null(ControlJudge.Doubt(_good.SetItem(4, new ControlOutcome("wrong model", status))));

    [Fact]
    public void A_refusal_under_status_200_counts_as_what_it_is()
    {
        Assert.Null(ControlJudge.Doubt(_good.SetItem(4, new ControlOutcome("wrong model", 200, "base_resp 2013"))));
        Assert.Equal(
            "The fake refused a request with everything right: base_resp 2013. The controls prove nothing.",
            ControlJudge.Doubt(_good.SetItem(0, new ControlOutcome("everything right", 200, "base_resp 2013"))));
    }

    [Fact]
    public void A_fake_that_refuses_everything_proves_nothing_either() =>
        Assert.Equal(
            "The fake refused a request with everything right: 401. The controls prove nothing.",
            ControlJudge.Doubt(_good.SetItem(0, new ControlOutcome("everything right", 401))));

    private static async Task<ImmutableArray<ControlOutcome>> MadeAgainst(HttpClient fakes)
    {
        using var http = new HttpClient();
        var client = new FakesClient(fakes, RunningFakes.AdminKey);
        using var journal = new JournalTail(client.JournalAsync);
        return await new NegativeControls(http, client, journal, new JournalClaims()).RunAsync(_route, new Random(7), TestContext.Current.CancellationToken);
    }
}
