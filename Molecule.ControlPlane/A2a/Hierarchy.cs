using Dapper;
using Npgsql;

namespace Molecule.ControlPlane.A2a;

/// <summary>Who may talk to whom (spec/control-plane.md 6.1): siblings, all roots among them, and those above or below one another.</summary>
public static class Hierarchy
{
    public static async Task<bool> MayTalkAsync(NpgsqlConnection connection, Guid caller, Guid target)
    {
        var lines = (await connection.QueryAsync<(Guid Start, Guid Id, Guid? ParentId, int Depth)>(
            """
            WITH RECURSIVE line AS (
                SELECT id AS start, id, parent_id, 0 AS depth FROM workspaces WHERE id = @caller OR id = @target
                UNION ALL
                SELECT line.start, w.id, w.parent_id, line.depth + 1 FROM workspaces w JOIN line ON w.id = line.parent_id WHERE line.depth < 32)
            SELECT start, id, parent_id, depth FROM line
            """,
            new { caller, target })).ToLookup(static row => row.Start);
        var upFromCaller = lines[caller].ToArray();
        var upFromTarget = lines[target].ToArray();
        if (upFromCaller.Length == 0 || upFromTarget.Length == 0)
        {
            return false;
        }

        return caller == target
            || upFromCaller.Single(static row => row.Depth == 0).ParentId == upFromTarget.Single(static row => row.Depth == 0).ParentId
            || Array.Exists(upFromCaller, row => row.Id == target)
            || Array.Exists(upFromTarget, row => row.Id == caller);
    }
}
