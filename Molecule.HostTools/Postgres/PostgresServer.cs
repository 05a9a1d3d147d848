using System.Collections.Immutable;
using System.Globalization;

namespace Molecule.HostTools.Postgres;

/// <summary>Which server is wanted.</summary>
/// <param name="Data">Data folder; made if it is missing or empty.</param>
/// <param name="Port">TCP port on 127.0.0.1.</param>
/// <param name="User">The superuser's name.</param>
/// <param name="Password">Its password.</param>
/// <param name="Databases">Databases to be made beside `postgres`.</param>
public sealed record PostgresServer(string Data, int Port, string User, string Password, ImmutableArray<string> Databases)
{
    // The password stays out of logs.
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"PostgreSQL in '{Data}' on port {Port}");

    /// <summary>Prepares the data folder and starts the server; it is ready when it answers over TCP.</summary>
    /// <param name="output">Takes each line of the server's log.</param>
    /// <exception cref="PostgresUnavailableException">It cannot be had; the message says why.</exception>
    public async Task<ServerProcess> StartAsync(PostgresPrograms programs, Action<string> output, CancellationToken cancellationToken)
    {
        var data = Path.GetFullPath(Data);
        await new DataFolder(programs, ServerAccount.Present).PrepareAsync(data, User, Password, Databases, cancellationToken).ConfigureAwait(false);
        return await ServerProcess.StartAsync(
            programs.Server,
            [
                "-D", data,
                "-p", Port.ToString(CultureInfo.InvariantCulture),
                "-c", "listen_addresses=127.0.0.1",
                "-c", "unix_socket_directories=",
                // Shared memory as files of the data folder: where the server was killed, nothing of it is left when the folder goes.
                "-c", "dynamic_shared_memory_type=mmap",
            ],
            "",
            "INT",
            output).ConfigureAwait(false);
    }
}
