using System.CommandLine;
using Molecule.Harness.Runs;
using Molecule.Registry;

namespace Molecule.Cli;

/// <summary><c>registry</c>: the fingerprint of the registry's data, and what is generated from it.</summary>
internal static class RegistryCommand
{
    public static Command Create()
    {
        var file = new Option<string?>("--registry") { Description = "another providers.yaml" };
        var fingerprint = new Command("fingerprint", "Print the fingerprint of the registry's data: comments and layout do not change it.") { file };
        fingerprint.SetAction(parsed =>
        {
            var path = parsed.GetValue(file) ?? Repository.Find(AppContext.BaseDirectory).ProvidersFile;
            Console.WriteLine(RegistryFingerprint.Of(RegistryReader.Read(File.ReadAllText(path), path)));
            return 0;
        });
        return new Command("registry", "The provider registry, providers.yaml.") { fingerprint, RegistrySyncCommand.Create(), RegistryCheckCommand.Create(), RegistryDiffCommand.Create() };
    }
}
