using System.Collections.Immutable;
using Molecule.Registry.Aliases;
using Molecule.Registry.Diff;

namespace Molecule.Registry.Mirror;

/// <summary>Holds the generated files against what providers.yaml makes of them, and says how each came to differ (spec 4.2).</summary>
public static class MirrorJudge
{
    private const string Mend = "run ./molecule registry sync";

    /// <summary>What has drifted in a checkout, the source first; empty where nothing has.</summary>
    /// <param name="expected">What the files must be.</param>
    /// <param name="read">A file's bytes by its path from the repository's root; null where it is not there.</param>
    public static ImmutableArray<DriftFinding> Judge(GeneratedFiles expected, Func<string, byte[]?> read)
    {
        ArgumentNullException.ThrowIfNull(expected);
        ArgumentNullException.ThrowIfNull(read);
        var source = expected.Source;
        if (read(GeneratedFiles.Record) is not { } recorded)
        {
            return [new DriftFinding(GeneratedFiles.Record, DriftKind.Missing, $"nobody can tell of what the generated files were made: {Mend}")];
        }

        if (MirrorRecord.Parse(RegistrySource.TextOf(recorded)) is not { } record)
        {
            return [new DriftFinding(GeneratedFiles.Record, DriftKind.HandEdited, $"it is no record any more: {Mend}")];
        }

        // The mirror is the source byte for byte, so the record says its hash twice.
        if (record.Files.GetValueOrDefault(GeneratedFiles.Mirror) != record.Sha256)
        {
            return [new DriftFinding(GeneratedFiles.Record, DriftKind.HandEdited, $"it says that it was made of a file with sha256 {record.Sha256}, and that the mirror of that file has {record.Files.GetValueOrDefault(GeneratedFiles.Mirror)}: {Mend}")];
        }

        var findings = ImmutableArray.CreateBuilder<DriftFinding>();
        var stale = new List<string>();
        if (SourceFinding(source, record, read(GeneratedFiles.Mirror)) is { } edited)
        {
            findings.Add(edited);
        }

        findings.AddRange(Names(expected.Aliases, record));
        foreach (var (path, content) in expected.Contents.Where(static one => one.Key != GeneratedFiles.Record))
        {
            var actual = read(path);
            if (actual is null)
            {
                findings.Add(new DriftFinding(path, DriftKind.Missing, Mend));
            }
            else if (!content.AsSpan().SequenceEqual(actual))
            {
                if (record.Files.TryGetValue(path, out var made) && made == RegistrySource.Hash(actual))
                {
                    stale.Add(path);
                }
                else
                {
                    findings.Add(new DriftFinding(path, DriftKind.HandEdited, path == GeneratedFiles.Mirror ? OfTheMirror(source, actual) : $"{FirstDifference(content.AsSpan(), actual)}; it is generated: edit {source.Name} instead, then {Mend}"));
                }
            }
        }

        if (stale.Count > 0)
        {
            findings.Add(new DriftFinding(GeneratedFiles.Record, DriftKind.ForgottenRegeneration, $"made of an older source: {string.Join(", ", stale)}; {Mend}"));
        }
        else if (findings.Count == 0 && !expected.Contents[GeneratedFiles.Record].AsSpan().SequenceEqual(recorded))
        {
            findings.Add(new DriftFinding(GeneratedFiles.Record, DriftKind.HandEdited, $"{FirstDifference(expected.Contents[GeneratedFiles.Record].AsSpan(), recorded)}; it is generated: {Mend}"));
        }

        return findings.ToImmutable();
    }

    /// <summary>What another repository's mirror says otherwise; null where it is equal byte for byte.</summary>
    /// <param name="source">Ours.</param>
    /// <param name="mirror">Theirs.</param>
    /// <param name="drift">The changes from theirs to ours that no carve-out allows.</param>
    public static DriftFinding? JudgeMirror(RegistrySource source, RegistrySource mirror, ImmutableArray<RegistryChange> drift)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(mirror);
        if (mirror.Sha256 == source.Sha256)
        {
            return null;
        }

        if (mirror.Fingerprint == source.Fingerprint)
        {
            return new DriftFinding(mirror.Name, DriftKind.CommentEdit, SameData(source, mirror));
        }

