using System.Collections.Immutable;
using System.Text.Json;

namespace Molecule.Registry.Diff;

/// <summary>A difference as text and as JSON.</summary>
public static class DiffText
{
    /// <summary>One line a change, its effects behind it.</summary>
    public static string Line(RegistryChange change)
    {
        ArgumentNullException.ThrowIfNull(change);
        var effects = change.Effects
            .GroupBy(static effect => effect.Fate)
            .Select(static group => $"{Word(group.Key)} {string.Join(", ", group)}");
        return $"{change.Describe()} [{(change.Effects.IsEmpty ? "no cell" : string.Join("; ", effects))}]";
    }

    /// <summary>The JSON document of <c>registry diff --json</c>, schema 1.</summary>
    /// <param name="older">The older registry's fingerprint.</param>
    /// <param name="newer">The newer registry's fingerprint.</param>
    /// <param name="diff">The changes.</param>
    /// <param name="gained">Ids of cells that only the newer one makes.</param>
    /// <param name="lost">Ids of cells that only the older one makes.</param>
    /// <param name="changed">Ids of cells that both make and that are about something else now.</param>
    public static string Json(string older, string newer, CarvedDiff diff, ImmutableArray<string> gained, ImmutableArray<string> lost, ImmutableArray<string> changed)
    {
        ArgumentNullException.ThrowIfNull(diff);
        return JsonSerializer.Serialize(
            new
            {
                schema = 1,
                older,
                newer,
                changes = diff.Drift.Select(static change => Of(change, null)).Concat(diff.SetAside.Select(static one => Of(one.Change, one.By))),
                expired = diff.Expired.Select(static one => new { runtime = one.Runtime, arm = one.Arm, owner = one.Owner, reason = one.Reason, expires = one.Expires.ToString("O") }),
                cells = new { gained, lost, changed },
            },
            _indented);
    }

    private static readonly JsonSerializerOptions _indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static object Of(RegistryChange change, CarveOut? by) => new
    {
        kind = JsonNamingPolicy.KebabCaseLower.ConvertName(change.Kind.ToString()),
        runtime = change.Runtime,
        provider = change.Provider,
        subject = change.Subject,
        before = change.Before,
        after = change.After,
        text = change.Describe(),
        effects = change.Effects.Select(static effect => new { pair = effect.ToString(), fate = Word(effect.Fate) }),
        mayLagUntil = by?.Expires.ToString("O"),
    };

    private static string Word(PairFate fate) => fate switch
    {
        PairFate.Gained => "gains",
        PairFate.Lost => "loses",
        _ => "changes",
    };
}
