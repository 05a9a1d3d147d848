using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Molecule.Workspace.Boot;

namespace Molecule.Workspace.Boot;

/// <summary>The URL under which the workspace registers: MOLECULE_WORKSPACE_URL verbatim, else the address that it was told to listen at, else <c>http://localhost:PORT</c>.</summary>
/// <remarks>By name, not by number: the control plane refuses loopback addresses but takes the name localhost (spec/control-plane.md 2.6).</remarks>
public sealed class AdvertisedAddress(WorkspaceSettings settings, IServer server)
{
    /// <exception cref="InvalidOperationException">The server does not listen yet.</exception>
    public string Url
    {
        get
        {
            if (settings.AdvertisedUrl is { } said)
            {
                return said;
            }

            var bound = server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault()
                ?? throw new InvalidOperationException("The server does not listen yet.");
            return $"http://{settings.Address?.ToString() ?? "localhost"}:{new Uri(bound).Port}";
        }
    }
}
