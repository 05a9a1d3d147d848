using System.Net.Http.Json;
using System.Text.Json;
using Molecule.Coverage.Planning;
using Molecule.Registry.Mirror;

namespace Molecule.Harness.Registries;

/// <summary>A mirror that somebody names: another repository's file, by path or address, or a running service.</summary>
/// <param name="Name">As it was named.</param>
/// <param name="File">The file; null where a service answered.</param>
/// <param name="Report">What the service answered; null where it is a file.</param>
public sealed record MirrorSource(string Name, RegistrySource? File, ReportedRegistry? Report)
{
    /// <summary>Fetches it. An address that ends in .yaml or .yml is a file's, any other one a service's.</summary>
    /// <exception cref="CoverageFormatException">It cannot be had; the message names it.</exception>
    public static async Task<MirrorSource> ReadAsync(string name, HttpClient http, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(http);
        if (!Uri.TryCreate(name, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            return new MirrorSource(name, RegistryFiles.Load(name), null);
        }

        try
        {
            if (Path.GetExtension(address.AbsolutePath) is ".yaml" or ".yml")
            {
                return new MirrorSource(name, RegistrySource.Read(name, await http.GetByteArrayAsync(address, cancellationToken).ConfigureAwait(false)), null);
            }

            var report = await http.GetFromJsonAsync<ReportedRegistry>(new Uri(address, ReportedRegistry.Path), cancellationToken).ConfigureAwait(false);
            return report is { Fingerprint: not null, Sha256: not null }
                ? new MirrorSource(name, null, report)
                : throw new JsonException("the answer names no fingerprint");
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or NotSupportedException)
        {
            throw new CoverageFormatException([new CoverageError(name, 1, 1, $"it cannot be asked for its registry ({ReportedRegistry.Path}): {e.Message}")]);
        }
    }
}
