using System.Collections.Concurrent;
using CliWrap;
using Molecule.Processes;

namespace Molecule.Benchmarks;

/// <summary>A service as a process of its own on a free port, ended when this is disposed of.</summary>
public sealed class ServiceProcess : IAsyncDisposable
{
    private const string Listening = "Now listening on: ";
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _kill = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;
    private int _id;

    public Uri Url { get; private set; } = new("about:blank");

    /// <summary>Milliseconds that it has computed so far.</summary>
    public double ComputedMilliseconds => ProcessTable.Find(_id) is { } row ? CpuTime.OfSeconds([row]) * 1000 : 0;

    /// <summary>Starts it and waits until it says where it listens.</summary>
    /// <exception cref="InvalidOperationException">It ended instead; the message holds what it wrote.</exception>
    public static async Task<ServiceProcess> StartAsync(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?> environment, CancellationToken cancellationToken)
    {
        var service = new ServiceProcess();
        var url = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        var said = new ConcurrentQueue<string>();
        var command = Cli.Wrap("dotnet")
            .WithArguments([program, .. arguments])
            .WithEnvironmentVariables(environment)
            .WithStandardInputPipe(PipeSource.FromStream(new OpenInput()))
            .WithStandardOutputPipe(PipeTarget.ToDelegate(line =>
            {
                // What it says later is read and dropped: a full pipe would stop it.
                if (!url.Task.IsCompleted)
                {
                    said.Enqueue(line);
                    if (line.IndexOf(Listening, StringComparison.Ordinal) is >= 0 and var at)
                    {
                        url.TrySetResult(new Uri(line[(at + Listening.Length)..].Trim()));
                    }
                }
            }))
            .WithStandardErrorPipe(PipeTarget.ToDelegate(said.Enqueue))
            .WithValidation(CommandResultValidation.None);
        service._running = EndAsync();
        service.Url = await url.Task.WaitAsync(StartLimit, cancellationToken);
        return service;

        async Task EndAsync()
        {
            try
            {
                var task = command.ExecuteAsync(service._kill.Token, service._stop.Token);
                service._id = task.ProcessId;
                var result = await task;
                url.TrySetException(new InvalidOperationException($"{Path.GetFileName(program)} ended with {result.ExitCode}:\n{string.Join('\n', said)}"));
            }
            catch (OperationCanceledException)
            {
                url.TrySetCanceled(CancellationToken.None);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _kill.CancelAfter(TimeSpan.FromSeconds(10));
        await _running;
        _kill.Dispose();
        _stop.Dispose();
    }

    /// <summary>A standard input that stays open and says nothing: its end, with this process, is the child's sign to go.</summary>
    private sealed class OpenInput : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 0;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
