namespace Molecule.HermesEmulated.Models;

/// <summary>Classifies a vendor's error as hermes-agent does: by status, refined by wording (read in its agent/error_classifier.py). Pure.</summary>
public static class ErrorClassifier
{
    private static readonly string[] _overflow =
    [
        "context length", "context size", "context window", "maximum context", "token limit", "too many tokens", "reduce the length", "prompt is too long",
        "maximum number of tokens", "max_tokens", "input is too long", "context_length_exceeded", "exceeds the limit", "total message size exceeds",
    ];

    private static readonly string[] _billing =
    [
        "insufficient_quota", "insufficient balance", "insufficient credits", "credit balance", "exceeded your current quota", "exceeded_current_quota",
        "billing", "payment required", "enforced_spend_limit_reached",
    ];

    private static readonly string[] _overloaded = ["overloaded", "at capacity", "over capacity", "unavailable"];

    private static readonly string[] _rateLimit = ["rate limit", "rate_limit", "too many requests", "resource_exhausted", "requests per minute", "tokens per minute"];

    private static readonly string[] _modelNotFound = ["model_not_found", "model not found", "not found the model", "does not exist", "no such model", "unknown model", "model:"];

    private static readonly string[] _auth = ["invalid api key", "invalid_api_key", "api_key_invalid", "api key not valid", "authentication", "unauthorized", "permission"];

    public static ErrorClass Classify(VendorError error)
    {
        ArgumentNullException.ThrowIfNull(error);
        var words = $"{error.Type} {error.Message}";
        return error.Status switch
        {
            401 => ErrorClass.Auth,
            402 => ErrorClass.Billing,
            403 => Says(words, _billing) ? ErrorClass.Billing : ErrorClass.Auth,
            404 => Says(words, _modelNotFound) ? ErrorClass.ModelNotFound : ErrorClass.Unknown,
            413 => ErrorClass.ContextOverflow,
            429 => Says(words, _overloaded) ? ErrorClass.Overloaded : Says(words, _billing) ? ErrorClass.Billing : ErrorClass.RateLimit,
            503 or 529 => ErrorClass.Overloaded,
            >= 500 => Says(words, _overflow) ? ErrorClass.ContextOverflow : ErrorClass.ServerError,
            >= 400 => ByWords(words) ?? ErrorClass.FormatError,

            // Inside a stream, and MiniMax's errors with HTTP 200, there is nothing but words.
            _ => ByWords(words) ?? ErrorClass.Unknown,
        };
    }

    /// <summary>Whether another try may help.</summary>
    public static bool IsRetryable(ErrorClass error) =>
        error is ErrorClass.RateLimit or ErrorClass.Overloaded or ErrorClass.ServerError or ErrorClass.Timeout or ErrorClass.Unknown;

    private static ErrorClass? ByWords(string words) =>
        Says(words, _overflow) || MiniMax(words) is 1039 ? ErrorClass.ContextOverflow
        : Says(words, _billing) || MiniMax(words) is 1008 or 2056 ? ErrorClass.Billing
        : Says(words, _auth) || MiniMax(words) is 1004 or 2049 ? ErrorClass.Auth
        : Says(words, _rateLimit) || MiniMax(words) is 1002 ? ErrorClass.RateLimit
        : Says(words, _overloaded) ? ErrorClass.Overloaded
        : Says(words, _modelNotFound) ? ErrorClass.ModelNotFound
        : null;

    // spec/runtimes-and-providers.md 3.5.
    private static int? MiniMax(string words) =>
        words.StartsWith("base_resp ", StringComparison.Ordinal) && int.TryParse(words.Split(' ')[1], out var code) ? code : null;

    private static bool Says(string words, string[] patterns) => patterns.Any(p => words.Contains(p, StringComparison.OrdinalIgnoreCase));
}
