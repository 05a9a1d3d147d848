using ArchUnitNET.Domain;
using ArchUnitNET.Loader;

namespace Molecule.Tests.Architecture;

/// <summary>Imports run downwards only (docs/architecture.md): each room may know the rooms that are listed for it, and no other.</summary>
public sealed class RoomTests
{
    private const string Prefix = "Molecule.";

    private static readonly Dictionary<string, string[]> _mayKnow = new()
    {
        ["Contracts"] = [],
        ["Registry"] = [],

        // AWS's wires as a client speaks them. Not the fakes': whoever signs and whoever checks must not be the same.
        ["Aws"] = [],
        ["Processes"] = ["Contracts"],
        ["Coverage"] = ["Contracts", "Registry"],
        ["ServiceDefaults"] = ["Contracts", "Processes"],
        ["ControlPlane"] = ["Aws", "Contracts", "Processes", "Registry", "ServiceDefaults"],
        ["Workspace"] = ["Aws", "Contracts", "Processes", "Registry", "ServiceDefaults"],
        ["Node"] = ["Contracts", "Processes", "ServiceDefaults"],

        // Never the registry: one file that feeds router, fake and assertion would confirm its own error.
        ["ProviderFakes"] = ["Contracts", "Processes", "ServiceDefaults"],

        // A stand-in for a foreign program: what it knew of us, it could not prove.
        ["HermesEmulated"] = [],
        ["HostTools"] = ["Contracts", "Processes"],
        ["Harness"] = ["Aws", "Contracts", "Processes", "Coverage", "Registry"],
        ["Cli"] = ["Contracts", "Processes", "Coverage", "Registry", "Harness", "HostTools"],
    };

    public static TheoryData<string> Rooms => [.. _mayKnow.Keys];

    [Theory]
    [MemberData(nameof(Rooms))]
    public void A_room_knows_only_the_rooms_below_it(string room)
    {
        Assert.Empty(Strangers(Load(room), room, _mayKnow[room]));
    }

    [Fact]
    public void A_room_that_knows_a_stranger_is_found()
    {
        Assert.NotEmpty(Strangers(Load("Coverage"), "Coverage", ["Contracts"]));
    }

    private static ArchUnitNET.Domain.Architecture Load(string room) => new ArchLoader().LoadAssemblies(System.Reflection.Assembly.Load(Prefix + room)).Build();

    private static IEnumerable<string> Strangers(ArchUnitNET.Domain.Architecture architecture, string room, string[] known)
    {
        var allowed = known.Append(room).Select(static r => Prefix + r).ToHashSet(StringComparer.Ordinal);
        return architecture.Types
            .Where(t => RoomOf(t) == Prefix + room)
            .SelectMany(static t => t.Dependencies, static (t, d) => (From: t.FullName, To: d.Target))
            .Where(d => RoomOf(d.To) is { } other && other.StartsWith(Prefix, StringComparison.Ordinal) && !allowed.Contains(other))
            .Select(static d => $"{d.From} -> {d.To.FullName}")
            .Distinct();
    }

    private static string? RoomOf(IType type) => type.Assembly?.Name.Split(',')[0];
}
