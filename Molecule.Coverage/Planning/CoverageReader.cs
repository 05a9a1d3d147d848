using System.Collections.Immutable;
using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace Molecule.Coverage.Planning;

/// <summary>Reads coverage.yaml.</summary>
internal static class CoverageReader
{
    private const string SupportedSchema = "1";
    private const string OncePerWire = "first-of-wire";
    private const string OwnKeys = "own-keys";

    /// <exception cref="CoverageFormatException">With everything that is wrong with the file.</exception>
    public static CoverageDefinition Read(PlanFile file, DateOnly today)
    {
        var errors = new ErrorList(file.Name);
        var definition = YamlSection.Parse(file.Text, errors) is { } root ? Read(root, today, errors) : null;
        errors.ThrowIfAny();
        return definition!;
    }

    private static CoverageDefinition? Read(YamlNode root, DateOnly today, ErrorList errors)
    {
        if (YamlSection.Open(root, "the file", errors, ["schema", "matrix", "wires", "withoutLiveKey", "boots", "capabilities", "features", ForeignReader.Section, .. ExceptionReader.Sections]) is not { } top)
        {
            return null;
        }

        if (top.RequireText("schema") is { } schema && schema != SupportedSchema)
        {
            errors.Add(top.Find("schema")!, $"schema must be {SupportedSchema}, the one this program reads, not '{schema}'");
        }

        var matrix = top.Require("matrix") is { } node ? YamlSection.Open(node, "matrix", errors, "runtimes", "arms") : null;
        var capabilities = ReadCapabilities(top, errors);
        var (runtimes, arms) = (ReadAxis(matrix, "runtimes", errors), ReadAxis(matrix, "arms", errors));
        return new CoverageDefinition(
            runtimes,
            arms,
            capabilities,
            ReadFeatures(top, capabilities, arms, errors),
            ExceptionReader.Read(top, today, errors),
            ForeignReader.Read(top, capabilities, errors),
            ReadWires(top, errors))
        {
            Boots = ReadBoots(top, runtimes, errors),
            WithoutLiveKey = ReadWithoutLiveKey(top, arms, errors),
        };
    }

    // withoutLiveKey: [platform]
    private static ImmutableArray<string> ReadWithoutLiveKey(YamlSection top, ImmutableArray<Placed<string>> arms, ErrorList errors)
    {
        var named = top.Find("withoutLiveKey") is null ? [] : top.RequireTexts("withoutLiveKey");
        foreach (var arm in named.Where(arm => !arms.Any(known => known.Value == arm.Value)))
        {
            errors.Add(arm.Line, arm.Column, $"withoutLiveKey names '{arm.Value}', which is no arm of the matrix ({string.Join(", ", arms.Select(static known => known.Value))})");
        }

        return [.. named.Select(static arm => arm.Value)];
    }

    // boots: { openclaw: 15 }
    private static ImmutableSortedDictionary<string, int> ReadBoots(YamlSection top, ImmutableArray<Placed<string>> runtimes, ErrorList errors)
    {
        var boots = ImmutableSortedDictionary.CreateBuilder<string, int>(StringComparer.Ordinal);
        var section = top.Find("boots") is { } node ? YamlSection.Open(node, "boots", errors) : null;
        foreach (var (key, value) in section?.Entries() ?? [])
        {
            var runtime = key.ToString();
            if (!runtimes.Any(known => known.Value == runtime))
            {
                errors.Add(key, $"boots names '{runtime}', which is no runtime of the matrix ({string.Join(", ", runtimes.Select(static known => known.Value))})");
            }

            if (int.TryParse(value.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var most) && most > 0)
            {
                boots[runtime] = most;
            }
            else
            {
                errors.Add(value, $"boots of {runtime} is '{value}': it must be how many starts a run may take at most, 1 or more");
            }
        }

        return boots.ToImmutable();
    }

    // wires: { codex: { responses: [openai-api, platform] } }
    private static WireTable ReadWires(YamlSection top, ErrorList errors)
    {
        var entries = ImmutableArray.CreateBuilder<WireEntry>();
        var section = top.Find("wires") is { } node ? YamlSection.Open(node, "wires", errors) : null;
        foreach (var (runtime, wires) in section?.Entries() ?? [])
        {
            var ofRuntime = YamlSection.Open(wires, $"wires of {runtime}", errors);
            foreach (var wire in ofRuntime?.Entries().Select(entry => entry.Key.ToString()) ?? [])
            {
                foreach (var arm in ofRuntime!.RequireTexts(wire))
                {
                    if (entries.Any(entry => entry.Runtime == runtime.ToString() && entry.Arm.Value == arm.Value))
                    {
                        errors.Add(arm.Line, arm.Column, $"'{arm.Value}' stands twice in wires of {runtime}: a runtime speaks one protocol to an arm");
                    }

                    entries.Add(new WireEntry(runtime.ToString(), wire, arm));
                }
            }
        }

        return new WireTable(entries.ToImmutable());
    }

    private static ImmutableArray<Placed<string>> ReadAxis(YamlSection? matrix, string key, ErrorList errors)
    {
        if (matrix is null)
        {
            return [];
        }

        var values = matrix.RequireTexts(key);
        foreach (var value in values.Where(value => !CellId.IsName(value.Value)))
        {
            errors.Add(value.Line, value.Column, $"'{value.Value}' cannot stand in a cell id: use lower-case letters, digits, '-', '_' and '.'");
        }

        return values;
    }

