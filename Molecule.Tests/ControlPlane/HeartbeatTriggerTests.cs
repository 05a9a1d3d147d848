using System.Collections.Immutable;
using Molecule.ControlPlane.Registry;
using Molecule.ControlPlane.Workspaces;

namespace Molecule.Tests.ControlPlane;

public sealed class HeartbeatTriggerTests
{
    // spec/control-plane.md 4.2.
    [Theory]
    [InlineData(0.0, null, false, WorkspaceTrigger.HeartbeatWell)]
    [InlineData(0.09, "", false, WorkspaceTrigger.HeartbeatWell)]
    [InlineData(0.1, "", false, WorkspaceTrigger.HeartbeatSteady)]
    [InlineData(0.49, "", false, WorkspaceTrigger.HeartbeatSteady)]
    [InlineData(0.5, "", false, WorkspaceTrigger.HeartbeatFailing)]
    [InlineData(0.0, "wedged", false, WorkspaceTrigger.HeartbeatFailing)]
    [InlineData(0.0, "starting", false, WorkspaceTrigger.HeartbeatSteady)]
    [InlineData(0.9, "", true, WorkspaceTrigger.HeartbeatWell)]
    [InlineData(0.9, "wedged", true, WorkspaceTrigger.HeartbeatFailing)]
    public void Error_rate_and_runtime_state_decide_what_a_heartbeat_is(double errorRate, string? state, bool judgesItself, WorkspaceTrigger expected)
    {
        var beat = new Heartbeat
        {
            ErrorRate = errorRate,
            RuntimeState = state,
            RuntimeMetadata = new Heartbeat.Metadata(ImmutableDictionary<string, bool>.Empty.Add("status_mgmt", judgesItself), null),
        };

        Assert.Equal(expected, beat.Trigger());
    }
}
