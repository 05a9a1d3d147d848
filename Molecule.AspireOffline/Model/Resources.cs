using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting
{
    /// <summary>A resource whose endpoints others find by its name.</summary>
    public interface IResourceWithServiceDiscovery : IResourceWithEndpoints;

}

namespace Aspire.Hosting.ApplicationModel
{
    /// <summary>A .NET project.</summary>
    public class ProjectResource(string name)
        : Resource(name), IResourceWithEnvironment, IResourceWithArgs, IResourceWithServiceDiscovery, IResourceWithWaitSupport;

    /// <summary>A program.</summary>
    public class ExecutableResource : Resource, IResourceWithEnvironment, IResourceWithArgs, IResourceWithEndpoints, IResourceWithWaitSupport
    {
        /// <summary>Names the program and the folder it runs in.</summary>
        public ExecutableResource(string name, string command, string workingDirectory)
            : base(name)
        {
            ArgumentException.ThrowIfNullOrEmpty(command);
            ArgumentNullException.ThrowIfNull(workingDirectory);
            Annotations.Add(new ExecutableAnnotation { Command = command, WorkingDirectory = workingDirectory });
        }

        /// <summary>Program name or path.</summary>
        public string Command => Annotations.OfType<ExecutableAnnotation>().Last().Command;

        /// <summary>The folder it runs in.</summary>
        public string WorkingDirectory => Annotations.OfType<ExecutableAnnotation>().Last().WorkingDirectory;
    }

    /// <summary>A value from outside: configuration, or a default.</summary>
    public class ParameterResource : Resource, IExpressionValue
    {
        private readonly Lazy<string> _value;

        /// <summary>Makes a parameter whose value is asked for once, when it is first needed.</summary>
        public ParameterResource(string name, Func<ParameterDefault?, string> callback, bool secret = false)
            : base(name)
        {
            ArgumentNullException.ThrowIfNull(callback);
            Secret = secret;
            _value = new Lazy<string>(() => callback(Default));
        }

        /// <summary>Whether the value must not be shown.</summary>
        public bool Secret { get; }

        /// <summary>Where the value comes from when nobody has given one.</summary>
        public ParameterDefault? Default { get; set; }

        /// <inheritdoc/>
        public string ValueExpression => $"{{{Name}.value}}";

        /// <summary>The value.</summary>
        /// <exception cref="MissingParameterValueException">There is none.</exception>
        public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken) => new(_value.Value);
    }
}
