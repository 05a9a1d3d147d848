using System.Security.Cryptography;
using System.Text;

namespace Molecule.Node.Workspaces;

/// <summary>Lets only the control plane in: <c>Authorization: Bearer PROVISION_SHARED_SECRET</c> (spec/control-plane.md 5.2).</summary>
public sealed class SharedSecretFilter(NodeSettings settings) : IEndpointFilter
{
    private readonly byte[] _expected = Digest($"Bearer {settings.SharedSecret}");

    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        // Of two headers the first counts (spec/control-plane.md 1.8). Digests: comparing takes the same time whatever was sent.
        var shown = Digest(context.HttpContext.Request.Headers.Authorization is [{ } first, ..] ? first : "");
        return CryptographicOperations.FixedTimeEquals(shown, _expected)
            ? next(context)
            : ValueTask.FromResult<object?>(Results.Json(new { error = "invalid provisioning secret" }, statusCode: StatusCodes.Status401Unauthorized));
    }

    private static byte[] Digest(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
