using System.Text.Json;

namespace Aspire.Hosting.Publishing;

/// <summary>Where the manifest is written. This engine writes none; a <see cref="ApplicationModel.ParameterDefault"/> has to know the type.</summary>
public sealed class ManifestPublishingContext(
    DistributedApplicationExecutionContext executionContext, string manifestPath, Utf8JsonWriter writer, CancellationToken cancellationToken = default)
{
    /// <summary>What the application is doing.</summary>
    public DistributedApplicationExecutionContext ExecutionContext { get; } = executionContext;

    /// <summary>The file.</summary>
    public string ManifestPath { get; } = manifestPath;

    /// <summary>Writes it.</summary>
    public Utf8JsonWriter Writer { get; } = writer;

    /// <summary>Cancelled when it is given up.</summary>
    public CancellationToken CancellationToken { get; } = cancellationToken;
}
