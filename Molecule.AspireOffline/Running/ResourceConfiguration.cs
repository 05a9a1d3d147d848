using System.Collections.Immutable;
using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Running;

/// <summary>Arguments and variables of a resource, resolved; what must not be shown is masked in the second form.</summary>
internal sealed record ResolvedConfiguration(
    ImmutableArray<string> Arguments, ImmutableArray<string> ShownArguments, ImmutableSortedDictionary<string, string> Variables, ImmutableArray<EnvironmentVariableSnapshot> ShownVariables);

/// <summary>Calls a resource's callbacks, in the order in which they were added, and resolves what they set.</summary>
internal static class ResourceConfiguration
{
    private const string Mask = "********";

    public static async Task<ResolvedConfiguration> ResolveAsync(
        IResource resource, DistributedApplicationModel model, DistributedApplicationExecutionContext context, ILogger logger, CancellationToken cancellationToken)
    {
        var variables = new EnvironmentCallbackContext(context, resource, cancellationToken: cancellationToken) { Logger = logger };
        foreach (var annotation in resource.Annotations.OfType<EnvironmentCallbackAnnotation>().ToArray())
        {
            await annotation.Callback(variables).ConfigureAwait(false);
        }

        var arguments = new CommandLineArgsCallbackContext([], resource, cancellationToken) { ExecutionContext = context, Logger = logger };
        foreach (var annotation in resource.Annotations.OfType<CommandLineArgsCallbackAnnotation>().ToArray())
        {
            await annotation.Callback(arguments).ConfigureAwait(false);
        }

        var caller = new ValueProviderContext { ExecutionContext = context, Caller = resource };
        var resolvedVariables = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in variables.EnvironmentVariables)
        {
            if (await ResolveAsync(resource, $"environment variable '{name}'", value, caller, cancellationToken).ConfigureAwait(false) is { } text)
            {
                resolvedVariables[name] = text;
            }
        }

        var resolvedArguments = ImmutableArray.CreateBuilder<string>();
        foreach (var value in arguments.Args)
        {
            if (await ResolveAsync(resource, "argument", value, caller, cancellationToken).ConfigureAwait(false) is { } text)
            {
                resolvedArguments.Add(text);
            }
        }

        var secrets = await SecretsAsync(model, cancellationToken).ConfigureAwait(false);
        return new ResolvedConfiguration(
            resolvedArguments.ToImmutable(),
            [.. resolvedArguments.Select(Shown)],
            resolvedVariables.ToImmutable(),
            [.. resolvedVariables.Select(v => new EnvironmentVariableSnapshot(v.Key, Shown(v.Value), IsFromSpec: true))]);

        string Shown(string text) => secrets.Any(s => text.Contains(s, StringComparison.Ordinal)) ? Mask : text;
    }

    private static async Task<string?> ResolveAsync(
        IResource resource, string what, object? value, ValueProviderContext context, CancellationToken cancellationToken)
    {
        try
        {
            return value switch
            {
                null => null,
                string text => text,
                IValueProvider provider => await provider.GetValueAsync(context, cancellationToken).ConfigureAwait(false),
                IResourceBuilder<IResource> => throw new InvalidOperationException("a resource builder is no value; pass its Resource"),
                _ => Convert.ToString(value, CultureInfo.InvariantCulture),
            };
        }
        catch (Exception e) when (e is not (OperationCanceledException or ContainerEngineUnavailableException))
        {
            throw new DistributedApplicationException($"The {what} of resource '{resource.Name}' has no value: {e.Message}", e);
        }
    }

    private static async Task<ImmutableArray<string>> SecretsAsync(DistributedApplicationModel model, CancellationToken cancellationToken)
    {
        var secrets = ImmutableArray.CreateBuilder<string>();
        foreach (var parameter in model.Resources.OfType<ParameterResource>().Where(static p => p.Secret))
        {
            try
            {
                if (await parameter.GetValueAsync(cancellationToken).ConfigureAwait(false) is { Length: > 0 } secret)
                {
                    secrets.Add(secret);
                }
            }
            catch (MissingParameterValueException)
            {
                // It has no value, so nobody can show it.
            }
        }

        return secrets.ToImmutable();
    }
}
