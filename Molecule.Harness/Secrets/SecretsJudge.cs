using System.Collections.Immutable;
using System.Globalization;

namespace Molecule.Harness.Secrets;

/// <summary>Whether what was written on one side was read on the other, by nobody else and no longer than it stood (issue 5, part 3).</summary>
public static class SecretsJudge
{
    private const string Loader = "load.sh";
    private const string OwnersOnly = "600";
    private const int Several = 3;
    private const double TimersStep = 0.1;

    /// <summary>What is wrong; nothing where all is well.</summary>
    public static ImmutableArray<string> Problems(SecretsShown shown)
    {
        ArgumentNullException.ThrowIfNull(shown);
        var problems = ImmutableArray.CreateBuilder<string>();

        JudgeOutage(shown, problems);

        // The incident, in clear words and without a call that could not have been paid.
        if (shown.Unreadable?.Contains("AccessDeniedException", StringComparison.Ordinal) is not true)
        {
            problems.Add($"a workspace whose role may not read did not say so: '{shown.Unreadable}'");
        }

        if (shown.Vendor is { } seen)
        {
            JudgeVendor(shown, seen, problems);
        }
        else if (shown.Refused is null)
        {
            // Live, nobody sees with what the vendor was called, nor whether it was called while the secrets could not be read. What it takes and
            // what it does not is seen in its answers, of which the right ones are the caller's to judge.
            problems.Add("the credential was rotated to one that the vendor does not take, and the turns were answered all the same: it was not picked up");
        }

        if (shown.Revoked?.Contains("not there any more", StringComparison.Ordinal) is not true)
        {
            problems.Add($"a workspace whose secret was revoked did not say so: '{shown.Revoked}'");
        }

        JudgeFiles(shown, problems);
        JudgeCalls(shown, problems);
        return problems.ToImmutable();
    }

    private static void JudgeVendor(SecretsShown shown, CredentialsSeen seen, ImmutableArray<string>.Builder problems)
    {
        if (seen.Unreadable > 0)
        {
            problems.Add($"{seen.Unreadable} request(s) reached the vendor while the secrets could not be read");
        }

        if (seen.Served is null)
        {
            problems.Add($"the secret was written and is unreadable on the other side: the vendor was never called with it{Why(shown)}");
        }
        else if (seen.Served != shown.Written)
        {
            problems.Add($"the vendor was called with {seen.Served}, written was {shown.Written}");
        }

        if (seen.ServedAfter != seen.Rotated)
        {
            problems.Add($"the rotated secret was not picked up: the vendor was called with {seen.ServedAfter ?? "nothing"}, rotated to was {seen.Rotated}");
        }
    }

    // A manager that is down when a workspace boots: said, asked again ever more slowly, and no crash loop.
    private static void JudgeOutage(SecretsShown shown, ImmutableArray<string>.Builder problems)
    {
        if (shown.Down?.Contains("503 ServiceUnavailable", StringComparison.Ordinal) is not true)
        {
            problems.Add($"a workspace whose secrets manager was down did not say so: '{shown.Down}'");
        }

        var asked = shown.Calls.Where(static c => c is { Action: "sts:AssumeRole", Error: "ServiceUnavailable" }).Select(static c => c.At).ToList();
        if (asked.Count < Several)
        {
            problems.Add($"a secrets manager that was down was asked {asked.Count} time(s), at least {Several} were due");
        }

        // docs/decisions/0025: after 1, 2, 4 ... 30 s. What is late is the machine's.
        for (var (again, due) = (1, 1.0); again < asked.Count; (again, due) = (again + 1, Math.Min(due * 2, 30)))
        {
            var pause = (asked[again] - asked[again - 1]).TotalSeconds;
            if (pause < due - TimersStep)
            {
                problems.Add(string.Create(CultureInfo.InvariantCulture, $"a secrets manager that was down was asked again after {pause:0.##} s, and not before {due:0} s was it due"));
                break;
            }
        }

        if (shown.Booted is not { } booted || shown.Serving != booted)
        {
            problems.Add($"the process that met the outage was {shown.Booted}, the one that served after it {shown.Serving}: the workspace was started again");
        }
    }

    private static string Why(SecretsShown shown) =>
        shown.Calls.LastOrDefault(static c => c is { Action: "secretsmanager:GetSecretValue", Error: not null }) is { } refused ? $"; the manager refused {refused.Caller} with {refused.Error}" : "";

    private static void JudgeFiles(SecretsShown shown, ImmutableArray<string>.Builder problems)
    {
        if (!shown.Files.Any(static f => f.Name == Loader))
        {
            problems.Add($"secrets.d holds no {Loader}");
        }

        if (shown.Files.FirstOrDefault(static f => f.Mode != OwnersOnly) is { } open)
        {
            problems.Add($"secrets.d/{open.Name} has mode {open.Mode} instead of {OwnersOnly}");
        }

        foreach (var (what, fingerprint) in (ReadOnlySpan<(string, string)>)[("the credential", shown.Written), ("the large value of many lines", shown.Awkward)])
        {
            if (!shown.Files.Any(f => f.Fingerprint == fingerprint))
            {
                problems.Add($"no file of secrets.d holds {what} as it was written");
            }
        }
    }

    private static void JudgeCalls(SecretsShown shown, ImmutableArray<string>.Builder problems)
    {
        var read = shown.Calls.Where(static c => c is { Action: "secretsmanager:GetSecretValue", Error: null }).ToList();
        if (read.Count == 0)
        {
            problems.Add("the manager gave nobody the secrets");
        }

        if (read.Find(c => !c.Caller.Contains($":assumed-role/workspace-{shown.Workspace}/", StringComparison.Ordinal)) is { } other)
        {
            problems.Add($"{other.Caller} read a secret that is the workspace's alone");
        }

        var writers = shown.Calls.Where(static c => c is { Action: "secretsmanager:CreateSecret" or "secretsmanager:PutSecretValue", Error: null }).Select(static c => c.Caller).Distinct().ToList();
        if (writers.Count != 1 || writers[0].Contains(":assumed-role/", StringComparison.Ordinal))
        {
            problems.Add($"one writer that is no workspace was expected, there were: {string.Join(", ", writers)}");
        }
    }
}
