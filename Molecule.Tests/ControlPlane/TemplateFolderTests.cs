using Molecule.ControlPlane.Templates;
using Molecule.Registry;
using Molecule.Tests.Workspace;

namespace Molecule.Tests.ControlPlane;

/// <summary>A template's folder as the control plane reads it at its start (spec/control-plane.md 9.3).</summary>
public sealed class TemplateFolderTests : IDisposable
{
    private readonly TemporaryFolder _root = new("molecule-templates-");

    [Fact]
    public void All_its_files_but_those_of_version_control_are_a_workspaces_first_files()
    {
        Write("codex/config.yaml", Config);
        Write("codex/prompts/system.md", "Be short. é");
        Write("codex/.git/HEAD", "ref");
        Write("no-template/readme.md", "x");

        var folder = TemplateFolder.Read(_root.Path);

        Assert.Equal(["codex"], folder.Rows.Select(static row => row.Id));
        Assert.Equal(["config.yaml", "prompts/system.md"], folder.Files["codex"].Keys);
        Assert.Equal("Be short. é", folder.Files["codex"]["prompts/system.md"]);
    }

    [Fact]
    public void The_default_of_a_runtime_is_the_row_called_so_and_never_one_of_another_runtime()
    {
        Write("codex/config.yaml", Config);
        Write("hermes/config.yaml", Config);
        Assert.Equal("codex", TemplateFolder.Read(_root.Path).DefaultOf("codex")!.Id);
        Assert.Null(TemplateFolder.Read(_root.Path).DefaultOf("hermes"));
        Assert.Null(TemplateFolder.Read(_root.Path).DefaultOf("openclaw"));

        Write("codex-default/config.yaml", Config);

        Assert.Equal("codex-default", TemplateFolder.Read(_root.Path).DefaultOf("codex")!.Id);
    }

    [Fact]
    public void A_file_that_no_configuration_can_hold_is_named()
    {
        Write("codex/config.yaml", Config);
        File.WriteAllBytes(Path.Combine(_root.Path, "codex", "logo.png"), [0x89, 0x50, 0xFF]);

        var refused = Assert.Throws<RegistryFormatException>(() => TemplateFolder.Read(_root.Path));

        Assert.Contains("logo.png(1,1): is not text in UTF-8", refused.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _root.Dispose();

    private const string Config = """
        name: Codex
        description: An agent.
        tier: 3
        runtime: codex
        runtime_config:
          model: 'gpt-5.5'
          required_env: []
          models:
            - { id: 'gpt-5.5', name: 'gpt-5.5', required_env: [] }
        skills: []
        """;

    private void Write(string path, string text)
    {
        var file = Path.Combine(_root.Path, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
