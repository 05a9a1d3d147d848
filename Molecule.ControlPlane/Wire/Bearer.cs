namespace Molecule.ControlPlane.Wire;

/// <summary>The bearer of a request: of the first Authorization header alone, which must start with exactly <c>Bearer </c> (spec/control-plane.md 1.8, 2.1).</summary>
public static class Bearer
{
    private const string Scheme = "Bearer ";

    /// <summary>The token, or null where none was sent.</summary>
    public static string? Of(HttpRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);

        // ToString() would join two headers with a comma.
        var headers = request.Headers.Authorization;
        return headers.Count > 0 && headers[0] is { } first && first.StartsWith(Scheme, StringComparison.Ordinal) && first.Length > Scheme.Length
            ? first[Scheme.Length..]
            : null;
    }
}
