using System.Collections.Immutable;
using System.Text.Json;
using Molecule.Contracts.Engines;
using Molecule.Contracts.Evidence;
using Molecule.Contracts.Faults;
using Molecule.Contracts.Journal;
using Molecule.Coverage.Ledger;
using Molecule.Harness.Lanes;

namespace Molecule.E2E.Tests.Session;

/// <summary>What a test hands over when its cell has passed.</summary>
/// <param name="Engine">What really ran; null where no agent did.</param>
/// <param name="Reached">Whose endpoint was reached; null where none was to be.</param>
/// <param name="Evidence">What was seen.</param>
public sealed record CellRecord(EngineIdentity? Engine, ReachedMode? Reached, CellEvidence Evidence)
{
    /// <summary>The record of a lane's script: the turn that shows it, and the requests of all of its turns.</summary>
    public static CellRecord Of(LaneRun run, FeatureRun feature, LaneTurn shown) => new(
        feature.Engine,
        run.ReachedBy(feature),
        new CellEvidence(
            shown.Reply.Text ?? shown.Reply.Error ?? "",
            [.. run.RequestsOf(feature.Turns).Select(static r => new RequestEvidence(r.Hop, r.Entry.Fake, r.Entry.Method, r.Entry.Path, Form(r.Entry.Auth), r.Entry.Model, r.Entry.Status))],
            shown.Activity.Id,
            shown.TraceId,
            (long)shown.Reply.Elapsed.TotalMilliseconds,
            shown.Reply.Tokens)
        {
            Fault = feature.Turns.Select(static t => t.Fault).FirstOrDefault(static f => f is not null) is { } order ? Describe(order) : null,
        });

    private static string Describe(FaultOrder order) => string.Join(", ", ((string?[])
    [
        JsonNamingPolicy.KebabCaseLower.ConvertName(order.Kind.ToString()),
        order.Times is { } times ? $"times {times}" : null,
        order.RetryAfterSeconds is { } wait ? $"retry after {wait} s" : null,
        order.AfterFrames is { } frames ? $"after {frames} frames" : null,
        order.WindowTokens is { } window ? $"window of {window} tokens" : null,
    ]).OfType<string>());

    // The words of coverage.json (design.md 4).
    private static string Form(CredentialForm form) => form switch
    {
        CredentialForm.Bearer => "bearer",
        CredentialForm.BearerAccountId => "bearer+account-id",
        CredentialForm.BearerOauthBeta => "bearer+oauth-beta",
        CredentialForm.XApiKey => "x-api-key",
        CredentialForm.XGoogApiKey => "x-goog-api-key",
        CredentialForm.QueryKey => "query-key",
        CredentialForm.Mixed => "mixed",
        _ => "none",
    };
}