    private static ImmutableSortedDictionary<string, string> ReadCapabilities(YamlSection top, ErrorList errors)
    {
        var capabilities = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        var section = top.Require("capabilities") is { } node ? YamlSection.Open(node, "capabilities", errors) : null;
        foreach (var (key, value) in section?.Entries() ?? [])
        {
            if (YamlSection.Open(value, $"capability '{key}'", errors, "needs")?.RequireText("needs") is { } needs)
            {
                capabilities[key.ToString()] = needs;
            }
        }

        return capabilities.ToImmutable();
    }

    private static ImmutableArray<Feature> ReadFeatures(YamlSection top, ImmutableSortedDictionary<string, string> capabilities, ImmutableArray<Placed<string>> arms, ErrorList errors)
    {
        var features = ImmutableArray.CreateBuilder<Feature>();
        foreach (var item in top.RequireItems("features"))
        {
            if (ReadFeature(item, capabilities, arms, errors) is { } feature)
            {
                if (features.Any(other => other.Id == feature.Id))
                {
                    errors.Add(item, $"feature '{feature.Id}' stands twice");
                }

                features.Add(feature);
            }
        }

        return features.ToImmutable();
    }

    private static Feature? ReadFeature(YamlNode node, ImmutableSortedDictionary<string, string> capabilities, ImmutableArray<Placed<string>> arms, ErrorList errors)
    {
        var title = node is YamlMappingNode mapping && mapping.Children.TryGetValue("id", out var said) ? $"feature '{said}'" : "this feature";
        if (YamlSection.Open(node, title, errors, "id", "axes", "pairs", "livePairs", "keyOf", "modes", "shows", "gate", "emulated", "capability") is not { } section)
        {
            return null;
        }

        var id = section.RequireText("id");
        if (id is not null && !CellId.IsName(id))
        {
            errors.Add(section.Find("id")!, $"'{id}' cannot stand in a cell id: use lower-case letters, digits, '-', '_' and '.'");
        }

        var axes = Words(section.RequireTexts("axes"), "axis", title, errors, ("runtime", 'r'), ("arm", 'a'));
        var modes = Words(section.RequireTexts("modes"), "mode", title, errors, ("mock", CellMode.Mock), ("live", CellMode.Live));
        if (modes.IsEmpty && section.Find("modes") is YamlSequenceNode { Children.Count: 0 } none)
        {
            errors.Add(none, $"modes of {title} is empty: a feature without a mode would never be proven");
        }

        var isOnPairs = axes.Length == 2;
        if (section.Find("pairs") is { } pairs && !isOnPairs)
        {
            errors.Add(pairs, $"pairs of {title} needs the axes [runtime, arm]");
        }

        var keyOf = section.FindText("keyOf");
        if (keyOf is not null && (axes.Contains('a') || !arms.Any(arm => arm.Value == keyOf)))
        {
            errors.Add(section.Find("keyOf")!, $"keyOf of {title} must name an arm of the matrix, on a feature that has no axis arm, not '{keyOf}'");
        }

        if (section.Find("livePairs") is { } livePairs && !(isOnPairs && modes.Contains(CellMode.Live) && section.FindText("pairs") is null or "legal"))
        {
            errors.Add(livePairs, $"livePairs of {title} needs the axes [runtime, arm], pairs: legal, and live among its modes");
        }

        // Every cell gates; one that cannot yet is written down as pending. So a feature cannot be switched off by a word here.
        if (section.RequireText("gate") is { } gate && gate != ExpectedCell.Required)
        {
            errors.Add(section.Find("gate")!, $"gate of {title} must be '{ExpectedCell.Required}': a cell that cannot gate yet needs an entry under pending");
        }

        var capability = section.FindText("capability");
        if (capability is not null && !capabilities.ContainsKey(capability))
        {
            errors.Add(section.Find("capability")!, $"capability '{capability}' of {title} is not among the file's capabilities ({string.Join(", ", capabilities.Keys)})");
        }

        if (modes.Contains(CellMode.Live) && !capabilities.ContainsKey(RunRequest.Live))
        {
            errors.Add(section.Find("modes")!, $"{title} has live cells: capabilities must name '{RunRequest.Live}'");
        }

        // Without an id the file is refused, whatever is made of the entry.
        return new Feature(
            id!,
            axes.Contains('r'),
            axes.Contains('a'),
            isOnPairs ? section.FindWord("pairs", ("legal", PairKind.Legal), ("refused", PairKind.Refused), (OncePerWire, PairKind.Legal), (OwnKeys, PairKind.Legal)) : PairKind.None,
            isOnPairs && section.FindText("pairs") == OncePerWire
                ? modes
                : section.FindWord<ImmutableArray<CellMode>>("livePairs", ("legal", []), (OncePerWire, [CellMode.Live])),
            modes,
            section.FindWord("emulated", ("may-not-gate", EmulatedPolicy.MayNotGate), ("may-gate", EmulatedPolicy.MayGate)),
            capability)
        {
            IsForOwnKeysOnly = isOnPairs && section.FindText("pairs") == OwnKeys,
            KeyOf = keyOf,
            ShowsRefusal = section.FindWord("shows", ("turn", false), ("refusal", true)),
        };
    }

    private static ImmutableArray<T> Words<T>(ImmutableArray<Placed<string>> texts, string what, string title, ErrorList errors, params ImmutableArray<(string Word, T Value)> words)
    {
        foreach (var text in texts.Where(text => !words.Any(word => word.Word == text.Value)))
        {
            errors.Add(text.Line, text.Column, $"'{text.Value}' is no {what} of {title}; known: {string.Join(", ", words.Select(word => word.Word))}");
        }

        // In the order of the words, not of the file: the order of cells is no one's choice.
        return [.. words.Where(word => texts.Any(text => text.Value == word.Word)).Select(word => word.Value)];
    }
}
