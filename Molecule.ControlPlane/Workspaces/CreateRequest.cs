using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Molecule.ControlPlane.Workspaces;

/// <summary>Body of POST /workspaces (spec/control-plane.md 3.2.1).</summary>
public sealed partial record CreateRequest
{
    public const string External = "external";

    private static readonly System.Buffers.SearchValues<char> Special = System.Buffers.SearchValues.Create("{}[]|>*&!");

    private static readonly string[] ForbiddenRoots = ["/etc", "/var", "/proc", "/sys", "/dev", "/boot", "/sbin", "/bin", "/lib", "/usr"];

    public string? Name { get; init; }

    public string? Role { get; init; }

    public string? Template { get; init; }

    public int Tier { get; init; }

    public string? Model { get; init; }

    public string? Runtime { get; init; }

    [System.Text.Json.Serialization.JsonPropertyName("external")]
    public bool SaysExternal { get; init; }

    public string? Url { get; init; }

    public string? WorkspaceDir { get; init; }

    public string? WorkspaceAccess { get; init; }

    public string? ParentId { get; init; }

    public long? BudgetLimit { get; init; }

    public ImmutableDictionary<string, string>? Secrets { get; init; }

    public int MaxConcurrentTasks { get; init; }

    public Position? Canvas { get; init; }

    /// <summary>What it runs on, as far as it is asked for here.</summary>
    public ComputeRequest? Compute { get; init; }

    /// <summary>It is run elsewhere; <c>runtime: external</c> says the same.</summary>
    public bool IsExternal => SaysExternal || Runtime == External;

    /// <summary>Whether a template's name would lead out of their folder.</summary>
    internal static bool IsOutside(string? template) => template is { Length: > 0 } && (template.StartsWith('/') || template.Contains("..", StringComparison.Ordinal));

    /// <summary>The error text of the first wrong field; null where all are right.</summary>
    public string? Problem() => this switch
    {
        { Name: null or "" } => "invalid workspace payload",
        _ when !IsPlain(Name, 255) || !IsPlain(Role, 1000) || !IsLine(Model, 100) || !IsLine(Runtime, 100) => "invalid workspace fields",
        _ when Secrets is { } secrets && !secrets.All(static secret => VariableName.IsMatch(secret.Key) && secret.Value is not null) => "invalid workspace fields",
        _ when IsOutside(Template) => "invalid template",
        { WorkspaceDir: { Length: > 0 } folder } when !IsAllowedFolder(folder) => "invalid workspace directory",
        { WorkspaceAccess: not (null or "" or "none" or "read_only" or "read_write") } => "invalid workspace access",
        { WorkspaceAccess: "read_only" or "read_write", WorkspaceDir: null or "" } => "invalid workspace access",
        _ => null,
    };

    internal static bool IsLine(string? text, int length) => text is null || (text.Length <= length && !text.AsSpan().ContainsAny('\r', '\n'));

    internal static bool IsPlain(string? text, int length) => IsLine(text, length) && (text is null || !text.AsSpan().ContainsAny(Special));

    internal static bool IsAllowedFolder(string folder) => folder.StartsWith('/')
        && !folder.Split('/').Contains("..")
        && !ForbiddenRoots.Any(root => folder == root || folder.StartsWith(root + "/", StringComparison.Ordinal));

    /// <summary>What may be the name of an environment variable.</summary>
    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$", RegexOptions.CultureInvariant)]
    internal static partial Regex VariableName { get; }

    public sealed record Position(double X, double Y);

    /// <param name="Display">Its desktop.</param>
    public sealed record ComputeRequest(DisplayRequest? Display);

    /// <param name="Enabled">Whether it has one.</param>
    /// <param name="Resume">Ours: whether control of it outlives a dropped connection, within the lease; true unless said.</param>
    public sealed record DisplayRequest(bool Enabled, bool? Resume);
}
