using System.Collections.Immutable;
using Molecule.Coverage.Planning;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace Molecule.Harness.Drift;

/// <summary>drift.yaml: the members that a vendor's SDK takes otherwise, and that are no drift, each with its reason.</summary>
/// <param name="Entries">In the file's order.</param>
public sealed record Deviations(ImmutableArray<Deviation> Entries)
{
    private const int SupportedSchema = 1;

    /// <summary>Reads the file.</summary>
    /// <exception cref="CoverageFormatException">It is ill-formed; the message names the entry and what it lacks.</exception>
    public static Deviations Read(PlanFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        Document? document;
        try
        {
            document = new DeserializerBuilder()
                .WithNamingConvention(CamelCaseNamingConvention.Instance)
                .WithEnumNamingConvention(HyphenatedNamingConvention.Instance)
                .WithDuplicateKeyChecking()
                .Build()
                .Deserialize<Document?>(file.Text);
        }
        catch (YamlException e)
        {
            throw Wrong(file, (int)e.Start.Line, (int)e.Start.Column, e.InnerException?.Message ?? e.Message);
        }

        return document is { Schema: SupportedSchema, Deviations: { } entries }
            ? new Deviations([.. entries.Select((entry, n) => Checked(entry, n, file))])
            : throw Wrong(file, 1, 1, $"it must say schema: {SupportedSchema} and list deviations");
    }

    /// <summary>What of the findings is drift.</summary>
    /// <param name="model">The model that found them.</param>
    /// <param name="sender">Who sent what was read.</param>
    /// <param name="findings">The findings.</param>
    public ImmutableArray<MemberFinding> Sift(IVendorModel model, string sender, ImmutableArray<MemberFinding> findings)
    {
        ArgumentNullException.ThrowIfNull(model);
        return [.. findings.Where(finding => !Entries.Any(entry => entry.Covers(model, sender, finding)))];
    }

    private static Deviation Checked(Entry entry, int n, PlanFile file) =>
        entry is { Model.Length: > 0, Sender.Length: > 0, Member.Length: > 0, Fault: { } fault, Reason.Length: > 0, Owner.Length: > 0 }
            ? new Deviation(entry.Model, entry.Sender, entry.Member, fault, entry.Reason, entry.Owner)
            : throw Wrong(file, 1, 1, $"deviations[{n}] must say model, sender, member, fault, reason and owner; '{entry.Model} {entry.Member}' does not");

    private static CoverageFormatException Wrong(PlanFile file, int line, int column, string message) =>
        new([new CoverageError(file.Name, Math.Max(line, 1), Math.Max(column, 1), message)]);

    private sealed class Document
    {
        public int Schema { get; set; }

        public List<Entry>? Deviations { get; set; }
    }

    private sealed class Entry
    {
        public string? Model { get; set; }

        public string? Sender { get; set; }

        public string? Member { get; set; }

        public MemberFault? Fault { get; set; }

        public string? Reason { get; set; }

        public string? Owner { get; set; }
    }
}

/// <summary>One of them.</summary>
/// <param name="Model">The SDK's type.</param>
/// <param name="Sender">Who sends it so.</param>
/// <param name="Member">The member's path; with <c>*</c> at its end every path that begins so.</param>
/// <param name="Fault">How the SDK takes it.</param>
/// <param name="Reason">Why it is no drift.</param>
/// <param name="Owner">Who answers for it.</param>
public sealed record Deviation(string Model, string Sender, string Member, MemberFault Fault, string Reason, string Owner)
{
    /// <summary>Whether a finding is this one.</summary>
    public bool Covers(IVendorModel model, string sender, MemberFinding finding)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(finding);
        return finding.Fault == Fault && sender == Sender && model.Name.EndsWith($" {Model}", StringComparison.Ordinal)
            && (Member.EndsWith('*') ? finding.Path.StartsWith(Member[..^1], StringComparison.Ordinal) : finding.Path == Member);
    }
}
