using System.Collections.Immutable;
using Molecule.Harness.Lanes;

namespace Molecule.Harness.Controls;

/// <summary>Says whether an arm's negative controls prove its fake: all of them were made, the right one was served, each wrong one refused.</summary>
public static class ControlJudge
{
    private static readonly ImmutableArray<string> _wrong = ["wrong header", "unknown credential", "wrong path", "wrong model"];

    /// <summary>Why the controls prove nothing; null when they do.</summary>
    public static string? Doubt(ImmutableArray<ControlOutcome> outcomes)
    {
        if (outcomes.Where(static o => o.Name == NegativeControls.Right).ToList() is not [var right])
        {
            return $"The control with {NegativeControls.Right} was not made exactly once.";
        }

        if (right.Status != 200 || right.Refusal is not null)
        {
            return $"The fake refused a request with {NegativeControls.Right}: {right.Refusal ?? $"{right.Status}"}. The controls prove nothing.";
        }

        foreach (var name in _wrong)
        {
            if (outcomes.Where(o => o.Name == name).ToList() is not [var control])
            {
                return $"The control with {name} was not made exactly once.";
            }

            // A refusal is a 4xx: a fake that broke down proves as little as one that served.
            if (control is { Status: < 400 or >= 500, Refusal: null })
            {
                return $"The fake answered {control.Status} to a request with {name}.";
            }
        }

        return null;
    }
}
