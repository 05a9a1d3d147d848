using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;

namespace Molecule.Registry;

/// <summary>
/// A short hash over the registry's data, as the product has one beside the file's sha256 (spec 4.2): comments, layout and
/// the order of keys do not change it, any datum does, the order of providers, arms and models included.
/// </summary>
public static class RegistryFingerprint
{
    private const int Bytes = 8;

    /// <summary>16 lower-case hex digits.</summary>
    public static string Of(ProviderRegistry registry)
    {
        using var projection = new MemoryStream();
        using (var json = new Utf8JsonWriter(projection))
        {
            json.WriteStartObject();
            json.WriteNumber("schema_version", registry.SchemaVersion);
            json.WriteStartArray("providers");
            foreach (var provider in registry.Providers)
            {
                Write(json, provider);
            }

            json.WriteEndArray();
            json.WriteStartObject("runtimes");
            foreach (var runtime in registry.Runtimes.OrderBy(runtime => runtime.Name, StringComparer.Ordinal))
            {
                Write(json, runtime);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Convert.ToHexStringLower(SHA256.HashData(projection.ToArray()).AsSpan(0, Bytes));
    }

    private static void Write(Utf8JsonWriter json, Provider provider)
    {
        json.WriteStartObject();
        json.WriteString("name", provider.Name);
        json.WriteString("display_name", provider.DisplayName);
        json.WriteString("vendor_logo", provider.VendorLogo);
        json.WriteString("protocol", provider.Protocol.ToString());
        json.WriteString("auth_mode", provider.AuthMode.ToString());
        json.WriteString("base_url_template", provider.BaseUrlTemplate);
        json.WriteString("base_url_anthropic", provider.BaseUrlAnthropic);
        json.WriteStartObject("endpoint_vars");
        foreach (var (placeholder, variable) in provider.EndpointVars)
        {
            json.WriteStartObject(placeholder);
            json.WriteString("env", variable.Env);
            json.WriteString("default", variable.Default);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteString("wire_model_prefix", provider.WireModelPrefix);
        Write(json, "auth_env", provider.AuthEnv);
        json.WriteString("auth_token_env", provider.AuthTokenEnv);
        json.WriteString("model_prefix_match", provider.ModelPrefixMatch?.Text);
        Write(json, "model_aliases", provider.ModelAliases);
        json.WriteBoolean("deprecated", provider.Deprecated);
        json.WriteString("upstream_vendor", provider.UpstreamVendor);
        json.WriteString("thinking_policy", provider.ThinkingPolicy);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, Runtime runtime)
    {
        json.WriteStartArray(runtime.Name);
        foreach (var arm in runtime.Arms)
        {
            json.WriteStartObject();
            json.WriteString("name", arm.Provider);
            Write(json, "models", arm.Models);
            Write(json, "withdrawn_models", arm.WithdrawnModels);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, string name, ImmutableArray<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }
}
