using System.Collections.Immutable;
using Npgsql;

namespace Molecule.ControlPlane;

/// <summary>The control plane's settings, read once from the environment (spec/control-plane.md 10).</summary>
/// <param name="Database">ConnectionStrings:moleculedb, PostgreSQL's connection string.</param>
/// <param name="AdminToken">ADMIN_TOKEN; null where it is unset.</param>
/// <param name="Environment">MOLECULE_ENV, as it stands.</param>
/// <param name="SecretsKey">SECRETS_ENCRYPTION_KEY: 32 bytes; null stores secrets in plain text, which production refuses.</param>
/// <param name="PlatformUrl">PLATFORM_URL, the control plane's own public URL; null: the first address that it listens on.</param>
/// <param name="NodeUrl">CP_PROVISION_URL; null: nothing is provisioned and a workspace waits for its agent to register.</param>
/// <param name="NodeSecret">PROVISION_SHARED_SECRET.</param>
/// <param name="OrgId">MOLECULE_ORG_ID, or empty.</param>
/// <param name="RegistryPath">Molecule:Registry, the path of providers.yaml.</param>
/// <param name="Vendors">Molecule:Vendors:NAME, the upstream vendors of the platform arm.</param>
/// <param name="Vertex">Molecule:Vertex, the control plane's identity at Google; null: the keyless arm is not served.</param>
/// <param name="RateLimit">RATE_LIMIT: requests a minute and client address.</param>
/// <param name="CorsOrigins">CORS_ORIGINS: who may call from a browser.</param>
/// <param name="IsCompat">MOLECULE_API_COMPAT=1: what some of the product's clients look for beyond its API (spec/control-plane.md 14.3).</param>
/// <param name="HasTestTokens">Whether the test-token route is served (spec/control-plane.md 2.5).</param>
/// <param name="ExternalSilence">REMOTE_LIVENESS_STALE_AFTER: how long an external agent may be silent (spec/control-plane.md 4.3).</param>
/// <param name="ProvisionTimeout">PROVISION_TIMEOUT_SECONDS; null: by runtime (spec/control-plane.md 4.3).</param>
/// <param name="ActivityRetention">ACTIVITY_RETENTION_DAYS.</param>
/// <param name="AgentIdleTimeout">A2A_IDLE_TIMEOUT_SECONDS: how long an agent may be silent during a call.</param>
public sealed record Settings(
    string Database,
    string? AdminToken,
    string Environment,
    ImmutableArray<byte>? SecretsKey,
    string? PlatformUrl,
    Uri? NodeUrl,
    string? NodeSecret,
    string OrgId,
    string RegistryPath,
    ImmutableDictionary<string, VendorSettings> Vendors,
    Llm.VertexIdentity? Vertex,
    int RateLimit,
    ImmutableArray<string> CorsOrigins,
    bool IsCompat,
    bool HasTestTokens,
    TimeSpan ExternalSilence,
    TimeSpan? ProvisionTimeout,
    TimeSpan ActivityRetention,
    TimeSpan AgentIdleTimeout)
{
    /// <summary>Whether MOLECULE_ENV names a development environment: loopback agents are allowed (spec/control-plane.md 2.6).</summary>
    public bool IsDevelopment => Environment.Equals("development", StringComparison.OrdinalIgnoreCase) || Environment.Equals("dev", StringComparison.OrdinalIgnoreCase);

    /// <summary>MOLECULE_DEPLOY_MODE=saas, or MOLECULE_ORG_ID: agents live in a private network and may be called there (spec/control-plane.md 2.6).</summary>
    public bool IsSaas => DeployMode.Equals("saas", StringComparison.OrdinalIgnoreCase) || OrgId.Length > 0;

    /// <summary>Development without an admin token: the doors stand open (spec/control-plane.md 2.2).</summary>
    public bool IsDevMode => AdminToken is null && IsDevelopment;

    private bool IsProduction => Environment.Equals("production", StringComparison.OrdinalIgnoreCase) || Environment.Equals("prod", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether the proxy has a key of any vendor's.</summary>
    public bool HasVendorKey => Vendors.Values.Any(static vendor => vendor.Key is not null);

    /// <summary>
    /// Where ChatGPT logins are refreshed, if this control plane owns that (CODEX_AUTH_REFRESH_OWNER=1, spec/runtimes-and-providers.md 2.2);
    /// CODEX_REFRESH_TOKEN_URL_OVERRIDE replaces the vendor's own address.
    /// </summary>
    public Uri? CodexTokenUrl { get; init; }

    /// <summary>MOLECULE_DEPLOY_MODE, as it stands.</summary>
    public string DeployMode { get; init; } = "";

    /// <summary>CONFIGS_DIR: the folder of the template registry (spec/control-plane.md 9.3); the folder <c>templates</c> beside providers.yaml unless said.</summary>
    public string TemplatesFolder { get; init; } = "";

    /// <summary>Molecule:Aliases: which names are of one model; aliases.yaml beside providers.yaml unless said. Where there is no such file each name is a model.</summary>
    public string AliasesPath { get; init; } = "";

    /// <summary>MOLECULE_DESKTOP_ENABLED and what display tokens are signed with.</summary>
    public Desktop.DesktopSettings Desktop { get; init; } = new(IsEnabled: false, SigningKey: null);

    /// <summary>CP_UPSTREAM_URL, MOLECULE_ORG_SLUG and CANVAS_PROXY_URL: how a browser gets in without a token.</summary>
    public Sessions.SessionSettings Sessions { get; init; } = ControlPlane.Sessions.SessionSettings.None;

    /// <summary>Molecule:Secrets, the secrets manager; null: there is none.</summary>
    public Secrets.Managed.ManagedSettings? Managed { get; init; }

    /// <summary>Reads the settings.</summary>
    /// <exception cref="SettingsException">One is missing or wrong; the message names it.</exception>
    public static Settings Read(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var settings = new Settings(
            ReadConnectionString(configuration.GetConnectionString("moleculedb")),
            Text(configuration, "ADMIN_TOKEN"),
            Text(configuration, "MOLECULE_ENV") ?? "",
            ReadKey(Text(configuration, "SECRETS_ENCRYPTION_KEY")),
            ReadUrl(configuration, "PLATFORM_URL")?.AbsoluteUri.TrimEnd('/'),
            ReadUrl(configuration, "CP_PROVISION_URL"),
            Text(configuration, "PROVISION_SHARED_SECRET") ?? Text(configuration, "MOLECULE_CP_SHARED_SECRET"),
            Text(configuration, "MOLECULE_ORG_ID") ?? "",
            Text(configuration, "Molecule:Registry")
                ?? throw new SettingsException("Molecule__Registry", "is not set", "give it the path of providers.yaml"),
            ReadVendors(configuration.GetSection("Molecule:Vendors")),
            Llm.VertexIdentity.Read(configuration.GetSection(Llm.VertexIdentity.Section)),
            ReadPositive(configuration, "RATE_LIMIT", 600, "number of requests a minute", "600"),
            ReadOrigins(Text(configuration, "CORS_ORIGINS")),
            Text(configuration, "MOLECULE_API_COMPAT") == "1",
            Text(configuration, "MOLECULE_ENABLE_TEST_TOKENS") == "1" || !string.Equals(Text(configuration, "MOLECULE_ENV"), "production", StringComparison.Ordinal),
            TimeSpan.FromSeconds(ReadPositive(configuration, "REMOTE_LIVENESS_STALE_AFTER", 90, "number of seconds", "90")),
            Text(configuration, "PROVISION_TIMEOUT_SECONDS") is null ? null : TimeSpan.FromSeconds(ReadPositive(configuration, "PROVISION_TIMEOUT_SECONDS", 0, "number of seconds", "600")),
            TimeSpan.FromDays(ReadPositive(configuration, "ACTIVITY_RETENTION_DAYS", 7, "number of days", "7")),
            TimeSpan.FromSeconds(ReadPositive(configuration, "A2A_IDLE_TIMEOUT_SECONDS", 300, "number of seconds", "300")))
        {
            DeployMode = Text(configuration, "MOLECULE_DEPLOY_MODE") ?? "",
            Managed = Secrets.Managed.ManagedSettings.Read(configuration.GetSection(Secrets.Managed.ManagedSettings.Section)),
            TemplatesFolder = Text(configuration, "CONFIGS_DIR") ?? Path.Combine(Path.GetDirectoryName(Text(configuration, "Molecule:Registry")!) ?? "", "templates"),
            AliasesPath = Text(configuration, "Molecule:Aliases") ?? Path.Combine(Path.GetDirectoryName(Text(configuration, "Molecule:Registry")!) ?? "", "aliases.yaml"),
            CodexTokenUrl = Text(configuration, "CODEX_AUTH_REFRESH_OWNER") == "1"
                ? ReadUrl(configuration, "CODEX_REFRESH_TOKEN_URL_OVERRIDE") ?? new Uri("https://auth.openai.com/oauth/token")
                : null,
        };
        if (settings is { IsProduction: true, SecretsKey: null })
        {
            throw new SettingsException("SECRETS_ENCRYPTION_KEY", "is not set while MOLECULE_ENV is production", "give it 32 random bytes in base64");
        }

        if (settings is { NodeUrl: not null, NodeSecret: null })
        {
            throw new SettingsException("PROVISION_SHARED_SECRET", "is not set while CP_PROVISION_URL is", "give it the node's shared secret");
        }

        if (settings is { Managed: not null, SecretsKey: null })
        {
            throw new SettingsException("SECRETS_ENCRYPTION_KEY", "is not set while Molecule__Secrets is", "give it 32 random bytes in base64: what a workspace assumes its role with is derived from it");
        }

        settings = settings with
        {
            Sessions = new Sessions.SessionSettings(
                ReadUrl(configuration, "CP_UPSTREAM_URL"), Text(configuration, "MOLECULE_ORG_SLUG") ?? "", ReadUrl(configuration, "CANVAS_PROXY_URL") is not null),
        };
        if (settings.Sessions is { Upstream: not null, OrgSlug.Length: 0 })
        {
            throw new SettingsException("MOLECULE_ORG_SLUG", "is not set while CP_UPSTREAM_URL is", "give it the slug of the organisation whose members may come in");
        }

        return settings with { Desktop = ControlPlane.Desktop.DesktopSettings.Read(configuration, settings.SecretsKey, settings.NodeSecret) };
    }

    /// <summary>Nothing of what it holds: a log line must not show a secret.</summary>
    public override string ToString() => nameof(Settings);

    private static string? Text(IConfiguration configuration, string name) => configuration[name] is { Length: > 0 } text ? text : null;

    private static string ReadConnectionString(string? text)
    {
        const string name = "ConnectionStrings__moleculedb";
        const string mend = "write it like Host=localhost;Port=5432;Username=postgres;Password=...;Database=moleculedb";
        try
        {
            return string.IsNullOrEmpty(text) ? throw new SettingsException(name, "is not set", mend) : new NpgsqlConnectionStringBuilder(text).ConnectionString;
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            // Npgsql's message may quote the text, password and all.
            throw new SettingsException(name, "is no connection string of PostgreSQL", mend);
        }
    }

    private static Uri? ReadUrl(IConfiguration configuration, string name)
    {
        var text = Text(configuration, name);
        if (text is null)
        {
            return null;
        }

        return Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
            ? url
            : throw new SettingsException(name, "is no http or https URL", "write it like http://localhost:8080");
    }

    private static int ReadPositive(IConfiguration configuration, string name, int otherwise, string what, string example)
    {
        var text = Text(configuration, name);
        if (text is null)
        {
            return otherwise;
        }

        return int.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw new SettingsException(name, $"is no positive {what}", $"write it like {example}");
    }

    // "http://localhost:3000, https://canvas.example" (spec/control-plane.md 1.6).
    private static ImmutableArray<string> ReadOrigins(string? text) => text is null
        ? ["http://localhost:3000", "http://localhost:3001"]
        : [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];

    // 32 raw bytes or base64 (spec/control-plane.md 9.1).
    private static ImmutableArray<byte>? ReadKey(string? text)
    {
        if (text is null)
        {
            return null;
        }

        var raw = System.Text.Encoding.UTF8.GetBytes(text);
        if (raw.Length == 32)
        {
            return [.. raw];
        }

        var decoded = new byte[48];
        return Convert.TryFromBase64String(text, decoded, out var length) && length == 32
            ? [.. decoded.AsSpan(0, 32)]
            : throw new SettingsException("SECRETS_ENCRYPTION_KEY", "is neither 32 raw bytes nor 32 bytes in base64", "make one with: openssl rand -base64 32");
    }

    private static ImmutableDictionary<string, VendorSettings> ReadVendors(IConfigurationSection section) => section.GetChildren()
        .ToImmutableDictionary(
            static vendor => vendor.Key,
            static vendor => new VendorSettings(
                vendor["Key"] is { Length: > 0 } key ? key : null,
                vendor["Origin"] is { Length: > 0 } origin
                    ? Uri.TryCreate(origin, UriKind.Absolute, out _) ? origin.TrimEnd('/') : throw new SettingsException($"Molecule__Vendors__{vendor.Key}__Origin", "is no URL", "write it like http://localhost:5000/u02")
                    : null),
            StringComparer.OrdinalIgnoreCase);
}

/// <summary>An upstream vendor of the platform arm.</summary>
/// <param name="Key">The platform's own key there; null where it has none.</param>
/// <param name="Origin">Replaces scheme, host and port of the registry's URL, the path is kept; null: the registry's own.</param>
public sealed record VendorSettings(string? Key, string? Origin)
{
    public override string ToString() => $"VendorSettings {{ Origin = {Origin} }}";
}

/// <summary>A setting that keeps the control plane from starting. The value itself is never part of the message.</summary>
public sealed class SettingsException(string name, string problem, string mend) : Exception($"{name} {problem}: {mend}.");
