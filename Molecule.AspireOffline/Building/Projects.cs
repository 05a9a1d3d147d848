using System.Text.Json.Serialization;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>Which project a resource is.</summary>
public interface IProjectMetadata : IResourceAnnotation
{
    /// <summary>Path of the project file.</summary>
    string ProjectPath { get; }

    /// <summary>Its launch settings; null to read them from its folder.</summary>
    LaunchSettings? LaunchSettings => null;

    /// <summary>Whether it has been built already.</summary>
    bool SuppressBuild => false;
}

/// <summary>How a project is added.</summary>
public class ProjectResourceOptions
{
    /// <summary>Which launch profile; null for the first.</summary>
    public string? LaunchProfileName { get; set; }

    /// <summary>Whether to go without one.</summary>
    public bool ExcludeLaunchProfile { get; set; }

    /// <summary>Whether endpoints of the project's Kestrel configuration are left out. This engine never reads them.</summary>
    public bool ExcludeKestrelEndpoints { get; set; }
}

/// <summary>The content of launchSettings.json.</summary>
public sealed class LaunchSettings
{
    /// <summary>Profiles by name.</summary>
    [JsonPropertyName("profiles")]
    public Dictionary<string, LaunchProfile> Profiles { get; set; } = [];
}

/// <summary>A profile of launchSettings.json.</summary>
public sealed class LaunchProfile
{
    /// <summary>Project, Executable, ...</summary>
    [JsonPropertyName("commandName")]
    public string? CommandName { get; set; }

    /// <summary>Arguments in one line.</summary>
    [JsonPropertyName("commandLineArgs")]
    public string? CommandLineArgs { get; set; }

    /// <summary>URLs, separated by semicolons.</summary>
    [JsonPropertyName("applicationUrl")]
    public string? ApplicationUrl { get; set; }

    /// <summary>Variables.</summary>
    [JsonPropertyName("environmentVariables")]
    public Dictionary<string, string> EnvironmentVariables { get; set; } = [];
}
