using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

/// <summary>Tells resources where to send telemetry.</summary>
public static class OtlpConfigurationExtensions
{
    /// <summary>Sets the OTEL_ variables; gRPC where both are offered.</summary>
    public static IResourceBuilder<T> WithOtlpExporter<T>(this IResourceBuilder<T> builder)
        where T : IResourceWithEnvironment => Add(builder, null);

    /// <summary>Sets the OTEL_ variables for one protocol.</summary>
    public static IResourceBuilder<T> WithOtlpExporter<T>(this IResourceBuilder<T> builder, OtlpProtocol protocol)
        where T : IResourceWithEnvironment => Add(builder, protocol);

    private static IResourceBuilder<T> Add<T>(IResourceBuilder<T> builder, OtlpProtocol? protocol)
        where T : IResourceWithEnvironment
    {
        var (configuration, environment) = (builder.ApplicationBuilder.Configuration, builder.ApplicationBuilder.Environment);
        return builder
            .WithAnnotation(new OtlpExporterAnnotation { RequiredProtocol = protocol }, ResourceAnnotationMutationBehavior.Replace)
            .WithEnvironment(context => Set(context, configuration, environment));
    }

    // Names and defaults: spec 8 of the API.
    private static void Set(EnvironmentCallbackContext context, ConfigurationManager configuration, IHostEnvironment environment)
    {
        if (context.ExecutionContext.IsPublishMode || !context.Resource.TryGetLastAnnotation<OtlpExporterAnnotation>(out var exporter))
        {
            return;
        }

        var grpc = configuration["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] ?? configuration["DOTNET_DASHBOARD_OTLP_ENDPOINT_URL"];
        var http = configuration["ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL"] ?? configuration["DOTNET_DASHBOARD_OTLP_HTTP_ENDPOINT_URL"];
        var (endpoint, protocol) = exporter.RequiredProtocol switch
        {
            OtlpProtocol.Grpc => (Required(grpc, "ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"), "grpc"),
            OtlpProtocol.HttpProtobuf => (Required(http, "ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL"), "http/protobuf"),
            OtlpProtocol.HttpJson => (Required(http, "ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL"), "http/json"),
            _ => grpc is null && http is not null ? (http, "http/protobuf") : (grpc ?? "http://localhost:18889", "grpc"),
        };

        var variables = context.EnvironmentVariables;
        variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint;
        variables["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol;
        variables["OTEL_SERVICE_NAME"] = context.Resource.Name;
        variables["OTEL_RESOURCE_ATTRIBUTES"] =
            $"service.instance.id={(context.Resource.TryGetLastAnnotation<InstanceAnnotation>(out var instance) ? instance.Suffix : context.Resource.Name)}";
        if (configuration["AppHost:OtlpApiKey"] is { } key)
        {
            variables["OTEL_EXPORTER_OTLP_HEADERS"] = $"x-otlp-api-key={key}";
        }

        if (environment.IsDevelopment())
        {
            variables["OTEL_BLRP_SCHEDULE_DELAY"] = "1000";
            variables["OTEL_BSP_SCHEDULE_DELAY"] = "1000";
            variables["OTEL_METRIC_EXPORT_INTERVAL"] = "1000";
            variables["OTEL_TRACES_SAMPLER"] = "always_on";
            variables["OTEL_METRICS_EXEMPLAR_FILTER"] = "trace_based";
            variables["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "true";
        }

        string Required(string? url, string configurationKey) => url ?? throw new InvalidOperationException(
            $"The resource '{context.Resource.Name}' needs OTLP by {exporter.RequiredProtocol}: set the configuration key '{configurationKey}'.");
    }
}
