using System.Collections.Immutable;
using Molecule.Contracts.Engines;
using Molecule.Contracts.Runs;
using Molecule.Processes;
using Molecule.Workspace.Agents.ClaudeCode;
using Molecule.Workspace.Agents.Codex;
using Molecule.Workspace.Agents.GoogleAdk;
using Molecule.Workspace.Agents.Hermes;
using Molecule.Workspace.Agents.OpenClaw;
using Molecule.Workspace.Boot;

namespace Molecule.Workspace.Agents;

/// <summary>Makes the agent that a workspace's runtime asks for.</summary>
public sealed class AgentFactory(WorkspaceSettings settings, OwnChildren children, TimeProvider time, ILoggerFactory loggers)
{
    /// <summary>Makes the agent without starting it.</summary>
    /// <exception cref="AgentSetupException">Runtime unknown, program missing, or the arm's setup incomplete.</exception>
    public IAgent Create() => Create(ImmutableSortedDictionary<string, string>.Empty);

    /// <summary>Makes the agent without starting it.</summary>
    /// <param name="secrets">What the secrets manager gave, on top of the environment.</param>
    /// <exception cref="AgentSetupException">Runtime unknown, program missing, or the arm's setup incomplete.</exception>
    public IAgent Create(ImmutableSortedDictionary<string, string> secrets)
    {
        var environment = settings.Environment.SetItems(secrets);
        var folders = new AgentFolders(
            environment.GetValueOrDefault("HOME") ?? throw new AgentSetupException("HOME is not set: an agent keeps its state there."),
            Directory.GetCurrentDirectory());
        return settings.Runtime switch
        {
            "codex" => new CodexAgent(
                Engine(),
                CodexSetup.For(settings.Provider, settings.Model, environment),
                folders,
                environment,
                Patient(TurnLimits.Codex),
                time,
                children,
                loggers.CreateLogger<CodexAgent>()),
            "claude-code" => new ClaudeCodeAgent(
                Engine(),
                ClaudeCodeSetup.For(settings.Provider, settings.Model, environment),
                folders,
                environment,
                Patient(TurnLimits.ClaudeCode),
                time,
                children,
                loggers.CreateLogger<ClaudeCodeAgent>()),
            "google-adk" => new GoogleAdkAgent(
                Engine(),
                GoogleAdkSetup.For(settings.Provider, settings.Model, environment),
                folders,
                environment,
                Patient(TurnLimits.GoogleAdk),
                time,
                children,
                loggers.CreateLogger<GoogleAdkAgent>()),
            "openclaw" => new OpenClawAgent(
                Engine(),
                OpenClawSetup.For(settings.Provider, settings.Model, environment),
                folders,
                environment,
                Patient(TurnLimits.OpenClaw),
                time,
                children,
                loggers.CreateLogger<OpenClawAgent>()),
            "hermes" => Hermes(folders, environment),
            "" => throw new AgentSetupException("No runtime is set: MOLECULE_RUNTIME has to be claude-code, codex, hermes, openclaw or google-adk."),
            var other => throw new AgentSetupException($"The runtime '{other}' is unknown here: MOLECULE_RUNTIME has to be claude-code, codex, hermes, openclaw or google-adk."),
        };
    }

    // Each runtime has a patience of its own; a user's word is every runtime's.
    private TurnLimits Patient(TurnLimits limits) => settings.IdleLimit is { } said ? limits with { Silence = said } : limits;

    private HermesAgent Hermes(AgentFolders folders, ImmutableDictionary<string, string> environment)
    {
        var source = HermesSource.Find(environment);
        if (source.Url is not null)
        {
            // Whoever runs it has configured it; a model of no vendor is refused all the same.
            HermesArm.For(settings.Provider, settings.Model, environment);
        }

        return new HermesAgent(
            source,
            source.Url is null ? HermesSetup.For(settings.Provider, settings.Model, environment) : null,
            folders,
            environment,
            Patient(TurnLimits.Hermes),
            time,
            children,
            loggers.CreateLogger<HermesAgent>());
    }

    private InstalledEngine Engine()
    {
        try
        {
            return EngineLookup.Find(settings.Runtime, settings.Environment.GetValueOrDefault(RunEnvironment.Engines));
        }
        catch (EngineMissingException e)
        {
            throw new AgentSetupException(e.Message, e);
        }
    }
}
