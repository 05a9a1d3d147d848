using System.Collections.Immutable;

namespace Molecule.Coverage.Planning;

/// <summary>Reads <c>foreign</c> of coverage.yaml: which cells a control plane from outside the graph, or a runtime that is an image, cannot show, and why.</summary>
internal static class ForeignReader
{
    public const string Section = "foreign";

    private static readonly ImmutableArray<string> Kinds = ["container", "url", ForeignRule.Image];

    public static ImmutableArray<ForeignRule> Read(YamlSection top, ImmutableSortedDictionary<string, string> capabilities, ErrorList errors)
    {
        var rules = top.FindItems(Section)
            .Select(item => YamlSection.Open(item, $"a {Section} entry", errors, "cells", "on", "reason"))
            .OfType<YamlSection>()
            .Select(section => Read(section, errors))
            .ToImmutableArray();
        Require(RunRequest.OwnControlPlane, static kind => kind is not ForeignRule.Image);
        Require(RunRequest.OwnRuntimes, static kind => kind is ForeignRule.Image);
        return rules;

        void Require(string capability, Func<string, bool> kinds)
        {
            if (rules.Any(rule => rule.On.Any(kinds)) && !capabilities.ContainsKey(capability))
            {
                errors.Add(top.Find(Section)!, $"{Section} makes cells unchecked: capabilities must name '{capability}'");
            }
        }
    }

    // What an entry lacks is an error, which refuses the file before anybody reads the rule.
    private static ForeignRule Read(YamlSection section, ErrorList errors)
    {
        var (cells, on, reason) = (ExceptionReader.ReadPattern(section, errors), section.RequireTexts("on"), section.RequireText("reason"));
        foreach (var kind in on.Where(kind => !Kinds.Contains(kind.Value)))
        {
            errors.Add(kind.Line, kind.Column, $"'{kind.Value}' is no kind of foreign part; known: {string.Join(", ", Kinds)}");
        }

        return new ForeignRule(cells!, [.. on.Select(kind => kind.Value)], reason!);
    }
}
