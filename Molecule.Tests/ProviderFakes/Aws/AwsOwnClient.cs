using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Molecule.Contracts;
using Molecule.Contracts.Engines;
using Molecule.HostTools.Installing;

namespace Molecule.Tests.ProviderFakes.Aws;

/// <summary>AWS's own client of Secrets Manager (npm @aws-sdk/client-secrets-manager) as a program: runtimes/aws.</summary>
public sealed class AwsOwnClient : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private Process? _client;

    public async ValueTask InitializeAsync()
    {
        var installer = new PackageInstaller(CacheFolder.OfThisMachine(), TextWriter.Null, TimeProvider.System, Environment.GetEnvironmentVariable);
        var folder = await installer.InstallAsync(PackageSet.Aws, TestContext.Current.CancellationToken);
        var manifest = JsonSerializer.Deserialize<EngineManifest>(await File.ReadAllTextAsync(Path.Combine(folder, PackageInstaller.ManifestName)), ContractJson.Compact)!;
        var engine = Assert.Single(manifest.Engines);
        var start = new ProcessStartInfo(engine.Node!, [engine.Path]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment.Clear();
        _client = Process.Start(start)!;
    }

    public async ValueTask DisposeAsync()
    {
        if (_client is not null)
        {
            _client.Kill();
            await _client.WaitForExitAsync();
            _client.Dispose();
        }
    }

    /// <summary>Sends a command; gives what the client made of the answer.</summary>
    public async Task<JsonElement> SendAsync(Uri endpoint, AwsKeys keys, string command, JsonObject input)
    {
        var line = new JsonObject { ["endpoint"] = endpoint.AbsoluteUri, ["key"] = keys.Id, ["secret"] = keys.Secret, ["token"] = keys.Token, ["command"] = command, ["input"] = input };
        await _client!.StandardInput.WriteLineAsync(line.ToJsonString());
        await _client.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
        var answer = await _client.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Deadline);
        return JsonDocument.Parse(answer ?? throw new InvalidOperationException($"AWS's client ended before it answered {command}.")).RootElement;
    }
}

/// <summary>What a call is signed with.</summary>
public sealed record AwsKeys(string Id, string Secret, string? Token = null)
{
    public override string ToString() => Id;
}
