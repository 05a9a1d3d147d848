namespace Molecule.AppHost.Services;

public static class ConfiguredRuntime
{
    /// <summary>
    /// Hands on which program a runtime is, where the configuration says so: <c>Molecule:Runtimes:NAME:Url</c> with the parameter
    /// <c>NAME-key</c> for one that runs already, <c>Command</c> for one that is installed, <c>Version</c> for its name.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithConfiguredRuntime(this IResourceBuilder<ProjectResource> node, IDistributedApplicationBuilder builder, string runtime)
    {
        foreach (var setting in (ReadOnlySpan<string>)["Url", "Command", "Version"])
        {
            if (builder.Configuration[$"Molecule:Runtimes:{runtime}:{setting}"] is { Length: > 0 } value)
            {
                node.WithEnvironment($"Molecule__Runtimes__{runtime}__{setting}", value);
            }
        }

        return builder.Configuration[$"Molecule:Runtimes:{runtime}:Url"] is { Length: > 0 }
            ? node.WithEnvironment($"Molecule__Runtimes__{runtime}__Key", builder.AddParameter($"{runtime}-key", secret: true))
            : node;
    }
}
