namespace Molecule.Node;

/// <summary>Where the node's lifeline socket lies: in the node's root, or in the system's temporary folder where the root's path is too long for a socket.</summary>
public sealed class LifelineSocket : IDisposable
{
    // sun_path holds 108 bytes with the closing NUL (man 7 unix). Those of desktops lie beside it and are called by a number of up to 16 digits.
    private const int LongestPath = 107 - 16;

    private readonly DirectoryInfo? _temporary;

    private LifelineSocket(string path, DirectoryInfo? temporary)
    {
        Path = path;
        _temporary = temporary;
    }

    public string Path { get; }

    /// <summary>Finds the place. What an earlier node that was killed has left there is removed.</summary>
    public static LifelineSocket In(string root)
    {
        Directory.CreateDirectory(root);
        foreach (var desktop in Directory.EnumerateFiles(root, "d*.sock"))
        {
            File.Delete(desktop);
        }

        var path = System.IO.Path.Combine(root, "node.sock");
        if (System.Text.Encoding.UTF8.GetByteCount(path) <= LongestPath)
        {
            File.Delete(path);
            return new LifelineSocket(path, temporary: null);
        }

        var temporary = Directory.CreateTempSubdirectory("molecule-node-");
        return new LifelineSocket(System.IO.Path.Combine(temporary.FullName, "node.sock"), temporary);
    }

    public void Dispose() => _temporary?.Delete(recursive: true);
}
