using System.Globalization;

namespace Molecule.Conformance.Tests;

/// <summary>Where an AppHost that runs by itself reads its configuration: spec 2 of the API.</summary>
public sealed class ConfigurationTests : IDisposable
{
    private const string SecretsId = "molecule-conformance-apphost";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("molecule-conformance-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("Development", "", "", "secret")]
    [InlineData("Development", "variable", "", "variable")]
    [InlineData("Development", "variable", "argument", "argument")]
    [InlineData("Production", "variable", "", "variable")]
    public async Task User_secrets_hold_in_development_a_variable_wins_over_them_and_an_argument_over_both(string environment, string variable, string argument, string winner)
    {
        // Where .NET looks for user secrets (PathHelper of Microsoft.Extensions.Configuration.UserSecrets): APPDATA first, on every system.
        var secrets = Directory.CreateDirectory(Path.Combine(_folder.FullName, "Microsoft", "UserSecrets", SecretsId));
        await File.WriteAllTextAsync(Path.Combine(secrets.FullName, "secrets.json"), $$"""{ "script": "{{Script("secret")}}" }""", TestContext.Current.CancellationToken);
        var variables = new Dictionary<string, string> { ["APPDATA"] = _folder.FullName, ["DOTNET_ENVIRONMENT"] = environment };
        if (variable.Length > 0)
        {
            variables["script"] = Script(variable);
        }

        using var appHost = AppHostProcess.Start(variables, argument.Length > 0 ? [$"--script={Script(argument)}"] : []);
        try
        {
            await AppHostProcess.UntilAsync(() => Task.FromResult(File.Exists(Path.Combine(_folder.FullName, "who")) || appHost.HasExited), "the AppHost's script to say where it was read");
            Assert.Equal(winner, (await File.ReadAllTextAsync(Path.Combine(_folder.FullName, "who"), TestContext.Current.CancellationToken)).Trim());
        }
        finally
        {
            using var terminate = System.Diagnostics.Process.Start("kill", ["-TERM", appHost.Id.ToString(CultureInfo.InvariantCulture)]);
            await appHost.WaitForExitAsync(CancellationToken.None).WaitAsync(AppHostProcess.Deadline, CancellationToken.None);
        }
    }

    private string Script(string who) => $"echo {who} > '{_folder.FullName}/who.partial'; mv '{_folder.FullName}/who.partial' '{_folder.FullName}/who'; exec sleep 600";
}
