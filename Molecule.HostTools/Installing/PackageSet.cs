using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Molecule.Contracts;

namespace Molecule.HostTools.Installing;

/// <summary>Packages that are installed together: npm's manifest and lock file, and the lock of the programs in them.</summary>
/// <param name="Name">Name of the set, and of its folder in the cache.</param>
/// <param name="PackageJson">Text of package.json.</param>
/// <param name="LockJson">Text of package-lock.json; its hash is the key of the folder in the cache.</param>
/// <param name="EnginesJson">Text of engines.json.</param>
public sealed record PackageSet(string Name, string PackageJson, string LockJson, string EnginesJson)
{
    /// <summary>The agent programs that run by themselves, claude-code and codex: runtimes/.</summary>
    public static PackageSet Runtimes { get; } = FromAssembly("runtimes");

    /// <summary>The Node.js that runs the agent programs written for it: runtimes/node/.</summary>
    public static PackageSet Node { get; } = FromAssembly("node");

    /// <summary>openclaw: runtimes/openclaw/.</summary>
    public static PackageSet OpenClaw { get; } = FromAssembly("openclaw") with { RunBy = Node };

    /// <summary>Google's Agent Development Kit and the script that drives it: runtimes/google-adk/.</summary>
    public static PackageSet GoogleAdk { get; } = FromAssembly("google-adk") with
    {
        RunBy = Node,
        OwnFiles = [.. ((ReadOnlySpan<string>)["agent.mjs", "openai-model.mjs", "session-file.mjs"]).ToArray().Select(static name => new OwnFile($"molecule-google-adk/{name}", Resource($"google-adk/{name}")))],
    };

    /// <summary>A mock of vendors' APIs by other authors, for the proof of the live path: runtimes/aimock/.</summary>
    public static PackageSet Aimock { get; } = FromAssembly("aimock") with
    {
        RunBy = Node,
        OwnFiles = [new OwnFile("molecule-aimock/serve.mjs", Resource("aimock/serve.mjs"))],
    };

    /// <summary>AWS's own client of Secrets Manager, to which the emulated one is held: runtimes/aws/.</summary>
    public static PackageSet Aws { get; } = FromAssembly("aws") with
    {
        RunBy = Node,
        OwnFiles = [new OwnFile("molecule-aws/call.mjs", Resource("aws/call.mjs"))],
    };

    /// <summary>The VNC client that people look at a desktop with; a browser's modules and no program: runtimes/novnc/.</summary>
    public static PackageSet NoVnc { get; } = FromAssembly("novnc");

    /// <summary>PostgreSQL's programs: runtimes/postgres/.</summary>
    public static PackageSet Postgres { get; } = FromAssembly("postgres");

    /// <summary>The set whose node runs this set's programs, and npm while they are installed; null for programs that run by themselves.</summary>
    public PackageSet? RunBy { get; init; }

    /// <summary>Files of this repository that lie among the packages.</summary>
    public ImmutableArray<OwnFile> OwnFiles { get; init; } = [];

    /// <summary>The set's folder inside the cache: its name and the first 16 hex digits of the SHA-256 of the lock file and of the set's own files.</summary>
    public string FolderName => $"{Name}-{Hash(LockJson + string.Concat(OwnFiles.Select(static file => file.Path + file.Text)))[..16]}";

    /// <summary>SHA-256 of engines.json, lower-case hex: a program is verified against one state of it.</summary>
    public string EnginesHash => Hash(EnginesJson);

    /// <summary>Reads engines.json.</summary>
    /// <exception cref="InstallException">It is not what this program writes and reads.</exception>
    public EngineLock ReadEngines()
    {
        try
        {
            var engines = JsonSerializer.Deserialize<EngineLock>(EnginesJson, ContractJson.Compact);
            return engines is { Schema: 1 }
                ? engines
                : throw new InstallException($"engines.json of {Name} has schema {engines?.Schema}; this program reads schema 1.");
        }
        catch (JsonException e)
        {
            throw new InstallException($"engines.json of {Name} cannot be read: {e.Message}", e);
        }
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static PackageSet FromAssembly(string name) =>
        new(name, Resource($"{name}/package.json"), Resource($"{name}/package-lock.json"), Resource($"{name}/engines.json"));

    private static string Resource(string name)
    {
        using var stream = typeof(PackageSet).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The assembly carries no resource '{name}'.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}

/// <summary>The committed lock of the programs of a set: what each must be, to the byte.</summary>
/// <param name="Schema">1.</param>
/// <param name="RoomMegabytes">Free megabytes that an installation asks for.</param>
/// <param name="Engines">The programs.</param>
/// <param name="LinkLists">Lists of links that a package makes in its own install script, which we do not run.</param>
public sealed record EngineLock(int Schema, int RoomMegabytes, ImmutableArray<LockedEngine> Engines, ImmutableArray<LinkList> LinkLists);

/// <param name="Name">claude-code, codex, ...</param>
/// <param name="Version">The version that the program must print itself.</param>
/// <param name="Program">Path of the program inside node_modules.</param>
/// <param name="Sha256">SHA-256 of the program, lower-case hex.</param>
/// <param name="Tree">For a script, the digest of all packages of the set (<see cref="Processes.Peers.PackageTree"/>).</param>
public sealed record LockedEngine(string Name, string Version, string Program, string Sha256, string? Tree = null);

/// <param name="Path">Path inside node_modules.</param>
/// <param name="Text">The file's text.</param>
public sealed record OwnFile(string Path, string Text);

/// <param name="Package">Path of the package inside node_modules.</param>
/// <param name="List">Path of the list inside the package: a JSON array of {source, target}, both relative to the package.</param>
public sealed record LinkList(string Package, string List);
