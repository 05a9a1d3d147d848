using System.Text.Json;
using Dapper;
using Molecule.ControlPlane.Wire;
using Npgsql;

namespace Molecule.ControlPlane.Events;

/// <summary>
/// Carries events between control planes by PostgreSQL's NOTIFY: told when the transaction commits, never when it is undone.
/// An event beyond NOTIFY's 8000 bytes goes in parts (https://www.postgresql.org/docs/current/sql-notify.html).
/// </summary>
public static class EventNotices
{
    public const string Channel = "molecule_events";

    // 7600 characters of base64, and a prefix.
    private const int PartBytes = 5700;
    private const int LongestNotice = 7900;

    /// <summary>Tells an event to whoever listens, with the connection's transaction.</summary>
    public static async Task PublishAsync(NpgsqlConnection connection, string name, Guid workspace, WireMap? payload)
    {
        var envelope = WireJson.Serialize(new WireMap { ["event"] = name, ["workspace_id"] = workspace, ["timestamp"] = DateTimeOffset.UtcNow, ["payload"] = payload ?? [] });
        foreach (var notice in PartsOf(envelope, Guid.NewGuid()))
        {
            await connection.ExecuteAsync("SELECT pg_notify(@Channel, @notice)", new { Channel, notice });
        }
    }

    /// <summary>The notices that an envelope goes in: itself, or <c>ID/N/COUNT:BASE64</c>.</summary>
    internal static IEnumerable<string> PartsOf(ReadOnlyMemory<byte> envelope, Guid id)
    {
        if (envelope.Length <= LongestNotice)
        {
            yield return System.Text.Encoding.UTF8.GetString(envelope.Span);
            yield break;
        }

        var count = (envelope.Length + PartBytes - 1) / PartBytes;
        for (var n = 0; n < count; n++)
        {
            var part = envelope.Slice(n * PartBytes, Math.Min(PartBytes, envelope.Length - (n * PartBytes)));
            yield return $"{id:N}/{n}/{count}:{Convert.ToBase64String(part.Span)}";
        }
    }

    /// <summary>Puts notices together again. One listener's; a committed transaction's notices come one after the other.</summary>
    internal sealed class Assembler
    {
        private string _id = "";
        private readonly List<byte> _parts = [];
        private int _next;

        /// <summary>Takes a notice; gives the event where it was the last part of one.</summary>
        /// <exception cref="JsonException">It is none of ours.</exception>
        public PlatformEvent? Take(string notice)
        {
            if (notice.StartsWith('{'))
            {
                return JsonSerializer.Deserialize<PlatformEvent>(notice, WireJson.Options);
            }

            var head = notice.Split(':', 2);
            if (head.Length != 2 || head[0].Split('/') is not [var id, var number, var count] || !int.TryParse(number, out var n) || !int.TryParse(count, out var of))
            {
                throw new JsonException("a notice is neither an event nor a part of one");
            }

            if (n == 0)
            {
                (_id, _next) = (id, 0);
                _parts.Clear();
            }

            if (id != _id || n != _next)
            {
                return null;
            }

            _parts.AddRange(Convert.FromBase64String(head[1]));
            _next++;
            return _next == of ? JsonSerializer.Deserialize<PlatformEvent>(_parts.ToArray(), WireJson.Options) : null;
        }
    }
}
