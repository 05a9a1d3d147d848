using System.Collections.Concurrent;
using System.IO.Pipelines;
using Aspire.Hosting.ApplicationModel;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace Aspire.Hosting.Running;

/// <summary>Starts containers through the Docker Engine API, and removes at the end what it has started.</summary>
internal sealed class ContainerLauncher(ContainerEngine engine, ContainerHost host, ResourceLoggerService logs, PortReservations ports) : ILauncher
{
    private readonly ConcurrentDictionary<IResource, string> _started = new(ReferenceEqualityComparer.Instance);

    public async Task<ILaunched> LaunchAsync(IResource resource, ResolvedConfiguration resolved, CancellationToken cancellationToken)
    {
        await engine.ProbeAsync(cancellationToken).ConfigureAwait(false);
        if (_started.TryRemove(resource, out var earlier))
        {
            await RemoveAsync(earlier).ConfigureAwait(false);
        }

        var image = ImageOf(resource);
        await PullIfMissingAsync(resource, image, cancellationToken).ConfigureAwait(false);
        var parameters = await ParametersAsync(resource, image, resolved, cancellationToken).ConfigureAwait(false);
        try
        {
            var created = await Containers.CreateContainerAsync(parameters, cancellationToken).ConfigureAwait(false);
            _started[resource] = created.ID;
            EndpointAllocation.Release(resource, ports);
            await Containers.StartContainerAsync(created.ID, new ContainerStartParameters(), cancellationToken).ConfigureAwait(false);
            return new LaunchedContainer(this, resource, created.ID,
            [
                new(PropertyNames.ContainerImage, image),
                new(PropertyNames.ContainerId, created.ID),
                new(PropertyNames.ContainerArguments, string.Join(' ', resolved.ShownArguments)),
            ]);
        }
        catch (DockerApiException e)
        {
            throw new DistributedApplicationException($"The container engine refused the container of image '{image}': {e.ResponseBody?.Trim() ?? e.Message}", e);
        }
    }

    /// <summary>Stops and removes every container that was started, with the volumes that have no name.</summary>
    public Task StopAllAsync() => Task.WhenAll(_started.ToArray().Select(async started =>
    {
        await StopAsync(started.Value).ConfigureAwait(false);
        await RemoveAsync(started.Value).ConfigureAwait(false);
        _started.TryRemove(started);
    }));

    private IContainerOperations Containers => engine.Client.Containers;

    private async Task PullIfMissingAsync(IResource resource, string image, CancellationToken cancellationToken)
    {
        try
        {
            await engine.Client.Images.InspectImageAsync(image, cancellationToken).ConfigureAwait(false);
        }
        catch (DockerImageNotFoundException)
        {
            try
            {
                logs.WriteLine(resource, $"Pulling image '{image}'.", isError: false);
                await engine.Client.Images.CreateImageAsync(new ImagesCreateParameters { FromImage = image }, null, new Progress<JSONMessage>(), cancellationToken).ConfigureAwait(false);
            }
            catch (DockerApiException e)
            {
                throw new DistributedApplicationException($"The image '{image}' is not on this machine and cannot be pulled: {e.ResponseBody?.Trim() ?? e.Message}", e);
            }
        }
    }

    private async Task<CreateContainerParameters> ParametersAsync(
        IResource resource, string image, ResolvedConfiguration resolved, CancellationToken cancellationToken)
    {
        var endpoints = resource.Annotations.OfType<EndpointAnnotation>().ToLookup(static e => $"{e.TargetPort}/{e.Protocol.ToString().ToLowerInvariant()}");
        return new CreateContainerParameters
        {
            Name = resource.InstanceId(),
            Image = image,
            Env = [.. resolved.Variables.Select(static v => $"{v.Key}={v.Value}")],
            Cmd = resolved.Arguments.IsEmpty ? null! : [.. resolved.Arguments],
            Entrypoint = (resource as ContainerResource)?.Entrypoint is { } entrypoint ? [entrypoint] : null!,
            Labels = await LabelsAsync(resource, cancellationToken).ConfigureAwait(false),
            ExposedPorts = endpoints.ToDictionary(static e => e.Key, static _ => default(EmptyStruct)),
            HostConfig = new HostConfig
            {
                ExtraHosts = host.Alias is { } alias ? [alias] : null!,
                PortBindings = endpoints.ToDictionary(
                    static e => e.Key,
                    static e => (IList<PortBinding>)[.. e.Select(static one => new PortBinding { HostIP = "127.0.0.1", HostPort = $"{one.AllocatedEndpoint!.Port}" })]),
                Mounts = [.. resource.Annotations.OfType<ContainerMountAnnotation>().Select(static m => new Mount
                {
                    Type = m.Type == ContainerMountType.BindMount ? "bind" : "volume",
                    Source = m.Source,
                    Target = m.Target,
                    ReadOnly = m.IsReadOnly,
                })],
            },
        };
    }

