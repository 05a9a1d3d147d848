namespace Molecule.Node;

/// <summary>A folder for the node's lifeline socket. In the system's temporary folder: a socket's path ends at 107 bytes, a run folder's may be longer.</summary>
public sealed class LifelineFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("molecule-node-");

    public string Socket => Path.Combine(_folder.FullName, "node.sock");

    public void Dispose() => _folder.Delete(recursive: true);
}
