using System.Text.Json;
using Molecule.Contracts;
using Molecule.Contracts.Evidence;
using Molecule.Contracts.Journal;

namespace Molecule.Tests.Contracts;

public sealed class ContractJsonTests
{
    private static readonly RequestEvidence _request = new(Hop.Direct, "openai-api", "POST", "/v1/responses", "bearer+account-id", "gpt-5.5 <ä>", 200);

    [Fact]
    public void A_record_is_written_in_camel_case_on_one_line_with_words_for_enums_and_text_as_it_is() =>
        Assert.Equal(
            """{"hop":"direct","fake":"openai-api","method":"POST","path":"/v1/responses","auth":"bearer+account-id","model":"gpt-5.5 <ä>","status":200}""",
            JsonSerializer.Serialize(_request, ContractJson.Compact));

    [Fact]
    public void The_indented_form_is_the_same_on_several_lines()
    {
        var indented = JsonSerializer.Serialize(_request, ContractJson.Indented);

        Assert.Contains("{\n  \"hop\": \"direct\",\n", indented, StringComparison.Ordinal);
        Assert.Equal(_request, JsonSerializer.Deserialize<RequestEvidence>(indented, ContractJson.Compact));
    }

    [Theory]
    [InlineData("""{"input":1}""")]
    [InlineData("""{}""")]
    public void A_member_that_is_missing_is_an_error(string json) => Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<TokenCount>(json, ContractJson.Compact));

    [Fact]
    public void A_null_where_none_may_stand_is_an_error() =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<AcceptedCredential>("""{"fake":null,"fingerprint":"aa"}""", ContractJson.Compact));

    [Fact]
    public void A_fingerprint_is_the_first_16_digits_of_the_credentials_sha256() => Assert.Equal("8ed3f6ad685b959e", CredentialFingerprint.Of("alpha"));

    [Fact]
    public void Nothing_has_no_fingerprint()
    {
        Assert.Throws<ArgumentException>(() => CredentialFingerprint.Of(""));
        Assert.Throws<ArgumentNullException>(() => CredentialFingerprint.Of(null!));
    }
}
