using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Molecule.Processes;

namespace Molecule.Workspace.Agents.Hermes;

/// <summary>A hermes whose API server answers: a <c>hermes gateway</c> of this workspace, or one that runs elsewhere.</summary>
public sealed class HermesGateway : IAsyncDisposable
{
    // Another program may take the port between the look and the start.
    private const int PortAttempts = 3;

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(25);

    private readonly LineProcess? _process;
    private readonly Task _draining;

    private HermesGateway(HermesApi api, LineProcess? process, ILogger logger)
    {
        (Api, _process) = (api, process);
        _draining = process is null ? Task.CompletedTask : DrainAsync(process, logger);
    }

    public HermesApi Api { get; }

    public bool HasEnded => _process is { HasEnded: true };

    /// <summary>How the program ended; empty for one of somebody else.</summary>
    public string Ending => _process?.Ending ?? "";

    /// <summary>Takes a server that runs already.</summary>
    /// <exception cref="HermesException">It does not answer, or does not take the key.</exception>
    public static async Task<HermesGateway> ConnectAsync(Uri address, string key, ILogger logger, CancellationToken cancellationToken)
    {
        var api = new HermesApi(address, key);
        if (await api.AnswersAsync(cancellationToken).ConfigureAwait(false))
        {
            return new HermesGateway(api, null, logger);
        }

        api.Dispose();
        throw new HermesException($"the API server at {address} does not answer, or does not take the key");
    }

    /// <summary>Starts <c>hermes gateway</c> and waits until its API server answers.</summary>
    /// <param name="program">The program; the variables of the API server are added here.</param>
    /// <param name="children">Of the workspace.</param>
    /// <param name="logger">For what it prints.</param>
    /// <param name="cancellationToken">Ends the wait, and the program.</param>
    /// <exception cref="HermesException">It ended instead.</exception>
    public static async Task<HermesGateway> StartAsync(AgentProgram program, OwnChildren children, ILogger logger, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var port = FreePort();
            var key = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
            var environment = program.Environment.SetItems(ImmutableDictionary.CreateRange(new Dictionary<string, string>
            {
                ["API_SERVER_ENABLED"] = "true",
                ["API_SERVER_HOST"] = "127.0.0.1",
                ["API_SERVER_PORT"] = port.ToString(CultureInfo.InvariantCulture),
                ["API_SERVER_KEY"] = key,
            }));
            var process = LineProcess.Start(program with { Environment = environment }, children, logger);
            var gateway = new HermesGateway(new HermesApi(new Uri($"http://127.0.0.1:{port}"), key), process, logger);
            try
            {
                while (!process.HasEnded)
                {
                    if (await gateway.Api.AnswersAsync(cancellationToken).ConfigureAwait(false))
                    {
                        return gateway;
                    }

                    // Real time, whatever the turns' clock says: how often is looked decides nothing.
                    await Task.Delay(Poll, cancellationToken).ConfigureAwait(false);
                }

                if (attempt == PortAttempts)
                {
                    throw new HermesException($"hermes gateway ended at its start ({process.Ending})");
                }
            }
            catch
            {
                await gateway.DisposeAsync().ConfigureAwait(false);
                throw;
            }

            await gateway.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task DrainAsync(LineProcess process, ILogger logger)
    {
        await foreach (var line in process.Lines.ReadAllAsync().ConfigureAwait(false))
        {
            logger.LogInformation("hermes: {Line}", line);
        }
    }

    /// <summary>Ends the program: TERM, on which hermes closes its sessions, then as <see cref="LineProcess"/> does. A server of somebody else's goes on.</summary>
    public async ValueTask DisposeAsync()
    {
        Api.Dispose();
        if (_process is null)
        {
            return;
        }

        if (!_process.HasEnded && ProcessTable.Find(_process.ProcessId) is { } row)
        {
            ProcessTable.Terminate(row.Key);
        }

        await _process.DisposeAsync().ConfigureAwait(false);
        await _draining.ConfigureAwait(false);
    }
}

/// <summary>hermes does not run when it should.</summary>
public sealed class HermesException(string message) : Exception(message);
