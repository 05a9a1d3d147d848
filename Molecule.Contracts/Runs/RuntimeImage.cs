using System.Collections.Immutable;

namespace Molecule.Contracts.Runs;

/// <summary>A runtime whose workspaces are containers of an image (docs/decisions/0026).</summary>
/// <param name="Runtime">claude-code, codex, ...</param>
/// <param name="Image">The image as its container engine knows it: <c>ghcr.io/x/workspace-template-codex:latest</c>.</param>
/// <param name="Digest">The image that it has to be, <c>sha256:</c> and 64 hex digits; null: nobody has said, and what runs counts as nothing.</param>
public sealed record RuntimeImage(string Runtime, string Image, string? Digest)
{
    private const string DigestPrefix = "sha256:";
    private const int DigestLength = 64;

    /// <summary>The runtimes that can be an image.</summary>
    public static ImmutableArray<string> Runtimes => ["claude-code", "codex", "hermes", "openclaw", "google-adk"];

    /// <summary>The variable that names a runtime's image.</summary>
    public static string ImageVariable(string runtime) => $"Molecule__Runtimes__{runtime}__Image";

    /// <summary>The variable that locks a runtime's image.</summary>
    public static string DigestVariable(string runtime) => $"Molecule__Runtimes__{runtime}__ImageDigest";

    /// <summary>Reads which runtimes are images.</summary>
    /// <param name="variable">An environment variable's value, or null.</param>
    /// <exception cref="FormatException">A digest is none or locks nothing, or a runtime is an image and something else; the message names the variable.</exception>
    public static ImmutableArray<RuntimeImage> Read(Func<string, string?> variable)
    {
        ArgumentNullException.ThrowIfNull(variable);
        return [.. Runtimes.Select(runtime => Read(runtime, name => variable(name) is { Length: > 0 } value ? value : null)).OfType<RuntimeImage>()];
    }

    private static RuntimeImage? Read(string runtime, Func<string, string?> variable)
    {
        var digest = variable(DigestVariable(runtime));
        if (digest is not null && !IsDigest(digest))
        {
            throw new FormatException(
                $"{DigestVariable(runtime)} is '{digest}': it has to be sha256: and 64 digits of lower-case hex, as 'docker image inspect --format {{{{.Id}}}} IMAGE' prints them.");
        }

        if (variable(ImageVariable(runtime)) is not { } image)
        {
            return digest is null ? null : throw new FormatException($"{DigestVariable(runtime)} locks an image and {ImageVariable(runtime)} names none: set it, or drop the lock.");
        }

        return variable($"Molecule__Runtimes__{runtime}__Url") is null
            ? new RuntimeImage(runtime, image, digest)
            : throw new FormatException($"{ImageVariable(runtime)} and Molecule__Runtimes__{runtime}__Url are both set: a runtime is an image or runs already, so drop one.");
    }

    private static bool IsDigest(string text) =>
        text.StartsWith(DigestPrefix, StringComparison.Ordinal) && text.Length == DigestPrefix.Length + DigestLength && text[DigestPrefix.Length..].All(char.IsAsciiHexDigitLower);
}
