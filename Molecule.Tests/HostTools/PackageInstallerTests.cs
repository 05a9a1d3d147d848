using System.Collections.Immutable;
using System.Text.Json;
using Molecule.Contracts;
using Molecule.Contracts.Engines;
using Molecule.Contracts.Runs;
using Molecule.HostTools.Installing;
using Molecule.Processes.Peers;

namespace Molecule.Tests.HostTools;

public sealed class PackageInstallerTests : IDisposable
{
    private static readonly TimeSpan ToolLimit = TimeSpan.FromSeconds(30);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("molecule-install-");
    private readonly StringWriter _progress = new();
    private readonly TinyPackage _tiny;

    public PackageInstallerTests() => _tiny = new TinyPackage(_folder.FullName);

    private CacheFolder Cache => new(Path.Combine(_folder.FullName, "cache"));

    public void Dispose()
    {
        _progress.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task What_the_lock_names_is_installed_verified_and_open_to_all_and_no_script_is_run()
    {
        Cache.Create();
        var left = Directory.CreateDirectory(Cache.Combine($"{_tiny.Set().FolderName}.999999.partial"));

        var folder = await InstallAsync(_tiny.Set());

        var engine = Assert.Single(Manifest(folder).Engines);
        Assert.Equal(new InstalledEngine("tiny", "1.2.3", Path.Combine(folder, "node_modules/tiny/bin/tiny"), TinyPackage.ProgramHash), engine);
        Assert.Equal("tiny", new FileInfo(Path.Combine(folder, "node_modules/tiny/bin/small")).LinkTarget);
        Assert.False(File.Exists(Path.Combine(folder, "node_modules/tiny/ran-a-script")));
        Assert.Equal("755", ModeOf(engine.Path));
        Assert.Equal("644", ModeOf(Path.Combine(folder, "node_modules/tiny/package.json")));
        Assert.Equal("755", ModeOf(Path.Combine(folder, "node_modules")));
        Assert.False(left.Exists && Directory.Exists(left.FullName), "What a killed installer had left is still there.");
    }

    [Fact]
    public async Task A_second_call_does_nothing_and_needs_no_npm()
    {
        var first = await InstallAsync(_tiny.Set());
        _progress.GetStringBuilder().Clear();

        var second = await InstallAsync(_tiny.Set(), _ => null);

        Assert.Equal(first, second);
        Assert.Empty(_progress.ToString());
    }

    [Fact]
    public async Task A_program_that_was_changed_in_the_cache_is_refused_with_both_hashes()
    {
        var folder = await InstallAsync(_tiny.Set());
        var program = Manifest(folder).Engines[0].Path;
        await File.AppendAllTextAsync(program, "# changed", TestContext.Current.CancellationToken);

        var error = await Assert.ThrowsAsync<InstallException>(() => InstallAsync(_tiny.Set()));

        Assert.Contains(TinyPackage.ProgramHash, error.Message, StringComparison.Ordinal);
        Assert.Matches("its sha256 is [0-9a-f]{64}, engines.json of tiny says [0-9a-f]{64}", error.Message);
    }

    [Fact]
    public async Task A_program_that_was_only_touched_is_verified_again_and_accepted()
    {
        var folder = await InstallAsync(_tiny.Set());
        File.SetLastWriteTimeUtc(Manifest(folder).Engines[0].Path, DateTime.UnixEpoch);

        Assert.Equal(folder, await InstallAsync(_tiny.Set()));
        Assert.Contains("verifying them again", _progress.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_that_arrives_as_another_than_the_locked_one_is_refused_and_nothing_stays()
    {
        var error = await Assert.ThrowsAsync<InstallException>(() => InstallAsync(_tiny.Set(hash: new string('0', 64))));

        Assert.Contains(new string('0', 64), error.Message, StringComparison.Ordinal);
        Assert.Contains(TinyPackage.ProgramHash, error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateDirectories(Cache.Path));
    }

    [Fact]
    public async Task A_program_that_says_another_version_is_refused_with_both()
    {
        var error = await Assert.ThrowsAsync<InstallException>(() => InstallAsync(_tiny.Set(version: "9.9.9")));

        Assert.Contains("says its version is 'tiny-cli 1.2.3'", error.Message, StringComparison.Ordinal);
        Assert.Contains("says 9.9.9", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_script_is_installed_with_our_own_files_and_asked_for_its_version_by_the_node_of_its_set()
    {
        var runner = _tiny.Set() with { Name = "runner" };
        var set = _tiny.Set() with { RunBy = runner, OwnFiles = [new OwnFile("ours/hello.mjs", "export {};")] };

        var folder = await InstallAsync(set);

        Assert.Equal(Path.Combine(Cache.Combine(runner.FolderName), "node_modules/tiny/bin/tiny"), Assert.Single(Manifest(folder).Engines).Node);
        Assert.Equal("export {};", await File.ReadAllTextAsync(Path.Combine(folder, "node_modules/ours/hello.mjs"), TestContext.Current.CancellationToken));
        Assert.NotEqual(set.FolderName, (set with { OwnFiles = [new OwnFile("ours/hello.mjs", "export { };")] }).FolderName);
    }

    [Fact]
    public async Task Packages_that_are_the_locked_ones_are_accepted_and_any_other_file_among_them_is_refused_with_both_digests()
    {
        var digest = PackageTree.DigestOf(Path.Combine(await InstallAsync(_tiny.Set()), "node_modules"));
        var locked = _tiny.Set(tree: digest) with { Name = "locked" };

        await InstallAsync(locked);
        var error = await Assert.ThrowsAsync<InstallException>(() => InstallAsync(locked with { OwnFiles = [new OwnFile("more/file.js", "")] }));

        Assert.Contains($"says {digest}", error.Message, StringComparison.Ordinal);
        Assert.Matches("their digest is [0-9a-f]{64}", error.Message);
        Assert.Single(Directory.EnumerateDirectories(Cache.Path, "locked-*"));
    }

    [Theory]
    [InlineData(null, "runtimes", "openclaw", "google-adk")]
    [InlineData("codex", "runtimes")]
    [InlineData("google-adk, claude-code", "runtimes", "google-adk")]
    [InlineData("hermes")]
    public void A_run_of_some_runtimes_installs_no_others_programs(string? asked, params string[] sets) =>
        Assert.Equal(sets, RuntimeSets.Asked(name => name is "MOLECULE_RUNTIMES" ? asked : null).Select(static set => set.Name));

    [Fact]
    public async Task A_package_that_npm_leaves_out_without_failing_is_missed_by_name()
    {
        var set = _tiny.Set();
        File.Delete(_tiny.Archive);

        var error = await Assert.ThrowsAsync<InstallException>(() => InstallAsync(set));

        Assert.Contains("tiny", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateDirectories(Cache.Path));
    }

    [Fact]
    public async Task Two_installers_at_once_fetch_once_and_both_end_well()
    {
        var synchronised = TextWriter.Synchronized(_progress);
        var installers = Enumerable.Range(0, 2).Select(_ => new PackageInstaller(Cache, synchronised, TimeProvider.System, Environment.GetEnvironmentVariable));

        var folders = await Task.WhenAll(installers.Select(i => Task.Run(() => i.InstallAsync(_tiny.Set(), TestContext.Current.CancellationToken))));

        Assert.Equal(folders[0], folders[1]);
        Assert.Single(_progress.ToString().Split('\n'), static line => line.Contains("fetching tiny", StringComparison.Ordinal));
        Assert.Contains("another installer is at work, waiting", _progress.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_installer_that_waited_its_limit_for_another_says_where_to_look()
    {
        using var other = await CacheLock.TakeAsync(Cache, "tiny", TimeSpan.Zero, _progress, TimeProvider.System, TestContext.Current.CancellationToken);

        var error = await Assert.ThrowsAsync<InstallException>(
            () => CacheLock.TakeAsync(Cache, "tiny", TimeSpan.Zero, _progress, TimeProvider.System, TestContext.Current.CancellationToken));

        Assert.Contains(Cache.Combine("tiny.lock"), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_disk_without_room_is_told_before_anything_is_fetched()
    {
        var error = await Assert.ThrowsAsync<InstallException>(() => InstallAsync(_tiny.Set(room: int.MaxValue)));

        Assert.Contains($"needs {int.MaxValue} MB", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("fetching", _progress.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cache_that_cannot_be_written_ends_the_program_with_2_and_says_so()
    {
        using var tool = Tool.Start(new Dictionary<string, string?> { [RunEnvironment.Cache] = Path.Combine(_tiny.Archive, "cache") }, "install", "postgres");

        Assert.Equal(2, await tool.ExitAsync(ToolLimit));
        Assert.Contains($"The cache '{Path.Combine(_tiny.Archive, "cache")}' cannot be written", tool.Said, StringComparison.Ordinal);
        Assert.Contains($"set {RunEnvironment.Cache}", tool.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_machine_without_npm_ends_the_program_with_2_and_names_it()
    {
        using var tool = Tool.Start(new Dictionary<string, string?> { [RunEnvironment.Cache] = Cache.Path, ["PATH"] = _folder.FullName }, "install", "runtimes");

        Assert.Equal(2, await tool.ExitAsync(ToolLimit));
        Assert.Contains("npm was not found on PATH", tool.Said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("npm warn tar TAR_ENTRY_ERROR ENOSPC: no space left on device, write", "The disk is full")]
    [InlineData("npm http fetch GET somewhere attempt 1 failed with EAI_AGAIN", "registry cannot be reached")]
    [InlineData("npm error code EINTEGRITY", "not the one that was locked")]
    [InlineData("npm error something else", "npm said why:")]
    public void What_npm_complained_of_becomes_a_sentence_that_says_what_to_do(string complaint, string sentence)
    {
        var explained = Npm.Explain([complaint]);

        Assert.Contains(sentence, explained, StringComparison.Ordinal);
        Assert.Contains(complaint, explained, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/elsewhere", "/home/a", true, "/elsewhere")]
    [InlineData(null, "/home/a", true, "/var/cache/molecule-e2e")]
    [InlineData(null, "/home/a", false, "/home/a/.cache/molecule-e2e")]
    public void The_cache_lies_where_the_design_says(string? named, string home, bool privileged, string expected) =>
        Assert.Equal(expected, CacheFolder.Resolve(name => name == RunEnvironment.Cache ? named : name == "HOME" ? home : null, privileged).Path);

    [Fact]
    public void The_committed_locks_are_exact_name_no_host_and_agree_with_each_other()
    {
        foreach (var set in (ImmutableArray<PackageSet>)[.. RuntimeSets.All, PackageSet.Node, PackageSet.Postgres])
        {
            using var lockFile = JsonDocument.Parse(set.LockJson);
            var packages = lockFile.RootElement.GetProperty("packages").EnumerateObject().Where(static p => p.Name.Length > 0).ToList();
            Assert.DoesNotContain("\"resolved\"", set.LockJson, StringComparison.Ordinal);

            // What a package brings inside itself is of that package's own archive.
            Assert.All(packages.Where(static package => !package.Value.TryGetProperty("inBundle", out _)), static package => Assert.StartsWith("sha512-", package.Value.GetProperty("integrity").GetString(), StringComparison.Ordinal));
            Assert.All(
                set.ReadEngines().Engines.Where(engine => set.OwnFiles.All(file => file.Path != engine.Program)),
                engine => Assert.Contains(packages, package =>
                    $"node_modules/{engine.Program}".StartsWith(package.Name + "/", StringComparison.Ordinal)
                    && package.Value.GetProperty("version").GetString()!.StartsWith(engine.Version, StringComparison.Ordinal)));
        }
    }

    private Task<string> InstallAsync(PackageSet set) => InstallAsync(set, Environment.GetEnvironmentVariable);

    private Task<string> InstallAsync(PackageSet set, Func<string, string?> environment) =>
        new PackageInstaller(Cache, _progress, TimeProvider.System, environment).InstallAsync(set, TestContext.Current.CancellationToken);

    private static EngineManifest Manifest(string folder) =>
        JsonSerializer.Deserialize<EngineManifest>(File.ReadAllText(Path.Combine(folder, PackageInstaller.ManifestName)), ContractJson.Compact)!;

    private static string ModeOf(string path)
    {
        // UnixFileMode's values are the octal digits of chmod.
        var mode = (int)new FileInfo(path).UnixFileMode;
        return Convert.ToString(mode, 8);
    }
}
