using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using CliWrap;
using Molecule.Contracts;
using Molecule.HostTools.Installing;

namespace Molecule.HostTools.Postgres;

/// <summary>A server's data folder: made by initdb (or copied from one that initdb made), with its role's password and its databases.</summary>
public sealed partial class DataFolder(PostgresPrograms programs, ServerAccount account)
{
    private const string RecordName = "molecule.json";

    private static readonly ImmutableArray<string> Settings = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-instructions"];

    // A template made with other settings is another template.
    private static readonly string SettingsKey = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join(' ', Settings))))[..8];

    /// <summary>
    /// Makes the folder what is asked for. One that holds a server already keeps its data; a changed password is set, databases
    /// that are missing are made.
    /// </summary>
    /// <exception cref="PostgresUnavailableException">It cannot be done; the message says why.</exception>
    public async Task PrepareAsync(string folder, string user, string password, ImmutableArray<string> databases, CancellationToken cancellationToken)
    {
        RequireName("user", user);
        foreach (var database in databases)
        {
            RequireName("database", database);
        }

        account.RequireWayTo(folder);
        account.RequireWayTo(programs.Server);
        if (File.Exists(Path.Combine(folder, "PG_VERSION")))
        {
            await ProvisionAsync(folder, user, password, databases, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
        {
            throw new PostgresUnavailableException($"The data folder '{folder}' is not empty and holds no PostgreSQL server. Name another one, or empty it.");
        }

        var partial = folder + ".partial";
        if (Directory.Exists(partial))
        {
            Directory.Delete(partial, recursive: true);
        }

        await CopyTemplateAsync(partial, user, cancellationToken).ConfigureAwait(false);
        await ProvisionAsync(partial, user, password, databases, cancellationToken).ConfigureAwait(false);
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder);
        }

        Directory.Move(partial, folder);
    }

    private async Task CopyTemplateAsync(string folder, string user, CancellationToken cancellationToken)
    {
        var template = Path.Combine(programs.Templates, $"{user}-{account.Label}-{SettingsKey}");
        if (!Directory.Exists(template) && !await MakeTemplateAsync(template, user, cancellationToken).ConfigureAwait(false))
        {
            await InitialiseAsync(folder, user, cancellationToken).ConfigureAwait(false);
            return;
        }

        await Cli.Wrap("cp").WithArguments(["-a", template, folder]).ExecuteAsync(cancellationToken).ConfigureAwait(false);
    }

    // initdb takes 0.75 s, a copy of what it made 0.07 s (spec/driving-the-runtimes.md 6). False where the cache is closed to us.
    private async Task<bool> MakeTemplateAsync(string template, string user, CancellationToken cancellationToken)
    {
        var partial = $"{template}.{Environment.ProcessId}.{Guid.NewGuid():N}.partial";
        try
        {
            Directory.CreateDirectory(programs.Templates);
            File.SetUnixFileMode(programs.Templates, CacheFolder.ReadableByAll);
            Directory.CreateDirectory(partial);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            return false;
        }

        await InitialiseAsync(partial, user, cancellationToken).ConfigureAwait(false);
        try
        {
            Directory.Move(partial, template);
        }
        catch (IOException) when (Directory.Exists(template))
        {
            // Another process was quicker; its template is as good.
            Directory.Delete(partial, recursive: true);
        }

        return true;
    }

    private async Task InitialiseAsync(string folder, string user, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        account.Give(folder);
        var passwordFile = Path.GetTempFileName();
        try
        {
            // initdb wants some password for scram; the role's own is set afterwards.
            await File.WriteAllTextAsync(passwordFile, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)), cancellationToken).ConfigureAwait(false);
            account.Give(passwordFile);
            await ServerProcess.RunAsync(
                programs.InitDb,
                [$"--pgdata={folder}", $"--username={user}", $"--pwfile={passwordFile}", .. Settings],
                "",
                cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            Directory.Delete(folder, recursive: true);
            throw;
        }
        finally
        {
            File.Delete(passwordFile);
        }
    }

    // In single-user mode nobody else can connect before the password is set (https://www.postgresql.org/docs/18/app-postgres.html).
    private async Task ProvisionAsync(string folder, string user, string password, ImmutableArray<string> databases, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, RecordName);
        var record = File.Exists(path) ? JsonSerializer.Deserialize<Record>(await File.ReadAllTextAsync(path, cancellationToken).ConfigureAwait(false), ContractJson.Compact) : null;
        if (record is not null && record.User != user)
        {
            throw new PostgresUnavailableException($"The data folder '{folder}' belongs to the user '{record.User}', not to '{user}'. Use that user, or another folder.");
        }

        var verifier = record is not null && record.Verifier.Fits(password) ? record.Verifier : ScramVerifier.For(password);
        var missing = databases.Except(record?.Databases ?? ["postgres"], StringComparer.Ordinal).ToImmutableArray();
        if (verifier == record?.Verifier && missing.IsEmpty)
        {
            return;
        }

        var commands = new StringBuilder($"ALTER ROLE \"{user}\" PASSWORD '{verifier.Text}'\n");
        foreach (var database in missing)
        {
            commands.Append(System.Globalization.CultureInfo.InvariantCulture, $"CREATE DATABASE \"{database}\"\n");
        }

        await ServerProcess.RunAsync(
            programs.Server,
            ["--single", "-D", folder, "-c", "exit_on_error=on", "-c", "log_min_messages=warning", "postgres"],
            commands.ToString(),
            cancellationToken).ConfigureAwait(false);
        var made = new Record(user, verifier, [.. (record?.Databases ?? ["postgres"]), .. missing]);
        await File.WriteAllTextAsync(path, JsonSerializer.Serialize(made, ContractJson.Indented), cancellationToken).ConfigureAwait(false);
    }

    private static void RequireName(string what, string value)
    {
        if (!Name().IsMatch(value))
        {
            throw new PostgresUnavailableException($"'{value}' is no name for a {what} here: begin with a letter, go on with letters, digits, '_' or '-', 63 characters at most.");
        }
    }

    [GeneratedRegex(@"\A[A-Za-z][A-Za-z0-9_-]{0,62}\z")]
    private static partial Regex Name();

    private sealed record Record(string User, ScramVerifier Verifier, ImmutableArray<string> Databases);
}
