using System.Text;
using CsCheck;
using Molecule.ControlPlane.Llm;

namespace Molecule.Tests.ControlPlane;

public sealed class EventStreamReaderTests
{
    private const string Stream = ": comment\r\nevent: a\r\ndata: {\"n\":1}\r\n\r\ndata:{\"t\":\"é 🙂\"}\nid: 7\n\ndata: not json\n\ndata: {\"two\":\ndata: \"lines\"}\n\n\n\ndata: [DONE]\n\ndata: {\"unfinished\":1}\n";

    [Fact]
    public void However_the_bytes_are_cut_the_events_are_the_same() => Gen.Int[1, 12].List[1, 200].Sample(sizes =>
    {
        var seen = new List<string>();
        var reader = new EventStreamReader(data => seen.Add(data.GetRawText().Replace("\n", "", StringComparison.Ordinal)), () => seen.Add("done"));
        var rest = Encoding.UTF8.GetBytes(Stream).AsSpan();
        for (var i = 0; rest.Length > 0; i++)
        {
            var size = Math.Min(sizes[i % sizes.Count], rest.Length);
            reader.Feed(rest[..size]);
            rest = rest[size..];
        }

        Assert.Equal(["""{"n":1}""", """{"t":"é 🙂"}""", """{"two":"lines"}""", "done"], seen);
    });

    [Fact]
    public void An_event_without_end_costs_bounded_memory_and_the_next_one_is_read_again()
    {
        var seen = new List<string>();
        var reader = new EventStreamReader(data => seen.Add(data.GetRawText()), static () => { });
        var block = Encoding.UTF8.GetBytes(new string('x', 1024 * 1024));
        reader.Feed("data: {\"a\":\""u8);
        for (var i = 0; i < 20; i++)
        {
            reader.Feed(block);
        }

        reader.Feed("\"}\n\ndata: {\"b\":2}\n\n"u8);

        Assert.Equal(["""{"b":2}"""], seen);
    }
}
