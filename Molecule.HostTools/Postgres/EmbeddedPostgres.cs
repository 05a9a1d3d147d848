using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Molecule.HostTools.Reaping;

namespace Molecule.HostTools.Postgres;

/// <summary>A PostgreSQL server of one's own for a test: a free port, a fresh folder, gone when it is disposed of.</summary>
/// <remarks>Takes about 0.6 s to start once the programs are in the cache. The same settings as in the graph; fsync is on.</remarks>
public sealed class EmbeddedPostgres : IAsyncDisposable
{
    private const string User = "postgres";
    private const string DefaultDatabase = "molecule";
    private const string Ready = "database system is ready to accept connections";
    private const string PortTaken = "could not bind IPv4 address";
    private const int Attempts = 5;
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly PostgresServer _server;
    private readonly ServerProcess _process;
    private readonly RunFolder _folder;
    private readonly ConcurrentQueue<string> _log;

    private EmbeddedPostgres(PostgresServer server, ServerProcess process, RunFolder folder, ConcurrentQueue<string> log)
    {
        _server = server;
        _process = process;
        _folder = folder;
        _log = log;
    }

    public int Port => _server.Port;

    /// <summary>Npgsql's connection string for the database `molecule`.</summary>
    public string ConnectionString => ConnectionStringFor(DefaultDatabase);

    /// <summary>What the server has logged so far.</summary>
    public IReadOnlyCollection<string> Log => _log;

    /// <summary>Npgsql's connection string for a database of this server.</summary>
    public string ConnectionStringFor(string database) =>
        string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={Port};Username={User};Password={_server.Password};Database={database}");

    /// <summary>Starts a server with the databases `postgres` and `molecule`; installs PostgreSQL's programs if need be.</summary>
    /// <exception cref="PostgresUnavailableException">It cannot be had; the message says why.</exception>
    /// <exception cref="Installing.InstallException">This machine cannot have the programs.</exception>
    public static async Task<EmbeddedPostgres> StartAsync(CancellationToken cancellationToken)
    {
        var programs = await PostgresPrograms.InstallAsync(TextWriter.Null, cancellationToken).ConfigureAwait(false);

        // Where this process is killed, the next reaper on this machine deletes the folder.
        var folder = RunFolder.Create($"pg-{Guid.NewGuid():N}");
        try
        {
            var password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
            for (var attempt = 1; ; attempt++)
            {
                var server = new PostgresServer(Path.Combine(folder.Path, "data"), FreePort(), User, password, [DefaultDatabase]);
                var log = new ConcurrentQueue<string>();
                var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                var process = await server.StartAsync(
                    programs,
                    line =>
                    {
                        log.Enqueue(line);
                        if (line.EndsWith(Ready, StringComparison.Ordinal))
                        {
                            ready.TrySetResult();
                        }
                    },
                    cancellationToken).ConfigureAwait(false);

                if (await IsReadyAsync(process, ready.Task, cancellationToken).ConfigureAwait(false))
                {
                    return new EmbeddedPostgres(server, process, folder, log);
                }

                if (attempt == Attempts || !log.Any(static line => line.Contains(PortTaken, StringComparison.Ordinal)))
                {
                    throw new PostgresUnavailableException($"PostgreSQL did not start. Its log:{Environment.NewLine}{string.Join(Environment.NewLine, log)}");
                }
            }
        }
        catch
        {
            folder.TryDelete();
            throw;
        }
    }

    private static async Task<bool> IsReadyAsync(ServerProcess process, Task ready, CancellationToken cancellationToken)
    {
        var limit = Task.Delay(StartLimit, cancellationToken);
        if (await Task.WhenAny(ready, process.Exit, limit).ConfigureAwait(false) == ready)
        {
            return true;
        }

        await process.StopAsync(TimeProvider.System).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return false;
    }

    // Another process may take it before the server does; then the next one is tried.
    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Stops the server fast and deletes its folder.</summary>
    /// <exception cref="IOException">The folder could not be deleted.</exception>
    public async ValueTask DisposeAsync()
    {
        await _process.StopAsync(TimeProvider.System).ConfigureAwait(false);
        if (!_folder.TryDelete())
        {
            throw new IOException($"The server's folder '{_folder.Path}' could not be deleted.");
        }
    }
}
