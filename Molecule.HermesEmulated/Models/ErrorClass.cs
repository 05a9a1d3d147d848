namespace Molecule.HermesEmulated.Models;

/// <summary>Why a call to a model failed, in hermes-agent's own words (agent/error_classifier.py; spec/driving-the-runtimes.md 5).</summary>
public enum ErrorClass
{
    /// <summary>401, 403. Terminal.</summary>
    Auth,

    /// <summary>Credit or quota exhausted. Terminal.</summary>
    Billing,

    /// <summary>429. Retried.</summary>
    RateLimit,

    /// <summary>503, 529. Retried.</summary>
    Overloaded,

    /// <summary>500, 502 and their like. Retried.</summary>
    ServerError,

    /// <summary>The connection failed, broke, or fell silent. Retried.</summary>
    Timeout,

    /// <summary>More than the model takes. Compressed and retried.</summary>
    ContextOverflow,

    /// <summary>The vendor does not have the model. Terminal.</summary>
    ModelNotFound,

    /// <summary>A request that would be refused again. Terminal.</summary>
    FormatError,

    /// <summary>Anything else. Retried.</summary>
    Unknown,
}
