using System.Globalization;
using Molecule.HostTools.Containers;
using Molecule.Tests.Workspace;

namespace Molecule.Tests.HostTools;

public sealed class StalePidFileTests
{
    [Theory]
    [InlineData("another program's", true)]
    [InlineData("its own", false)]
    public void A_pid_file_is_forgotten_only_where_its_number_is_another_programs_by_now(string whose, bool isForgotten)
    {
        using var folder = new TemporaryFolder("molecule-pid-");
        using var sleeper = TestProcess.Start(null, "sleep", "1000");
        var file = Path.Combine(folder.Path, "containerd.pid");
        File.WriteAllText(file, sleeper.Key.Id.ToString(CultureInfo.InvariantCulture));

        StalePidFile.Forget(file, whose == "its own" ? "sleep" : "containerd");

        Assert.Equal(isForgotten, !File.Exists(file));
    }

    [Fact]
    public void One_whose_process_has_ended_or_that_holds_no_number_is_forgotten()
    {
        using var folder = new TemporaryFolder("molecule-pid-");
        foreach (var content in (string[])["2147483647", "", "none"])
        {
            var file = Path.Combine(folder.Path, "containerd.pid");
            File.WriteAllText(file, content);

            StalePidFile.Forget(file, "containerd");

            Assert.False(File.Exists(file));
        }
    }

    [Fact]
    public void No_file_is_nothing_to_forget()
    {
        using var folder = new TemporaryFolder("molecule-pid-");

        StalePidFile.Forget(Path.Combine(folder.Path, "containerd.pid"), "containerd");

        Assert.Empty(Directory.GetFiles(folder.Path));
    }
}
