using System.Collections.Immutable;
using System.Reflection;
using System.Text.RegularExpressions;
using Molecule.Contracts.Faults;
using Molecule.Coverage.Planning;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace Molecule.Harness.Faults;

/// <summary>faults.yaml: what goes wrong at a vendor, one feature each, and what a user must see of it.</summary>
/// <param name="Faults">In the order in which a lane runs them: what may leave the agent shaken comes last.</param>
public sealed partial record FaultPlan(ImmutableArray<PlannedFault> Faults)
{
    private const int SupportedSchema = 1;

    /// <summary>Reads the file.</summary>
    /// <exception cref="CoverageFormatException">It is ill-formed; the message names the place and the mend.</exception>
    public static FaultPlan Read(PlanFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        var (name, text) = (file.Name, file.Text);
        Document? document;
        try
        {
            document = new DeserializerBuilder()
                .WithNamingConvention(CamelCaseNamingConvention.Instance)
                .WithEnumNamingConvention(HyphenatedNamingConvention.Instance)
                .WithDuplicateKeyChecking()
                .Build()
                .Deserialize<Document?>(text);
        }
        catch (YamlException e)
        {
            throw Wrong(name, Said(e.InnerException?.Message ?? e.Message), (int)e.Start.Line, (int)e.Start.Column);
        }

        if (document is not { Schema: SupportedSchema, Faults: { Count: > 0 } faults })
        {
            throw Wrong(name, $"it must say schema: {SupportedSchema} and list faults");
        }

        return new FaultPlan([.. faults.Select(fault => Checked(fault, name))]);
    }

    private static CoverageFormatException Wrong(string name, string message, int line = 1, int column = 1) => new([new CoverageError(name, Math.Max(line, 1), Math.Max(column, 1), message)]);

    // YamlDotNet names the class that a key would have been read into; who writes the file knows keys alone.
    private static string Said(string message) =>
        UnknownKey.Match(message) is { Success: true } unknown && typeof(FaultPlan).GetNestedType(unknown.Groups["type"].Value, BindingFlags.NonPublic) is { } type
            ? $"unknown key '{unknown.Groups["key"].Value}'; known: {string.Join(", ", type.GetProperties().Select(static p => CamelCaseNamingConvention.Instance.Apply(p.Name)))}"
            : message;

    [GeneratedRegex(@"^Property '(?<key>[^']*)' not found on type '[^']*\+(?<type>\w+)'", RegexOptions.CultureInvariant)]
    private static partial Regex UnknownKey { get; }

    private static PlannedFault Checked(FaultEntry entry, string name)
    {
        if (entry.Feature is not { Length: > 0 } feature || entry.Kind is not { } kind || entry.Users is not { Count: > 0 } users)
        {
            throw Wrong(name, $"a fault must say feature, kind and users; '{entry.Feature}' does not");
        }

        foreach (var (user, sees) in users)
        {
            if (sees.Requests < 1 || sees.Seconds < 1 || (sees.Sees is Outcome.Error) != !string.IsNullOrWhiteSpace(sees.Says))
            {
                throw Wrong(name, $"{user} of {feature} must say requests and seconds of at least 1, and 'says' where it sees an error and nowhere else");
            }
        }

        return new PlannedFault(
            feature,
            kind,
            RangeOf(entry.Times, "times"),
            entry.RetryAfterSeconds,
            RangeOf(entry.AfterFrames, "afterFrames"),
            entry.IdleSeconds,
            users.ToImmutableSortedDictionary(static u => u.Key, static u => new UsersView(u.Value.Sees, u.Value.Says, u.Value.Requests, u.Value.Seconds, u.Value.Status, u.Value.Kind), StringComparer.Ordinal));

        Range? RangeOf(List<int>? ends, string key) => ends switch
        {
            null => null,
            [var low, var high] when low >= 0 && low <= high => new Range(low, high),
            _ => throw Wrong(name, $"{key} of {feature} must read [least, most]"),
        };
    }

    private sealed class Document
    {
        public int Schema { get; set; }

        public List<FaultEntry>? Faults { get; set; }
    }

    private sealed class FaultEntry
    {
        public string? Feature { get; set; }

        public FaultKind? Kind { get; set; }

        public List<int>? Times { get; set; }

        public int? RetryAfterSeconds { get; set; }

        public List<int>? AfterFrames { get; set; }

        public int? IdleSeconds { get; set; }

        public Dictionary<string, UserEntry>? Users { get; set; }
    }

    private sealed class UserEntry
    {
        public Outcome Sees { get; set; }

        public string? Says { get; set; }

        public int Requests { get; set; }

        public int Seconds { get; set; }

        public string Status { get; set; } = "online";

        public FaultKind? Kind { get; set; }
    }
}

/// <summary>One fault and what is to be seen of it.</summary>
/// <param name="Feature">The feature that it shows: <c>fault-rate-limit</c>.</param>
/// <param name="Kind">What goes wrong.</param>
/// <param name="Times">How many requests it hits, drawn from this range; null for all of the turn.</param>
/// <param name="RetryAfterSeconds">What the vendor asks to wait.</param>
/// <param name="AfterFrames">After how many frames a stream breaks, drawn from this range.</param>
/// <param name="IdleSeconds">How long the workspace waits for a silent agent; it is told by its own setting, and restarted for it. Null: as it is.</param>
/// <param name="Users">What the user of a runtime sees; the key is a runtime, or <c>runtime/arm</c> where an arm differs.</param>
public sealed record PlannedFault(
    string Feature,
    FaultKind Kind,
    Range? Times,
    int? RetryAfterSeconds,
    Range? AfterFrames,
    int? IdleSeconds,
    ImmutableSortedDictionary<string, UsersView> Users)
{
    /// <summary>What the user of a lane sees; null where nobody has written it down.</summary>
    public UsersView? ViewOf(string runtime, string arm) => Users.GetValueOrDefault($"{runtime}/{arm}") ?? Users.GetValueOrDefault(runtime);

    /// <summary>Draws the fault of one turn.</summary>
    public FaultOrder Draw(FaultKind kind, string fake, string word, Random random)
    {
        ArgumentNullException.ThrowIfNull(random);
        return new FaultOrder(fake, kind, Word: word, Times: Pick(Times, random), RetryAfterSeconds: RetryAfterSeconds, AfterFrames: Pick(AfterFrames, random));
    }

    /// <summary>What goes wrong on a lane.</summary>
    public FaultKind KindOn(string runtime, string arm) => ViewOf(runtime, arm)?.Kind ?? Kind;

    private static int? Pick(Range? range, Random random) => range is { } ends ? random.Next(ends.Start.Value, ends.End.Value + 1) : null;
}

/// <summary>What a user sees of a fault.</summary>
/// <param name="Sees">The answer in spite of it, or an error.</param>
/// <param name="Says">A part of the error's text.</param>
/// <param name="Requests">The most requests that the turn may cost.</param>
/// <param name="Seconds">The longest that it may take.</param>
/// <param name="Status">The workspace after the turn.</param>
/// <param name="Kind">What goes wrong at this one's vendor in its place, where the vendor has no such fault.</param>
public sealed record UsersView(Outcome Sees, string? Says, int Requests, int Seconds, string Status, FaultKind? Kind);

/// <summary>How a turn ends for its user.</summary>
public enum Outcome
{
    /// <summary>Nobody has said.</summary>
    None,

    /// <summary>With the answer.</summary>
    Answer,

    /// <summary>With an error text.</summary>
    Error,
}
