using System.Collections.Immutable;
using Molecule.ControlPlane.Wire;

namespace Molecule.ControlPlane.Http;

/// <summary>What stands before every route, in the product's order (spec/control-plane.md 1.7).</summary>
public static class HttpPipeline
{
    public static IServiceCollection AddHttpPipeline(this IServiceCollection services)
    {
        services.AddCors();
        services.AddSingleton<RateLimit>();
        services.AddSingleton<RequestMetrics>();
        services.AddSingleton<TenantGuard>();
        return services;
    }

    /// <summary>CORS, rate limit, counting, tenant guard, security headers, then routing.</summary>
    public static void UseHttpPipeline(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var services = app.Services;
        var origins = services.GetRequiredService<Settings>().CorsOrigins;
        app.UseCors(policy => policy
            .WithOrigins([.. origins])
            .WithMethods("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
            .WithHeaders("Origin", "Content-Type", "X-Workspace-ID", "Authorization")
            .AllowCredentials());
        var limit = services.GetRequiredService<RateLimit>();
        app.Use(limit.InvokeAsync);
        var metrics = services.GetRequiredService<RequestMetrics>();
        app.Use(metrics.InvokeAsync);
        var guard = services.GetRequiredService<TenantGuard>();
        app.Use(guard.InvokeAsync);
        app.Use(SecurityHeaders.InvokeAsync);
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = TimeSpan.FromSeconds(30) });
        app.UseWireConventions();
        app.MapGet("/metrics", static (RequestMetrics counted) => Results.Text(counted.Render(), "text/plain; version=0.0.4; charset=utf-8"));
    }
}
