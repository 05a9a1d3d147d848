using System.Collections.Immutable;
using System.Diagnostics;
using System.Runtime.Versioning;
using Molecule.Workspace.Secrets;

namespace Molecule.Tests.Workspace;

/// <summary>What /configs/secrets.d holds (spec/runtimes-and-providers.md 2.3).</summary>
[UnsupportedOSPlatform("windows")]
public sealed class SecretsFolderTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    // Newlines inside and at the end, quotes of each kind, and what a shell would take for its own.
    private const string Awkward = "first line\n\t\"double\" 'single' `whoami` $(id) $HOME ${x} \\ end; rm -rf . # ü\n\n";

    private readonly TemporaryFolder _configs = new("molecule-secrets-");

    private string Folder => Path.Combine(_configs.Path, SecretsFolder.Name);

    public void Dispose() => _configs.Dispose();

    [Fact]
    public async Task Values_are_kept_to_the_byte_and_are_their_owner_s_alone()
    {
        var large = new string('"', 32_768) + new string('\n', 32_768);
        await WriteAsync(("AWKWARD", Awkward), ("LARGE", large));

        Assert.Equal(Awkward, await File.ReadAllTextAsync(Path.Combine(Folder, "AWKWARD"), TestContext.Current.CancellationToken));
        Assert.Equal(large, await File.ReadAllTextAsync(Path.Combine(Folder, "LARGE"), TestContext.Current.CancellationToken));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Folder));
        Assert.All(Directory.GetFiles(Folder), static file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
        Assert.Equal(3, Directory.GetFiles(Folder).Length);
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("sh")]
    public async Task The_script_exports_each_value_as_it_is(string shell)
    {
        var large = string.Concat(Enumerable.Repeat("\"quoted\" line\n", 4681)) + "ab";
        Assert.Equal(65_536, large.Length);
        await WriteAsync(("AWKWARD", Awkward), ("LARGE", large), ("PLAIN", "plain"));

        // A child of the shell sees the values: they are exported.
        var start = new ProcessStartInfo(shell, ["-euc", ". \"$1\"; exec env -0", shell, Path.Combine(Folder, SecretsFolder.Loader)]) { RedirectStandardOutput = true };
        start.Environment.Clear();
        start.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH");
        start.Environment["MOLECULE_SECRETS_D"] = Folder;
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(Deadline);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Deadline);

        var seen = output.Split('\0', StringSplitOptions.RemoveEmptyEntries).Select(static e => e.Split('=', 2)).ToDictionary(static e => e[0], static e => e[1]);
        Assert.Equal((Awkward, large, "plain"), (seen["AWKWARD"], seen["LARGE"], seen["PLAIN"]));
    }

    [Fact]
    public async Task A_secret_that_is_no_more_leaves_no_file()
    {
        await WriteAsync(("STAYS", "1"), ("GOES", "2"));

        await WriteAsync(("STAYS", "3"));

        Assert.Equal(["STAYS", SecretsFolder.Loader], Directory.GetFiles(Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.DoesNotContain("GOES", await File.ReadAllTextAsync(Path.Combine(Folder, SecretsFolder.Loader), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    private Task WriteAsync(params (string Name, string Value)[] values) => new SecretsFolder(_configs.Path).WriteAsync(
        values.ToImmutableSortedDictionary(static v => v.Name, static v => v.Value, StringComparer.Ordinal), TestContext.Current.CancellationToken);
}
