using System.Collections.Immutable;
using Molecule.Contracts.Engines;
using Molecule.Contracts.Evidence;
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
    /// <summary>The record of a serving turn.</summary>
    public static CellRecord Of(ServingRun run) => new(
        run.Engine,
        run.Reached,
        new CellEvidence(
            run.Reply.Text ?? "",
            [.. run.Requests.Select(static r => new RequestEvidence(r.Hop, r.Entry.Fake, r.Entry.Method, r.Entry.Path, Form(r.Entry.Auth), r.Entry.Model, r.Entry.Status))],
            run.Activity.Id,
            run.TraceId,
            (long)run.Reply.Elapsed.TotalMilliseconds,
            run.Reply.Tokens));

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
