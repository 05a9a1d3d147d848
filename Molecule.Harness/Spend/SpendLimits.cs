using System.Globalization;
using Molecule.Contracts.Journal;
using Molecule.Coverage.Planning;

namespace Molecule.Harness.Spend;

/// <summary>What a run and each of its cells may cost.</summary>
/// <param name="RunUsd">USD for all live cells together.</param>
/// <param name="First">What a cell of one turn may use.</param>
/// <param name="Further">What it may use besides for each further turn.</param>
public sealed record SpendLimits(decimal RunUsd, TokenCount First, TokenCount Further)
{
    /// <summary>USD for a run's live cells; 1 where it is unset.</summary>
    public const string Variable = "MOLECULE_SPEND_LIMIT_USD";

    // An agent's own instructions and tools are most of a turn: about 10,000 tokens with codex, 25,000 with claude-code, some sent twice.
    private static readonly TokenCount _first = new(80_000, 4_000);

    // What is sent twice is sent with the first turn; what the turns before have said is little against the instructions.
    private static readonly TokenCount _further = new(40_000, 2_000);

    /// <summary>The most that a cell may use.</summary>
    /// <param name="turns">How many turns of it its vendor serves.</param>
    /// <param name="besides">Tokens of input that its own messages make beyond what a turn ordinarily has.</param>
    public TokenCount Of(int turns, long besides = 0) => new(First.Input + ((turns - 1) * Further.Input) + besides, First.Output + ((turns - 1) * Further.Output));

    /// <summary>Reads the limit of a run.</summary>
    /// <exception cref="RunRequestException">It is no amount.</exception>
    public static SpendLimits Read(Func<string, string?> environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        if (environment(Variable) is not { Length: > 0 } text)
        {
            return new SpendLimits(1, _first, _further);
        }

        return decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var usd)
            ? new SpendLimits(usd, _first, _further)
            : throw new RunRequestException($"{Variable} must be an amount of USD such as 0.50, not '{text}'");
    }
}
