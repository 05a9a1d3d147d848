using System.Collections.Immutable;
using System.Globalization;
using System.Net;

namespace Molecule.HermesEmulated.Configuration;

/// <summary>The API server's settings and the model behind it.</summary>
/// <param name="Home">HERMES_HOME, ~/.hermes unless said.</param>
/// <param name="Host">API_SERVER_HOST.</param>
/// <param name="Port">API_SERVER_PORT; 0 takes a free one.</param>
/// <param name="Key">API_SERVER_KEY: the bearer of every call.</param>
/// <param name="Endpoint">Where turns go.</param>
/// <param name="MaxAttempts">How often a request is tried in all.</param>
public sealed record GatewaySettings(string Home, IPAddress Host, int Port, string Key, ModelEndpoint Endpoint, int MaxAttempts)
{
    private const int DefaultPort = 8642;

    /// <summary>Reads the environment, <c>.env</c> (which wins) and <c>config.yaml</c>.</summary>
    /// <exception cref="ConfigurationException">Something is missing or wrong.</exception>
    public static GatewaySettings Read(ImmutableDictionary<string, string> environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        var home = environment.GetValueOrDefault("HERMES_HOME") is { Length: > 0 } said
            ? said
            : Path.Combine(environment.GetValueOrDefault("HOME") ?? throw new ConfigurationException("Neither HERMES_HOME nor HOME is set."), ".hermes");
        var dotEnv = Path.Combine(home, ".env");
        var variables = File.Exists(dotEnv) ? environment.SetItems(DotEnv.Parse(File.ReadAllText(dotEnv))) : environment;
        var file = Path.Combine(home, "config.yaml");
        var config = HermesConfig.Parse(File.Exists(file) ? File.ReadAllText(file) : "");
        if (variables.GetValueOrDefault("API_SERVER_ENABLED") is not ("true" or "1"))
        {
            throw new ConfigurationException("No platform is enabled: API_SERVER_ENABLED has to be true.");
        }

        var host = variables.GetValueOrDefault("API_SERVER_HOST") ?? "127.0.0.1";
        var port = variables.GetValueOrDefault("API_SERVER_PORT") ?? DefaultPort.ToString(CultureInfo.InvariantCulture);
        return new GatewaySettings(
            home,
            IPAddress.TryParse(host, out var address) ? address : throw new ConfigurationException($"API_SERVER_HOST is '{host}': it has to be an IP address."),
            ushort.TryParse(port, CultureInfo.InvariantCulture, out var number) ? number : throw new ConfigurationException($"API_SERVER_PORT is '{port}': it has to be a port, 0 to 65535."),
            variables.GetValueOrDefault("API_SERVER_KEY") is { Length: > 0 } key ? key : throw new ConfigurationException("API_SERVER_KEY is required, on loopback as well."),
            ModelEndpoint.Resolve(config, variables),
            config.MaxAttempts);
    }

    // The key is a secret: no log and no message prints it.
    public override string ToString() => $"{Host}:{Port} -> {Endpoint}";
}
