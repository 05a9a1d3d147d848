using System.Collections.Immutable;

namespace Molecule.Registry.Reading;

/// <summary>One entry of <c>runtimes</c> (spec 4.3).</summary>
internal static class RuntimeEntry
{
    public static Runtime? Read(YamlEntry entry, ImmutableHashSet<string> providers, ErrorList errors)
    {
        var title = $"runtime '{entry.Key.Value}'";
        EntryName.Check(entry.Key, "runtime", errors);
        if (Section.Open(entry.Value, title, ["providers"], errors) is not { } section)
        {
            return null;
        }

        switch (section.Require("providers"))
        {
            case null:
                return null;
            case YamlSequence list:
                var arms = new ArmList(title, providers, errors);
                foreach (var item in list.Items)
                {
                    arms.Add(item);
                }

                arms.CheckWithdrawn();
                return new Runtime(entry.Key.Value, arms.ToImmutable());
            case var other:
                errors.Add(other, $"providers of {title} must be a list, not {other.Kind}");
                return null;
        }
    }

    private sealed class ArmList(string runtime, ImmutableHashSet<string> providers, ErrorList errors)
    {
        private readonly List<(YamlScalar Name, ImmutableArray<YamlScalar> Models, ImmutableArray<YamlScalar> Withdrawn)> _arms = [];

        public void Add(YamlNode node)
        {
            var title = $"an arm of {runtime}";
            if (Section.Open(node, title, ["name", "models", "withdrawn_models"], errors) is not { } section)
            {
                return;
            }

            var name = section.RequireText("name");
            var models = section.FindTexts("models");
            var withdrawn = section.FindTexts("withdrawn_models");
            if (name is null)
            {
                return;
            }

            if (_arms.Find(arm => arm.Name.Value == name.Value) is { Name: { } first })
            {
                errors.Add(name, $"duplicate arm '{name.Value}' in {runtime}: it stands already in line {first.Line}");
                return;
            }

            if (!providers.Contains(name.Value))
            {
                errors.Add(name, $"{runtime} has the arm '{name.Value}', but providers has no such provider");
            }

            _arms.Add((name, models, withdrawn));
        }

        /// <summary>
        /// Across the runtime's arms, not only within one: an id that one arm withdrew and another offers would move pinned
        /// workspaces to another payer.
        /// </summary>
        public void CheckWithdrawn()
        {
            foreach (var (arm, _, withdrawn) in _arms)
            {
                foreach (var id in withdrawn)
                {
                    if (_arms.Find(other => other.Models.Any(model => model.Value == id.Value)) is { Name: { } offering } offer)
                    {
                        var line = offer.Models.First(model => model.Value == id.Value).Line;
                        errors.Add(id, $"model '{id.Value}' of {runtime} is withdrawn by '{arm.Value}' and offered by '{offering.Value}' in line {line}; keep one");
                    }
                }
            }
        }

        public ImmutableArray<RuntimeArm> ToImmutable() =>
            [.. _arms.Select(arm => new RuntimeArm(arm.Name.Value, [.. arm.Models.Select(id => id.Value)], [.. arm.Withdrawn.Select(id => id.Value)]))];
    }
}
