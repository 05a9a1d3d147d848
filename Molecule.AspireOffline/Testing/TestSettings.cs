using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Testing;

/// <summary>How an application under test differs from one that is run (spec 16 of the API).</summary>
internal static class TestSettings
{
    public static void Apply(
        Assembly appHost,
        string[] args,
        DistributedApplicationOptions options,
        HostApplicationBuilderSettings settings,
        Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configure)
    {
        options.Args = settings.Args = [.. settings.Args ?? [], .. args];
        options.AssemblyName = settings.ApplicationName = appHost.GetName().Name;
        options.DisableDashboard = true;
        options.EnableResourceLogging = true;
        var directory = AssemblyFacts.AppHostDirectory(appHost);
        settings.ContentRootPath ??= directory;
        settings.Configuration ??= new ConfigurationManager();
        settings.Configuration.AddInMemoryCollection(Missing(settings,
        [
            new("DcpPublisher:RandomizePorts", "true"),
            new("DcpPublisher:WaitForResourceCleanup", "true"),
            new("ASPNETCORE_URLS", "http://localhost:8080"),
            new("ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL", "http://localhost:4317"),
            new("ASPIRE_ALLOW_UNSECURED_TRANSPORT", "true"),
        ]));
        configure(options, settings);

        var profiles = directory is null ? [] : LaunchProfiles.Read(directory);
        var wanted = Said(settings)["DOTNET_LAUNCH_PROFILE"];
        var name = wanted ?? profiles.Keys.FirstOrDefault();
        if (name is null)
        {
            return;
        }

        if (!profiles.TryGetValue(name, out var profile))
        {
            throw new InvalidOperationException($"The configured launch profile, '{name}', was not found in the launch settings file.");
        }

        var variables = new List<KeyValuePair<string, string?>> { new("DOTNET_LAUNCH_PROFILE", name) };
        foreach (var (key, value) in profile.EnvironmentVariables)
        {
            variables.Add(new(key, value));
            // The host reads its own settings without these prefixes.
            var prefix = key.StartsWith("DOTNET_", StringComparison.OrdinalIgnoreCase) ? 7 : key.StartsWith("ASPNETCORE_", StringComparison.OrdinalIgnoreCase) ? 11 : 0;
            if (prefix > 0)
            {
                variables.Add(new(key[prefix..], value));
            }
        }

        // Arguments come last and win over the test process's own environment, which is not the AppHost's.
        var missing = Missing(settings, variables);
        settings.Configuration.AddInMemoryCollection(missing);
        settings.Args = [.. settings.Args ?? [], .. missing.Select(static d => $"--{d.Key}={d.Value}")];
    }

    private static ConfigurationManager Said(HostApplicationBuilderSettings settings)
    {
        var said = new ConfigurationManager();
        said.AddCommandLine(settings.Args ?? []);
        said.AddConfiguration(settings.Configuration!);
        return said;
    }

    private static KeyValuePair<string, string?>[] Missing(HostApplicationBuilderSettings settings, List<KeyValuePair<string, string?>> defaults)
    {
        using var said = Said(settings);
        return [.. defaults.Where(d => said[d.Key] is null).DistinctBy(static d => d.Key, StringComparer.OrdinalIgnoreCase)];
    }
}
