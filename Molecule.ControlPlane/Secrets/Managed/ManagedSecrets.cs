using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Molecule.Aws;
using Molecule.Contracts.Clouds;

namespace Molecule.ControlPlane.Secrets.Managed;

/// <summary>
/// Writes workspaces' secrets to the secrets manager, and for each workspace the role by which it alone reads them. It never reads: its
/// identity has no leave to (docs/decisions/0025).
/// </summary>
public sealed class ManagedSecrets
{
    /// <summary>The workspace's own word on where its secrets go: manager or environment.</summary>
    public const string Delivery = "MOLECULE_SECRETS_DELIVERY";

    private const string Prefix = "molecule/workspaces/";
    private const string Mark = "secretsmanager:";
    private const string RolePath = "/molecule/";

    // The platform's and the runtime's own switches, and what the control plane itself has to read: the model, and the login that it refreshes.
    private static readonly ImmutableArray<string> OwnPrefixes = ["MOLECULE_", "WORKSPACE_", "A2A_"];
    private static readonly ImmutableHashSet<string> Own = ["MODEL", "MODEL_PROVIDER", "LLM_PROVIDER", "CODEX_AUTH_JSON", "CODEX_CHATGPT_AUTH_JSON"];

    private readonly ManagedSettings? _settings;
    private readonly byte[]? _key;
    private readonly SecretsManager _secrets;
    private readonly Roles _roles;

    /// <param name="settings">The control plane's.</param>
    /// <param name="http">Without a timeout of its own.</param>
    /// <param name="time">The clock of signatures.</param>
    public ManagedSecrets(Settings settings, HttpClient http, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(settings);
        (_settings, _key) = (settings.Managed, settings.SecretsKey?.ToArray());
        var endpoint = new AwsEndpoint(http, settings.Managed?.Region ?? "", settings.Managed?.Origin, time);
        (_secrets, _roles) = (new SecretsManager(endpoint), new Roles(endpoint));
    }

    /// <summary>Whether a secret goes to the manager.</summary>
    /// <param name="key">Its name.</param>
    /// <param name="value">Its value: AWS keeps no empty ones.</param>
    /// <param name="wish">The workspace's <see cref="Delivery"/>; null where it has none.</param>
    public bool Takes(string key, string value, string? wish) =>
        _settings is not null && value.Length > 0 && (wish is null ? _settings.IsDefault : wish == "manager")
        && !Own.Contains(key) && !OwnPrefixes.Any(prefix => key.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>What stands in the place of a value that the manager holds.</summary>
    public static string ReferenceTo(Guid workspace, string key) => $"{Mark}{Name(workspace, key)}";

    /// <summary>Lets the workspace's role read the workspace's path, and the workspace assume it.</summary>
    /// <exception cref="AwsException">It could not be done.</exception>
    public Task GrantAsync(Guid workspace, CancellationToken cancellation)
    {
        var settings = Configured();
        var trust = JsonSerializer.Serialize(new
        {
            Version = "2012-10-17",
            Statement = new[]
            {
                new
                {
                    Effect = "Allow",
                    Action = "sts:AssumeRole",
                    Principal = new { AWS = settings.ReaderArn },
                    Condition = new { StringEquals = new Dictionary<string, string> { ["sts:ExternalId"] = ExternalId(workspace) } },
                },
            },
        });
        var policy = JsonSerializer.Serialize(new
        {
            Version = "2012-10-17",
            Statement = new[] { new { Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = $"arn:aws:secretsmanager:{settings.Region}:{settings.Account}:secret:{Name(workspace, "*")}" } },
        });
        return _roles.EnsureAsync(settings.Writer, RolePath, Role(workspace), trust, policy, cancellation);
    }

    /// <summary>Refuses a value that the manager does not take, before anything is written.</summary>
    /// <exception cref="SecretTooLargeException">It is larger.</exception>
    public static void EnsureFits(string key, string value)
    {
        if (Encoding.UTF8.GetByteCount(value) is var bytes && bytes > SecretsManager.LargestValue)
        {
            throw new SecretTooLargeException(
                $"secret '{key}' has {bytes} bytes and the secrets manager takes {SecretsManager.LargestValue} at most: shorten it, or give the workspace {Delivery}=environment");
        }
    }

    /// <summary>Writes a workspace's secret.</summary>
    /// <exception cref="AwsException">It could not be written.</exception>
    public Task WriteAsync(Guid workspace, string key, string value, CancellationToken cancellation) => _secrets.WriteAsync(Configured().Writer, Name(workspace, key), value, cancellation);

    /// <summary>Deletes a workspace's secret at once.</summary>
    /// <exception cref="AwsException">It could not be deleted.</exception>
    public Task DeleteAsync(Guid workspace, string key, CancellationToken cancellation) => _secrets.DeleteAsync(Configured().Writer, Name(workspace, key), cancellation);

    /// <summary>Deletes all of a workspace's: its role first, so that nobody reads what is about to go.</summary>
    /// <exception cref="AwsException">Some of it is still there.</exception>
    public async Task ForgetAsync(Guid workspace, IEnumerable<string> keys, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(keys);
        await _roles.RemoveAsync(Configured().Writer, Role(workspace), cancellation);
        foreach (var key in keys)
        {
            await DeleteAsync(workspace, key, cancellation);
        }
    }

    /// <summary>Takes the references out of a workspace's environment and puts in what it reads them with.</summary>
    public ImmutableDictionary<string, string> Deliver(Guid workspace, ImmutableDictionary<string, string> environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        var own = Mark + Name(workspace, "");
        var variables = environment.Where(e => e.Value.StartsWith(own, StringComparison.Ordinal)).ToImmutableSortedDictionary(static e => e.Key, static e => e.Value[Mark.Length..], StringComparer.Ordinal);
        if (variables.IsEmpty)
        {
            return environment;
        }

        var settings = Configured();
        var grant = new SecretsGrant(
            settings.Region, settings.Origin?.AbsoluteUri, settings.Reader.AccessKeyId, settings.Reader.SecretAccessKey,
            $"arn:aws:iam::{settings.Account}:role{RolePath}{Role(workspace)}", ExternalId(workspace), variables);
        return environment.RemoveRange(variables.Keys).SetItem(SecretsGrant.Variable, grant.ToText());
    }

    private ManagedSettings Configured() => _settings ?? throw new AwsException(AwsException.Unreachable, "no secrets manager is configured any more: set Molecule__Secrets__Account and the others of Molecule__Secrets");

    private static string Name(Guid workspace, string key) => $"{Prefix}{workspace}/{key}";

    private static string Role(Guid workspace) => $"workspace-{workspace}";

    // The same at every start without being kept anywhere, and nobody's to guess.
    private string ExternalId(Guid workspace) => Convert.ToHexStringLower(HMACSHA256.HashData(_key!, Encoding.UTF8.GetBytes($"secrets-role:{workspace}")));
}

/// <summary>A secret is larger than the secrets manager takes; the message names it, its size, the limit and the mend.</summary>
public sealed class SecretTooLargeException(string message) : Exception(message);
