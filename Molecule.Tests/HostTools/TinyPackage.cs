using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Molecule.HostTools.Installing;

namespace Molecule.Tests.HostTools;

/// <summary>A package with one program in it that npm installs from a file: what the installer does with the agents, without their 767 MB.</summary>
internal sealed class TinyPackage
{
    private const string Program = "#!/bin/sh\necho \"tiny-cli 1.2.3\"\n";

    public TinyPackage(string folder)
    {
        Archive = Path.Combine(folder, "tiny.tgz");
        using (var zip = new GZipStream(File.Create(Archive), CompressionLevel.Fastest))
        using (var tar = new TarWriter(zip))
        {
            Add(tar, "package/package.json", """{"name":"tiny","version":"1.2.3","scripts":{"postinstall":"touch ran-a-script"}}""", executable: false);
            Add(tar, "package/bin/tiny", Program, executable: true);
            Add(tar, "package/links.json", """[{"source":"bin/tiny","target":"bin/small"}]""", executable: false);
        }

        Integrity = "sha512-" + Convert.ToBase64String(SHA512.HashData(File.ReadAllBytes(Archive)));
    }

    public static string ProgramHash { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Program)));

    public string Archive { get; }

    public string Integrity { get; init; }

    /// <summary>The set that holds the package.</summary>
    public PackageSet Set(string version = "1.2.3", string? hash = null, int room = 1, string? tree = null)
    {
        object manifest = new { name = "tiny-set", version = "1.0.0", optionalDependencies = new { tiny = $"file:{Archive}" } };
        var lockFile = new
        {
            name = "tiny-set",
            version = "1.0.0",
            lockfileVersion = 3,
            requires = true,
            packages = new Dictionary<string, object>
            {
                [""] = manifest,
                ["node_modules/tiny"] = new { version = "1.2.3", resolved = $"file:{Archive}", integrity = Integrity, hasInstallScript = true, optional = true },
            },
        };
        var engines = new
        {
            schema = 1,
            roomMegabytes = room,
            engines = new[] { new { name = "tiny", version, program = "tiny/bin/tiny", sha256 = hash ?? ProgramHash, tree } },
            linkLists = new[] { new { package = "tiny", list = "links.json" } },
        };
        return new PackageSet("tiny", JsonSerializer.Serialize(manifest), JsonSerializer.Serialize(lockFile), JsonSerializer.Serialize(engines));
    }

    private static void Add(TarWriter tar, string name, string text, bool executable)
    {
        using var data = new MemoryStream(Encoding.UTF8.GetBytes(text));
        tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name)
        {
            DataStream = data,
            Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | (executable ? UnixFileMode.UserExecute : UnixFileMode.None),
        });
    }
}
