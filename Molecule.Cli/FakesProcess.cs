using System.Security.Cryptography;
using CliWrap;
using Molecule.Harness.Clients;
using Molecule.Harness.Runs;

namespace Molecule.Cli;

/// <summary>The provider fakes as a process of their own, without a graph, on a free port.</summary>
internal sealed class FakesProcess : IAsyncDisposable
{
    // Microsoft.Hosting.Lifetime's own words.
    private const string Listening = "Now listening on: ";

    private static readonly TimeSpan _startLimit = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _ended;
    private readonly Task _running;
    private readonly HttpClient _http;

    private FakesProcess(CancellationTokenSource ended, Task running, HttpClient http, FakesClient client) => (_ended, _running, _http, Client) = (ended, running, http, client);

    public FakesClient Client { get; }

    /// <exception cref="ConfigurationException">The fakes do not start.</exception>
    public static async Task<FakesProcess> StartAsync(Repository repository, CancellationToken cancellationToken)
    {
        var key = RandomNumberGenerator.GetHexString(32, lowercase: true);
        var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var address = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        var said = new List<string>();
        var running = CliWrap.Cli.Wrap("dotnet")
            .WithArguments([BuiltPrograms.Fakes, "--urls", "http://127.0.0.1:0"])
            .WithWorkingDirectory(repository.Root)
            .WithEnvironmentVariables(variables => variables.Set("Molecule__Fakes__AdminKey", key))
            .WithStandardOutputPipe(PipeTarget.ToDelegate(line =>
            {
                said.Add(line);
                if (line.IndexOf(Listening, StringComparison.Ordinal) is var at and >= 0)
                {
                    address.TrySetResult(new Uri(line[(at + Listening.Length)..].Trim()));
                }
            }))
            .WithStandardErrorPipe(PipeTarget.ToDelegate(said.Add))
            .WithValidation(CommandResultValidation.None)
            .ExecuteAsync(ended.Token)
            .Task;
        if (await Task.WhenAny(address.Task, running, Task.Delay(_startLimit, cancellationToken)) != address.Task)
        {
            await EndAsync(ended, running);
            throw new ConfigurationException($"The provider fakes did not start within {_startLimit.TotalSeconds} s: {string.Join(" | ", said.ToArray().TakeLast(5))}");
        }

        var http = new HttpClient { BaseAddress = await address.Task };
        return new FakesProcess(ended, running, http, new FakesClient(http, key));
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await EndAsync(_ended, _running);
    }

    private static async Task EndAsync(CancellationTokenSource ended, Task running)
    {
        await ended.CancelAsync();
        try
        {
            await running;
        }
        catch (OperationCanceledException)
        {
            // That is how it ends.
        }

        ended.Dispose();
    }
}
