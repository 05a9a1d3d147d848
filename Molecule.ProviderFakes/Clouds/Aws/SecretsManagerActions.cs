using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Molecule.ProviderFakes.Wires;

namespace Molecule.ProviderFakes.Clouds.Aws;

/// <summary>
/// AWS Secrets Manager, emulated: what it answers stands in https://docs.aws.amazon.com/secretsmanager/latest/apireference/ under the action's
/// name, the texts of its errors in those of https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html.
/// </summary>
internal sealed partial class SecretsManagerActions
{
    public const string TargetPrefix = "secretsmanager.";

    // "SecretString ... Maximum length of 65536" (API_PutSecretValue).
    private const int LargestValue = 65_536;
    private static readonly (int, string) No = (400, "AccessDeniedException");

    private readonly Lock _lock = new();
    private readonly Dictionary<string, AwsSecret> _secrets = new(StringComparer.Ordinal);

    /// <summary>Changes a secret behind everybody's back; false where it is not there.</summary>
    public bool Change(string name, string? value, DateTimeOffset at)
    {
        lock (_lock)
        {
            if (!_secrets.TryGetValue(name, out var secret) || value is null)
            {
                return _secrets.Remove(name);
            }

            _secrets[name] = secret.Put(new SecretVersion(Guid.NewGuid().ToString(), value, at));
            return true;
        }
    }

    /// <summary>The ARNs of the secrets whose names end with one of these parts.</summary>
    public ImmutableArray<string> ArnsEnding(string[] parts)
    {
        lock (_lock)
        {
            return [.. _secrets.Values.Where(secret => parts.Contains(secret.Name.Split('/')[^1])).Select(static secret => secret.Arn)];
        }
    }

    /// <summary>The answer's document; null where there is no such action.</summary>
    public object? Answer(AwsCall call, string action, JsonElement request)
    {
        lock (_lock)
        {
            return action switch
            {
                "CreateSecret" => Create(call, request),
                "PutSecretValue" => Put(call, request),
                "GetSecretValue" => Get(call, request),
                "DescribeSecret" => Describe(Existing(call, action, request)),
                "DeleteSecret" => Delete(call, request),
                "ListSecrets" => List(call),
                _ => null,
            };
        }
    }

    private object Create(AwsCall call, JsonElement request)
    {
        var name = request.Text("Name") is { } said && Name().IsMatch(said)
            ? said
            : throw new AwsRefusalException(400, "ValidationException", "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!");
        call.Needs("secretsmanager:CreateSecret", ArnOf(call, name), No);
        if (_secrets.TryGetValue(name, out var there))
        {
            throw there.Deleted is null
                ? new AwsRefusalException(400, "ResourceExistsException", $"The operation failed because the secret {name} already exists.")
                : new AwsRefusalException(400, "InvalidRequestException", "You can't create this secret because a secret with this name is already scheduled for deletion.");
        }

