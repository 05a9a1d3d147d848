using System.Data.Common;
using System.Net;
using Microsoft.AspNetCore.Connections.Features;
using Molecule.Contracts.Journal;
using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Wire;
using Molecule.Processes.Peers;

namespace Molecule.ControlPlane.Llm;

/// <summary>Writes down what came to the proxy: tokens in the database, each request in the journal, with the process that sent it.</summary>
public sealed partial class LlmBooks(MoleculeDatabase database, LlmJournal journal, PeerAttestor attestor, TimeProvider time, ILogger<LlmBooks> logger)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);

    /// <summary>Opens the entry of a request that has just come.</summary>
    public LlmExchange Open(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var request = context.Request;
        var bearer = Bearer.Of(request);
        var key = request.Headers["x-api-key"].FirstOrDefault() is { Length: > 0 } sent ? sent : null;
        return new LlmExchange(this, new JournalEntry(
            0,
            time.GetUtcNow(),
            "platform",
            request.Method,
            request.Path.Value ?? "",
            request.QueryString.Value ?? "",
            (bearer, key) switch
            {
                (null, null) => CredentialForm.None,
                (not null, null) => CredentialForm.Bearer,
                (null, not null) => CredentialForm.XApiKey,
                _ => CredentialForm.Mixed,
            },
            (key ?? bearer) is { } credential ? CredentialFingerprint.Of(credential) : null,
            null,
            false,
            0,
            request.Headers.UserAgent.FirstOrDefault(),
            null,
            null,
            null,
            PeerOf(context),
            null));
    }

    internal async Task WriteAsync(Guid? workspace, JournalEntry entry)
    {
        if (workspace is { } spender && entry.Tokens is { } tokens)
        {
            using var limit = new CancellationTokenSource(Limit);
            try
            {
                await database.QueryAsync(
                    async connection =>
                    {
                        await TokenUsage.AddAsync(connection, spender, tokens);
                        return true;
                    },
                    limit.Token);
            }
            catch (Exception e) when (e is DbException or OperationCanceledException)
            {
                LogUnwritten(logger, spender, tokens.Input, tokens.Output, e);
            }
        }

        journal.Append(entry);
    }

    private PeerIdentity? PeerOf(HttpContext context)
    {
        var connection = context.Connection;
        return context.Features.Get<IConnectionItemsFeature>() is { } items && connection is { LocalIpAddress: { } local, RemoteIpAddress: { } remote }
            ? attestor.IdentifyOnce(items.Items, new IPEndPoint(local, connection.LocalPort), new IPEndPoint(remote, connection.RemotePort))
            : null;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The tokens of workspace {Workspace} ({Input} in, {Output} out) could not be written.")]
    private static partial void LogUnwritten(ILogger logger, Guid workspace, long input, long output, Exception error);
}
