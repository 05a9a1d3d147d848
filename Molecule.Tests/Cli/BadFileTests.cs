using Molecule.Tests.Integrity;

namespace Molecule.Tests.Cli;

/// <summary>The files of the plan, wrong in every way that a hand makes them wrong, at the launcher's process: exit 2, file, line, key and mend.</summary>
public sealed class BadFileTests : IDisposable
{
    private static readonly Dictionary<string, string> _nothing = [];

    private readonly SpareCheckout _checkout = new("one", "two");

    public void Dispose() => _checkout.Dispose();

    [Theory]
    [InlineData("providers.yaml", "schema_version: 1", "schema_version: 1\ncolour: red", ",1): unknown key 'colour' in the registry; known: schema_version, providers, runtimes")]
    [InlineData("providers.yaml", "schema_version: 1", "schema_version: [1]", ",17): schema_version must be 1, the one this program reads, not a list")]
    [InlineData("providers.yaml", "schema_version: 1", "schema_version: 1\n\tcolour: red", "yaml: While scanning a plain scalar, found a tab")]
    [InlineData("providers.yaml", "schema_version: 1", "schema_version: 1\nschema_version: 1", ",1): duplicate key 'schema_version': it stands already in line ")]
    [InlineData("coverage.yaml", "schema: 1", "schema: 1\ncolour: red", "(2,1): unknown key 'colour' in the file; known: schema, ")]
    [InlineData("coverage.yaml", "axes: []", "axes: runtime", "axes of feature 'one' must be a list")]
    [InlineData("coverage.yaml", "schema: 1", "schema: 1\n\tcolour: red", "not yaml: While scanning a plain scalar, found a tab")]
    [InlineData("coverage.yaml", "schema: 1", "schema: 1\nschema: 1", "(2,1): not yaml: Duplicate key")]
    [InlineData("faults.yaml", "schema: 1", "schema: 1\ncolour: red", ",1): unknown key 'colour'; known: schema, faults")]
    [InlineData("faults.yaml", "    kind: rate-limit", "    kind: rate-limit\n    colour: red", ",5): unknown key 'colour'; known: feature, kind, times, retryAfterSeconds, afterFrames, idleSeconds, users")]
    [InlineData("faults.yaml", "schema: 1", "schema: [1]", ",9): ")]
    [InlineData("faults.yaml", "schema: 1", "schema: 1\n\tcolour: red", "found a tab")]
    [InlineData("faults.yaml", "schema: 1", "schema: 1\nschema: 1", ",1): Encountered duplicate key schema")]
    [InlineData("faults.yaml", "kind: rate-limit", "kind: bad-luck", ",11): ")]
    [InlineData("expected-cells.txt", "-/-/one@mock", "-/-/one", "(1,1): '-/-/one' is neither a cell id nor a removal: removed yyyy-MM-dd OWNER: CELL REASON")]
    [InlineData("expected-cells.txt", "-/-/one@mock", "-/-/one@mock\n-/-/one@mock", "(2,1): -/-/one@mock stands twice")]
    [InlineData("expected-cells.txt", "-/-/one@mock", "\t-/-/one@mock", "(1,1): '\t-/-/one@mock' is neither a cell id nor a removal")]
    public async Task What_is_wrong_in_a_file_is_said_with_its_place_and_its_mend(string file, string right, string wrong, string message)
    {
        var path = Path.Combine(_checkout.Repository.Root, file);
        var text = await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
        Assert.Contains(right, text, StringComparison.Ordinal);
        var at = text.IndexOf(right, StringComparison.Ordinal);
        await File.WriteAllTextAsync(path, text[..at] + wrong + text[(at + right.Length)..], TestContext.Current.CancellationToken);

        await IsRefusedAsync(path, message);
    }

    [Theory]
    [InlineData("providers.yaml", "the file is empty: it must hold schema_version, providers and runtimes")]
    [InlineData("coverage.yaml", "the file must hold one yaml document, not 0")]
    [InlineData("faults.yaml", "it must say schema: 1 and list faults")]
    public async Task An_empty_file_is_said_to_be_empty(string file, string message)
    {
        var path = Path.Combine(_checkout.Repository.Root, file);
        await File.WriteAllTextAsync(path, "", TestContext.Current.CancellationToken);

        await IsRefusedAsync(path, message);
    }

    [Theory]
    [InlineData("providers.yaml")]
    [InlineData("coverage.yaml")]
    [InlineData("expected-cells.txt")]
    [InlineData("faults.yaml")]
    public async Task A_file_that_is_not_there_or_is_none_is_named(string file)
    {
        var path = Path.Combine(_checkout.Repository.Root, file);
        File.Delete(path);
        await IsRefusedAsync(path, "(1,1): there is no such file: bring it back from git, or name the right one");

        Directory.CreateDirectory(path);
        await IsRefusedAsync(path, "(1,1): it cannot be read: ");
    }

    [Theory]
    [InlineData("providers.yaml")]
    [InlineData("coverage.yaml")]
    [InlineData("expected-cells.txt")]
    [InlineData("faults.yaml")]
    public async Task A_byte_order_mark_is_no_part_of_a_file(string file)
    {
        var path = Path.Combine(_checkout.Repository.Root, file);
        var bytes = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(path, [0xEF, 0xBB, 0xBF, .. bytes], TestContext.Current.CancellationToken);

        var (exitCode, output) = await _checkout.RunAsync(SpareCheckout.Cli, _nothing, "plan");

        Assert.True(exitCode == 0, output);
    }

    private async Task IsRefusedAsync(string path, string message)
    {
        var (exitCode, output) = await _checkout.RunAsync(SpareCheckout.Cli, _nothing, "plan");

        Assert.True(exitCode == 2, output);
        Assert.Contains($"molecule: {path}(", output, StringComparison.Ordinal);
        Assert.Contains(message, output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }
}
