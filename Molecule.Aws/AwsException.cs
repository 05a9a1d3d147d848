namespace Molecule.Aws;

/// <summary>AWS refused a call, or could not be reached. The message holds no secret.</summary>
/// <param name="code">AWS's code, e.g. AccessDeniedException; <see cref="Unreachable"/> where there was no answer.</param>
/// <param name="message">What was tried and what AWS said of it.</param>
public sealed class AwsException(string code, string message) : Exception(message)
{
    /// <summary>Nobody answered, or not in time, or not in AWS's words.</summary>
    public const string Unreachable = "Unreachable";

    public string Code { get; } = code;

    /// <summary>Whether a session is over: <c>ExpiredToken</c> on the query wire, <c>ExpiredTokenException</c> on the JSON one.</summary>
    public bool IsExpired => Code is "ExpiredToken" or "ExpiredTokenException";
}
