using System.Text.Json;
using System.Text.Json.Nodes;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.UserSecrets;

namespace Aspire.Hosting;

/// <summary>Adds parameters, which come from outside.</summary>
public static class ParameterResourceBuilderExtensions
{
    /// <summary>Adds a parameter read from <c>Parameters:NAME</c>.</summary>
    public static IResourceBuilder<ParameterResource> AddParameter(this IDistributedApplicationBuilder builder, string name, bool secret = false) =>
        Add(builder, name, _ => Configured(builder, name) ?? throw Missing(name, $"Parameters:{name}"), secret);

    /// <summary>Adds a parameter with a value; configuration is not asked.</summary>
    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, string name, string value, bool publishValueAsDefault = false, bool secret = false) =>
        builder.AddParameter(name, () => value, publishValueAsDefault, secret);

    /// <summary>Adds a parameter with a value that is asked for when it is needed; configuration is not asked.</summary>
    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, string name, Func<string> valueGetter, bool publishValueAsDefault = false, bool secret = false) =>
        publishValueAsDefault && secret
            ? throw new ArgumentException("A parameter cannot be both secret and published as a default value.", nameof(secret))
            : Add(builder, name, _ => valueGetter(), secret);

    /// <summary>Adds a parameter read from <c>Parameters:NAME</c>, or made by a default; <paramref name="persist"/> keeps that in the user secrets.</summary>
    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, string name, ParameterDefault value, bool secret = false, bool persist = false)
    {
        var parameter = Add(builder, name, made => Configured(builder, name) ?? Make(builder, name, made!, persist), secret);
        parameter.Resource.Default = value;
        return parameter;
    }

    private static IResourceBuilder<ParameterResource> Add(
        IDistributedApplicationBuilder builder, string name, Func<ParameterDefault?, string> value, bool secret) =>
        builder.AddResource(new ParameterResource(name, value, secret));

    // A variable's name cannot hold a hyphen: Parameters__pg_password speaks for pg-password.
    private static string? Configured(IDistributedApplicationBuilder builder, string name) =>
        builder.Configuration[$"Parameters:{name}"] ?? builder.Configuration[$"Parameters:{name.Replace('-', '_')}"];

    private static MissingParameterValueException Missing(string name, string key) => new(
        $"The parameter '{name}' has no value: set the configuration key '{key}' "
        + $"(environment variable {key.Replace(":", "__", StringComparison.Ordinal).Replace('-', '_')}, or --{key}=VALUE).");

    private static string Make(IDistributedApplicationBuilder builder, string name, ParameterDefault made, bool persist)
    {
        var value = made.GetDefaultValue();
        var secretsId = builder.AppHostAssembly?.GetCustomAttributes(typeof(UserSecretsIdAttribute), false).OfType<UserSecretsIdAttribute>().FirstOrDefault()?.UserSecretsId;
        if (persist && secretsId is not null && builder.ExecutionContext.IsRunMode)
        {
            var path = PathHelper.GetSecretsPathFromSecretsId(secretsId);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var secrets = File.Exists(path) ? JsonNode.Parse(File.ReadAllText(path))!.AsObject() : [];
            secrets[$"Parameters:{name}"] = value;
            File.WriteAllText(path, secrets.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
        }

        return value;
    }
}
