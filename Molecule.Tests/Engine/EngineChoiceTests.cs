using System.Diagnostics;
using System.IO.Compression;

namespace Molecule.Tests.Engine;

/// <summary>The first build of the solution finds out which Aspire engine it can have. No registry is asked here: the only source is a local folder.</summary>
public sealed class EngineChoiceTests : IDisposable
{
    private static readonly string[] Wanted = ["Aspire.AppHost.Sdk", "Aspire.Hosting.AppHost", "Aspire.Hosting.PostgreSQL", "Aspire.Hosting.Testing"];

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("molecule-engine-");

    private string Cache => Path.Combine(_root.FullName, "cache");

    private string Feed => Path.Combine(_root.FullName, "feed");

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public async Task Sources_that_lack_Aspire_mean_the_offline_engine_and_the_machine_remembers()
    {
        Directory.CreateDirectory(Feed);

        var first = await BuildAsync(Checkout("first"));
        Assert.Contains("Aspire engine: offline (the package sources lack it).", first, StringComparison.Ordinal);
        Assert.Contains("PROJECT offline probed", first, StringComparison.Ordinal);

        var again = await BuildAsync(Path.Combine(_root.FullName, "first"));
        Assert.DoesNotContain("Aspire engine:", again, StringComparison.Ordinal);
        Assert.Contains("PROJECT offline probed", again, StringComparison.Ordinal);

        var second = await BuildAsync(Checkout("second"));
        Assert.DoesNotContain("Finding out", second, StringComparison.Ordinal);
        Assert.Contains("as this machine remembers", second, StringComparison.Ordinal);
        Assert.Contains("PROJECT offline probed", second, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sources_that_have_Aspire_mean_the_real_one()
    {
        Directory.CreateDirectory(Feed);
        foreach (var id in Wanted)
        {
            WritePackage(id, "13.5.2");
        }

        var output = await BuildAsync(Checkout("checkout"));

        Assert.Contains("Aspire engine: the real one, 13.5.2 (it can be restored).", output, StringComparison.Ordinal);
        Assert.Contains("PROJECT packages probed", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_source_that_does_not_answer_is_asked_again_by_the_next_checkout()
    {
        var output = await BuildAsync(Checkout("checkout"));

        Assert.Contains("Aspire engine: offline (the restore failed", output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Cache));
    }

    [Fact]
    public async Task What_has_been_said_is_not_asked()
    {
        var checkout = Checkout("checkout");

        var output = await BuildAsync(checkout, "-p:AspireEngine=offline");

        Assert.Contains("PROJECT offline said", output, StringComparison.Ordinal);
        Assert.DoesNotContain("Finding out", output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(checkout, ".molecule")));
    }

    // The solution's own files, and a project that says what it sees.
    private string Checkout(string name)
    {
        var checkout = _root.CreateSubdirectory(name).FullName;
        var repository = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(repository.FullName, "Directory.Solution.targets")))
        {
            repository = repository.Parent ?? throw new DirectoryNotFoundException("The tests do not run below the repository.");
        }

        foreach (var file in (string[])["Directory.Solution.targets", "eng/AspireEngine.props", "eng/probe/AspireProbe.csproj"])
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(checkout, file))!);
            File.Copy(Path.Combine(repository.FullName, file), Path.Combine(checkout, file));
        }

        File.WriteAllText(Path.Combine(checkout, "Directory.Build.props"), """
            <Project>
              <Import Project="eng/AspireEngine.props" />
              <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
            </Project>
            """);
        File.WriteAllText(Path.Combine(checkout, "NuGet.config"), $"""
            <configuration><packageSources><clear /><add key="local" value="{Feed}" /></packageSources></configuration>
            """);
        File.WriteAllText(Path.Combine(checkout, "Says.proj"), """
            <Project>
              <Import Project="eng/AspireEngine.props" />
              <Target Name="Build"><Message Importance="high" Text="PROJECT $(AspireEngine) $(AspireEngineSource)" /></Target>
              <Target Name="Restore" />
            </Project>
            """);
        File.WriteAllText(Path.Combine(checkout, "Checkout.sln"), """
            Microsoft Visual Studio Solution File, Format Version 12.00
            Project("{9A19103F-16F7-4668-BE54-9A1E7A4F7556}") = "Says", "Says.proj", "{11111111-1111-1111-1111-111111111111}"
            EndProject
            Global
              GlobalSection(SolutionConfigurationPlatforms) = preSolution
                Debug|Any CPU = Debug|Any CPU
              EndGlobalSection
              GlobalSection(ProjectConfigurationPlatforms) = postSolution
                {11111111-1111-1111-1111-111111111111}.Debug|Any CPU.ActiveCfg = Debug|Any CPU
                {11111111-1111-1111-1111-111111111111}.Debug|Any CPU.Build.0 = Debug|Any CPU
              EndGlobalSection
            EndGlobal
            """);
        return checkout;
    }

    private void WritePackage(string id, string version)
    {
        using var package = ZipFile.Open(Path.Combine(Feed, $"{id}.{version}.nupkg"), ZipArchiveMode.Create);
        using (var nuspec = new StreamWriter(package.CreateEntry($"{id}.nuspec").Open()))
        {
            nuspec.Write($"""
                <package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
                  <metadata><id>{id}</id><version>{version}</version><authors>test</authors><description>test</description></metadata>
                </package>
                """);
        }

        package.CreateEntry("lib/net10.0/_._");
    }

    private async Task<string> BuildAsync(string checkout, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", ["build", "Checkout.sln", "-nodeReuse:false", "-v:normal", "--tl:off", .. arguments])
        {
            WorkingDirectory = checkout,
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        };
        start.Environment.Remove("MOLECULE_ASPIRE_ENGINE");
        start.Environment["MOLECULE_CACHE"] = Cache;
        // The packages made up here must not reach the machine's own folder.
        start.Environment["NUGET_PACKAGES"] = Path.Combine(_root.FullName, "packages");
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        using var build = Process.Start(start)!;
        build.StandardInput.Close();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(180));
        try
        {
            var output = await build.StandardOutput.ReadToEndAsync(deadline.Token);
            await build.WaitForExitAsync(deadline.Token);
            Assert.True(build.ExitCode == 0, output);
            return output;
        }
        catch (OperationCanceledException)
        {
            build.Kill(entireProcessTree: true);
            throw new TimeoutException($"`dotnet build` in {checkout} did not end within 180 s.");
        }
    }
}
