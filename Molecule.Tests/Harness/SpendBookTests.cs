using Molecule.Contracts.Journal;
using Molecule.Coverage.Planning;
using Molecule.Harness.Live;
using Molecule.Harness.Runs;
using Molecule.Harness.Spend;
using Molecule.Registry;
using Molecule.Tests.Workspace;

namespace Molecule.Tests.Harness;

/// <summary>A price is known or nothing is spent; a limit is reached or nothing is refused (design.md 6).</summary>
public sealed class SpendBookTests : IDisposable
{
    // 1 USD for a million tokens either way: a cell of 1000 and 1000 tokens may cost 0.002.
    private static readonly PriceTable _prices = Table("{ model: known, input: 1, output: 1, source: here, date: 2026-01-01 }");

    private readonly TemporaryFolder _folder = new("molecule-spend-");

    [Fact]
    public void A_model_without_a_price_is_refused_by_name()
    {
        var refused = Assert.Throws<LiveUncheckedException>(() => Book(1).Begin("a", "unheard-of", turns: 1));

        Assert.StartsWith("unknown-price: prices.yaml has no price of 'unheard-of'", refused.Message, StringComparison.Ordinal);
        Assert.Null(SpendBook.Line(_folder.Path));
    }

    [Fact]
    public void Cells_are_let_go_until_the_next_one_might_go_over_the_limit()
    {
        var book = Book(0.004m);
        book.Begin("a", "known", turns: 1);
        book.Begin("b", "vendor/known", turns: 1);

        var refused = Assert.Throws<LiveUncheckedException>(() => book.Begin("c", "known", turns: 1));

        Assert.Equal("spend-limit: 0.004 of 0.004 USD are spent or bound and this cell may cost 0.002: raise MOLECULE_SPEND_LIMIT_USD, or select fewer cells", refused.Message);
    }

    [Fact]
    public void What_a_cell_did_not_use_is_there_for_the_next_one()
    {
        var book = Book(0.003m);
        book.Begin("a", "known", turns: 1);

        Assert.Null(book.End("a", new TokenCount(500, 500)));
        book.Begin("b", "known", turns: 1);
        Assert.Null(book.End("b", new TokenCount(0, 0)));

        Assert.Equal("spent 0.001 of 0.003 USD on 2 live cells", SpendBook.Line(_folder.Path));
    }

    [Fact]
    public void A_cell_that_reports_nothing_is_counted_at_the_most_it_may_use()
    {
        var book = Book(0.003m);
        book.Begin("a", "known", turns: 1);

        Assert.Null(book.End("a", null));

        Assert.Equal("spent 0.002 of 0.003 USD on 1 live cells (1 of them counted at the most they may use)", SpendBook.Line(_folder.Path));
        Assert.Throws<LiveUncheckedException>(() => book.Begin("b", "known", turns: 1));
    }

    [Fact]
    public void A_cell_that_is_running_when_the_run_is_killed_stands_in_the_sum()
    {
        Book(1).Begin("a", "known", turns: 1);

        Assert.Equal("spent 0.002 of 1 USD on 1 live cells (1 of them counted at the most they may use)", SpendBook.Line(_folder.Path));
    }

    [Theory]
    [InlineData(1001, 1)]
    [InlineData(1, 1001)]
    public void A_cell_that_used_more_than_it_may_is_told_so(long input, long output)
    {
        var book = Book(1);
        book.Begin("a", "known", turns: 1);

        Assert.Equal($"token-limit: it used {input} tokens of input and {output} of output; the cell may use 1000 and 1000", book.End("a", new TokenCount(input, output)));
    }

    [Fact]
    public void A_cell_of_several_turns_may_use_and_cost_more_by_each_further_one()
    {
        var book = Book(0.006m);
        book.Begin("a", "known", turns: 4);

        Assert.Equal(
            "spend-limit: 0.005 of 0.006 USD are spent or bound and this cell may cost 0.003: raise MOLECULE_SPEND_LIMIT_USD, or select fewer cells",
            Assert.Throws<LiveUncheckedException>(() => book.Begin("b", "known", turns: 2)).Message);
        Assert.Null(book.End("a", new TokenCount(2500, 100)));
        book.Begin("b", "known", turns: 2);
        Assert.Equal("token-limit: it used 2500 tokens of input and 1 of output; the cell may use 1500 and 1500", book.End("b", new TokenCount(2500, 1)));
    }

