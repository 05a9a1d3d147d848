namespace Molecule.Tests.ControlPlane;

/// <summary>A control plane with a node, and a vendor behind its proxy.</summary>
public sealed class SharedPlatform(PostgresCluster postgres) : IAsyncLifetime
{
    public const string MiniMaxKey = "vendor-key-minimax";
    public const string AnthropicKey = "vendor-key-anthropic";

    private RunningControlPlane? _control;
    private FakeVendor? _vendor;
    private FakeNode? _node;

    public RunningControlPlane Control => _control!;

    public FakeVendor Vendor => _vendor!;

    public FakeNode Node => _node!;

    public async ValueTask InitializeAsync()
    {
        _vendor = await FakeVendor.StartAsync();
        _node = await FakeNode.StartAsync();
        _control = await RunningControlPlane.StartAsync(postgres, _node, new Dictionary<string, string?>
        {
            ["Molecule:Vendors:minimax:Key"] = MiniMaxKey,
            ["Molecule:Vendors:minimax:Origin"] = _vendor.Url + "/u03",
            ["Molecule:Vendors:anthropic:Key"] = AnthropicKey,
            ["Molecule:Vendors:anthropic:Origin"] = _vendor.Url + "/u01/",
            ["Molecule:Vendors:openai:Origin"] = _vendor.Url + "/u02",
            ["Molecule:Vendors:moonshot:Key"] = "vendor-key-moonshot",
            ["Molecule:Vendors:moonshot:Origin"] = "http://localhost:1",
        });
    }

    public async ValueTask DisposeAsync()
    {
        await (_control?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_node?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_vendor?.DisposeAsync() ?? ValueTask.CompletedTask);
    }
}
