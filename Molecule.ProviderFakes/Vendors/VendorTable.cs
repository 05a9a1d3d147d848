using System.Collections.Immutable;
using Molecule.ProviderFakes.Clouds;

namespace Molecule.ProviderFakes.Vendors;

/// <summary>
/// The vendors' truth: which fake stands where, for whom, and what that vendor serves. Never read from the registry, which would then
/// confirm its own errors.
/// </summary>
public sealed class VendorTable
{
    /// <summary>The fakes of the arms (a01 and up), of the control plane's upstreams (u01 and up) and of clouds (c01 and up). Base paths tell nothing of the vendor.</summary>
    public ImmutableArray<VendorFake> Fakes { get; } =
    [
        Anthropic.Api("anthropic-api", "/a01"),
        Anthropic.OAuth("anthropic-oauth", "/a02"),
        OpenAI.Api("openai-api", "/a03"),
        ChatGpt.Backend("openai-subscription", "/a04"),
        Kimi.Coding("kimi-coding", "/a05"),
        MiniMax.MessagesAndChat("minimax", "/a06"),
        MiniMax.OpenAI("byok-minimax", "/a07"),
        Gemini.Api("google", "/a08"),
        Groq.Api("groq", "/a09"),
        Anthropic.Api("byok-anthropic", "/a10"),
        OpenAI.Chat("byok-openai", "/a11"),
        Gemini.Api("byok-gemini", "/a12"),

        // openclaw's kimi-coding under a key without the prefix sk-kimi- (spec 2.4): the same arm at the vendor's other origin.
        Kimi.Moonshot("kimi-coding-moonshot", "/a13"),
        Anthropic.Api("upstream-anthropic", "/u01"),
        OpenAI.Api("upstream-openai", "/u02"),
        MiniMax.All("upstream-minimax", "/u03"),
        Kimi.Moonshot("upstream-moonshot", "/u04"),
        Vertex.OpenAICompatible(GoogleClouds.Vertex, "/u05"),
        Gemini.OpenAICompatible("upstream-google", "/u06"),

        // The clouds that the control plane's keyless arm goes through.
        GoogleClouds.SecurityTokens("/c01"),
        GoogleClouds.Credentials("/c02"),
    ];

    /// <summary>The fake below whose base path a request lies, and the path at the vendor's origin.</summary>
    public VendorFake? FindByPath(string path, out string relative)
    {
        ArgumentNullException.ThrowIfNull(path);
        foreach (var fake in Fakes)
        {
            if (path.StartsWith(fake.BasePath, StringComparison.Ordinal) && (path.Length == fake.BasePath.Length || path[fake.BasePath.Length] == '/'))
            {
                relative = path.Length == fake.BasePath.Length ? "/" : path[fake.BasePath.Length..];
                return fake;
            }
        }

        relative = path;
        return null;
    }

    public VendorFake? FindById(string id) => Fakes.FirstOrDefault(fake => fake.Id == id);
}