    [Theory]
    [InlineData("{ model: known, input: much, output: 1, source: here, date: 2026-01-01 }", "prices.yaml(3,5): input must be USD per million tokens, such as 3 or 0.25, not 'much'")]
    [InlineData("{ model: known, input: 1, output: 1, date: 2026-01-01 }", "prices.yaml(3,5): 'source' is missing")]
    [InlineData("{ model: known, input: 1, output: 1, source: here, date: soon }", "prices.yaml(3,5): date must read yyyy-MM-dd, not 'soon'")]
    [InlineData("{ model: known, input: 1, output: 1, source: here, date: 2026-01-01, colour: red }", "prices.yaml(3,5): unknown key 'colour'")]
    public void A_price_that_cannot_be_read_is_named_with_its_place_and_its_mend(string row, string message) =>
        Assert.StartsWith(message, Assert.Throws<CoverageFormatException>(() => Table(row)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("{ model: known, tokens: many, source: here, date: 2026-01-01 }", "prices.yaml(5,11): tokens must be a number of tokens, such as 200000, not 'many'")]
    [InlineData("{ model: known, tokens: 0, source: here, date: 2026-01-01 }", "prices.yaml(5,11): tokens must be a number of tokens, such as 200000, not '0'")]
    [InlineData("{ model: known, tokens: 1, date: 2026-01-01 }", "prices.yaml(5,11): 'source' is missing")]
    [InlineData("known", "prices.yaml(5,11): a window must read { model, tokens, source, date }")]
    [InlineData("{ model: known, tokens: 1, source: here, date: 2026-01-01 }, { model: known, tokens: 2, source: here, date: 2026-01-01 }", "prices.yaml(5,72): the model 'known' has a window already")]
    public void A_window_that_cannot_be_read_is_named_with_its_place_and_its_mend(string rows, string message) =>
        Assert.StartsWith(message, Assert.Throws<CoverageFormatException>(() => Table(Dear, rows)).Message, StringComparison.Ordinal);

    [Fact]
    public void The_model_is_filled_whose_window_costs_least_and_of_equals_the_first()
    {
        var prices = Table(Dear, "{ model: known, tokens: 1000, source: here, date: 2026-01-01 }, { model: dear, tokens: 500, source: here, date: 2026-01-01 }");

        Assert.Equal(("known", 1000), prices.CheapestToFill(["without-a-window", "vendor:dear", "known", "vendor/known"]));
        Assert.Equal(("vendor/known", 1000), prices.CheapestToFill(["vendor/known", "known"]));
    }

    [Fact]
    public void Models_without_a_window_or_a_price_are_refused_by_name() => Assert.Equal(
        "unknown-window: prices.yaml has no window and price of 'known' or 'priceless': add one with its source, or leave the cell out",
        Assert.Throws<LiveUncheckedException>(() => Table(Dear, "{ model: priceless, tokens: 1, source: here, date: 2026-01-01 }").CheapestToFill(["known", "priceless"])).Message);

    [Fact]
    public void A_cell_whose_own_messages_are_long_may_use_and_cost_more_by_them()
    {
        var book = Book(0.01m);
        book.Begin("a", "known", turns: 2, besides: 7000);

        Assert.Equal("spend-limit: 0.01 of 0.01 USD are spent or bound", Assert.Throws<LiveUncheckedException>(() => book.Begin("b", "known", turns: 1)).Message[..48]);
        Assert.Null(book.End("a", new TokenCount(8500, 1500)));
        Assert.Equal("spent 0.01 of 0.01 USD on 1 live cells", SpendBook.Line(_folder.Path));
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("a lot")]
    public void A_limit_that_is_no_amount_is_refused(string limit) =>
        Assert.Equal($"MOLECULE_SPEND_LIMIT_USD must be an amount of USD such as 0.50, not '{limit}'", Assert.Throws<RunRequestException>(() => SpendLimits.Read(_ => limit)).Message);

    [Fact]
    public void Every_model_that_the_registry_offers_has_a_price()
    {
        var repository = Repository.Find(AppContext.BaseDirectory);
        var prices = PriceTable.Read(PlanFile.Load(repository.PricesFile));
        var registry = RegistryReader.Read(File.ReadAllText(repository.ProvidersFile), repository.ProvidersFile);

        Assert.All(registry.Runtimes.SelectMany(static r => r.Arms).SelectMany(static a => a.Models).Distinct(), model => Assert.True(prices.Find(model) is not null, $"{model} has no price"));
    }

    public void Dispose() => _folder.Dispose();

    private const string Dear = "{ model: dear, input: 3, output: 1, source: here, date: 2026-01-01 }\n  - { model: known, input: 1, output: 1, source: here, date: 2026-01-01 }";

    private static PriceTable Table(string row, string windows = "") => PriceTable.Read(new PlanFile("prices.yaml", $"schema: 1\nprices:\n  - {row}\nwindows: [{windows}]\n", ""));

    private SpendBook Book(decimal limit) => new(_prices, new SpendLimits(limit, new TokenCount(1000, 1000), new TokenCount(500, 500)), Path.Combine(_folder.Path, SpendBook.FileName));
}
