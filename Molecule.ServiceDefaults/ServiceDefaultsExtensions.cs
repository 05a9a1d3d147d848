using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Molecule.Contracts.Runs;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Microsoft.Extensions.Hosting;

/// <summary>What every service of the graph has: telemetry, health, discovery, an end within seconds, and the lifeline of its run.</summary>
public static class ServiceDefaultsExtensions
{
    /// <summary>Real Aspire's orchestrator kills 6 s after TERM; every service of ours has to be gone by then.</summary>
    public static TimeSpan ShutdownTimeout { get; } = TimeSpan.FromSeconds(4);

    /// <summary>Adds the defaults. Call it first, <see cref="MapDefaultEndpoints"/> last.</summary>
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        builder.ConfigureOpenTelemetry();
        builder.Services.PostConfigure<LoggerFilterOptions>(static options => options.Rules.InsertQuiet("Npgsql", "Microsoft.AspNetCore", "System.Net.Http"));
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddHealthChecks().AddCheck("self", static () => HealthCheckResult.Healthy(), ["live"]);
        builder.Services.AddServiceDiscovery();
        builder.Services.ConfigureHttpClientDefaults(static http => http.AddServiceDiscovery());
        builder.Services.Configure<HostOptions>(static options => options.ShutdownTimeout = ShutdownTimeout);
        builder.Services.AddHostedService<LifelineService>();
        return builder;
    }

    /// <summary>Maps <c>/health</c> (every check) and <c>/alive</c> (the live ones); both carry the run's id, so that a stale server on the port is seen.</summary>
    public static WebApplication MapDefaultEndpoints(this WebApplication app)
    {
        var run = app.Configuration[RunEnvironment.Run];
        app.MapHealthChecks("/health", new HealthCheckOptions { ResponseWriter = (context, report) => HealthAnswer.WriteAsync(context, report, run) });
        app.MapHealthChecks("/alive", new HealthCheckOptions
        {
            Predicate = static check => check.Tags.Contains("live"),
            ResponseWriter = (context, report) => HealthAnswer.WriteAsync(context, report, run),
        });
        return app;
    }

    // A line per query and per request is for those who ask for it: the first rules give way to any that the configuration holds.
    private static void InsertQuiet(this IList<LoggerFilterRule> rules, params ReadOnlySpan<string> categories)
    {
        foreach (var category in categories)
        {
            rules.Insert(0, new LoggerFilterRule(null, category, LogLevel.Warning, null));
        }
    }

    // Only for a listener: without one the instruments cost a service of many short requests a tenth of its time, and nobody reads them.
    private static void ConfigureOpenTelemetry<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        if (string.IsNullOrWhiteSpace(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
        {
            return;
        }

        // Aspire asks for retries in memory. With nobody listening they outlast the stop: the last export is retried for ten seconds.
        builder.Configuration["OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY"] = null;
        builder.Configuration["OTEL_EXPORTER_OTLP_TIMEOUT"] = "1000";
        builder.Logging.AddOpenTelemetry(static logging =>
        {
            logging.IncludeFormattedMessage = true;
            logging.IncludeScopes = true;
        });
        builder.Services.AddOpenTelemetry()
            .WithMetrics(static metrics => metrics.AddAspNetCoreInstrumentation().AddHttpClientInstrumentation().AddRuntimeInstrumentation())
            .WithTracing(tracing => tracing
                .AddSource(builder.Environment.ApplicationName)
                .AddAspNetCoreInstrumentation(static options => options.Filter = static context =>
                    !context.Request.Path.StartsWithSegments("/health") && !context.Request.Path.StartsWithSegments("/alive"))
                .AddHttpClientInstrumentation())
            .UseOtlpExporter();
    }
}
