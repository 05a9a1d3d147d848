namespace Molecule.ControlPlane.Sessions;

/// <summary>How a browser gets in without a token (spec/control-plane.md 2.1, 2.3).</summary>
/// <param name="Upstream">CP_UPSTREAM_URL, the service that knows the sessions; null: no cookie opens anything.</param>
/// <param name="OrgSlug">MOLECULE_ORG_SLUG, the organisation whose members come in.</param>
/// <param name="HasCanvas">CANVAS_PROXY_URL is set: the canvas is served from this origin, and what it asks is let in.</param>
public sealed record SessionSettings(Uri? Upstream, string OrgSlug, bool HasCanvas)
{
    /// <summary>Neither cookies nor a canvas.</summary>
    public static SessionSettings None { get; } = new(null, "", HasCanvas: false);
}
