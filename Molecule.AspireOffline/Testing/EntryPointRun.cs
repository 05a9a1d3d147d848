using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Testing;

/// <summary>
/// An AppHost's Main, run on a thread of its own for a test: held at Build() until the test has changed what it wants, then let go on to Run().
/// </summary>
internal sealed class EntryPointRun
{
    // Flows with the thread that runs Main, and with nothing else.
    private static readonly AsyncLocal<EntryPointRun?> Flowing = new();

    private readonly Assembly _appHost;
    private readonly string[] _args;
    private readonly Action<DistributedApplicationOptions, HostApplicationBuilderSettings> _configure;
    private readonly TaskCompletionSource<bool> _goOn = New<bool>();
    private readonly TaskCompletionSource<DistributedApplicationBuilder> _building = New<DistributedApplicationBuilder>();
    private readonly TaskCompletionSource<(DistributedApplication, IHostApplicationLifetime)> _built = New<(DistributedApplication, IHostApplicationLifetime)>();
    private readonly TaskCompletionSource<bool> _started = New<bool>();
    private readonly TaskCompletionSource<bool> _ended = New<bool>();

    private EntryPointRun(Assembly appHost, string[] args, Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configure)
    {
        _appHost = appHost;
        _args = args;
        _configure = configure;
    }

    public static EntryPointRun? Current => Flowing.Value;

    /// <summary>The builder that Main has made, once Main has come to Build().</summary>
    public Task<DistributedApplicationBuilder> Building => _building.Task;

    public Task<(DistributedApplication Application, IHostApplicationLifetime Lifetime)> Built => _built.Task;

    public Task Started => _started.Task;

    public Task Ended => _ended.Task;

    public static EntryPointRun Start(
        Assembly appHost, string[] args, Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configure)
    {
        var main = appHost.EntryPoint
            ?? throw new InvalidOperationException($"The assembly {appHost.GetName().Name} has no entry point; name a type of the AppHost's assembly.");
        var run = new EntryPointRun(appHost, args, configure);
        new Thread(() => run.Run(main)) { IsBackground = true, Name = $"{appHost.GetName().Name} Main" }.Start();
        return run;
    }

    public void GoOn() => _goOn.TrySetResult(true);

    /// <summary>Ends a Main that is held at Build().</summary>
    public void Abandon() => _goOn.TrySetResult(false);

    public void OnConstructing(DistributedApplicationOptions options, HostApplicationBuilderSettings settings) =>
        TestSettings.Apply(_appHost, _args, options, settings, _configure);

    public void OnBuilding(DistributedApplicationBuilder builder)
    {
        _building.TrySetResult(builder);
        if (!_goOn.Task.GetAwaiter().GetResult())
        {
            throw new OperationCanceledException("The test has given up the application before it was built.");
        }
    }

    // The lifetime is asked for before Main goes on: a Main whose start fails lets go of the services at once.
    public void OnBuilt(DistributedApplication application) =>
        _built.TrySetResult((application, application.Services.GetRequiredService<IHostApplicationLifetime>()));

    public void OnStarted() => _started.TrySetResult(true);

    public void OnFailed(Exception e)
    {
        _building.TrySetException(e);
        _built.TrySetException(e);
        _started.TrySetException(e);
        // Not everybody waits for each of them.
        _ = (_building.Task.Exception, _built.Task.Exception, _started.Task.Exception);
    }

    private static TaskCompletionSource<T> New<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Run(MethodInfo main)
    {
        Flowing.Value = this;
        try
        {
            main.Invoke(null, BindingFlags.DoNotWrapExceptions, null, main.GetParameters().Length == 0 ? null : [_args], null);
            OnFailed(new InvalidOperationException(
                $"The entry point of {_appHost.GetName().Name} has returned; it has to build a distributed application and run it."));
        }
        catch (Exception e)
        {
            // The edge of Main: whoever waits for the application gets it.
            OnFailed(e);
        }
        finally
        {
            _ended.TrySetResult(true);
        }
    }
}
