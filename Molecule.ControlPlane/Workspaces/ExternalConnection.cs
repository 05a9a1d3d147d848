using Molecule.ControlPlane.Wire;

namespace Molecule.ControlPlane.Workspaces;

/// <summary>What an external agent needs to come by itself (spec/control-plane.md 3.2.1). The only place besides register that shows its token.</summary>
internal static class ExternalConnection
{
    public static WireMap Describe(Guid id, string platformUrl, string token)
    {
        var register = $"{platformUrl}/registry/register";
        return new WireMap
        {
            ["workspace_id"] = id,
            ["platform_url"] = platformUrl,
            ["auth_token"] = token,
            ["registry_endpoint"] = register,
            ["heartbeat_endpoint"] = $"{platformUrl}/registry/heartbeat",
            ["curl_register_template"] =
                $$$"""curl -X POST {{{register}}} -H 'Authorization: Bearer {{{token}}}' -H 'Content-Type: application/json' -d '{"id":"{{{id}}}","url":"YOUR_AGENT_URL","agent_card":{"name":"YOUR_AGENT_NAME"}}'""",
            ["python_snippet"] = $$$"""
                import json, urllib.request

                body = {"id": "{{{id}}}", "url": "YOUR_AGENT_URL", "agent_card": {"name": "YOUR_AGENT_NAME"}}
                request = urllib.request.Request("{{{register}}}", json.dumps(body).encode(), {"Authorization": "Bearer {{{token}}}", "Content-Type": "application/json"})
                print(urllib.request.urlopen(request).read().decode())
                """,
        };
    }
}