        var version = VersionOf(call, request);
        var secret = new AwsSecret(
            name, $"{ArnOf(call, name)}-{RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", 6)}",
            ImmutableDictionary<string, SecretVersion>.Empty.Add(version.Id, version), version.Id, Previous: null, Deleted: null, call.At);
        _secrets[name] = secret;
        return new { ARN = secret.Arn, secret.Name, VersionId = version.Id };
    }

    private object Put(AwsCall call, JsonElement request)
    {
        var secret = Live(Existing(call, "PutSecretValue", request));
        var version = VersionOf(call, request);

        // A token that has been used makes the call a repetition (API_PutSecretValue, ClientRequestToken).
        if (secret.Versions.TryGetValue(version.Id, out var there))
        {
            return there.Value == version.Value
                ? Told(secret, there)
                : throw new AwsRefusalException(400, "ResourceExistsException", "You can't modify an existing version.");
        }

        secret = _secrets[secret.Name] = secret.Put(version);
        return Told(secret, version);

        static object Told(AwsSecret secret, SecretVersion version) => new { ARN = secret.Arn, secret.Name, VersionId = version.Id, VersionStages = secret.StagesOf(version.Id) };
    }

    private object Get(AwsCall call, JsonElement request)
    {
        var secret = Live(Existing(call, "GetSecretValue", request));
        var (id, stage) = (request.Text("VersionId"), request.Text("VersionStage"));
        return secret.VersionOf(id, stage) is { } version
            ? new { ARN = secret.Arn, secret.Name, VersionId = version.Id, SecretString = version.Value, VersionStages = secret.StagesOf(version.Id), CreatedDate = Seconds(version.Created) }
            : throw new AwsRefusalException(400, "ResourceNotFoundException", $"Secrets Manager can't find the specified secret value for {(id is null ? "staging label" : "VersionId")}: {id ?? stage}");
    }

    private object Delete(AwsCall call, JsonElement request)
    {
        var secret = Existing(call, "DeleteSecret", request);
        var at = call.At;
        if (request.TryGetProperty("ForceDeleteWithoutRecovery", out var force) && force.ValueKind is JsonValueKind.True)
        {
            _secrets.Remove(secret.Name);
        }
        else
        {
            // "The default is 30 days" (API_DeleteSecret).
            at = at.AddDays(request.TryGetProperty("RecoveryWindowInDays", out var days) ? days.GetInt32() : 30);
            _secrets[secret.Name] = Live(secret) with { Deleted = call.At };
        }

        return new { ARN = secret.Arn, secret.Name, DeletionDate = Seconds(at) };
    }

    // It cannot be narrowed to some secrets (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html).
    private object List(AwsCall call)
    {
        call.Needs("secretsmanager:ListSecrets", "*", No);
        return new { SecretList = _secrets.Values.Where(static s => s.Deleted is null).OrderBy(static s => s.Name, StringComparer.Ordinal).Select(Describe).ToArray() };
    }

    private static object Describe(AwsSecret secret) => new
    {
        ARN = secret.Arn,
        secret.Name,
        CreatedDate = Seconds(secret.Created),
        DeletedDate = secret.Deleted is { } at ? Seconds(at) : (double?)null,
        VersionIdsToStages = secret.Versions.Keys.Where(id => !secret.StagesOf(id).IsEmpty).ToDictionary(static id => id, id => secret.StagesOf(id)),
    };

    private AwsSecret Existing(AwsCall call, string action, JsonElement request)
    {
        var id = request.Text("SecretId") ?? throw new AwsRefusalException(400, "ValidationException", "1 validation error detected: Value at 'secretId' failed to satisfy constraint: Member must not be null");
        var secret = _secrets.GetValueOrDefault(id) ?? _secrets.Values.FirstOrDefault(s => s.Arn == id);

        // Whoever may not ask does not learn whether it is there.
        call.Needs($"secretsmanager:{action}", secret?.Arn ?? (id.StartsWith("arn:", StringComparison.Ordinal) ? id : ArnOf(call, id)), No);
        return secret ?? throw new AwsRefusalException(400, "ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
    }

    private static AwsSecret Live(AwsSecret secret) => secret.Deleted is null
        ? secret
        : throw new AwsRefusalException(400, "InvalidRequestException", "You can't perform this operation on the secret because it was marked for deletion.");

    private static SecretVersion VersionOf(AwsCall call, JsonElement request)
    {
        var value = request.Text("SecretString") ?? throw new AwsRefusalException(400, "InvalidRequestException", "You must provide either SecretString or SecretBinary.");
        return Encoding.UTF8.GetByteCount(value) > LargestValue
            ? throw new AwsRefusalException(400, "ValidationException", $"1 validation error detected: Value at 'secretString' failed to satisfy constraint: Member must have length less than or equal to {LargestValue}")
            : new SecretVersion(request.Text("ClientRequestToken") ?? Guid.NewGuid().ToString(), value, call.At);
    }

    private static string ArnOf(AwsCall call, string name) => $"arn:aws:secretsmanager:{call.Region}:{AwsAccount.Number}:secret:{name}";

    private static double Seconds(DateTimeOffset at) => at.ToUnixTimeMilliseconds() / 1000.0;

    [GeneratedRegex(@"\A[A-Za-z0-9/_+=.@!-]{1,512}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
