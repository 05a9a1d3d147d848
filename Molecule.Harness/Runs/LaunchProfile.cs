using System.Text.Json;

namespace Molecule.Harness.Runs;

/// <summary>The AppHost's launch profile: what F5 starts it with is what every other start of it gets, since real Aspire's dashboard reads its addresses there.</summary>
public static class LaunchProfile
{
    private const string Name = "http";

    /// <summary>The profile as environment variables.</summary>
    public static Dictionary<string, string?> Of(Repository repository)
    {
        ArgumentNullException.ThrowIfNull(repository);
        var path = Path.Combine(repository.Root, "Molecule.AppHost", "Properties", "launchSettings.json");
        using var settings = JsonDocument.Parse(File.ReadAllText(path));
        var profile = settings.RootElement.GetProperty("profiles").GetProperty(Name);
        var variables = profile.GetProperty("environmentVariables").EnumerateObject().ToDictionary(static v => v.Name, static v => v.Value.GetString());
        variables["ASPNETCORE_URLS"] = profile.GetProperty("applicationUrl").GetString();
        variables["DOTNET_LAUNCH_PROFILE"] = Name;
        return variables;
    }
}