        return drift.IsEmpty ? null : new DriftFinding(mirror.Name, DriftKind.DataEdit, $"fingerprint {mirror.Fingerprint}, {source.Name} has {source.Fingerprint}: {Described(drift)}");
    }

    /// <summary>What a running service reports otherwise; it says no more than its hashes.</summary>
    public static ImmutableArray<DriftFinding> JudgeService(RegistrySource source, string name, ReportedRegistry report)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(report);
        var findings = ImmutableArray.CreateBuilder<DriftFinding>();
        if (report.Fingerprint != source.Fingerprint)
        {
            findings.Add(new DriftFinding(name, DriftKind.DataEdit, $"it runs on fingerprint {report.Fingerprint}, {source.Name} has {source.Fingerprint}"));
        }
        else if (report.Sha256 != source.Sha256)
        {
            findings.Add(new DriftFinding(name, DriftKind.CommentEdit, $"it runs on sha256 {report.Sha256}, {source.Name} has {source.Sha256}; the fingerprint {source.Fingerprint} is equal"));
        }

        if (report.Projection is { } projection && projection != report.Fingerprint)
        {
            findings.Add(new DriftFinding(name, DriftKind.ForgottenRegeneration, $"its code was generated of fingerprint {projection}, its mirror has {report.Fingerprint}"));
        }

        return findings.ToImmutable();
    }

    private static DriftFinding? SourceFinding(RegistrySource source, MirrorRecord record, byte[]? mirror)
    {
        if (record.Sha256 == source.Sha256)
        {
            return null;
        }

        if (record.Fingerprint == source.Fingerprint)
        {
            return new DriftFinding(source.Name, DriftKind.CommentEdit, $"sha256 {source.Sha256}, synced {record.Sha256}; the fingerprint {source.Fingerprint} is equal");
        }

        // The mirror is the file as it was synced, as long as nobody has touched it.
        var changes = mirror is not null && RegistrySource.Hash(mirror) == record.Sha256
            ? Described(RegistryDiff.Between(RegistryReader.Read(RegistrySource.TextOf(mirror), GeneratedFiles.Mirror), source.Registry))
            : "what it said before is not known, for the mirror is not as it was synced";
        return new DriftFinding(source.Name, DriftKind.DataEdit, $"fingerprint {source.Fingerprint}, synced {record.Fingerprint}: {changes}");
    }

    private static IEnumerable<DriftFinding> Names(AliasTable aliases, MirrorRecord record)
    {
        var now = aliases.Names.ToImmutableSortedDictionary(StringComparer.Ordinal);
        var changes = record.Names.Keys.Union(now.Keys, StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)
            .Select(name => (Name: name, Was: record.Names.GetValueOrDefault(name), Is: now.GetValueOrDefault(name)))
            .Where(static one => one.Was != one.Is)
            .Select(static one => one.Was is null ? $"'{one.Name}' is a name of '{one.Is}' now"
                : one.Is is null ? $"'{one.Name}' is no name of '{one.Was}' any more"
                : $"'{one.Name}' was a name of '{one.Was}' and is one of '{one.Is}'")
            .ToImmutableArray();
        return changes.IsEmpty ? [] : [new DriftFinding(GeneratedFiles.AliasesFile, DriftKind.DataEdit, string.Join("; ", changes))];
    }

    private static string OfTheMirror(RegistrySource source, byte[] actual)
    {
        var at = FirstDifference(source.Bytes.AsSpan(), actual);
        try
        {
            var mirror = RegistrySource.Read(GeneratedFiles.Mirror, actual);
            return mirror.Fingerprint == source.Fingerprint
                ? $"{at}; {SameData(source, mirror)}; edit {source.Name} instead, then {Mend}"
                : $"{at}; in the mirror {Described(RegistryDiff.Between(source.Registry, mirror.Registry))}; edit {source.Name} instead, then {Mend}";
        }
        catch (RegistryFormatException e)
        {
            return $"{at}; it is no registry any more: {e.Errors[0]}; {Mend}";
        }
    }

    private static string SameData(RegistrySource source, RegistrySource mirror) => $"sha256 {mirror.Sha256}, {source.Name} has {source.Sha256}; the fingerprint {source.Fingerprint} is equal";

    private static string Described(ImmutableArray<RegistryChange> changes) => string.Join("; ", changes.Select(static change => change.Describe()));

    private static string FirstDifference(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual)
    {
        var same = expected.CommonPrefixLength(actual);
        var before = actual[..same];
        return $"differs from line {before.Count((byte)'\n') + 1}, byte {same - before.LastIndexOf((byte)'\n')}";
    }
}
