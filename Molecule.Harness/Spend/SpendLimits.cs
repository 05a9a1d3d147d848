using System.Globalization;
using Molecule.Coverage.Planning;

namespace Molecule.Harness.Spend;

/// <summary>What a run and each of its cells may cost.</summary>
/// <param name="RunUsd">USD for all live cells together.</param>
/// <param name="CellInput">Tokens that one cell may send.</param>
/// <param name="CellOutput">Tokens that one cell may be answered.</param>
public sealed record SpendLimits(decimal RunUsd, long CellInput, long CellOutput)
{
    /// <summary>USD for a run's live cells; 1 where it is unset.</summary>
    public const string Variable = "MOLECULE_SPEND_LIMIT_USD";

    // An agent's own instructions and tools are most of a turn: about 10,000 tokens with codex, 25,000 with claude-code, some sent twice.
    private const long DefaultInput = 80_000;
    private const long DefaultOutput = 4_000;

    /// <summary>Reads the limit of a run.</summary>
    /// <exception cref="RunRequestException">It is no amount.</exception>
    public static SpendLimits Read(Func<string, string?> environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        if (environment(Variable) is not { Length: > 0 } text)
        {
            return new SpendLimits(1, DefaultInput, DefaultOutput);
        }

        return decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var usd)
            ? new SpendLimits(usd, DefaultInput, DefaultOutput)
            : throw new RunRequestException($"{Variable} must be an amount of USD such as 0.50, not '{text}'");
    }
}
