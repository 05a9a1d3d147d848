using System.Diagnostics;
using System.Formats.Tar;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace Molecule.Conformance.Tests.Containers;

/// <summary>An image made of this machine's own programs and the libraries they load: nothing is pulled.</summary>
internal sealed class LocalImage
{
    private const UnixFileMode Program = (UnixFileMode)0b111_101_101;

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
        using var archive = new MemoryStream();
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
