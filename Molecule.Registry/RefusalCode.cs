namespace Molecule.Registry;

/// <summary>Why a workspace is not created: the codes of spec 4.4 that the registry decides. HTTP 422.</summary>
public enum RefusalCode
{
    /// <summary>None given and no default.</summary>
    ModelRequired,

    /// <summary>The id is neither on the runtime's menu nor routable.</summary>
    UnregisteredModelForRuntime,

    /// <summary>The arm that owns the id names a provider the catalogue lacks.</summary>
    DerivedProviderNotInRegistry,

    /// <summary>A key arm without any of its auth_env.</summary>
    MissingByokCredential,

    /// <summary>The registry has no such runtime.</summary>
    RuntimeUnsupported,

    /// <summary>An arm the control plane serves, on a control plane without its proxy.</summary>
    MissingPlatformProxy,
}

/// <summary>The codes as they stand on the wire.</summary>
public static class RefusalCodes
{
    /// <summary>The wire text, e.g. <c>UNREGISTERED_MODEL_FOR_RUNTIME</c> (spec 4.4).</summary>
    public static string ToWire(this RefusalCode code) => code switch
    {
        RefusalCode.ModelRequired => "MODEL_REQUIRED",
        RefusalCode.UnregisteredModelForRuntime => "UNREGISTERED_MODEL_FOR_RUNTIME",
        RefusalCode.DerivedProviderNotInRegistry => "DERIVED_PROVIDER_NOT_IN_REGISTRY",
        RefusalCode.MissingByokCredential => "MISSING_BYOK_CREDENTIAL",
        RefusalCode.RuntimeUnsupported => "RUNTIME_UNSUPPORTED",
        RefusalCode.MissingPlatformProxy => "MISSING_PLATFORM_PROXY",
        _ => throw new ArgumentOutOfRangeException(nameof(code), code, "no such refusal code"),
    };
}
