using System.Text.Json.Serialization;
using Molecule.Contracts.Faults;

namespace Molecule.Contracts.Journal;

/// <summary>One request that reached a provider fake, or the control plane's LLM proxy.</summary>
/// <param name="Sequence">Grows by one with each entry of one journal.</param>
/// <param name="At">When the request's head had been read.</param>
/// <param name="Fake">The fake that was hit: the arm's id, <c>upstream-VENDOR</c>, or <c>none</c> where no base path matched.</param>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">The path relative to the fake's base path, without the query: <c>/v1/messages</c>.</param>
/// <param name="Query">The query with its question mark, or empty.</param>
/// <param name="Auth">The form of the credential, from the headers alone.</param>
/// <param name="Credential">Fingerprint of the credential presented (<see cref="CredentialFingerprint"/>); null where there was none. Never the credential.</param>
/// <param name="Model">The model id in the request, as on the wire.</param>
/// <param name="Stream">Whether the request asked for a stream.</param>
/// <param name="Status">The HTTP status answered.</param>
/// <param name="UserAgent">The request's user-agent.</param>
/// <param name="Prompt">The last user text of the request; of a longer one than 2,000 characters its beginning and its end, 1,000 each.</param>
/// <param name="Answer">The text answered, cut to 2,000 characters; null for refusals and for calls that answer no text.</param>
/// <param name="Tokens">What the answer's usage said.</param>
/// <param name="Peer">The process at the other end of the connection; null where the machine cannot tell.</param>
/// <param name="Problem">Why the request was refused by the fake's own table, naming the nearest mapping; null for one that was served.</param>
/// <param name="Fault">The fault that was applied; null where none was. <paramref name="Answer"/> is null then, unless the stream was only paced.</param>
/// <param name="Minted">What a refresh of tokens gave out; null for all other requests. <paramref name="Credential"/> is the refresh token's then.</param>
public sealed record JournalEntry(
    long Sequence,
    DateTimeOffset At,
    string Fake,
    string Method,
    string Path,
    string Query,
    CredentialForm Auth,
    string? Credential,
    string? Model,
    bool Stream,
    int Status,
    string? UserAgent,
    string? Prompt,
    string? Answer,
    TokenCount? Tokens,
    PeerIdentity? Peer,
    string? Problem,
    AppliedFault? Fault = null,
    MintedTokens? Minted = null);

/// <summary>Input and output tokens of one turn or request.</summary>
public sealed record TokenCount(long Input, long Output);

/// <summary>How a credential stood in the headers of a request. On the wire in kebab-case, with <c>+</c> for the combined forms.</summary>
public enum CredentialForm
{
    /// <summary>No credential at all.</summary>
    None,

    /// <summary><c>Authorization: Bearer ...</c> alone.</summary>
    Bearer,

    /// <summary>Bearer and <c>ChatGPT-Account-Id</c> (spec/runtimes-and-providers.md 3.3).</summary>
    [JsonStringEnumMemberName("bearer+account-id")]
    BearerAccountId,

    /// <summary>Bearer and an <c>anthropic-beta</c> that holds an <c>oauth-</c> flag (spec/driving-the-runtimes.md 1).</summary>
    [JsonStringEnumMemberName("bearer+oauth-beta")]
    BearerOauthBeta,

    /// <summary><c>x-api-key</c> alone.</summary>
    XApiKey,

    /// <summary><c>x-goog-api-key</c> alone.</summary>
    XGoogApiKey,

    /// <summary><c>?key=</c> alone, which only Google takes (spec/runtimes-and-providers.md 3.6).</summary>
    QueryKey,

    /// <summary>More than one credential at once.</summary>
    Mixed,
}

/// <summary>The process at the other end of a loopback connection, as the kernel tells it.</summary>
/// <param name="ProcessId">Its id.</param>
/// <param name="StartTicks">Its start time in clock ticks since boot (field 22 of /proc/PID/stat): with the id, unique.</param>
/// <param name="Executable">The target of /proc/PID/exe.</param>
/// <param name="Sha256">SHA-256 of that file, lower-case hex.</param>
/// <param name="Workspace">The workspace id that stands in the process's environment, if any.</param>
/// <param name="Tree">For a Node program, the packages that it runs; null for any other, and where none can be told.</param>
/// <param name="Container">The id of the container that it lives in; null for a process outside of any, or in the reader's own.</param>
public sealed record PeerIdentity(int ProcessId, long StartTicks, string Executable, string Sha256, string? Workspace, RunningTree? Tree = null, string? Container = null);

/// <summary>The tree of npm packages that a process runs.</summary>
/// <param name="Script">Path of the main script inside node_modules; null where the process has given itself another name, and is known by the native modules mapped into it.</param>
/// <param name="Digest">SHA-256 over the paths and bytes of the whole tree, lower-case hex.</param>
public sealed record RunningTree(string? Script, string Digest);
