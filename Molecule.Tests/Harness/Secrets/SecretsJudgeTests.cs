using System.Collections.Immutable;
using Molecule.Contracts.Clouds;
using Molecule.Harness.Secrets;
using Molecule.Processes;

namespace Molecule.Tests.Harness.Secrets;

public sealed class SecretsJudgeTests
{
    private const string Workspace = "5f0c";
    private const string Role = "arn:aws:sts::123456789012:assumed-role/workspace-5f0c/workspace";
    private const string Read = "secretsmanager:GetSecretValue";

    private static readonly EmulatedAwsCall _refused = new(default, Role, Read, "secret-of-5f0c", "AccessDeniedException");

    private static readonly DateTimeOffset _noon = new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);
    private static readonly ProcessKey _process = new(4711, 99);

    private static readonly SecretsShown _good = new(
        Workspace, "agent not configured: sts refused AssumeRole with 503 ServiceUnavailable: a failure", _process, "agent not configured: AccessDeniedException", "written", _process,
        new CredentialsSeen(0, "written", "rotated", "rotated"), null, "agent not configured: a secret is not there any more",
        [new SecretFileSeen("KEY", "600", "written"), new SecretFileSeen("MANY", "600", "awkward"), new SecretFileSeen("load.sh", "600", "script")], "awkward",
        [
            new EmulatedAwsCall(default, "arn:aws:iam::123456789012:user/molecule-writer", "secretsmanager:CreateSecret", "secret-of-5f0c", null),
            Down(0), Down(1.2), Down(3.3), _refused, new EmulatedAwsCall(default, Role, Read, "secret-of-5f0c", null),
        ]);

    [Fact]
    public void A_walk_on_which_all_went_as_it_should_has_no_problem() => Assert.Empty(SecretsJudge.Problems(_good));

    [Fact]
    public void Live_a_vendor_that_refuses_the_rotated_credential_is_proof_enough() =>
        Assert.Empty(SecretsJudge.Problems(_good with { Vendor = null, Refused = "Agent error (auth_failed): 401" }));

    [Fact]
    public void Written_and_unreadable_is_red_and_says_who_was_refused()
    {
        var problems = SecretsJudge.Problems(_good with { Vendor = _good.Vendor! with { Served = null }, Calls = [_good.Calls[0], _refused] });

        Assert.Contains($"the secret was written and is unreadable on the other side: the vendor was never called with it; the manager refused {Role} with AccessDeniedException", problems);
        Assert.Contains("the manager gave nobody the secrets", problems);
    }

    private static EmulatedAwsCall Down(double seconds) =>
        new(_noon.AddSeconds(seconds), "arn:aws:iam::123456789012:user/molecule-reader", "sts:AssumeRole", "arn:aws:iam::123456789012:role/molecule/workspace-5f0c", "ServiceUnavailable");

    public static TheoryData<string, SecretsShown> Bad => new()
    {
        { "whose secrets manager was down did not say so: 'AccessDenied'", _good with { Down = "AccessDenied" } },
        { "was asked 2 time(s), at least 3 were due", _good with { Calls = _good.Calls.RemoveAt(3) } },
        { "was asked again after 0.3 s, and not before 1 s was it due", _good with { Calls = _good.Calls.Insert(2, Down(0.3)) } },
        { "was asked again after 1.8 s, and not before 2 s was it due", _good with { Calls = _good.Calls.SetItem(3, Down(3)) } },
        { "was asked again after 0.7 s, and not before 4 s was it due", _good with { Calls = _good.Calls.Insert(4, Down(4)) } },
        { "the workspace was started again", _good with { Serving = _process with { StartTicks = 100 } } },
        { "the workspace was started again", _good with { Booted = null } },
        { "whose role may not read did not say so: 'hello'", _good with { Unreadable = "hello" } },
        { "2 request(s) reached the vendor", _good with { Vendor = _good.Vendor! with { Unreadable = 2 } } },
        { "the vendor was called with other, written was written", _good with { Vendor = _good.Vendor! with { Served = "other" } } },
        { "the rotated secret was not picked up: the vendor was called with written", _good with { Vendor = _good.Vendor! with { ServedAfter = "written" } } },
        { "rotated to one that the vendor does not take, and the turns were answered all the same", _good with { Vendor = null } },
        { "whose secret was revoked did not say so", _good with { Revoked = "served-answer" } },
        { "secrets.d holds no load.sh", _good with { Files = _good.Files.RemoveAt(2) } },
        { "secrets.d/KEY has mode 644", _good with { Files = _good.Files.SetItem(0, new SecretFileSeen("KEY", "644", "written")) } },
        { "no file of secrets.d holds the large value of many lines", _good with { Files = _good.Files.SetItem(1, new SecretFileSeen("MANY", "600", "cut off")) } },
        { "no file of secrets.d holds the credential", _good with { Files = _good.Files.SetItem(0, new SecretFileSeen("KEY", "600", "other")) } },
        { "user/molecule-writer read a secret", _good with { Calls = _good.Calls.Add(_good.Calls[0] with { Action = Read }) } },
        { "assumed-role/workspace-other/w read a secret", _good with { Calls = _good.Calls.Add(new EmulatedAwsCall(default, "arn:aws:sts::123456789012:assumed-role/workspace-other/w", Read, "secret-of-5f0c", null)) } },
        { "one writer that is no workspace was expected", _good with { Calls = _good.Calls.Add(new EmulatedAwsCall(default, Role, "secretsmanager:PutSecretValue", "secret-of-5f0c", null)) } },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void What_went_wrong_is_the_one_problem_told(string problem, SecretsShown shown) => Assert.Contains(problem, Assert.Single(SecretsJudge.Problems(shown)), StringComparison.Ordinal);
}
