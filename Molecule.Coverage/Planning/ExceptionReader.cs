using System.Collections.Immutable;
using System.Globalization;

namespace Molecule.Coverage.Planning;

/// <summary>Reads the written exceptions of coverage.yaml: pending, knownFailing, quarantined (all three expire) and notApplicable.</summary>
internal static class ExceptionReader
{
    private const int LongestDays = 90;
    private const int LongestQuarantineDays = 14;

    private static readonly ImmutableArray<(string Section, Disposition Disposition, int Days)> Expiring =
    [
        ("pending", Disposition.Pending, LongestDays),
        ("knownFailing", Disposition.KnownFailing, LongestDays),
        ("quarantined", Disposition.Quarantined, LongestQuarantineDays),
    ];

    public static ImmutableArray<string> Sections { get; } = [.. Expiring.Select(section => section.Section), "notApplicable"];

    public static ImmutableArray<ExceptionRule> Read(YamlSection top, DateOnly today, ErrorList errors) =>
    [
        .. Expiring.SelectMany(kind => top.FindItems(kind.Section)
            .Select(item => YamlSection.Open(item, $"a {kind.Section} entry", errors, "cells", "reason", "issue", "owner", "expires"))
            .OfType<YamlSection>()
            .Select(section => ReadExpiring(section, kind.Section, kind.Disposition, kind.Days, today, errors))),
        .. top.FindItems("notApplicable")
            .Select(item => YamlSection.Open(item, "a notApplicable entry", errors, "cells", "reason", "link", "owner", "date"))
            .OfType<YamlSection>()
            .Select(section => ReadNotApplicable(section, today, errors)),
    ];

    // What is missing is an error, and an error refuses the file: no rule with a null in it is ever used.
    private static ExceptionRule ReadExpiring(YamlSection section, string title, Disposition disposition, int days, DateOnly today, ErrorList errors)
    {
        var cells = ReadPattern(section, errors);
        var (reason, issue, owner, expires) = (section.RequireText("reason"), section.RequireText("issue"), section.RequireText("owner"), section.RequireDate("expires"));
        if (expires?.DayNumber - today.DayNumber > days)
        {
            errors.Add(section.Find("expires")!, string.Create(
                CultureInfo.InvariantCulture, $"the {title} entry expires on {expires:yyyy-MM-dd}: at most {days} days ahead are allowed, {today.AddDays(days):yyyy-MM-dd} from today"));
        }

        return new ExceptionRule(cells!, disposition, new WrittenEntry(reason!, owner!, issue, expires));
    }

    private static ExceptionRule ReadNotApplicable(YamlSection section, DateOnly today, ErrorList errors)
    {
        var cells = ReadPattern(section, errors);
        var (reason, link, owner, date) = (section.RequireText("reason"), section.RequireText("link"), section.RequireText("owner"), section.RequireDate("date"));
        if (date > today)
        {
            errors.Add(section.Find("date")!, $"the notApplicable entry is dated {date:yyyy-MM-dd}, which is in the future");
        }

        return new ExceptionRule(cells!, Disposition.NotApplicable, new WrittenEntry(reason!, owner!, Link: link, Date: date));
    }

    internal static Placed<CellPattern>? ReadPattern(YamlSection section, ErrorList errors)
    {
        if (section.RequireText("cells") is not { } text)
        {
            return null;
        }

        var place = section.Find("cells")!;
        if (CellPattern.TryParse(text, out var pattern))
        {
            return new Placed<CellPattern>(pattern, (int)place.Start.Line, (int)place.Start.Column);
        }

        errors.Add(place, $"'{text}' is no pattern of cells: it must read runtime/arm/feature@mode, '*' for any text within a segment");
        return null;
    }
}
