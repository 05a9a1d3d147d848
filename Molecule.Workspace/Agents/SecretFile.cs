namespace Molecule.Workspace.Agents;

/// <summary>Writes files that hold secrets.</summary>
public static class SecretFile
{
    /// <summary>Replaces the file in one step; mode 0600 from its first byte on.</summary>
    public static async Task WriteAsync(string path, string text, CancellationToken cancellationToken)
    {
        var fresh = path + ".new";
        File.Delete(fresh);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        await using (var writer = new StreamWriter(fresh, options))
        {
            await writer.WriteAsync(text.AsMemory(), cancellationToken).ConfigureAwait(false);
        }

        File.Move(fresh, path, overwrite: true);
    }
}
