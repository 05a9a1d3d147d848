using System.Text.Json;
using Molecule.Registry;

namespace Molecule.ControlPlane.Llm;

/// <summary>A surface of the proxy: a wire of the vendors', served under the control plane's own path (spec/runtimes-and-providers.md 3.8).</summary>
public abstract class LlmSurface
{
    /// <summary>The surfaces that there are.</summary>
    public static IReadOnlyList<LlmSurface> All { get; } = [new ChatSurface(), new ResponsesSurface(), new MessagesSurface()];

    /// <summary>The control plane's path.</summary>
    public abstract string Route { get; }

    /// <summary>Which of a vendor's base URLs it belongs to.</summary>
    public abstract WireProtocol Protocol { get; }

    /// <summary>The path behind that base URL.</summary>
    public abstract string UpstreamPath { get; }

    /// <summary>The wire's name, for people.</summary>
    public abstract string Name { get; }

    /// <summary>The usage token as the surface's clients send it.</summary>
    public abstract string? Token(HttpRequest request);

    /// <summary>An error in the shape that the surface's clients understand.</summary>
    public abstract LlmError Error(int status, string message);

    /// <summary>The last text of the user's in a request.</summary>
    public abstract string? LastUserText(JsonElement request);

    /// <summary>Reads a whole answer.</summary>
    public abstract void ReadAnswer(JsonElement answer, Tally tally);

    /// <summary>Reads one event of a stream.</summary>
    public abstract void ReadEvent(JsonElement data, Tally tally);
}

/// <summary>An error answer.</summary>
/// <param name="RequestId">For the header request-id, where the wire has one.</param>
public sealed record LlmError(int Status, object Body, string? RequestId);
