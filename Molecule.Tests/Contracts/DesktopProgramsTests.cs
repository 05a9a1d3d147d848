using Molecule.Contracts.Desktop;

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
    }
}
