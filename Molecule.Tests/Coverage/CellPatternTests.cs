using System.Text.Json;
using Molecule.Coverage.Planning;

namespace Molecule.Tests.Coverage;

public sealed class CellPatternTests
{
    [Theory]
    [InlineData("codex/openai-api/serving@mock", "codex/openai-api/serving@mock", true)]
    [InlineData("codex/openai-api/serving@mock", "claude-code/openai-api/serving@mock", false)]
    [InlineData("codex/openai-api/serving@mock", "codex/openai-api2/serving@mock", false)]
    [InlineData("codex/openai-api/serving@mock", "codex/openai-api/streaming@mock", false)]
    [InlineData("codex/openai-api/serving@mock", "codex/openai-api/serving@live", false)]
    [InlineData("codex/openai-api/serving@live", "codex/openai-api/serving@live", true)]
    [InlineData("codex/*/serving@mock", "codex/groq/serving@mock", true)]
    [InlineData("codex/*/serving@mock", "codex/-/serving@mock", true)]
    [InlineData("*/*/*@*", "-/-/registry-mirror@live", true)]
    [InlineData("-/-/registry-mirror@mock", "-/-/registry-mirror@mock", true)]
    [InlineData("-/-/registry-mirror@mock", "codex/-/registry-mirror@mock", false)]
    [InlineData("-/-/registry-mirror@mock", "-/groq/registry-mirror@mock", false)]
    [InlineData("codex/byok-*/fault-*-cut@mock", "codex/byok-minimax/fault-stream-cut@mock", true)]
    [InlineData("codex/byok-*/fault-*-cut@mock", "codex/byok-minimax/fault-stream-cut2@mock", false)]
    [InlineData("codex/*byok/serving@mock", "codex/a-byok/serving@mock", true)]
    [InlineData("codex/*byok/serving@mock", "codex/a-byok2/serving@mock", false)]
    [InlineData("codex/a.*/serving@mock", "codex/ab/serving@mock", false)]
    public void A_star_stands_for_any_text_within_its_own_segment(string pattern, string cell, bool matches)
    {
        Assert.True(CellPattern.TryParse(pattern, out var parsed));

        Assert.Equal(matches, parsed.Matches(CellId.Parse(cell)));
        Assert.Equal(pattern, parsed.ToString());
    }

    [Fact]
    public void A_text_that_is_no_cell_id_is_refused_where_one_is_read_from_json() =>
        Assert.StartsWith("not a cell id", Assert.Throws<JsonException>(static () => JsonSerializer.Deserialize<CellId>("\"codex/serving\"")).Message, StringComparison.Ordinal);
}
