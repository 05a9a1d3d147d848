using System.Diagnostics;
using System.Text.Json;
using Molecule.Contracts;
using Molecule.Contracts.Engines;
using Molecule.HostTools.Installing;
using Molecule.Tests.Harness.Logins;

namespace Molecule.Tests.Cli;

/// <summary>A server of other authors in the place of vendors, on loopback: runtimes/aimock.</summary>
public sealed class IndependentVendor : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private Process? _server;

    /// <summary>The only key that it takes.</summary>
    public string Key { get; } = $"sk-stand-in-{Guid.NewGuid():N}";

    /// <summary>The only access token that it takes, of a ChatGPT login that is young.</summary>
    public string AccessToken { get; } = SomeLogin.Jwt($"stand-in-{Guid.NewGuid():N}", TimeProvider.System.GetUtcNow().AddDays(10));

    /// <summary>Whether it keeps an answer until its end, as a proxy that buffers does.</summary>
    public bool KeepsAnswers { get; init; }

    /// <summary>http://127.0.0.1:PORT.</summary>
    public string Url { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        var installer = new PackageInstaller(CacheFolder.OfThisMachine(), TextWriter.Null, TimeProvider.System, Environment.GetEnvironmentVariable);
        var folder = await installer.InstallAsync(PackageSet.Aimock, TestContext.Current.CancellationToken);
        var manifest = JsonSerializer.Deserialize<EngineManifest>(await File.ReadAllTextAsync(Path.Combine(folder, PackageInstaller.ManifestName)), ContractJson.Compact)!;
        var engine = Assert.Single(manifest.Engines);
        var start = new ProcessStartInfo(engine.Node!, [engine.Path]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment.Clear();
        start.Environment["AIMOCK_API_KEYS"] = $"{Key},{AccessToken}";
        start.Environment["MOLECULE_AIMOCK_KEEPS"] = KeepsAnswers ? "1" : "0";
        _server = Process.Start(start)!;
        Url = await _server.StandardOutput.ReadLineAsync().WaitAsync(Deadline) ?? throw new InvalidOperationException("aimock ended before it said its address.");
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            _server.Kill();
            await _server.WaitForExitAsync();
            _server.Dispose();
        }
    }
}
