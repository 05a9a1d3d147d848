using System.CommandLine;
using Molecule.Contracts.Runs;
using Molecule.HostTools.Installing;
using Molecule.Processes;

namespace Molecule.HostTools.Postgres;

/// <summary>
/// <c>postgres</c>: stands between an orchestrator and the server. TERM, INT, HUP and the loss of the run's lifeline become a fast
/// shutdown; PostgreSQL itself would take TERM for "wait until all sessions have ended".
/// </summary>
public static class PostgresCommand
{
    public static Command Create()
    {
        var data = new Option<string>("--data") { Description = "Data folder; made if it is missing or empty.", Required = true };
        var port = new Option<int>("--port") { Description = "TCP port on 127.0.0.1.", Required = true };
        var user = new Option<string>("--user") { Description = "Name of the superuser.", DefaultValueFactory = static _ => "postgres" };
        var password = new Option<string>("--password-env") { Description = "Name of the environment variable that holds its password.", Required = true };
        var databases = new Option<string[]>("--database") { Description = "A database to make; may be repeated." };
        var command = new Command("postgres", "Runs a PostgreSQL server until it is told to stop, then stops it fast.") { data, port, user, password, databases };
        command.SetAction(async (call, cancellationToken) =>
        {
            var variable = call.GetRequiredValue(password);
            if (Environment.GetEnvironmentVariable(variable) is not { Length: > 0 } secret)
            {
                await Console.Error.WriteLineAsync($"--password-env: the environment variable {variable} is not set.").ConfigureAwait(false);
                return 2;
            }

            var server = new PostgresServer(
                call.GetRequiredValue(data), call.GetRequiredValue(port), call.GetRequiredValue(user), secret, [.. call.GetValue(databases) ?? []]);
            return await RunAsync(server, Console.Out, Console.Error, cancellationToken).ConfigureAwait(false);
        });
        return command;
    }

    /// <summary>Runs the server until it ends or is told to stop.</summary>
    /// <returns>The server's exit code (0 after a clean stop), 1 where the lifeline was lost before the start, 2 where the server cannot be had as asked.</returns>
    public static async Task<int> RunAsync(PostgresServer server, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        using var stop = new StopSignals(cancellationToken);
        var synchronised = TextWriter.Synchronized(output);
        try
        {
            await using var lifeline = Environment.GetEnvironmentVariable(RunEnvironment.Lifeline) is { Length: > 0 } path
                ? await Lifeline.AttachAsync(path, stop.Token).ConfigureAwait(false)
                : null;
            if (lifeline is not null)
            {
                stop.StopAfter(lifeline.Lost);
            }

            var programs = await PostgresPrograms.InstallAsync(output, stop.Token).ConfigureAwait(false);
            var process = await server.StartAsync(programs, synchronised.WriteLine, stop.Token).ConfigureAwait(false);
            var told = Task.Delay(Timeout.Infinite, stop.Token);
            return await Task.WhenAny(process.Exit, told).ConfigureAwait(false) == process.Exit
                ? await process.Exit.ConfigureAwait(false)
                : await process.StopAsync(TimeProvider.System).ConfigureAwait(false);
        }
        catch (Exception e) when (e is PostgresUnavailableException or InstallException)
        {
            await errors.WriteLineAsync($"postgres: {e.Message}").ConfigureAwait(false);
            return 2;
        }
        catch (IOException e)
        {
            await errors.WriteLineAsync($"postgres: {e.Message}").ConfigureAwait(false);
            return 1;
        }
        catch (OperationCanceledException) when (stop.Token.IsCancellationRequested)
        {
            await errors.WriteLineAsync("postgres: told to stop before the server was started.").ConfigureAwait(false);
            return 0;
        }
    }
}