    private static async Task<Dictionary<string, string>> LabelsAsync(IResource resource, CancellationToken cancellationToken)
    {
        var context = new ContainerRuntimeArgsCallbackContext([], cancellationToken);
        foreach (var annotation in resource.Annotations.OfType<ContainerRuntimeArgsCallbackAnnotation>())
        {
            await annotation.Callback(context).ConfigureAwait(false);
        }

        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in context.Args.Chunk(2))
        {
            labels.Add(
                pair is ["--label", string text] && text.Split('=', 2) is [{ Length: > 0 } name, _]
                    ? name
                    : throw new DistributedApplicationException(
                        $"Container runtime argument '{string.Join(' ', pair)}' of resource '{resource.Name}': the offline engine knows '--label NAME=VALUE' only."),
                text.Split('=', 2)[1]);
        }

        return labels;
    }

    private static string ImageOf(IResource resource)
    {
        var image = resource.Annotations.OfType<ContainerImageAnnotation>().Last();
        return $"{(image.Registry is { Length: > 0 } registry ? $"{registry}/" : "")}{image.Image}:{image.Tag ?? "latest"}";
    }

    private async Task StopAsync(string id)
    {
        try
        {
            await Containers.StopContainerAsync(id, new ContainerStopParameters { WaitBeforeKillSeconds = (uint)ProcessFamily.Grace.TotalSeconds }).ConfigureAwait(false);
        }
        catch (Exception e) when (e is DockerContainerNotFoundException or HttpRequestException or IOException)
        {
            // It has been removed by somebody else, or its engine has gone and taken it along.
        }
    }

    private async Task RemoveAsync(string id)
    {
        try
        {
            await Containers.RemoveContainerAsync(id, new ContainerRemoveParameters { Force = true, RemoveVolumes = true }).ConfigureAwait(false);
        }
        catch (Exception e) when (e is DockerContainerNotFoundException or HttpRequestException or IOException)
        {
            // As above.
        }
    }

    private void WriteLine(IResource resource, string line, bool isError) => logs.WriteLine(resource, line, isError);

    private sealed class LaunchedContainer : ILaunched
    {
        private readonly ContainerLauncher _launcher;
        private readonly IResource _resource;
        private readonly string _id;

        public LaunchedContainer(ContainerLauncher launcher, IResource resource, string id, IReadOnlyList<ResourcePropertySnapshot> properties)
        {
            (_launcher, _resource, _id, Properties) = (launcher, resource, id, properties);
            Exited = ExitAsync();
        }

        public Task<int> Exited { get; }

        public string EndState => KnownResourceStates.Exited;

        public IReadOnlyList<ResourcePropertySnapshot> Properties { get; }

        public Task StopAsync() => _launcher.StopAsync(_id);

        private async Task<int> ExitAsync()
        {
            try
            {
                // The log ends with the container.
                await ReadLogAsync().ConfigureAwait(false);
                return (int)(await _launcher.Containers.WaitContainerAsync(_id).ConfigureAwait(false)).StatusCode;
            }
            catch (Exception e) when (e is DockerApiException or HttpRequestException or IOException or ObjectDisposedException or OperationCanceledException)
            {
                _launcher.WriteLine(_resource, $"The container engine no longer answers for the container: {e.Message}", isError: true);
                return -1;
            }
        }

        private async Task ReadLogAsync()
        {
            using var log = await _launcher.Containers.GetContainerLogsAsync(
                _id, new ContainerLogsParameters { ShowStdout = true, ShowStderr = true, Follow = true }, CancellationToken.None).ConfigureAwait(false);
            var (output, error) = (new Pipe(), new Pipe());
            var reading = Task.WhenAll(LinesAsync(output.Reader, isError: false), LinesAsync(error.Reader, isError: true));
            try
            {
                await log.CopyOutputToAsync(Stream.Null, output.Writer.AsStream(), error.Writer.AsStream(), CancellationToken.None).ConfigureAwait(false);
            }
            finally
            {
                await output.Writer.CompleteAsync().ConfigureAwait(false);
                await error.Writer.CompleteAsync().ConfigureAwait(false);
                await reading.ConfigureAwait(false);
            }
        }

        private async Task LinesAsync(PipeReader pipe, bool isError)
        {
            using var reader = new StreamReader(pipe.AsStream());
            while (await reader.ReadLineAsync().ConfigureAwait(false) is { } line)
            {
                _launcher.WriteLine(_resource, line, isError);
            }
        }
    }
}
