using System.Collections.Immutable;
using Molecule.Aws;
using Molecule.Contracts.Clouds;
using Molecule.Contracts.Journal;
using Molecule.Contracts.Runs;
using Molecule.Harness.Clients;
using Molecule.Processes;

namespace Molecule.Harness.Lanes.Scripts;

/// <summary>What each side of the secrets manager may not do, tried with the very keys that the control plane and a running workspace hold (docs/decisions/0025).</summary>
/// <param name="fakes">Where the emulated account is.</param>
/// <param name="http">Without a timeout of its own.</param>
/// <param name="writer">The control plane's identity.</param>
/// <param name="clock">The clock of signatures.</param>
public sealed class SecretsRefusalScript(FakesClient fakes, HttpClient http, AwsCredentials writer, TimeProvider clock) : ILaneScript
{
    public const string Name = "secrets-refusal";

    /// <summary>What an attempt that was not refused is called.</summary>
    public const string Done = "done";

    private const string Neighbour = "molecule/workspaces/a-neighbour/KEY";
    private readonly ImmutableArray<SecretsAttempt>.Builder _attempts = ImmutableArray.CreateBuilder<SecretsAttempt>();

    public string Feature => Name;

    /// <summary>What the workspace is created with besides its credential.</summary>
    public static ImmutableDictionary<string, string> Besides => ImmutableDictionary<string, string>.Empty.Add("MOLECULE_SECRETS_DELIVERY", "manager");

    /// <summary>What was tried, and what came of it.</summary>
    public ImmutableArray<SecretsAttempt> Attempts => _attempts.ToImmutable();

    /// <summary>Whether the workspace's own session read the credential that its vendor sees.</summary>
    public bool ReadsItsOwn { get; private set; }

    public async Task<ImmutableArray<LaneTurn>> RunAsync(OpenLane lane, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(lane);
        var grant = GrantOf(lane.Workspace);
        var endpoint = new AwsEndpoint(http, grant.Region, grant.Origin is { } origin ? new Uri(origin) : null, clock);
        var (secrets, tokens) = (new SecretsManager(endpoint), new SecurityTokens(endpoint));
        var reader = new AwsCredentials(grant.AccessKeyId, grant.SecretAccessKey);
        var own = grant.Variables.First(v => lane.Credential.Secrets.TryGetValue(v.Key, out var value) && CredentialFingerprint.Of(value) == lane.Credential.Fingerprint).Value;
        var session = (await tokens.AssumeAsync(reader, grant.Role, grant.ExternalId, "refusals", cancellationToken).ConfigureAwait(false)).Credentials;

        await TryAsync("the control plane writes", () => secrets.WriteAsync(writer, Neighbour, "of the neighbour", cancellationToken)).ConfigureAwait(false);
        await TryAsync("the workspace reads its own", async () =>
            ReadsItsOwn = CredentialFingerprint.Of((await secrets.ReadAsync(session, own, cancellationToken).ConfigureAwait(false)).Value) == lane.Credential.Fingerprint).ConfigureAwait(false);
        await TryAsync("the workspace reads its neighbour's", () => secrets.ReadAsync(session, Neighbour, cancellationToken)).ConfigureAwait(false);
        await TryAsync("the workspace writes its own", () => secrets.WriteAsync(session, own, "forged", cancellationToken)).ConfigureAwait(false);
        await TryAsync("the workspace deletes its own", () => secrets.DeleteAsync(session, own, cancellationToken)).ConfigureAwait(false);
        await TryAsync("the reader reads without a role", () => secrets.ReadAsync(reader, own, cancellationToken)).ConfigureAwait(false);
        await TryAsync("the control plane reads", () => secrets.ReadAsync(writer, own, cancellationToken)).ConfigureAwait(false);
        await TryAsync("the reader assumes the role without its external id", () => tokens.AssumeAsync(reader, grant.Role, "guessed", "refusals", cancellationToken)).ConfigureAwait(false);
        await TryAsync("the control plane assumes the role", () => tokens.AssumeAsync(writer, grant.Role, grant.ExternalId, "refusals", cancellationToken)).ConfigureAwait(false);
        await TryAsync("somebody signs with another key", () => secrets.ReadAsync(session with { SecretAccessKey = "another" }, own, cancellationToken)).ConfigureAwait(false);
        await fakes.ChangeAsync(new EmulatedRoleChange($"workspace-{lane.Workspace}", ExpireSessions: true), cancellationToken).ConfigureAwait(false);
        await TryAsync("the workspace reads on a session that has ended", () => secrets.ReadAsync(session, own, cancellationToken)).ConfigureAwait(false);
        await secrets.DeleteAsync(writer, Neighbour, cancellationToken).ConfigureAwait(false);

        var words = lane.FreshWords();
        return [await lane.SendAsync(words, words.Prompt, words.Reversed, cancellationToken).ConfigureAwait(false)];
    }

    private async Task TryAsync(string what, Func<Task> attempt)
    {
        try
        {
            await attempt().ConfigureAwait(false);
            _attempts.Add(new SecretsAttempt(what, Done));
        }
        catch (AwsException e)
        {
            _attempts.Add(new SecretsAttempt(what, e.Code));
        }
    }

    // It stands in the workspace's own environment, and in that of none of its agent's programs.
    private static SecretsGrant GrantOf(string workspace) => ProcessTable.Read()
        .Where(row => ProcessTable.EnvironmentVariable(row.Key.Id, RunEnvironment.Workspace) == workspace)
        .Select(static row => ProcessTable.EnvironmentVariable(row.Key.Id, SecretsGrant.Variable))
        .Select(static text => text is null ? null : SecretsGrant.Read(text))
        .FirstOrDefault(static grant => grant is not null) ?? throw new LaneException($"No process of workspace {workspace} holds {SecretsGrant.Variable}.");
}

/// <summary>Something that was tried at the secrets manager.</summary>
/// <param name="What">Who did what.</param>
/// <param name="Outcome"><see cref="SecretsRefusalScript.Done"/>, or AWS's code of the refusal.</param>
public sealed record SecretsAttempt(string What, string Outcome);
