using System.Diagnostics;
using System.Formats.Tar;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace Molecule.Conformance.Tests.Containers;

/// <summary>An image made of this machine's own programs and the libraries they load: nothing is pulled.</summary>
internal sealed class LocalImage
{
    private const UnixFileMode Program = (UnixFileMode)0b111_101_101;

    /// <summary>The folder of the .NET that this process runs on.</summary>
    public static string DotnetRoot { get; } = Path.GetFullPath(Path.Combine(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));

    private readonly SortedDictionary<string, string> _files = new(StringComparer.Ordinal);
    private readonly List<(string Path, UnixFileMode Mode)> _folders = [("tmp", (UnixFileMode)0b1_111_111_111), ("root", Program)];
    private readonly List<(string Path, string Text)> _texts = [];

    /// <summary>Adds a file that lies on PATH or at a path, at the same place, with the libraries it loads.</summary>
    public async Task<LocalImage> WithProgramAsync(string name, string? at = null)
    {
        var file = Path.IsPathRooted(name)
            ? name
            : Environment.GetEnvironmentVariable("PATH")!.Split(':').Select(folder => Path.Combine(folder, name)).First(File.Exists);
        _files[at ?? file] = file;
        using var ldd = Process.Start(new ProcessStartInfo("ldd", [file]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var lines = await ldd.StandardOutput.ReadToEndAsync();
        await ldd.WaitForExitAsync();
        foreach (var library in lines.Split([' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries).Where(static word => word.StartsWith('/')))
        {
            _files[library] = library;
        }

        return this;
    }

    /// <summary>Adds a folder with all that it holds, at a place of its own.</summary>
    public LocalImage WithFolder(string folder, string at)
    {
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            _files[Path.Combine(at, Path.GetRelativePath(folder, file))] = file;
        }

        return this;
    }

    /// <summary>Adds the .NET that this process runs on, without its SDK: <c>/dotnet/dotnet</c> runs a service's dll.</summary>
    public async Task<LocalImage> WithDotnetAsync()
    {
        var runtime = System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory();
        await WithProgramAsync(Path.Combine(DotnetRoot, "dotnet"), at: "/dotnet/dotnet");
        await WithProgramAsync(Path.Combine(runtime, "libcoreclr.so"));
        await WithProgramAsync(Path.Combine(runtime, "libSystem.Native.so"));

        // Loaded by name when something is first encrypted or hashed, so that no ldd tells of them.
        foreach (var library in (string[])["libssl.so.3", "libcrypto.so.3"])
        {
            await WithProgramAsync(Directory.EnumerateFiles("/usr/lib", library, SearchOption.AllDirectories).First());
        }

        WithFolder(Path.Combine(DotnetRoot, "host"), "/dotnet/host");
        return WithFolder(Path.Combine(DotnetRoot, "shared"), "/dotnet/shared");
    }

    public LocalImage WithText(string path, string text)
    {
        _texts.Add((path, text));
        return this;
    }

    public LocalImage WithEmptyFolder(string path, UnixFileMode mode)
    {
        _folders.Add((path, mode));
        return this;
    }

    /// <summary>Hands the image to the engine.</summary>
    public async Task ImportAsync(string repository, string tag, IList<string> changes, CancellationToken cancellationToken)
    {
        await using var archive = new FileStream(
            Path.Combine(Path.GetTempPath(), $"molecule-image-{Guid.NewGuid():N}"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 1 << 16, FileOptions.DeleteOnClose | FileOptions.Asynchronous);
        await using (var tar = new TarWriter(archive, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var (path, mode) in _folders)
            {
                await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.Directory, path) { Mode = mode }, cancellationToken);
            }

            foreach (var (path, file) in _files)
            {
                await using var content = File.OpenRead(file);
                await tar.WriteEntryAsync(
                    new PaxTarEntry(TarEntryType.RegularFile, path.TrimStart('/')) { Mode = Program, DataStream = content }, cancellationToken);
            }

            foreach (var (path, text) in _texts)
            {
                using var content = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text));
                await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, path.TrimStart('/')) { Mode = Program, DataStream = content }, cancellationToken);
            }
        }

        archive.Position = 0;
        using var client = ContainerEngine.Connect();
        await client.Images.CreateImageAsync(
            new ImagesCreateParameters { FromSrc = "-", Repo = repository, Tag = tag, Changes = changes }, archive, null, new Progress<JSONMessage>(), cancellationToken);
    }
}
