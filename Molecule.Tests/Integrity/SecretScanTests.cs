using Molecule.Harness.Runs;
using Molecule.Tests.Workspace;

namespace Molecule.Tests.Integrity;

public sealed class SecretScanTests : IDisposable
{
    private readonly TemporaryFolder _folder = new("molecule-scan-");
    private readonly SecretScan _scan = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_secret_is_found_in_any_file_below_and_the_finding_does_not_repeat_it()
    {
        _scan.Add("admin-token", "0f1e2d3c4b5a69788796a5b4c3d2e1f0");
        var file = Write("evidence/a.json", """{"answer":"0f1e2d3c4b5a69788796a5b4c3d2e1f0"}""");

        Assert.Equal([$"{file} holds the secret 'admin-token'"], _scan.Find(_folder.Path));
        Assert.Equal([$"{file} holds the secret 'admin-token'"], _scan.Find(file, _folder.Path, Path.Combine(_folder.Path, "none")));
    }

    [Fact]
    public void A_line_of_a_secret_of_many_lines_is_found_in_json()
    {
        _scan.Add("key file", "-----BEGIN KEY-----\nMIIEvQIBADANBgkq\n-----END KEY-----\n");
        var file = Write("ledger.jsonl", """{"detail":"-----BEGIN KEY-----\nMIIEvQIBADANBgkq\n"}""");

        Assert.Equal([$"{file} holds the secret 'key file'"], _scan.Find(_folder.Path));
    }

    [Theory]
    [InlineData("mol-vendor-0011223344556677")]
    [InlineData("sk-ant-mol-codex-openai-api-00112233445566aa")]
    public void A_synthetic_credential_is_found_by_its_form(string credential)
    {
        var file = Write("session.log", $"Authorization: Bearer {credential}");

        Assert.Equal([$"{file} holds a synthetic credential (mol-...)"], _scan.Find(_folder.Path));
    }

    [Fact]
    public void What_holds_no_secret_is_not_reported()
    {
        _scan.Add("admin-token", "0f1e2d3c4b5a69788796a5b4c3d2e1f0");
        _scan.Add("too short to be told from a word", "bearer");
        Write("ledger.jsonl", """{"run":"20261127-000000-aaaaaa","auth":"bearer","credential":"0f1e2d3c4b5a6978","prefix":"mol-","text":"a mol-ecule of mol-dings"}""");

        Assert.Empty(_scan.Find(_folder.Path));
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder.Path, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }
}
