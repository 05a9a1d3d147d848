using System.Net.Http.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace Molecule.Conformance.Tests;

/// <summary>The names under which resources find each other: spec 8 of the API.</summary>
public sealed class EnvironmentTests
{
    [Fact]
    public async Task A_reference_to_a_project_injects_where_its_endpoints_are()
    {
        await using var graph = await Graph.CreateAsync();
        var web = graph.AddService("my-web").WithHttpEndpoint(name: "admin", isProxied: false);
        var printer = graph.AddEnvironmentPrinter("printer").WithReference(web);
        await graph.StartAsync();
        var seen = await graph.PrintedEnvironmentAsync(printer.Resource);

        var (http, admin) = (web.GetEndpoint("http"), web.GetEndpoint("admin"));
        Assert.NotEqual(http.Port, admin.Port);
        Assert.Equal(http.Url, seen["services__my-web__http__0"]);
        Assert.Equal(http.Url, seen["MY_WEB_HTTP"]);
        Assert.Equal(admin.Url, seen["services__my-web__admin__0"]);
        Assert.Equal(admin.Url, seen["MY_WEB_ADMIN"]);
        Assert.Equal($"http://localhost:{http.Port}", http.Url);
    }

    [Fact]
    public async Task A_connection_string_is_injected_by_its_name_with_its_parts()
    {
        await using var graph = await Graph.CreateAsync();
        var database = graph.Builder.AddResource(new Database("app-db"));
        var printer = graph.AddEnvironmentPrinter("printer").WithReference(database).WithReference(database, connectionName: "other");
        await graph.StartAsync();
        var seen = await graph.PrintedEnvironmentAsync(printer.Resource);

        Assert.Equal("Host=there;Port=5", seen["ConnectionStrings__app-db"]);
        Assert.Equal("there", seen["APP_DB_HOST"]);
        Assert.Equal("5", seen["APP_DB_PORT"]);
        Assert.Equal("Host=there;Port=5", seen["ConnectionStrings__other"]);
        Assert.Equal("there", seen["OTHER_HOST"]);
        Assert.Equal("Host=there;Port=5", await graph.Application.GetConnectionStringAsync("app-db", graph.Deadline));
    }

