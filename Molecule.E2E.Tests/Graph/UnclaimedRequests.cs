using Molecule.Coverage.Ledger;
using Molecule.E2E.Tests.Session;
using Molecule.Harness.Journals;

namespace Molecule.E2E.Tests.Graph;

/// <summary>Tells at a run's end which requests to the fakes belong to no cell: nobody has judged them.</summary>
internal static class UnclaimedRequests
{
    public static async Task TellAsync(JournalClaims claims, JournalTail atFakes)
    {
        try
        {
            var journal = await atFakes.ReadAsync(CancellationToken.None);

            // The bearer of the keyless arm is minted once for all its turns: that is the control plane's, as long as somebody spent it.
            if (journal.Any(static e => e.Fake == "upstream-vertex"))
            {
                claims.Claim("control-plane", journal.Where(static e => e.Fake is "cloud-google-sts" or "cloud-google-iam" && e.Problem is null));
            }

            foreach (var problem in claims.Problems(journal))
            {
                RunSession.Problems.Enqueue(new RunProblem("unclaimed-request", problem));
            }
        }
        catch (HttpRequestException e)
        {
            RunSession.Problems.Enqueue(new RunProblem("journal-lost", $"the fakes could not be asked for their journal at the end of the run: {e.Message}"));
        }
    }
}
