using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Wire;
using Molecule.ControlPlane.Workspaces;
using Npgsql;

namespace Molecule.ControlPlane.Desktop;

/// <summary>The events of one step of control, <c>display.control.STEP.started</c> and how it ended (spec/runtimes-and-providers.md 5.1). Never a token.</summary>
internal sealed class DisplayEvents(MoleculeDatabase database, string step, Guid workspace, DisplayCaller caller)
{
    /// <summary>How the names of all of them begin.</summary>
    public const string Prefix = "display.control.";

    /// <summary>Before anything is done: it stands whatever becomes of the step.</summary>
    public Task StartedAsync(WireMap payload, CancellationToken cancellation) => database.TransactAsync(
        async connection =>
        {
            await RecordAsync(connection, "started", payload);
            return true;
        },
        cancellation);

    /// <summary>In the step's own transaction: it stands exactly when the step does.</summary>
    public Task CompletedAsync(NpgsqlConnection connection, WireMap payload) => RecordAsync(connection, "completed", payload);

    /// <inheritdoc cref="CompletedAsync"/>
    public Task FailedAsync(NpgsqlConnection connection, string error) => RecordAsync(connection, "failed", new WireMap { ["error"] = error });

    /// <summary>Runs the step; where the database refuses it, that is recorded too.</summary>
    public async Task<IResult> WatchAsync(Func<Task<IResult>> work)
    {
        try
        {
            return await work();
        }
        catch (PostgresException e)
        {
            await database.TransactAsync(
                async connection =>
                {
                    await FailedAsync(connection, e.MessageText);
                    return true;
                },
                CancellationToken.None);
            throw;
        }
    }

    private Task RecordAsync(NpgsqlConnection connection, string phase, WireMap payload)
    {
        payload["controller"] = caller.Controller;
        payload["controlled_by"] = caller.Name;
        return WorkspaceStore.RecordAsync(connection, workspace, $"{Prefix}{step}.{phase}", payload);
    }
}
