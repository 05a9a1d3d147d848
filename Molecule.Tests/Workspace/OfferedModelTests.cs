using System.Collections.Immutable;
using Molecule.Registry;
using Molecule.Tests.Registry;
using Molecule.Workspace.Agents;
using Molecule.Workspace.Agents.ClaudeCode;
using Molecule.Workspace.Agents.Codex;
using Molecule.Workspace.Agents.GoogleAdk;
using Molecule.Workspace.Agents.Hermes;
using Molecule.Workspace.Agents.OpenClaw;

namespace Molecule.Tests.Workspace;

/// <summary>The menu of providers.yaml asked of the adapters: each offered model is one that its runtime can be driven with.</summary>
public sealed class OfferedModelTests
{
    public static TheoryData<string, string, string> Menu =>
        [.. from runtime in OwnRegistry.Registry.Runtimes from arm in runtime.Arms from model in arm.Models select (runtime.Name, arm.Provider, model)];

    [Theory]
    [MemberData(nameof(Menu))]
    public void The_adapter_takes_an_offered_model(string runtime, string arm, string model) => Assert.NotNull(Setup(runtime, arm, model));

    // A model of one runtime is none of another's: were every id taken, the test above would show nothing.
    [Theory]
    [InlineData("claude-code", "byok-gemini", "gemini/gemini-2.5-pro")]
    [InlineData("codex", "google", "gemini-2.5-pro")]
    [InlineData("hermes", "vertex", "vertex:gemini-2.5-pro")]
    [InlineData("openclaw", "anthropic-oauth", "sonnet")]
    [InlineData("google-adk", "groq", "groq:llama-3.3-70b")]
    public void The_adapter_refuses_an_arm_that_is_not_its_own(string runtime, string arm, string model) =>
        Assert.Throws<AgentSetupException>(() => Setup(runtime, arm, model));

    private static object Setup(string runtime, string arm, string model)
    {
        var provider = OwnRegistry.Registry.FindProvider(arm)!;
        var environment = ImmutableDictionary.CreateRange(
            StringComparer.Ordinal,
            (provider.IsServedByControlPlane ? (ImmutableArray<string>)["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "MOLECULE_LLM_USAGE_TOKEN"] : provider.AuthEnv).Select(static name => KeyValuePair.Create(name, name.EndsWith("AUTH_JSON", StringComparison.Ordinal) ? """{"tokens":{"access_token":"a","refresh_token":"r","account_id":"i","id_token":"t"}}""" : "mol-key"))
                .Concat(provider.IsServedByControlPlane
                    ? [new("MOLECULE_LLM_BASE_URL", "http://localhost:1/v1"), new("MOLECULE_LLM_ANTHROPIC_BASE_URL", "http://localhost:1/a"), new("ANTHROPIC_BASE_URL", "http://localhost:1/a"), new("OPENAI_BASE_URL", "http://localhost:1/v1")]
                    : (KeyValuePair<string, string>[])[]));
        environment = environment.Add("WORKSPACE_ID", "w");
        return runtime switch
        {
            "claude-code" => ClaudeCodeSetup.For(arm, model, environment),
            "codex" => CodexSetup.For(arm, model, environment),
            "google-adk" => GoogleAdkSetup.For(arm, model, environment),
            "hermes" => HermesArm.For(arm, model, environment),
            "openclaw" => OpenClawSetup.For(arm, model, environment),
            _ => throw new InvalidOperationException($"runtime '{runtime}' has no adapter here"),
        };
    }
}
