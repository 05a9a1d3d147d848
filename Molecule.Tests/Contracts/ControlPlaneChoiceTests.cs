using Molecule.Contracts.Runs;

namespace Molecule.Tests.Contracts;

public sealed class ControlPlaneChoiceTests
{
    [Theory]
    [InlineData(null, ControlPlaneKind.Project, "", "project")]
    [InlineData("", ControlPlaneKind.Project, "", "project")]
    [InlineData("project", ControlPlaneKind.Project, "", "project")]
    [InlineData("container:ghcr.io/x/platform:1.2", ControlPlaneKind.Container, "ghcr.io/x/platform:1.2", "container:ghcr.io/x/platform:1.2")]
    [InlineData("url:http://localhost:8080/", ControlPlaneKind.Url, "http://localhost:8080", "url:http://localhost:8080")]
    [InlineData("url:https://platform.example", ControlPlaneKind.Url, "https://platform.example", "url:https://platform.example")]
    public void Each_of_the_three_is_read_and_written_alike(string? text, ControlPlaneKind kind, string where, string written)
    {
        var choice = ControlPlaneChoice.Parse(text);

        Assert.Equal((kind, where, written), (choice.Kind, choice.Where, choice.ToString()));
    }

    [Theory]
    [InlineData("http://localhost:8080")]
    [InlineData("url:")]
    [InlineData("url:localhost:8080")]
    [InlineData("url:ftp://localhost")]
    [InlineData("url:http://localhost:8080/api")]
    [InlineData("url:http://localhost:8080/?x=1")]
    [InlineData("url:http://me:secret@localhost:8080")]
    [InlineData("container:")]
    [InlineData("container:two words")]
    [InlineData("Project")]
    public void Anything_else_is_refused_without_being_repeated(string text)
    {
        var error = Assert.Throws<FormatException>(() => ControlPlaneChoice.Parse(text));

        Assert.StartsWith("Molecule:ControlPlane is neither 'project' nor 'container:IMAGE' nor 'url:URL'", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }
}
