namespace Aspire.Hosting;

/// <summary>A service that is not part of the application and runs already.</summary>
public sealed class ExternalServiceResource : ApplicationModel.Resource
{
    /// <summary>Names a service at an absolute URL.</summary>
    public ExternalServiceResource(string name, Uri uri)
        : base(name) => Uri = uri;

    /// <summary>Where it is.</summary>
    public Uri? Uri { get; }
}
