using System.Text.Json;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>Reads Properties/launchSettings.json of projects.</summary>
internal static class LaunchProfiles
{
    private static readonly JsonSerializerOptions Lenient = new()
    {
        AllowTrailingCommas = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
        PropertyNameCaseInsensitive = true,
    };

    /// <summary>The profiles of a project folder; none where there is no such file.</summary>
    /// <exception cref="DistributedApplicationException">The file is not JSON of that kind.</exception>
    public static Dictionary<string, LaunchProfile> Read(string projectFolder)
    {
        var path = Path.Combine(projectFolder, "Properties", "launchSettings.json");
        if (!File.Exists(path))
        {
            return [];
        }

        try
        {
            return JsonSerializer.Deserialize<LaunchSettings>(File.ReadAllText(path), Lenient)?.Profiles ?? [];
        }
        catch (JsonException e)
        {
            throw new DistributedApplicationException($"Failed to get effective launch profile: '{path}' is no valid launch settings file: {e.Message}", e);
        }
    }

    /// <summary>
    /// The profile a project starts with: the named one, else the AppHost's own if the project has it, else the first that starts a program
    /// (spec 8 of the API: explicit, AppHost's, first).
    /// </summary>
    public static (string Name, LaunchProfile Profile)? Choose(ProjectResource project, string? appHostProfile)
    {
        if (project.HasAnnotationOfType<ExcludeLaunchProfileAnnotation>())
        {
            return null;
        }

        var metadata = project.GetProjectMetadata();
        var profiles = metadata.LaunchSettings?.Profiles ?? Read(Path.GetDirectoryName(metadata.ProjectPath)!);
        if (project.TryGetLastAnnotation<LaunchProfileAnnotation>(out var named))
        {
            return profiles.TryGetValue(named.LaunchProfileName, out var found)
                ? (named.LaunchProfileName, found)
                : throw new DistributedApplicationException(
                    $"Launch settings file of '{project.Name}' does not contain '{named.LaunchProfileName}' profile; it has: {string.Join(", ", profiles.Keys)}.");
        }

        if (appHostProfile is not null && profiles.TryGetValue(appHostProfile, out var same))
        {
            return (appHostProfile, same);
        }

        var first = profiles.FirstOrDefault(static p => p.Value.CommandName is "Project" or "Executable");
        return first.Key is null ? null : (first.Key, first.Value);
    }
}
