using System.Text.Json;
using Molecule.Contracts;
using Molecule.Contracts.Journal;
using Molecule.ProviderFakes.Credentials;
using Molecule.ProviderFakes.Vendors;

namespace Molecule.ProviderFakes.Front;

/// <summary>Judges a request's credential: its form by the vendor's table, then whether it has been registered for this fake.</summary>
internal static class CredentialJudge
{
    public static Verdict? Judge(VendorFake fake, Surface surface, PresentedCredential presented, AcceptedCredentials accepted)
    {
        if (surface.Accepts.IsEmpty)
        {
            return null;
        }

        if (presented.Form is CredentialForm.None)
        {
            return No(CredentialProblem.Missing, $"There is no credential; {fake.Id} takes {Names(surface)} here.");
        }

        if (!surface.Accepts.Contains(presented.Form))
        {
            return No(CredentialProblem.WrongForm, $"The credential stands as {Name(presented.Form)}; {fake.Id} takes {Names(surface)} here.");
        }

        return accepted.Find(fake.Id, presented.Fingerprint) switch
        {
            null => No(CredentialProblem.Unknown, $"The credential {presented.Fingerprint} has not been registered for {fake.Id}."),
            { AccountId: { } account } when presented.AccountId is { } said && said != account =>
                No(CredentialProblem.Unknown, $"The credential {presented.Fingerprint} does not belong to the account named in ChatGPT-Account-Id."),
            _ when accepted.IsExpired(fake.Id, presented.Fingerprint) => No(CredentialProblem.Expired, $"The credential {presented.Fingerprint} has run out."),
            _ => null,
        };

        Verdict No(CredentialProblem problem, string why) => new(surface.Refusals.Unauthorized(problem), why);
    }

    private static string Names(Surface surface) => string.Join(" or ", surface.Accepts.Select(Name));

    private static string Name(CredentialForm form) => JsonSerializer.Serialize(form, ContractJson.Compact).Trim('"');
}
