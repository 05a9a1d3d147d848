namespace Aspire.Hosting.ApplicationModel;

/// <summary>From where an address is seen.</summary>
public readonly record struct NetworkIdentifier(string Value);

/// <summary>The networks that this engine tells apart.</summary>
public static class KnownNetworkIdentifiers
{
    /// <summary>This machine.</summary>
    public static readonly NetworkIdentifier LocalhostNetwork = new("localhost");

    /// <summary>Inside the application's containers.</summary>
    public static readonly NetworkIdentifier DefaultAspireContainerNetwork = new("aspire-container-network");
}
