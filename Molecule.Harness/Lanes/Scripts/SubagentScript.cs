using System.Collections.Immutable;
using System.Text.Json;

namespace Molecule.Harness.Lanes.Scripts;

/// <summary>One turn of claude-code that has a sub-agent on the cheap model answer: the answer cannot come unless that model's call was served.</summary>
public sealed class SubagentScript : ILaneScript
{
    /// <summary>The feature's id.</summary>
    public const string Name = "routing-side-models";

    public string Feature => Name;

    public async Task<ImmutableArray<LaneTurn>> RunAsync(OpenLane lane, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(lane);
        var words = lane.FreshWords();

        // The tool and its input as claude-code 2.1.330 offers them to its model (measured).
        var input = JsonSerializer.Serialize(new { description = "join two words", prompt = words.Prompt, subagent_type = "general-purpose", model = "haiku", run_in_background = false });
        return [await lane.SendAsync(words, $"Please call the tool Agent with {input}", words.Reversed, cancellationToken).ConfigureAwait(false)];
    }
}
