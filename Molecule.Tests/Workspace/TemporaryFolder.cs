namespace Molecule.Tests.Workspace;

/// <summary>A folder of the system's temporary folder that goes with the test, however it ends.</summary>
public sealed class TemporaryFolder(string prefix) : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory(prefix);

    public string Path => _folder.FullName;

    public void Dispose() => _folder.Delete(recursive: true);
}
