namespace Molecule.Contracts.Runs;

/// <summary>Whose control plane a run judges.</summary>
public enum ControlPlaneKind
{
    /// <summary>This repository's, as a project of the graph.</summary>
    Project = 0,

    /// <summary>Somebody's image, started by the graph with the settings of ours.</summary>
    Container = 1,

    /// <summary>Somebody's, which runs already with a database and a node of its own.</summary>
    Url = 2,
}

/// <summary>Which control plane a run has (<c>Molecule:ControlPlane</c>): <c>project</c>, <c>container:IMAGE</c> or <c>url:URL</c>.</summary>
/// <param name="Kind">Whose it is.</param>
/// <param name="Where">The image, or the URL without a slash at its end; empty for the graph's own.</param>
public sealed record ControlPlaneChoice(ControlPlaneKind Kind, string Where)
{
    /// <summary>The configuration key.</summary>
    public const string Setting = "Molecule:ControlPlane";

    /// <summary><see cref="Setting"/> as an environment variable.</summary>
    public const string Variable = "Molecule__ControlPlane";

    /// <summary>The variable that holds the admin token of a control plane at a URL; one of the graph's gets its own.</summary>
    public const string AdminTokenVariable = "Molecule__ControlPlane__AdminToken";

    private const string ContainerPrefix = "container:";
    private const string UrlPrefix = "url:";

    /// <summary>The graph's own.</summary>
    public static ControlPlaneChoice Own => new(ControlPlaneKind.Project, "");

    /// <summary>Reads the setting.</summary>
    /// <exception cref="FormatException">It is none of the three.</exception>
    public static ControlPlaneChoice Parse(string? text) => text switch
    {
        null or "" or "project" => Own,
        _ when text.StartsWith(ContainerPrefix, StringComparison.Ordinal) && text.Length > ContainerPrefix.Length && !text.Any(char.IsWhiteSpace) =>
            new ControlPlaneChoice(ControlPlaneKind.Container, text[ContainerPrefix.Length..]),
        _ when text.StartsWith(UrlPrefix, StringComparison.Ordinal) && OriginOf(text[UrlPrefix.Length..]) is { } origin => new ControlPlaneChoice(ControlPlaneKind.Url, origin),
        _ => throw new FormatException(
            $"{Setting} is neither 'project' nor 'container:IMAGE' nor 'url:URL' with a URL of scheme, host and port alone: write it like url:http://localhost:8080."),
    };

    public override string ToString() => Kind switch
    {
        ControlPlaneKind.Container => ContainerPrefix + Where,
        ControlPlaneKind.Url => UrlPrefix + Where,
        _ => "project",
    };

    // Aspire's AddExternalService takes no query and, until 13.1, no path; a password would stand in every report.
    private static string? OriginOf(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url)
        && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
        && url is { PathAndQuery: "/", Fragment: "", UserInfo: "" }
            ? url.GetLeftPart(UriPartial.Authority)
            : null;
}
