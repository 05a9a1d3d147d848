using System.Text.Json;
using System.Text.Json.Nodes;
using Molecule.ControlPlane.Llm;
using Molecule.ControlPlane.Wire;

namespace Molecule.ControlPlane.A2a;

/// <summary>The events of a streamed answer, joined into the one answer that they amount to (spec/runtimes-and-providers.md 1.5: task, status, artifacts in pieces, last status or message).</summary>
public sealed class StreamedAnswer
{
    internal const string Unfinished = "its answer ended before its last event";

    // https://a2a-protocol.org/v0.3.0/specification/#63-taskstate-enum: in these the agent is still at work.
    private static readonly string[] UnfinishedStates = ["submitted", "working"];

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    private readonly EventStreamReader _reader;
    private readonly Dictionary<string, JsonObject> _artifacts = [];
    private JsonObject? _last;
    private JsonObject? _task;
    private JsonNode? _usage;

    public StreamedAnswer() => _reader = new EventStreamReader(Take, static () => { });

    /// <summary>Whether its last event is one that ends an answer: a message, an error, a status that is final.</summary>
    public bool IsFinal { get; private set; }

    /// <summary>Whether more must follow: nothing was said, or the last event tells of work in progress.</summary>
    public bool IsUnfinished { get; private set; } = true;

    /// <summary>Reads one event.</summary>
    public void Take(ReadOnlySpan<byte> frame) => _reader.Feed(frame);

    /// <summary>What the books hold of it.</summary>
    public A2aOutcome ToOutcome()
    {
        if (_last is null)
        {
            return new A2aOutcome(null, null, null, null);
        }

        var joined = _last;
        if (_task is not null && Kind(_last["result"]) is "status-update" or "artifact-update" or "task")
        {
            if (_artifacts.Count > 0)
            {
                _task["artifacts"] = new JsonArray([.. _artifacts.Values.Select(static artifact => artifact.DeepClone())]);
            }

            joined = new JsonObject { ["jsonrpc"] = "2.0", ["id"] = _last["id"]?.DeepClone(), ["result"] = _task.DeepClone() };
        }

        return A2aOutcome.Read(WireJson.Serialize<JsonNode>(joined)) is var outcome && outcome.Tokens is null && _usage is not null
            ? outcome with { Tokens = A2aOutcome.Read(WireJson.Serialize<JsonNode>(new JsonObject { ["usage"] = _usage.DeepClone() })).Tokens }
            : outcome;
    }

    private void Take(JsonElement data)
    {
        if (data.ValueKind is not JsonValueKind.Object)
        {
            return;
        }

        _last = (JsonObject)JsonNode.Parse(data.GetRawText(), documentOptions: Strict)!;
        var result = _last["result"] as JsonObject;
        var status = result?["status"] as JsonObject;
        _usage = result?["usage"] ?? _last["usage"] ?? (status?["message"] as JsonObject)?["usage"] ?? _usage;
        var kind = Kind(result);
        switch (kind)
        {
            case "task":
                _task = (JsonObject)result!.DeepClone();
                break;
            case "status-update":
                Task(result!)["status"] = status?.DeepClone();
                Keep(result!["metadata"]);
                break;
            case "artifact-update":
                Task(result!);
                TakeArtifact(result!);
                break;
        }

        var isAtWork = kind is "artifact-update" || (kind is "task" or "status-update" && Array.IndexOf(UnfinishedStates, Text(status?["state"])) >= 0);
        var isFinal = result?["final"] is JsonValue said && said.TryGetValue<bool>(out var value) && value;
        IsFinal = isFinal || kind is "message" || _last["error"] is not null;
        IsUnfinished = !IsFinal && isAtWork;
    }

    private JsonObject Task(JsonObject update) => _task ??= new JsonObject
    {
        ["kind"] = "task",
        ["id"] = update["taskId"]?.DeepClone(),
        ["contextId"] = update["contextId"]?.DeepClone(),
    };

    private void Keep(JsonNode? metadata)
    {
        if (metadata is not JsonObject said)
        {
            return;
        }

        if (_task!["metadata"] is not JsonObject kept)
        {
            _task["metadata"] = kept = [];
        }

        foreach (var (name, value) in said)
        {
            kept[name] = value?.DeepClone();
        }
    }

    // With append, the parts are the next piece of an artifact that has begun; texts of one artifact are one text.
    private void TakeArtifact(JsonObject update)
    {
        if (update["artifact"] is not JsonObject piece)
        {
            return;
        }

        var id = Text(piece["artifactId"]) ?? "";
        if (update["append"] is not JsonValue append || !append.TryGetValue<bool>(out var isMore) || !isMore || !_artifacts.TryGetValue(id, out var known) || known["parts"] is not JsonArray parts)
        {
            _artifacts[id] = (JsonObject)piece.DeepClone();
            return;
        }

        foreach (var part in piece["parts"] as JsonArray ?? [])
        {
            if (Text((part as JsonObject)?["text"]) is { } more && parts.LastOrDefault() is JsonObject last && Text(last["text"]) is { } text)
            {
                last["text"] = text + more;
            }
            else
            {
                parts.Add(part?.DeepClone());
            }
        }
    }

    private static string? Kind(JsonNode? result) => Text((result as JsonObject)?["kind"]);

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
