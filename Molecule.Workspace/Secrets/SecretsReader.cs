using System.Collections.Immutable;
using Molecule.Aws;
using Molecule.Contracts.Clouds;

namespace Molecule.Workspace.Secrets;

/// <summary>One state of the workspace's secrets.</summary>
/// <param name="Values">By the variable that they become.</param>
/// <param name="Versions">The manager's version of each, by the same.</param>
public sealed record SecretsRead(ImmutableSortedDictionary<string, string> Values, ImmutableSortedDictionary<string, string> Versions)
{
    public override string ToString() => $"SecretsRead {{ {string.Join(", ", Values.Keys)} }}";
}

/// <summary>Reads the workspace's secrets: assumes its role, for as long as a session lasts, and asks for each of its own.</summary>
public sealed class SecretsReader(SecretsGrant grant, AwsEndpoint endpoint)
{
    /// <summary>How long before its end a session is renewed; of a short one, half its life.</summary>
    public static TimeSpan Margin { get; } = TimeSpan.FromMinutes(5);

    private const string SessionName = "workspace";

    private readonly AwsCredentials _reader = new(grant.AccessKeyId, grant.SecretAccessKey);
    private readonly SecurityTokens _tokens = new(endpoint);
    private readonly SecretsManager _secrets = new(endpoint);
    private AssumedRole? _session;

    /// <exception cref="AwsException">The role could not be assumed, or a secret not be read; the message says which and why.</exception>
    public async Task<SecretsRead> ReadAsync(CancellationToken cancellation)
    {
        var values = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        var versions = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var (variable, name) in grant.Variables)
        {
            try
            {
                (versions[variable], values[variable]) = await ReadOneAsync(name, cancellation).ConfigureAwait(false);
            }
            catch (AwsException e) when (e.Code is not AwsException.Unreachable)
            {
                throw new AwsException(e.Code, $"{variable} ({name}): {e.Message}");
            }
        }

        return new SecretsRead(values.ToImmutable(), versions.ToImmutable());
    }

    private async Task<(string Version, string Value)> ReadOneAsync(string name, CancellationToken cancellation)
    {
        try
        {
            return await _secrets.ReadAsync(await SessionAsync(cancellation).ConfigureAwait(false), name, cancellation).ConfigureAwait(false);
        }
        catch (AwsException e) when (e.IsExpired)
        {
            // Ended before its time, by somebody or by a clock: a new one, once.
            _session = null;
            return await _secrets.ReadAsync(await SessionAsync(cancellation).ConfigureAwait(false), name, cancellation).ConfigureAwait(false);
        }
    }

    private async Task<AwsCredentials> SessionAsync(CancellationToken cancellation)
    {
        if (_session is not { } session || endpoint.Time.GetUtcNow() is var now && (now < session.Born || now >= RenewalOf(session)))
        {
            session = _session = await _tokens.AssumeAsync(_reader, grant.Role, grant.ExternalId, SessionName, cancellation).ConfigureAwait(false);
        }

        return session.Credentials;
    }

    private static DateTimeOffset RenewalOf(AssumedRole session)
    {
        var half = (session.Expires - session.Born) / 2;
        return session.Expires - (half < Margin ? half : Margin);
    }
}
