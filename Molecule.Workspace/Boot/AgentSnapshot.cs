using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Molecule.Workspace.A2A;
using Molecule.Workspace.Agents;

namespace Molecule.Workspace.Boot;

/// <summary>
/// What a workspace keeps over a soft restart: the id of its conversation, in <c>.agent_snapshot.json</c> of its config
/// folder (spec/control-plane.md 5.3). Its secrets are masked before it is written.
/// </summary>
public sealed partial class AgentSnapshot(WorkspaceSettings settings, ErrorMask mask, TimeProvider time, ILogger<AgentSnapshot> logger)
{
    public const string FileName = ".agent_snapshot.json";

    private const int Version = 1;
    private const int LargestFile = 64 * 1024;

    private string FilePath => Path.Combine(settings.ConfigFolder, FileName);

    /// <summary>The conversation to go on with; null where there is no snapshot, or none that can be used, which is a warning.</summary>
    public async Task<string?> ReadSessionAsync(CancellationToken cancellationToken)
    {
        string problem;
        try
        {
            var file = new FileInfo(FilePath);
            if (!file.Exists)
            {
                return null;
            }

            var text = file.Length <= LargestFile ? await File.ReadAllTextAsync(FilePath, cancellationToken).ConfigureAwait(false) : "";
            if (JsonLine.Read(text) is not { } snapshot)
            {
                problem = "it is no JSON object";
            }
            else if (!Is(snapshot["version"], Version))
            {
                problem = $"its version is not {Version}";
            }
            else if (!Is(snapshot["runtime"], settings.Runtime))
            {
                problem = $"it is not one of the runtime {settings.Runtime}";
            }
            else if (snapshot["session"] is not JsonValue value || !value.TryGetValue<string>(out var session) || !SessionShape().IsMatch(session))
            {
                problem = "its session is no conversation's id";
            }
            else
            {
                return session;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problem = e.Message;
        }

        logger.LogWarning("The snapshot {Path} cannot be used ({Problem}); a fresh conversation is begun.", FilePath, problem);
        return null;
    }

    /// <summary>Writes the snapshot. One that cannot be written is a warning: the workspace stops all the same.</summary>
    public async Task WriteAsync(string session, string currentTask, CancellationToken cancellationToken)
    {
        var snapshot = new JsonObject
        {
            ["version"] = Version,
            ["runtime"] = settings.Runtime,
            ["session"] = session,
            ["interrupted_task"] = mask.Mask(currentTask),
            ["written_at"] = time.GetUtcNow(),
        };
        try
        {
            await SecretFile.WriteAsync(FilePath, snapshot.ToJsonString(), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            logger.LogWarning("The snapshot {Path} cannot be written: {Message}", FilePath, e.Message);
        }
    }

    private static bool Is<T>(JsonNode? node, T expected) => node is JsonValue value && value.TryGetValue<T>(out var said) && Equals(said, expected);

    // It becomes a program's argument and part of a file's name.
    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9:_-]{0,127}\z")]
    private static partial Regex SessionShape();
}
