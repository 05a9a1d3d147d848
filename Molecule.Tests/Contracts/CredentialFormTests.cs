using System.Text.Json;
using Molecule.Contracts;
using Molecule.Contracts.Journal;

namespace Molecule.Tests.Contracts;

public sealed class CredentialFormTests
{
    [Theory]
    [InlineData(CredentialForm.None, "none")]
    [InlineData(CredentialForm.Bearer, "bearer")]
    [InlineData(CredentialForm.BearerAccountId, "bearer+account-id")]
    [InlineData(CredentialForm.BearerOauthBeta, "bearer+oauth-beta")]
    [InlineData(CredentialForm.XApiKey, "x-api-key")]
    [InlineData(CredentialForm.XGoogApiKey, "x-goog-api-key")]
    [InlineData(CredentialForm.QueryKey, "query-key")]
    [InlineData(CredentialForm.Mixed, "mixed")]
    public void A_credential_form_has_the_name_that_coverage_json_gives_it(CredentialForm form, string wire)
    {
        var json = JsonSerializer.Serialize(form, ContractJson.Compact);

        Assert.Equal($"\"{wire}\"", json);
        Assert.Equal(form, JsonSerializer.Deserialize<CredentialForm>(json, ContractJson.Compact));
    }
}