    [Fact]
    public async Task Every_kind_of_value_can_stand_in_the_environment_and_a_later_one_wins()
    {
        await using var graph = await Graph.CreateAsync("--Parameters:secret=a&b", "--Parameters:plain=p");
        var secret = graph.Builder.AddParameter("secret", secret: true);
        var plain = graph.Builder.AddParameter("plain");
        var printer = graph.AddEnvironmentPrinter("printer").WithHttpEndpoint(env: "PORT", isProxied: false);
        var http = printer.GetEndpoint("http");
        printer
            .WithEnvironment("FIXED", "first").WithEnvironment("FIXED", "second")
            .WithEnvironment("LATE", static () => "late")
            .WithEnvironment("SECRET", secret)
            .WithEnvironment("URL", http)
            .WithEnvironment("PART", http.Property(EndpointProperty.HostAndPort))
            .WithEnvironment("MADE", $"{http}/v1?k={secret.Resource:uri}&p={plain}")
            .WithEnvironment("EXPRESSION", ReferenceExpression.Create($"{{{plain}}}"))
            .WithEnvironment(context =>
            {
                context.EnvironmentVariables["NAME"] = context.Resource.Name;
                context.EnvironmentVariables["MODE"] = context.ExecutionContext.IsRunMode;
                context.EnvironmentVariables["VALUE"] = plain.Resource;
            });
        await graph.StartAsync();
        var seen = await graph.PrintedEnvironmentAsync(printer.Resource);

        Assert.Equal("second", seen["FIXED"]);
        Assert.Equal("late", seen["LATE"]);
        Assert.Equal("a&b", seen["SECRET"]);
        Assert.Equal(http.Url, seen["URL"]);
        Assert.Equal(http.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), seen["PORT"]);
        Assert.Equal($"localhost:{http.Port}", seen["PART"]);
        Assert.Equal($"{http.Url}/v1?k=a%26b&p=p", seen["MADE"]);
        Assert.Equal("{p}", seen["EXPRESSION"]);
        Assert.Equal("printer", seen["NAME"]);
        Assert.Equal("True", seen["MODE"]);
        Assert.Equal("p", seen["VALUE"]);
    }

    [Fact]
    public async Task A_project_is_told_where_to_listen_and_where_to_send_telemetry_and_an_executable_is_not()
    {
        await using var graph = await Graph.CreateAsync("--ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL=http://localhost:45999");
        graph.AddService("web").WithHttpHealthCheck("/health");
        var printer = graph.AddEnvironmentPrinter("printer");
        await graph.StartAsync();
        var project = await SeenByAsync(graph, "web");
        var executable = await graph.PrintedEnvironmentAsync(printer.Resource);

        Assert.Equal(graph.Application.GetEndpoint("web").ToString().TrimEnd('/'), project["ASPNETCORE_URLS"]);
        Assert.Equal("http://localhost:45999", project["OTEL_EXPORTER_OTLP_ENDPOINT"]);
        Assert.Equal("grpc", project["OTEL_EXPORTER_OTLP_PROTOCOL"]);
        Assert.Equal("web", project["OTEL_SERVICE_NAME"]);
        Assert.StartsWith("service.instance.id=", project["OTEL_RESOURCE_ATTRIBUTES"], StringComparison.Ordinal);
        Assert.DoesNotContain("OTEL_SERVICE_NAME", executable.Keys);
        Assert.DoesNotContain("ASPNETCORE_URLS", executable.Keys);
    }

    [Fact]
    public async Task Arguments_may_be_values_that_are_known_late()
    {
        await using var graph = await Graph.CreateAsync();
        var script = graph.Builder.AddExecutable("script", "sh", ".", "-c", "echo \"$0 $1 $2\"").WithHttpEndpoint(isProxied: false);
        script.WithArgs("zero").WithArgs((object)script.GetEndpoint("http")).WithArgs(static context => context.Args.Add("two"));
        await graph.StartAsync();

        await graph.LinesUntilAsync(script.Resource, $"zero {script.GetEndpoint("http").Url} two");
    }

    [Fact]
    public async Task A_parameter_without_a_value_fails_whoever_needs_it_and_nobody_else()
    {
        await using var graph = await Graph.CreateAsync("--ASPIRE_INTERACTIVITY_ENABLED=false");
        var missing = graph.Builder.AddParameter("api-key", secret: true);
        graph.AddScript("needs", "sleep 600").WithEnvironment("KEY", missing);
        graph.AddScript("free", "sleep 600");
        await graph.StartAsync();

        Assert.Equal(KnownResourceStates.FailedToStart, (await graph.EndAsync("needs")).Snapshot.State?.Text);
        await graph.Notifications.WaitForResourceAsync("free", KnownResourceStates.Running, graph.Deadline);
    }

    [Fact]
    public async Task Standard_output_and_error_are_the_resources_log()
    {
        await using var graph = await Graph.CreateAsync();
        var script = graph.AddScript("script", "echo fine; echo wrong >&2; echo end");
        await graph.StartAsync();
        var lines = await graph.LinesUntilAsync(script.Resource, "end");

        Assert.Contains(("fine", false), lines);
        await graph.LinesUntilAsync(script.Resource, "wrong");
        Assert.Contains(("wrong", true), await graph.LinesUntilAsync(script.Resource, "wrong"));
    }

    [Fact]
    public async Task A_launch_profile_gives_a_project_its_endpoint_and_variables_that_explicit_ones_override()
    {
        await using var graph = await Graph.CreateAsync();
        graph.Builder.AddProject<ServiceWithProfile>("web").WithEnvironment("OVERRIDDEN", "explicit").WithHttpHealthCheck("/health");
        graph.Builder.AddProject<ServiceWithProfile>("bare", static o => o.ExcludeLaunchProfile = true).WithHttpEndpoint(isProxied: false).WithHttpHealthCheck("/health");
        await graph.StartAsync();
        var web = await SeenByAsync(graph, "web");
        var bare = await SeenByAsync(graph, "bare");

        Assert.Equal(("profile", "explicit", "first"), (web["FROM_PROFILE"], web["OVERRIDDEN"], web["DOTNET_LAUNCH_PROFILE"]));
        Assert.DoesNotContain("FROM_PROFILE", bare.Keys);
        Assert.DoesNotContain("DOTNET_LAUNCH_PROFILE", bare.Keys);
    }

    private static async Task<Dictionary<string, string>> SeenByAsync(Graph graph, string service)
    {
        await graph.Notifications.WaitForResourceHealthyAsync(service, graph.Deadline);
        using var client = graph.Application.CreateHttpClient(service);
        return (await client.GetFromJsonAsync<Dictionary<string, string>>("/env", graph.Deadline))!;
    }

    private sealed class ServiceWithProfile : IProjectMetadata
    {
        public string ProjectPath => new Projects.Molecule_Conformance_Service().ProjectPath;

        public bool SuppressBuild => true;

        public LaunchSettings LaunchSettings { get; } = new()
        {
            Profiles =
            {
                ["first"] = new LaunchProfile
                {
                    CommandName = "Project",
                    ApplicationUrl = "http://localhost:5091",
                    EnvironmentVariables = { ["FROM_PROFILE"] = "profile", ["OVERRIDDEN"] = "profile" },
                },
            },
        };
    }

    private sealed class Database(string name) : Resource(name), IResourceWithConnectionString
    {
        public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create($"Host={"there"};Port={"5"}");

        IEnumerable<KeyValuePair<string, ReferenceExpression>> IResourceWithConnectionString.GetConnectionProperties() =>
        [
            new("Host", ReferenceExpression.Create($"{"there"}")),
            new("Port", ReferenceExpression.Create($"{"5"}")),
        ];
    }
}
