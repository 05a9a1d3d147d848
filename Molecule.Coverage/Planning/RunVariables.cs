using System.Collections.Immutable;
using Molecule.Contracts.Runs;

namespace Molecule.Coverage.Planning;

/// <summary>The environment variables by which a run is asked for; <c>./molecule gate</c> sets them, <c>dotnet test</c> reads the same (design.md 7).</summary>
public static class RunVariables
{
    /// <summary>mock, live or both; mock where it is unset.</summary>
    public const string Mode = "MOLECULE_MODE";

    /// <summary>Comma list; everything where it is unset, as with the next two.</summary>
    public const string Runtimes = "MOLECULE_RUNTIMES";

    /// <inheritdoc cref="Runtimes"/>
    public const string Arms = "MOLECULE_ARMS";

    /// <inheritdoc cref="Runtimes"/>
    public const string Features = "MOLECULE_FEATURES";

    /// <summary><c>i/n</c>.</summary>
    public const string Shard = "MOLECULE_SHARD";

    /// <summary>Comma list of capabilities.</summary>
    public const string Require = "MOLECULE_REQUIRE";

    /// <summary>Path of the ledger that the run shall write.</summary>
    public const string Ledger = "MOLECULE_LEDGER";

    /// <summary>Not empty where the launcher holds the other end of the test process's standard input: its end is the launcher's.</summary>
    public const string HeldByStdin = "MOLECULE_HELD_BY_STDIN";

    /// <summary>Reads a request. Names are checked by <see cref="CoveragePlan.Expect"/>.</summary>
    /// <param name="environment">A variable's value, or null.</param>
    /// <param name="capabilities">What the machine has, <c>live</c> excepted.</param>
    /// <param name="credentials">Which of <see cref="CoveragePlan.LiveCredentials"/> it has.</param>
    /// <exception cref="RunRequestException">The mode, the shard, the choice of control plane or of a runtime's image is ill-formed.</exception>
    public static RunRequest Read(Func<string, string?> environment, ImmutableArray<string> capabilities, ImmutableArray<string> credentials)
    {
        ArgumentNullException.ThrowIfNull(environment);
        var mode = environment(Mode) switch
        {
            null or "" or "mock" => RunMode.Mock,
            "live" => RunMode.Live,
            "both" => RunMode.Both,
            var other => throw new RunRequestException($"{Mode} is '{other}'; known: mock, live, both"),
        };
        var shard = environment(Shard) is { Length: > 0 } text ? Planning.Shard.Parse(text) : null;
        var filter = new CellFilter(List(Runtimes), List(Arms), List(Features), shard);
        return new RunRequest(mode, filter.ToString().Length == 0 ? null : filter, List(Require), capabilities, credentials) { ControlPlane = Checked(ReadControlPlane), Images = Checked(ReadImages) };

        string? ReadControlPlane() => ControlPlaneChoice.Parse(environment(ControlPlaneChoice.Variable)) is { Kind: not ControlPlaneKind.Project } other ? other.ToString() : null;

        ImmutableArray<string> ReadImages() => [.. RuntimeImage.Read(environment).Select(static image => image.Runtime)];

        T Checked<T>(Func<T> read)
        {
            try
            {
                return read();
            }
            catch (FormatException e)
            {
                throw new RunRequestException(e.Message);
            }
        }

        ImmutableArray<string> List(string variable) =>
            [.. (environment(variable) ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Distinct()];
    }
}
