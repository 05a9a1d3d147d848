using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Tokens;
using Molecule.ControlPlane.Wire;

namespace Molecule.ControlPlane.Desktop;

/// <summary>Who asks for a desktop: a person, told from others by the credential, or the workspace's agent.</summary>
/// <param name="Controller">As which controller.</param>
/// <param name="Name">The name that a lease is held by.</param>
/// <param name="IsAdmin">Whether it may take a lease from another by force.</param>
public sealed record DisplayCaller(string Controller, string Name, bool IsAdmin)
{
    /// <summary>Whether a person asks.</summary>
    public bool IsUser => Controller == DesktopLease.User;

    /// <summary>Of a request that WorkspaceAuth let pass: what is no admin's and no org's is then the workspace's own.</summary>
    public static async Task<DisplayCaller> OfAsync(HttpContext context, Settings settings, MoleculeDatabase database)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (Bearer.Of(context.Request) is not { } sent)
        {
            return new DisplayCaller(DesktopLease.User, "dev-mode", IsAdmin: true);
        }

        if (settings.AdminToken is { } admin && TokenHash.Same(admin, sent))
        {
            return new DisplayCaller(DesktopLease.User, "admin-token", IsAdmin: true);
        }

        return await database.QueryAsync(connection => OrgTokenStore.PrefixAsync(connection, sent), context.RequestAborted) is { } prefix
            ? new DisplayCaller(DesktopLease.User, $"org-token:{prefix}", IsAdmin: false)
            : new DisplayCaller(DesktopLease.Agent, DesktopLease.Agent, IsAdmin: false);
    }
}
