using System.Reflection;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting
{
    /// <summary>Gathers resources, services and configuration of an application.</summary>
    public interface IDistributedApplicationBuilder
    {
        /// <summary>The configuration; may be added to.</summary>
        ConfigurationManager Configuration { get; }

        /// <summary>The folder of the AppHost project; relative paths start there.</summary>
        string AppHostDirectory { get; }

        /// <summary>The AppHost's assembly.</summary>
        Assembly? AppHostAssembly { get; }

        /// <summary>Environment name, content root.</summary>
        IHostEnvironment Environment { get; }

        /// <summary>The services; may be added to.</summary>
        IServiceCollection Services { get; }

        /// <summary>The events.</summary>
        IDistributedApplicationEventing Eventing { get; }

        /// <summary>What the application is doing.</summary>
        DistributedApplicationExecutionContext ExecutionContext { get; }

        /// <summary>The resources.</summary>
        IResourceCollection Resources { get; }

        /// <summary>Adds a resource.</summary>
        /// <exception cref="DistributedApplicationException">There is one of that name.</exception>
        IResourceBuilder<T> AddResource<T>(T resource)
            where T : IResource;

        /// <summary>A builder for a resource; does not add it.</summary>
        IResourceBuilder<T> CreateResourceBuilder<T>(T resource)
            where T : IResource;

        /// <summary>Builds the application.</summary>
        DistributedApplication Build();
    }

    /// <summary>How an application is built.</summary>
    public sealed class DistributedApplicationOptions
    {
        /// <summary>Command-line arguments.</summary>
        public string[]? Args { get; set; }

        /// <summary>Name of the AppHost's assembly; null for the entry assembly.</summary>
        public string? AssemblyName { get; set; }

        /// <summary>Whether to go without a dashboard. This engine has none.</summary>
        public bool DisableDashboard { get; set; }

        /// <summary>Whether resources' logs go to the application's log as well.</summary>
        public bool EnableResourceLogging { get; set; }

        /// <summary>Whether the dashboard may be served without TLS.</summary>
        public bool AllowUnsecuredTransport { get; set; }

        /// <summary>The folder of the AppHost project; null for the one it was built from.</summary>
        public string? ProjectDirectory { get; set; }

        /// <summary>The name shown in the dashboard.</summary>
        public string? DashboardApplicationName { get; set; }
    }

    /// <summary>What an application does.</summary>
    public enum DistributedApplicationOperation
    {
        /// <summary>Runs.</summary>
        Run = 0,

        /// <summary>Writes itself down to be deployed.</summary>
        Publish = 1,
    }

    /// <summary>What the application is doing.</summary>
    public class DistributedApplicationExecutionContext
    {
        private IServiceProvider? _services;

        /// <summary>Says what it is doing.</summary>
        public DistributedApplicationExecutionContext(DistributedApplicationOperation operation)
            : this(operation, "manifest")
        {
        }

        /// <summary>Says what it is doing and for which publisher.</summary>
        public DistributedApplicationExecutionContext(DistributedApplicationOperation operation, string publisherName)
        {
            Operation = operation;
            PublisherName = publisherName;
        }

        /// <summary>What it is doing.</summary>
        public DistributedApplicationOperation Operation { get; }

        /// <summary>For whom it writes itself down.</summary>
        public string PublisherName { get; set; }

        /// <summary>Whether it runs.</summary>
        public bool IsRunMode => Operation == DistributedApplicationOperation.Run;

        /// <summary>Whether it writes itself down.</summary>
        public bool IsPublishMode => Operation == DistributedApplicationOperation.Publish;

        /// <summary>The application's services.</summary>
        /// <exception cref="InvalidOperationException">It has not been built yet.</exception>
        public IServiceProvider Services
        {
            get => _services ?? throw new InvalidOperationException("The services are there once the application has been built.");
            internal set => _services = value;
        }
    }

    /// <summary>The application could not do what was asked.</summary>
    public class DistributedApplicationException : Exception
    {
        /// <summary>Makes one without a message.</summary>
        public DistributedApplicationException()
        {
        }

        /// <summary>Makes one.</summary>
        public DistributedApplicationException(string message)
            : base(message)
        {
        }

        /// <summary>Makes one with its cause.</summary>
        public DistributedApplicationException(string message, Exception inner)
            : base(message, inner)
        {
        }
    }

    /// <summary>A parameter has no value.</summary>
#pragma warning disable CA1032 // The API has these two constructors.
    public class MissingParameterValueException : DistributedApplicationException
    {
        /// <summary>Makes one.</summary>
        public MissingParameterValueException(string message)
            : base(message)
        {
        }

        /// <summary>Makes one with its cause.</summary>
        public MissingParameterValueException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }
#pragma warning restore CA1032

    /// <summary>How telemetry travels.</summary>
    public enum OtlpProtocol
    {
        /// <summary>OTLP/gRPC.</summary>
        Grpc = 0,

        /// <summary>OTLP/HTTP, protobuf.</summary>
        HttpProtobuf = 1,

        /// <summary>OTLP/HTTP, JSON.</summary>
        HttpJson = 2,
    }
}

namespace Aspire.Hosting.ApplicationModel
{
    /// <summary>What to do with annotations of the same kind.</summary>
    public enum ResourceAnnotationMutationBehavior
    {
        /// <summary>Keep them.</summary>
        Append = 0,

        /// <summary>Remove them.</summary>
        Replace = 1,
    }

    /// <summary>Says more about a resource.</summary>
    public interface IResourceBuilder<out T>
        where T : IResource
    {
        /// <summary>The application's builder.</summary>
        IDistributedApplicationBuilder ApplicationBuilder { get; }

        /// <summary>The resource.</summary>
        T Resource { get; }

        /// <summary>Adds an annotation.</summary>
        IResourceBuilder<T> WithAnnotation<TAnnotation>(
            TAnnotation annotation, ResourceAnnotationMutationBehavior behavior = ResourceAnnotationMutationBehavior.Append)
            where TAnnotation : IResourceAnnotation;

        /// <summary>Adds an annotation that needs no words.</summary>
        IResourceBuilder<T> WithAnnotation<TAnnotation>(ResourceAnnotationMutationBehavior behavior = ResourceAnnotationMutationBehavior.Append)
            where TAnnotation : IResourceAnnotation, new() => WithAnnotation(new TAnnotation(), behavior);
    }

    internal sealed class ResourceBuilder<T>(IDistributedApplicationBuilder applicationBuilder, T resource) : IResourceBuilder<T>
        where T : IResource
    {
        public IDistributedApplicationBuilder ApplicationBuilder { get; } = applicationBuilder;

        public T Resource { get; } = resource;

        public IResourceBuilder<T> WithAnnotation<TAnnotation>(TAnnotation annotation, ResourceAnnotationMutationBehavior behavior)
            where TAnnotation : IResourceAnnotation
        {
            if (behavior == ResourceAnnotationMutationBehavior.Replace)
            {
                foreach (var old in Resource.Annotations.OfType<TAnnotation>().ToArray())
                {
                    Resource.Annotations.Remove(old);
                }
            }

            Resource.Annotations.Add(annotation);
            return this;
        }
    }
}
