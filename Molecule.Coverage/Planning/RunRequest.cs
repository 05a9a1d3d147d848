using System.Collections.Immutable;

namespace Molecule.Coverage.Planning;

/// <summary>MOLECULE_MODE.</summary>
public enum RunMode
{
    Mock,
    Live,
    Both,
}

/// <summary>What a run was asked for and what its machine has: with coverage.yaml and the registry it decides each cell's disposition.</summary>
/// <param name="Mode">Cells of the other mode are not expected at all.</param>
/// <param name="Filter">Null: everything.</param>
/// <param name="Require">Capabilities whose absence is red.</param>
/// <param name="Capabilities">Those present, <c>live</c> excepted.</param>
/// <param name="Credentials">Names of the live credentials present (<c>E2E_...</c>), never values.</param>
public sealed record RunRequest(
    RunMode Mode,
    CellFilter? Filter,
    ImmutableArray<string> Require,
    ImmutableArray<string> Capabilities,
    ImmutableArray<string> Credentials)
{
    /// <summary>The capability that a cell needs which a control plane from outside the graph cannot show.</summary>
    public const string OwnControlPlane = "own-control-plane";

    /// <summary>The capability that a cell needs which a runtime that is an image cannot show.</summary>
    public const string OwnRuntimes = "own-runtimes";

    /// <summary>The runtimes whose workspaces are containers of an image.</summary>
    public ImmutableArray<string> Images { get; init; } = [];

    /// <summary>Whose control plane is judged: <c>url:URL</c> or <c>container:IMAGE</c>; null for the graph's own.</summary>
    public string? ControlPlane { get; init; }

    /// <summary>The capability that a live cell needs: a credential.</summary>
    public const string Live = "live";

    /// <summary>The whole mock matrix on a machine that has nothing.</summary>
    public static RunRequest Mock { get; } = new(RunMode.Mock, null, [], [], []);

    /// <summary>Whether a capability's absence is red; <c>--mode live</c> implies <c>--require live</c>.</summary>
    public bool Requires(string capability) => Require.Contains(capability) || (capability == Live && Mode is RunMode.Live);
}

/// <summary>Selects cells. An empty list selects everything; a cell without the axis is not selected by a value of it.</summary>
public sealed record CellFilter(ImmutableArray<string> Runtimes, ImmutableArray<string> Arms, ImmutableArray<string> Features, Shard? Shard)
{
    public static CellFilter None { get; } = new([], [], [], null);

    /// <summary>Whether the names select the cell, whatever the shard.</summary>
    public bool Names(CellId id) =>
        Selects(Runtimes, id.Runtime) && Selects(Arms, id.Arm) && Selects(Features, id.Feature);

    public override string ToString() => string.Join(", ", new[]
    {
        Describe("runtime", Runtimes), Describe("arm", Arms), Describe("feature", Features), Shard is null ? "" : $"shard {Shard}",
    }.Where(part => part.Length > 0));

    private static bool Selects(ImmutableArray<string> values, string? value) => values.IsEmpty || (value is not null && values.Contains(value));

    private static string Describe(string axis, ImmutableArray<string> values) => values.IsEmpty ? "" : $"{axis} {string.Join('|', values)}";
}

/// <summary>One of several machines that share a run: <c>2/3</c>.</summary>
public sealed record Shard(int Index, int Count)
{
    /// <summary>Reads <c>i/n</c>.</summary>
    /// <exception cref="RunRequestException">It is no such pair with 1 &lt;= i &lt;= n.</exception>
    public static Shard Parse(string text)
    {
        var parts = text.Split('/');
        return parts.Length == 2 && Number(parts[0], out var index) && Number(parts[1], out var count) && index >= 1 && index <= count
            ? new Shard(index, count)
            : throw new RunRequestException($"shard '{text}' must read i/n with 1 <= i <= n, e.g. 2/3");

        static bool Number(string part, out int value) =>
            int.TryParse(part, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out value);
    }

    public override string ToString() => $"{Index}/{Count}";
}

/// <summary>A run was asked for something that does not exist: exit code 2 at the caller.</summary>
public sealed class RunRequestException(string message) : Exception(message);
