using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Molecule.Contracts;

namespace Molecule.Coverage.Ledger;

/// <summary>
/// The form of a line: <c>{"seq":1,"previous":"...","kind":"start","record":{...},"sha256":"..."}</c>. The hash is over the
/// line's bytes before <c>,"sha256"</c>; <c>previous</c> is the line before's hash, or for the first line the run id's.
/// So an edit shows at its own line, and a line lost, moved or added at the next.
/// </summary>
internal static class LedgerLine
{
    private const int HashLength = 64;
    private const int TailLength = HashLength + 13;

    private static readonly JsonSerializerOptions Json = Strict();

    /// <summary>What stands as <c>previous</c> in the first line of a run's ledger.</summary>
    public static string Seed(string run) => Hash(Encoding.UTF8.GetBytes("molecule-ledger " + run));

    /// <summary>Writes a line without its line end.</summary>
    public static byte[] Seal(int seq, string previous, LedgerRecord record, out string sha256)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(new Envelope(seq, previous, KindOf(record), JsonSerializer.SerializeToElement(record, record.GetType(), Json)), Json);
        var head = json.AsSpan(0, json.Length - 1);
        sha256 = Hash(head);
        return [.. head, .. Tail(sha256)];
    }

    /// <summary>Reads a line back; what is wrong with it is in the result.</summary>
    public static ParsedLine Parse(ReadOnlySpan<byte> line)
    {
        if (line.Length < TailLength || !line[^TailLength..].SequenceEqual(Tail(Encoding.ASCII.GetString(line[^(HashLength + 2)..^2]))))
        {
            return ParsedLine.Unreadable("it does not end in its own hash");
        }

        var head = line[..^TailLength];
        var sha256 = Encoding.ASCII.GetString(line[^(HashLength + 2)..^2]);
        var isIntact = Hash(head) == sha256;
        try
        {
            // What ends in a brace is never null.
            var envelope = JsonSerializer.Deserialize<Envelope>([.. head, (byte)'}'], Json)!;
            return new ParsedLine(envelope.Seq, envelope.Previous, sha256, Read(envelope), isIntact ? null : "its content does not have the hash it carries: it was edited");
        }
        catch (JsonException error)
        {
            return ParsedLine.Unreadable($"it is no record of schema {LedgerStart.CurrentSchema}: {error.Message}");
        }
    }

    private static LedgerRecord? Read(Envelope envelope) => envelope.Kind switch
    {
        "start" => envelope.Record.Deserialize<LedgerStart>(Json),
        "cell" => envelope.Record.Deserialize<StoredCell>(Json),
        "result" => envelope.Record.Deserialize<LedgerResult>(Json),
        "end" => envelope.Record.Deserialize<LedgerEnd>(Json),
        _ => throw new JsonException($"the kind '{envelope.Kind}' is unknown"),
    };

    private static string KindOf(LedgerRecord record) => record switch
    {
        LedgerStart => "start",
        StoredCell => "cell",
        LedgerResult => "result",
        LedgerEnd => "end",
        _ => throw new ArgumentException($"{record.GetType()} is no record of a ledger", nameof(record)),
    };

    // Stryker disable all : made once a process, before Stryker switches the mutant on. Made by hand, each of them turns LedgerTamperTests red.
    private static JsonSerializerOptions Strict()
    {
        var options = new JsonSerializerOptions(ContractJson.Compact)
        {
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
            AllowDuplicateProperties = false,
        };
        // An outcome written as a number would be a state that no rule knows.
        options.Converters.Clear();
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false));
        return options;
    }

    // Stryker restore all

    private static byte[] Tail(string sha256) => Encoding.UTF8.GetBytes($",\"sha256\":\"{sha256}\"}}");

    private static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private sealed record Envelope(int Seq, string Previous, string Kind, JsonElement Record);
}

/// <summary>A line as it was found.</summary>
/// <param name="Seq">Its number, from 1.</param>
/// <param name="Previous">The hash of the line before, as it claims; null when it cannot be read.</param>
/// <param name="Sha256">The hash that it carries; null when it cannot be read.</param>
/// <param name="Record">What it records; null when it cannot be read.</param>
/// <param name="Problem">What is wrong with it alone.</param>
internal sealed record ParsedLine(int Seq, string? Previous, string? Sha256, LedgerRecord? Record, string? Problem)
{
    public static ParsedLine Unreadable(string problem) => new(0, null, null, null, problem);
}
