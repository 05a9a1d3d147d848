using System.Collections.Immutable;
using System.Text;
using Molecule.Workspace.Agents;

namespace Molecule.Workspace.Secrets;

/// <summary>
/// The workspace's secrets as files of its config folder (spec/runtimes-and-providers.md 2.3: <c>/configs/secrets.d/load.sh</c>): one a
/// variable, to the byte, and a script that exports them all. Only their owner may read any of it.
/// </summary>
public sealed class SecretsFolder(string configFolder)
{
    public const string Name = "secrets.d";
    public const string Loader = "load.sh";

    private readonly string _folder = Path.Combine(configFolder, Name);

    /// <summary>Makes the folder hold just these.</summary>
    public async Task WriteAsync(ImmutableSortedDictionary<string, string> values, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(_folder);
        }
        else
        {
            Directory.CreateDirectory(_folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        foreach (var (variable, value) in values)
        {
            await SecretFile.WriteAsync(Path.Combine(_folder, variable), value, cancellation).ConfigureAwait(false);
        }

        await SecretFile.WriteAsync(Path.Combine(_folder, Loader), Script(values.Keys), cancellation).ConfigureAwait(false);
        foreach (var file in Directory.EnumerateFiles(_folder).Where(file => Path.GetFileName(file) is var name && name != Loader && !values.ContainsKey(name)))
        {
            File.Delete(file);
        }
    }

    // A command substitution drops the newlines at a value's end; the x behind them keeps them.
    private static string Script(IEnumerable<string> variables)
    {
        var script = new StringBuilder("# Exports each secret of this folder: . /configs/secrets.d/load.sh\nmolecule_secrets_d=${MOLECULE_SECRETS_D:-/configs/secrets.d}\n");
        foreach (var variable in variables)
        {
            script.Append(System.Globalization.CultureInfo.InvariantCulture, $"{variable}=$(cat \"$molecule_secrets_d/{variable}\"; printf x); {variable}=${{{variable}%x}}; export {variable}\n");
        }

        return script.Append("unset molecule_secrets_d\n").ToString();
    }
}
