using CliWrap;
using Molecule.HostTools.Debian;
using Molecule.HostTools.Installing;

namespace Molecule.HostTools.Containers;

/// <summary>
/// Gives a Debian machine without a container engine one: docker.io by apt, dockerd with its data, socket and log in the cache. For root alone; a
/// machine it can do nothing for is told so and left as it is.
/// </summary>
public sealed class EngineInstaller(CacheFolder cache, TextWriter progress, TimeProvider time)
{
    private const string DaemonLog = "dockerd.log";
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    private string Folder { get; } = cache.Combine("docker");

    /// <summary>Installs and starts what is missing. An engine that answers already is left alone.</summary>
    /// <returns>Whether an engine answers.</returns>
    public async Task<bool> EnsureAsync(CancellationToken cancellationToken)
    {
        if (await AnswersAsync(cancellationToken).ConfigureAwait(false))
        {
            return true;
        }

        if (AptGet.Cannot() is { } why)
        {
            return await SayAsync($"no container engine answers, and {why}. What needs one stays unchecked.").ConfigureAwait(false);
        }

        Directory.CreateDirectory(Folder);
        using var alone = await CacheLock.TakeAsync(cache, "docker", AptGet.Limit, progress, time, cancellationToken).ConfigureAwait(false);
        if (await AnswersAsync(cancellationToken).ConfigureAwait(false))
        {
            return true;
        }

        if (OnPath("dockerd") is null)
        {
            await SayAsync("installing Debian's docker.io").ConfigureAwait(false);
            if (await new AptGet(Path.Combine(Folder, "apt.log")).InstallAsync(["docker.io", "iptables"], cancellationToken).ConfigureAwait(false) is { } problem)
            {
                return await SayAsync($"{problem}. What needs a container engine stays unchecked.").ConfigureAwait(false);
            }
        }

        // Where systemd runs, the package has started one.
        return await AnswersAsync(cancellationToken).ConfigureAwait(false) || await StartAsync(cancellationToken).ConfigureAwait(false);
    }

    private static string? OnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Concat(["/usr/sbin", "/sbin"]).Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    private async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        if (ContainerEngine.Find(Environment.GetEnvironmentVariable, cache, File.Exists) is not { } engine
            || await engine.VersionAsync(cancellationToken).ConfigureAwait(false) is not { } version)
        {
            return false;
        }

        await SayAsync($"container engine {version} answers at {engine.Address}").ConfigureAwait(false);
        return true;
    }

    // In a session of its own: it outlives this program, and is there for the runs that follow.
    private async Task<bool> StartAsync(CancellationToken cancellationToken)
    {
        var log = Path.Combine(Folder, DaemonLog);
        StalePidFile.Forget(Path.Combine(Folder, "dockerd.pid"), "dockerd");
        StalePidFile.Forget(Path.Combine(Folder, "exec", "containerd", "containerd.pid"), "containerd");
        await Cli.Wrap("/bin/sh")
            .WithArguments(["-c", """exec setsid --fork "$@" </dev/null >>"$0" 2>&1""", log, OnPath("dockerd")!,
                "--data-root", Path.Combine(Folder, "data"), "--exec-root", Path.Combine(Folder, "exec"),
                "--pidfile", Path.Combine(Folder, "dockerd.pid"), "--host", $"unix://{ContainerEngine.SocketOf(cache)}"])
            .ExecuteAsync(cancellationToken).ConfigureAwait(false);
        var started = time.GetTimestamp();
        while (time.GetElapsedTime(started) < StartLimit)
        {
            if (File.Exists(ContainerEngine.SocketOf(cache)) && await AnswersAsync(cancellationToken).ConfigureAwait(false))
            {
                return true;
            }

            await Task.Delay(Poll, time, cancellationToken).ConfigureAwait(false);
        }

        return await SayAsync($"dockerd was started and did not answer within {StartLimit.TotalSeconds:0} s; '{log}' says why. What needs a container engine stays unchecked.").ConfigureAwait(false);
    }

    private async Task<bool> SayAsync(string line)
    {
        await progress.WriteLineAsync($"setup: {line}").ConfigureAwait(false);
        return false;
    }
}
