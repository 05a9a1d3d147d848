using System.Text.Json;
using Molecule.ProviderFakes.Turns;
using Molecule.ProviderFakes.Vendors;

namespace Molecule.ProviderFakes.Wires;

/// <summary>One of the protocols in which a model is asked and answers.</summary>
public interface IWire
{
    /// <summary>What is missing or wrong in a request, in the vendor's manner; null where nothing is.</summary>
    string? Fault(JsonElement request);

    /// <summary>The last text that a user wrote; empty where there is none.</summary>
    string LastUserText(JsonElement request);

    /// <summary>The names of the tools that the client runs for the model.</summary>
    IEnumerable<string> Tools(JsonElement request);

    /// <summary>The result of a tool, where the request ends with one; otherwise null.</summary>
    string? ToolResult(JsonElement request);

    /// <summary>Whether the answer is wanted as a stream of events.</summary>
    bool IsStreamed(JsonElement request) => request.Flag("stream");

    /// <summary>The whole answer as one JSON document.</summary>
    string Json(Turn turn);

    /// <summary>The answer as the frames of a server-sent event stream.</summary>
    /// <param name="turn">What to answer.</param>
    /// <param name="request">The request, for what it says of the stream.</param>
    IReadOnlyList<SseFrame> Stream(Turn turn, JsonElement request);

    /// <summary>What a running stream of this wire fails with when the vendor breaks; null where the wire has no event for it.</summary>
    StreamFailure? UsualFailure => null;

    /// <summary>The frame that ends a stream with a failure.</summary>
    /// <param name="turn">The turn that fails.</param>
    /// <param name="frames">How many frames have gone before.</param>
    /// <param name="failure">Why.</param>
    /// <exception cref="NotSupportedException">The wire has no event for it.</exception>
    SseFrame Failed(Turn turn, int frames, StreamFailure failure) => throw new NotSupportedException($"{GetType().Name} tells no failure in a stream.");
}
