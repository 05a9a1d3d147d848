using System.Collections.Immutable;

namespace Molecule.Coverage.Planning;

/// <summary>Reads <c>foreignControlPlane</c> of coverage.yaml: which cells a control plane from outside the graph cannot show, and why.</summary>
internal static class ForeignReader
{
    public const string Section = "foreignControlPlane";

    private static readonly ImmutableArray<string> Kinds = ["container", "url"];

    public static ImmutableArray<ForeignRule> Read(YamlSection top, ImmutableSortedDictionary<string, string> capabilities, ErrorList errors)
    {
        var rules = top.FindItems(Section)
            .Select(item => YamlSection.Open(item, $"a {Section} entry", errors, "cells", "on", "reason"))
            .OfType<YamlSection>()
            .Select(section => Read(section, errors))
            .ToImmutableArray();
        if (!rules.IsEmpty && !capabilities.ContainsKey(RunRequest.OwnControlPlane))
        {
            errors.Add(top.Find(Section)!, $"{Section} makes cells unchecked: capabilities must name '{RunRequest.OwnControlPlane}'");
        }

        return rules;
    }

    // What an entry lacks is an error, which refuses the file before anybody reads the rule.
    private static ForeignRule Read(YamlSection section, ErrorList errors)
    {
        var (cells, on, reason) = (ExceptionReader.ReadPattern(section, errors), section.RequireTexts("on"), section.RequireText("reason"));
        foreach (var kind in on.Where(kind => !Kinds.Contains(kind.Value)))
        {
            errors.Add(kind.Line, kind.Column, $"'{kind.Value}' is no kind of foreign control plane; known: {string.Join(", ", Kinds)}");
        }

        return new ForeignRule(cells!, [.. on.Select(kind => kind.Value)], reason!);
    }
}
