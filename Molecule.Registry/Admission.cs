using System.Collections.Immutable;

namespace Molecule.Registry;

/// <summary>What a create asks for.</summary>
/// <param name="Runtime">Null or blank = claude-code (spec/control-plane.md 14.3).</param>
/// <param name="Model">Null or blank = the runtime's default.</param>
/// <param name="PresentEnv">The names (never the values) of the credentials the workspace would hold.</param>
/// <param name="PlatformProxyConfigured">Whether the control plane's LLM proxy has what it needs.</param>
public sealed record CreateIntent(string? Runtime, string? Model, ImmutableHashSet<string> PresentEnv, bool PlatformProxyConfigured)
{
    /// <summary>Whether the proxy can mint the bearer of a keyless arm (spec 3.6).</summary>
    public bool FederationConfigured { get; init; }
}

/// <summary>The registry's answer to a create: <see cref="Admitted"/> or <see cref="Refused"/>.</summary>
public abstract record Admission;

/// <summary>It may be created so, all defaults filled in.</summary>
public sealed record Admitted(string Runtime, string Model, Provider Provider) : Admission;

/// <summary>It may not: 422, and nothing is written.</summary>
public sealed record Refused(RefusalCode Code, string Message) : Admission;

/// <summary>Decides creates (spec 4.4, spec/control-plane.md 14.3).</summary>
public static class CreateAdmission
{
    /// <summary>The runtime of a create that names none (spec/control-plane.md 14.3).</summary>
    public const string DefaultRuntime = "claude-code";

    /// <summary>Runtimes the product had once; a create that asks for one is told so by name (spec/control-plane.md 5.1, 14.3).</summary>
    public static ImmutableArray<string> RemovedRuntimes { get; } = ["langgraph", "crewai", "autogen", "deepagents", "gemini-cli", "mock"];

    /// <summary>Admits or refuses. Runtime <c>external</c> has no provider and is not to be asked about.</summary>
    public static Admission Admit(this ProviderRegistry registry, CreateIntent intent)
    {
        var runtime = Said(intent.Runtime);
        var model = Said(intent.Model);
        var namesNeither = runtime is null && model is null;

        runtime ??= DefaultRuntime;
        if (registry.FindRuntime(runtime) is null)
        {
            var fate = RemovedRuntimes.Contains(runtime) ? "was removed from the product" : "is not supported";
            return new Refused(
                RefusalCode.RuntimeUnsupported,
                $"runtime '{runtime}' {fate}; supported: {string.Join(", ", registry.Runtimes.Select(known => known.Name))}");
        }

        model ??= registry.DefaultModel(runtime);
        if (model is null)
        {
            return new Refused(RefusalCode.ModelRequired, $"runtime '{runtime}' has no default model: name one");
        }

        return registry.DeriveProvider(runtime, model, intent.PresentEnv) switch
        {
            NotDerived none => new Refused(none.Code, none.Message),

            // Who names nothing gets a workspace that waits for its credential (spec/control-plane.md 14.3).
            Derived found when !namesNeither && LacksCredential(found.Provider, intent) is { } refusal => refusal,
            Derived found => new Admitted(runtime, model, found.Provider),

            // Stryker disable once String : no third kind of derivation exists, so nobody can read it
            var other => throw new InvalidOperationException($"unknown derivation {other}"),
        };
    }

    private static Refused? LacksCredential(Provider provider, CreateIntent intent)
    {
        if (provider.IsServedByControlPlane)
        {
            return (provider.IsPlatform ? intent.PlatformProxyConfigured : intent.FederationConfigured)
                ? null
                : new Refused(
                    RefusalCode.MissingPlatformProxy,
                    $"provider '{provider.Name}' is served through the control plane's LLM proxy, whose {(provider.IsPlatform ? "URL or token" : "workload identity")} is not configured");
        }

        // An arm that names no credential (a local server, say) needs none.
        return provider.AuthEnv.IsEmpty || provider.AuthEnv.Any(intent.PresentEnv.Contains)
            ? null
            : new Refused(
                RefusalCode.MissingByokCredential,
                $"provider '{provider.Name}' needs a credential of yours: set one of {string.Join(", ", provider.AuthEnv)} as a secret");
    }

    private static string? Said(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
