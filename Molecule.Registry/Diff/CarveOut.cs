using System.Collections.Immutable;
using System.Globalization;
using Molecule.Registry.Reading;

namespace Molecule.Registry.Diff;

/// <summary>An arm that may lag in a mirror for a while (spec 4.1, 4.3).</summary>
/// <param name="Runtime">The runtime.</param>
/// <param name="Arm">The arm; changes of its provider's own fields are no part of it.</param>
/// <param name="Reason">Why.</param>
/// <param name="Owner">Who sees to it that it ends.</param>
/// <param name="Expires">The last day (UTC) on which it holds.</param>
public sealed record CarveOut(string Runtime, string Arm, string Reason, string Owner, DateOnly Expires)
{
    /// <summary>Whether its time is over.</summary>
    public bool IsExpired(DateOnly today) => today > Expires;

    /// <summary>Whether it is about that change.</summary>
    public bool Covers(RegistryChange change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return change.Runtime == Runtime && change.Provider == Arm;
    }
}

/// <summary>What is left of a difference when the arms that may lag are set aside.</summary>
/// <param name="Drift">What nobody has allowed.</param>
/// <param name="SetAside">What a carve-out allows, with it.</param>
/// <param name="Expired">Carve-outs whose time is over: each is red, whether or not it still covers something.</param>
public sealed record CarvedDiff(ImmutableArray<RegistryChange> Drift, ImmutableArray<(RegistryChange Change, CarveOut By)> SetAside, ImmutableArray<CarveOut> Expired);

/// <summary>carve-outs.yaml.</summary>
public static class CarveOuts
{
    private static readonly ImmutableArray<string> _keys = ["runtime", "arm", "reason", "owner", "expires"];

    /// <summary>Reads the list.</summary>
    /// <exception cref="RegistryFormatException">Something is wrong with it; carries all of it.</exception>
    public static ImmutableArray<CarveOut> Read(string yaml, string fileName)
    {
        var errors = new ErrorList(fileName);
        var found = ImmutableArray.CreateBuilder<CarveOut>();
        if (YamlTree.Read(yaml, errors) is { } root && Section.Open(root, "the list of carve-outs", ["schema", "carve_outs"], errors) is { } top)
        {
            if (top.RequireText("schema") is { } schema && schema.Value != "1")
            {
                errors.Add(schema, $"schema must be 1, not '{schema.Value}'");
            }

            switch (top.Find("carve_outs"))
            {
                case YamlSequence list:
                    found.AddRange(list.Items.Select(item => ReadOne(item, errors)).OfType<CarveOut>());
                    break;
                case { } other:
                    errors.Add(other, $"carve_outs must be a list, not {other.Kind}");
                    break;
            }
        }

        errors.ThrowIfAny();
        return found.ToImmutable();
    }

    /// <summary>Sets aside what may lag today.</summary>
    public static CarvedDiff Carve(this ImmutableArray<CarveOut> carveOuts, ImmutableArray<RegistryChange> changes, DateOnly today)
    {
        var expired = carveOuts.Where(one => one.IsExpired(today)).ToImmutableArray();
        var holding = carveOuts.RemoveRange(expired);
        var judged = changes.Select(change => (Change: change, By: holding.FirstOrDefault(one => one.Covers(change)))).ToImmutableArray();
        return new CarvedDiff(
            [.. judged.Where(static one => one.By is null).Select(static one => one.Change)],
            [.. judged.Where(static one => one.By is not null).Select(static one => (one.Change, one.By!))],
            expired);
    }

    private static CarveOut? ReadOne(YamlNode node, ErrorList errors)
    {
        if (Section.Open(node, "a carve-out", _keys, errors) is not { } entry)
        {
            return null;
        }

        var texts = _keys.Select(entry.RequireText).ToImmutableArray();
        if (texts.Any(static text => text is null))
        {
            return null;
        }

        if (DateOnly.TryParseExact(texts[4]!.Value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var expires))
        {
            return new CarveOut(texts[0]!.Value, texts[1]!.Value, texts[2]!.Value, texts[3]!.Value, expires);
        }

        errors.Add(texts[4]!, $"expires of a carve-out must read yyyy-MM-dd, not '{texts[4]!.Value}'");
        return null;
    }
}
