using System.Collections.Immutable;
using System.Text.Json;
using Molecule.Contracts.Desktop;
using Molecule.Contracts.Provisioning;

namespace Molecule.Tests.Contracts;

public sealed class DesktopProgramsTests
{
    [Fact]
    public void What_is_in_no_folder_of_the_path_is_missing_by_name()
    {
        var there = new HashSet<string> { "/one/Xvnc", "/two/chromium", "/elsewhere/xterm" };

        Assert.Equal(["xterm"], DesktopPrograms.Missing(DesktopPrograms.All, "/one:/two", there.Contains));
        Assert.Equal(["Xvnc", "xterm"], DesktopPrograms.Missing(DesktopPrograms.OfAWorkspace, null, there.Contains));
        Assert.Empty(DesktopPrograms.Missing(DesktopPrograms.All, "/elsewhere::/two:/one", there.Contains));
        Assert.Equal("/two/chromium", DesktopPrograms.Find("chromium", "/one:/two", there.Contains));
        Assert.Equal(["Xvnc", "xterm", "chromium"], DesktopPrograms.All);
        Assert.Equal("exists", Assert.Throws<ArgumentNullException>(() => DesktopPrograms.Find("xterm", "/one", null!)).ParamName);
    }

    [Fact]
    public void An_empty_folder_of_the_path_is_not_the_folder_one_stands_in()
    {
        Assert.Null(DesktopPrograms.Find("xterm", "/one::/two:", static file => file == "xterm"));
        Assert.Null(DesktopPrograms.Find("xterm", null, static _ => true));
    }

    [Fact]
    public void A_provisioning_speaks_of_a_desktop_only_where_one_is_asked_for()
    {
        var request = new ProvisionRequest("o", "w", "codex", 1, "http://localhost:1", ImmutableDictionary<string, string>.Empty);

        Assert.DoesNotContain("desktop", JsonSerializer.Serialize(request), StringComparison.Ordinal);
        Assert.Contains("\"desktop\":true", JsonSerializer.Serialize(request with { HasDesktop = true }), StringComparison.Ordinal);
        Assert.True(JsonSerializer.Deserialize<ProvisionRequest>("""{"desktop":true}""")!.HasDesktop);
    }
}
