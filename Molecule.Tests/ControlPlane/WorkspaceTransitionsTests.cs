using Molecule.ControlPlane.Workspaces;

namespace Molecule.Tests.ControlPlane;

public sealed class WorkspaceTransitionsTests
{
    // By hand from spec/control-plane.md 4.2 to 4.5, 14.1 and 14.3. `x` refused, `=` stays without an event, else the state it turns to, with that state's event.
    private const string Table =
        """
                          none  prov  onl   off   deg   fail  rem   paus  hib   await hibg
        Create            prov  x     x     x     x     x     x     x     x     x     x
        CreateExternal    onl   x     x     x     x     x     x     x     x     x     x
        CreateAwaited     await x     x     x     x     x     x     x     x     x     x
        Register          onl   onl   onl   onl   onl   onl   =     onl   onl   onl   onl
        HeartbeatSteady   x     onl   =     onl   =     =     =     =     =     =     =
        HeartbeatFailing  x     onl   deg   onl   =     =     =     =     =     =     =
        HeartbeatWell     x     onl   =     onl   onl   =     =     =     =     =     =
        LivenessLost      x     off   off   =     off   off   =     =     =     off   =
        ProvisionFailed   x     fail  =     =     =     =     =     =     =     =     =
        Restart           x     prov  prov  prov  prov  prov  x     prov  prov  prov  prov
        AutoRestart       x     prov  prov  prov  prov  prov  x     x     x     x     x
        Pause             x     paus  paus  paus  paus  paus  x     x     paus  paus  paus
        Resume            x     x     x     x     x     x     x     prov  x     x     x
        Hibernate         x     x     hibg  x     hibg  x     x     x     x     x     x
        HibernateStopped  x     =     =     =     =     =     =     =     =     =     hib
        Wake              x     x     x     x     x     x     x     x     prov  x     x
        Remove            x     rem   rem   rem   rem   rem   =     rem   rem   rem   rem
        """;

    private static readonly Dictionary<string, WorkspaceStatus?> States = new()
    {
        ["none"] = null,
        ["prov"] = WorkspaceStatus.Provisioning,
        ["onl"] = WorkspaceStatus.Online,
        ["off"] = WorkspaceStatus.Offline,
        ["deg"] = WorkspaceStatus.Degraded,
        ["fail"] = WorkspaceStatus.Failed,
        ["rem"] = WorkspaceStatus.Removed,
        ["paus"] = WorkspaceStatus.Paused,
        ["hib"] = WorkspaceStatus.Hibernated,
        ["await"] = WorkspaceStatus.AwaitingAgent,
        ["hibg"] = WorkspaceStatus.Hibernating,
    };

    private static readonly Dictionary<string, string?> Events = new()
    {
        ["prov"] = "WORKSPACE_PROVISIONING",
        ["onl"] = "WORKSPACE_ONLINE",
        ["off"] = "WORKSPACE_OFFLINE",
        ["deg"] = "WORKSPACE_DEGRADED",
        ["fail"] = "WORKSPACE_PROVISION_FAILED",
        ["rem"] = "WORKSPACE_REMOVED",
        ["paus"] = "WORKSPACE_PAUSED",
        ["hib"] = "WORKSPACE_HIBERNATED",
        ["await"] = "WORKSPACE_AWAITING_AGENT",
        ["hibg"] = null,
    };

    public static TheoryData<string, string, string> Cells()
    {
        var lines = Table.Split('\n').Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToArray();
        var cells = new TheoryData<string, string, string>();
        foreach (var line in lines[1..])
        {
            foreach (var (state, expected) in lines[0].Zip(line[1..]))
            {
                cells.Add(line[0], state, expected);
            }
        }

        return cells;
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public void Each_trigger_does_to_each_state_what_the_table_says(string trigger, string state, string expected)
    {
        var transition = WorkspaceTransitions.Apply(States[state], Enum.Parse<WorkspaceTrigger>(trigger));

        Assert.Equal(expected == "x", transition.IsRefused);
        Assert.Equal(expected switch { "x" => null, "=" => States[state], _ => States[expected] }, transition.To);
        Assert.Equal(Events.GetValueOrDefault(expected), transition.Event);
    }

    [Fact]
    public void The_table_names_every_trigger_and_every_state()
    {
        var lines = Table.Split('\n').Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToArray();

        Assert.Equal(Enum.GetNames<WorkspaceTrigger>(), lines[1..].Select(static line => line[0]));
        Assert.Equal([null, .. Enum.GetValues<WorkspaceStatus>()], lines[0].Select(static state => States[state]));
        Assert.All(lines[1..], line => Assert.Equal(lines[0].Length + 1, line.Length));
    }

    [Fact]
    public void Each_state_has_its_word_on_the_wire() => Assert.Equal(
        ["provisioning", "online", "offline", "degraded", "failed", "removed", "paused", "hibernated", "awaiting_agent", "hibernating"],
        Enum.GetValues<WorkspaceStatus>().Select(static status =>
        {
            Assert.Equal(status, WorkspaceStatusWire.Parse(status.ToWire()));
            return status.ToWire();
        }));
}
