using System.Collections.Immutable;

namespace Molecule.Workspace.Agents.GoogleAdk;

/// <summary>What google-adk needs for one arm (spec 2.5).</summary>
/// <param name="Wire">How the model is called: <c>gemini</c> is ADK's own way, <c>openai</c> chat completions.</param>
/// <param name="Model">The model id as it goes on the wire.</param>
/// <param name="Variables">What the program needs beside the workspace's own environment; secret.</param>
public sealed record GoogleAdkSetup(string Wire, string Model, ImmutableDictionary<string, string> Variables)
{
    /// <summary>Works out the setup of an arm.</summary>
    /// <param name="provider">The registry's provider that the control plane derived; null to go by the model's prefix.</param>
    /// <param name="model">The workspace's model.</param>
    /// <param name="environment">The workspace's environment.</param>
    /// <exception cref="AgentSetupException">Provider unknown, model missing, or the credential or setting missing.</exception>
    public static GoogleAdkSetup For(string? provider, string? model, ImmutableDictionary<string, string> environment)
    {
        if (model is null)
        {
            throw new AgentSetupException("No model is set: set MOLECULE_MODEL.");
        }

        var end = model.IndexOfAny([':', '/']);
        var bare = model[(end + 1)..];
        return (provider ?? (end < 0 ? "google" : model[..end])) switch
        {
            "google" or "google_genai" => AiStudio(bare, environment),
            "platform" or "molecule" or "vertex" or "vertexai" => ControlPlane(bare, environment),
            var other => throw new AgentSetupException($"google-adk has no provider '{other}': MOLECULE_RESOLVED_PROVIDER has to be google, vertex or platform."),
        };
    }

    private static GoogleAdkSetup AiStudio(string model, ImmutableDictionary<string, string> environment)
    {
        var key = First(environment, "GEMINI_API_KEY", "GOOGLE_API_KEY");
        var variables = ImmutableDictionary<string, string>.Empty.Add("GEMINI_API_KEY", key);
        return new GoogleAdkSetup(
            "gemini",
            model,
            environment.GetValueOrDefault("GOOGLE_GEMINI_BASE_URL") is { Length: > 0 } url ? variables.Add("GOOGLE_GEMINI_BASE_URL", url) : variables);
    }

    // No Google credential reaches a workspace: vertex, too, goes through the metered proxy (spec 2.5).
    private static GoogleAdkSetup ControlPlane(string model, ImmutableDictionary<string, string> environment) => new(
        "openai",
        model,
        ImmutableDictionary<string, string>.Empty
            .Add("OPENAI_BASE_URL", First(environment, "MOLECULE_LLM_BASE_URL", "OPENAI_BASE_URL").TrimEnd('/'))
            .Add("OPENAI_API_KEY", First(environment, "MOLECULE_LLM_USAGE_TOKEN", "OPENAI_API_KEY"))
            .Add("OPENAI_WORKSPACE_ID", First(environment, "WORKSPACE_ID")));

    private static string First(ImmutableDictionary<string, string> environment, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (environment.GetValueOrDefault(name) is { Length: > 0 } value)
            {
                return value;
            }
        }

        throw new AgentSetupException($"The credential or setting {string.Join(" or ", names.ToArray())} is missing: set it as a secret of the workspace.");
    }
}
