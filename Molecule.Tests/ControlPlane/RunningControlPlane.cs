using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Dapper;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Molecule.ControlPlane;
using Molecule.ControlPlane.Database;
using Npgsql;

namespace Molecule.Tests.ControlPlane;

/// <summary>The real control plane in this process, on a free port, with a database of its own.</summary>
public sealed class RunningControlPlane : IAsyncDisposable
{
    public const string AdminToken = "admin-token-of-the-tests";
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    /// <summary>The repository's own registry.</summary>
    public static string ProvidersYaml { get; } = FindProvidersYaml(AppContext.BaseDirectory);

    private readonly WebApplication _app;
    private readonly HttpClient _http;
    private readonly NpgsqlDataSource _database;

    private RunningControlPlane(WebApplication app, CapturedLog log, string connectionString)
    {
        _app = app;
        Log = log;
        ConnectionString = connectionString;
        _database = NpgsqlDataSource.Create(connectionString);
        Url = app.Urls.First();

        // A test's own traceparent must not be replaced by that of an activity around it.
        _http = new HttpClient(new SocketsHttpHandler { ActivityHeadersPropagator = null }) { BaseAddress = new Uri(Url), Timeout = Deadline };
    }

    public string Url { get; }

    /// <summary>Of its database, for another one on the same.</summary>
    public string ConnectionString { get; }

    public CapturedLog Log { get; }

    public IServiceProvider Services => _app.Services;

    /// <summary>Starts it and waits until its schema is there.</summary>
    /// <param name="settings">On top of the defaults of a gate; null removes one.</param>
    public static async Task<RunningControlPlane> StartAsync(PostgresCluster postgres, FakeNode? node = null, IReadOnlyDictionary<string, string?>? settings = null, TimeProvider? time = null)
    {
        var connectionString = await postgres.NewDatabaseAsync();
        var control = await StartAsync(connectionString, node, settings, time);
        await control.Services.GetRequiredService<DatabaseMigration>().Done.WaitAsync(Deadline, TestContext.Current.CancellationToken);
        return control;
    }

    /// <summary>Starts it on a database that need not be there yet, and waits for nothing.</summary>
    public static async Task<RunningControlPlane> StartAsync(
        string connectionString, FakeNode? node = null, IReadOnlyDictionary<string, string?>? settings = null, TimeProvider? time = null)
    {
        var all = new Dictionary<string, string?>
        {
            ["ConnectionStrings:moleculedb"] = connectionString,
            ["ADMIN_TOKEN"] = AdminToken,
            ["MOLECULE_ENV"] = "development",
            ["Logging:LogLevel:Npgsql"] = "Debug",
            ["Logging:LogLevel:Microsoft.AspNetCore"] = "Debug",
            ["Logging:LogLevel:System.Net.Http"] = "Debug",
            ["MOLECULE_RUN"] = "run-of-the-tests",
            ["SECRETS_ENCRYPTION_KEY"] = Convert.ToBase64String(Enumerable.Range(0, 32).Select(static i => (byte)i).ToArray()),
            ["Molecule:Registry"] = ProvidersYaml,
        };
        if (node is not null)
        {
            all["CP_PROVISION_URL"] = node.Url;
            all["PROVISION_SHARED_SECRET"] = FakeNode.Secret;
        }

        foreach (var (name, value) in settings ?? new Dictionary<string, string?>())
        {
            all[name] = value;
        }

        var log = new CapturedLog();
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection(all);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders().AddProvider(log).SetMinimumLevel(LogLevel.Debug);
        if (time is not null)
        {
            builder.Services.AddSingleton(time);
        }

        var app = ControlPlaneApplication.Create(builder);
        try
        {
            await app.StartAsync(TestContext.Current.CancellationToken);
            return new RunningControlPlane(app, log, connectionString);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
        await _database.DisposeAsync();
    }

    /// <summary>Sends a request with the admin token, or another bearer; "" for none.</summary>
    public async Task<Answer> SendAsync(string method, string path, object? body = null, string bearer = AdminToken, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (bearer.Length > 0)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (body is not null)
        {
            request.Content = new StringContent(body as string ?? JsonSerializer.Serialize(body), Encoding.UTF8, "text/plain");
        }

        using var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        return await Answer.ReadAsync(response);
    }

    /// <summary>Sends a request and leaves the body to be read.</summary>
    public Task<HttpResponseMessage> OpenAsync(HttpRequestMessage request, CancellationToken cancellation) =>
        _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);

    /// <summary>Creates a workspace that needs no start by the node and is registered at a URL; ends with its id and token.</summary>
    public async Task<(Guid Id, string Token)> RegisterAsync(string agentUrl, Guid? id = null)
    {
        var workspace = id ?? Guid.NewGuid();
        var answer = await SendAsync("POST", "/registry/register", new { id = workspace, url = agentUrl, agent_card = new { name = "agent" } }, bearer: "");
        Assert.Equal(200, answer.Status);
        return (workspace, answer["auth_token"]);
    }

    /// <summary>Waits until a workspace has an instance, or another one than before.</summary>
    public Task<string?> InstanceAsync(Guid workspace, string? before = null) => UntilAsync(
        $"an instance of {workspace} other than {before ?? "none"}",
        () => ScalarAsync<string?>("SELECT instance_id FROM workspaces WHERE id = @workspace", new { workspace }),
        instance => instance is not null && instance != before);

    /// <summary>Asks the database.</summary>
    public async Task<T> ScalarAsync<T>(string sql, object? parameters = null)
    {
        await using var connection = await _database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        return (await connection.ExecuteScalarAsync<T>(sql, parameters))!;
    }

    /// <summary>Changes the database behind the control plane's back.</summary>
    public async Task ExecuteAsync(string sql, object? parameters = null)
    {
        await using var connection = await _database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await connection.ExecuteAsync(sql, parameters);
    }

    /// <summary>Waits for a condition.</summary>
    public static async Task<T> UntilAsync<T>(string awaited, Func<Task<T>> probe, Func<T, bool> holds)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var value = await probe();
            if (holds(value))
            {
                return value;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(started) < Deadline, $"Waited in vain for {awaited}; last seen: {value}");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    private static string FindProvidersYaml(string folder) =>
        File.Exists(Path.Combine(folder, "providers.yaml")) ? Path.Combine(folder, "providers.yaml")
        : Path.GetDirectoryName(folder) is { } parent ? FindProvidersYaml(parent)
        : throw new FileNotFoundException("providers.yaml is in no folder above the tests.");
}
