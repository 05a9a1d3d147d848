using System.Globalization;
using System.Text.RegularExpressions;

namespace Molecule.Processes.Peers;

/// <summary>Tells which container a process lives in, by the control group that the container engine has put it into (man 7 cgroups).</summary>
/// <remarks>
/// Engines name the group by the container's id: <c>/docker/ID</c>, <c>docker-ID.scope</c>, <c>libpod-ID.scope</c>. A process cannot leave its group without
/// a right that a container has not. Where this process is in a container itself, its own is none.
/// </remarks>
internal static partial class ControlGroups
{
    private static readonly Lazy<string?> Own = new(static () => IdIn(File.ReadAllText("/proc/self/cgroup")));

    /// <summary>The id of the container; null outside of any.</summary>
    /// <exception cref="IOException">The process has ended.</exception>
    public static string? ContainerOf(int process) =>
        IdIn(File.ReadAllText($"/proc/{process.ToString(CultureInfo.InvariantCulture)}/cgroup")) is { } id && id != Own.Value ? id : null;

    // The innermost group last: a container in a container is the inner one's.
    internal static string? IdIn(string groups) => Id().Matches(groups) is [.., var last] ? last.Value : null;

    [GeneratedRegex("(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")]
    private static partial Regex Id();
}
