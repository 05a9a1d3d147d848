using System.Collections.Immutable;
using Molecule.ControlPlane.Workspaces;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace Molecule.ControlPlane.OrgTemplates;

/// <summary>A tree of workspaces that is created as a whole (spec/control-plane.md 9.5).</summary>
public sealed record OrgTemplate
{
    private const int DeepestTree = 32;
    private const int DefaultTier = 2;

    // JSON is YAML: one reader for files and for templates that come in a request.
    private static readonly IDeserializer Reader = new DeserializerBuilder().WithNamingConvention(UnderscoredNamingConvention.Instance).IgnoreUnmatchedProperties().Build();

    public string Name { get; init; } = "";

    public string Description { get; init; } = "";

    public OrgDefaults Defaults { get; init; } = new();

    public List<object> RequiredEnv { get; init; } = [];

    public List<object> RecommendedEnv { get; init; } = [];

    public List<OrgWorkspace> Workspaces { get; init; } = [];

    /// <summary>Reads a template; null where the text is none.</summary>
    public static OrgTemplate? Read(string text)
    {
        try
        {
            return Reader.Deserialize<OrgTemplate?>(text) is { Name.Length: > 0, Workspaces.Count: > 0 } read ? read : null;
        }
        catch (YamlException)
        {
            return null;
        }
    }

    /// <summary>The variables that are required and that no global secret gives, each as its name or its alternatives.</summary>
    public IReadOnlyList<string> Missing(ImmutableHashSet<string> present) =>
        [.. RequiredEnv.Concat(All.SelectMany(static workspace => workspace.RequiredEnv)).Select(Alternatives).Where(names => !names.Any(present.Contains)).Select(static names => string.Join(" or ", names)).Distinct()];

    /// <summary>Names of the variables of a list, alternatives as one text.</summary>
    public static string[] Names(IEnumerable<object> list) => [.. list.Select(static item => string.Join(" or ", Alternatives(item)))];

    /// <summary>How many workspaces it has.</summary>
    public int Count => All.Count();

    /// <summary>What keeps it from being created, or null.</summary>
    public string? Problem() => Problem(Workspaces, 0);

    /// <summary>The create that one of its workspaces amounts to.</summary>
    /// <param name="parent">The parent's id.</param>
    public CreateRequest ToRequest(OrgWorkspace workspace, Guid? parent)
    {
        ArgumentNullException.ThrowIfNull(workspace);
        var tier = workspace.Tier != 0 ? workspace.Tier : Defaults.Tier;
        return new CreateRequest
        {
            Name = workspace.Name,
            Role = workspace.Role,
            Runtime = workspace.Runtime ?? Defaults.Runtime,
            Model = workspace.Model ?? Defaults.Model,
            Tier = tier == 0 ? DefaultTier : tier,
            WorkspaceDir = workspace.WorkspaceDir,
            WorkspaceAccess = workspace.WorkspaceAccess,
            MaxConcurrentTasks = workspace.MaxConcurrentTasks,
            ParentId = parent?.ToString(),
            Canvas = workspace.Canvas is { } at ? new CreateRequest.Position(at.X, at.Y) : null,
        };
    }

    private IEnumerable<OrgWorkspace> All => Workspaces.SelectMany(static workspace => workspace.WithAllBelow());

    private string? Problem(List<OrgWorkspace> level, int depth) => depth > DeepestTree
        ? "the tree is too deep"
        : level.Select(workspace => ToRequest(workspace, null).Problem() is { } problem ? $"workspace '{workspace.Name}': {problem}" : Problem(workspace.Children, depth + 1)).FirstOrDefault(static problem => problem is not null);

    // "NAME", or { any_of: [NAME, OTHER] }.
    private static string[] Alternatives(object item) => item switch
    {
        string name => [name],
        IDictionary<object, object> map when map.TryGetValue("any_of", out var any) && any is IEnumerable<object> names => [.. names.OfType<string>()],
        _ => [],
    };
}

/// <summary>What holds for workspaces that do not say otherwise.</summary>
public sealed record OrgDefaults
{
    public string? Runtime { get; init; }

    public string? Model { get; init; }

    public int Tier { get; init; }
}

/// <summary>One workspace of a template.</summary>
public sealed record OrgWorkspace
{
    public string? Name { get; init; }

    public string? Role { get; init; }

    public string? Runtime { get; init; }

    public string? Model { get; init; }

    public int Tier { get; init; }

    public string? WorkspaceDir { get; init; }

    public string? WorkspaceAccess { get; init; }

    public int MaxConcurrentTasks { get; init; }

    public OrgPosition? Canvas { get; init; }

    public List<object> RequiredEnv { get; init; } = [];

    public List<OrgWorkspace> Children { get; init; } = [];

    public IEnumerable<OrgWorkspace> WithAllBelow() => Children.SelectMany(static child => child.WithAllBelow()).Prepend(this);
}

/// <summary>Where it stands on the canvas.</summary>
public sealed record OrgPosition
{
    public double X { get; init; }

    public double Y { get; init; }
}
