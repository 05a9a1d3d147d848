using System.Text.Json.Nodes;

namespace Molecule.HermesEmulated.Models;

/// <summary>One wire protocol: how a turn is asked for, and what the frames of its stream say.</summary>
public interface IModelWire
{
    /// <summary>The request for a streamed answer to a conversation.</summary>
    HttpRequestMessage Ask(IEnumerable<ChatMessage> messages);

    /// <summary>What one frame of the stream adds.</summary>
    /// <param name="frame">The frame's data.</param>
    StreamPiece Read(JsonObject frame);
}

/// <summary>What a frame added; null for what it said nothing of.</summary>
/// <param name="Text">Words of the answer.</param>
/// <param name="Reasoning">Words of the model's thinking.</param>
/// <param name="Input">Input tokens so far.</param>
/// <param name="Output">Output tokens so far.</param>
/// <param name="IsEnd">Whether the answer is complete.</param>
/// <param name="Failure">The error that the stream reported.</param>
public sealed record StreamPiece(string? Text = null, string? Reasoning = null, long? Input = null, long? Output = null, bool IsEnd = false, VendorError? Failure = null);

/// <summary>An error as a vendor words it.</summary>
/// <param name="Status">The HTTP status; null where it came inside a stream, or where no answer came.</param>
/// <param name="Type">The error's type and code, as far as there are any.</param>
/// <param name="Message">What it says.</param>
public sealed record VendorError(int? Status, string Type, string Message);
