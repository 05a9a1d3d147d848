using System.Diagnostics;
using System.IO.Compression;

namespace Molecule.Tests.Engine;

/// <summary>
/// What the projects are under each value of AspireEngine, by evaluation: the real project files beside a stand-in for Aspire.AppHost.Sdk in a local
/// folder. No registry is asked.
/// </summary>
public sealed class EngineEvaluationTests(EngineEvaluationTests.Evaluations evaluations) : IClassFixture<EngineEvaluationTests.Evaluations>
{
    private const string Version = "13.5.2";

    public static TheoryData<string> AppHosts => ["Molecule.AppHost", "Molecule.Conformance.AppHost"];

    public static TheoryData<string> TestProjects => ["Molecule.E2E.Tests", "Molecule.Conformance.Tests", "Molecule.Tests"];

    [Theory]
    [MemberData(nameof(AppHosts))]
    public void An_AppHost_is_the_real_SDKs_under_packages_and_none_of_it_under_offline(string project)
    {
        // Once each: a second import would be warned of and ignored, and a missing one leaves a program that is no AppHost.
        Assert.Equal(["props x", "targets x"], evaluations.Packages.Of(project, "Sdk").Order());
        Assert.Equal(["true"], evaluations.Packages.Of(project, "IsAspireHost"));
        Assert.Empty(evaluations.Offline.Of(project, "Sdk"));
        Assert.Empty(evaluations.Offline.Of(project, "IsAspireHost"));
    }

    [Theory]
    [MemberData(nameof(AppHosts))]
    public void An_AppHost_references_the_offline_engine_under_offline_alone(string project)
    {
        Assert.Single(evaluations.Offline.Of(project, "ProjectReference"), static r => r.Contains("Molecule.AspireOffline.csproj", StringComparison.Ordinal));
        Assert.Contains("Aspire.Hosting", evaluations.Offline.Of(project, "Using"));
        Assert.Contains("Aspire.Hosting.ApplicationModel", evaluations.Offline.Of(project, "Using"));
    }

    [Fact]
    public void No_project_at_all_reaches_the_offline_engine_under_packages() =>
        Assert.DoesNotContain(evaluations.Packages.All("ProjectReference"), static r => r.Contains("AspireOffline", StringComparison.Ordinal));

    [Fact]
    public void No_project_at_all_wants_a_package_of_Aspires_under_offline()
    {
        Assert.DoesNotContain(evaluations.Offline.All("PackageReference"), static p => p.StartsWith("Aspire", StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain(evaluations.Offline.All("PackageVersion"), static p => p.StartsWith("Aspire", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void The_graph_has_PostgreSQLs_integration_and_each_test_project_the_testing_package_at_the_pinned_version()
    {
        Assert.Contains("Aspire.Hosting.PostgreSQL", evaluations.Packages.Of("Molecule.AppHost", "PackageReference"));
        foreach (var project in TestProjects.Select(static row => row.Data))
        {
            Assert.Contains("Aspire.Hosting.Testing", evaluations.Packages.Of(project, "PackageReference"));
            Assert.Empty(evaluations.Packages.Of(project, "Sdk"));
        }

        // The SDK brings Aspire.Hosting.AppHost itself: a central version for it is NU1009.
        Assert.Equal(
            [$"Aspire.Hosting.PostgreSQL {Version}", $"Aspire.Hosting.Testing {Version}"],
            evaluations.Packages.Of("Molecule.AppHost", "PackageVersion").Where(static p => p.StartsWith("Aspire", StringComparison.Ordinal)).Order());
    }

    [Theory]
    [MemberData(nameof(TestProjects))]
    public void A_test_project_has_the_same_usings_under_both(string project) =>
        Assert.Equal(
            evaluations.Packages.Of(project, "Using").Where(static u => u.StartsWith("Aspire", StringComparison.Ordinal)),
            evaluations.Offline.Of(project, "Using").Where(static u => u.StartsWith("Aspire", StringComparison.Ordinal)));

    [Theory]
    [MemberData(nameof(AppHosts))]
    public void The_resources_of_an_AppHost_are_the_same_under_both(string project)
    {
        var packages = Resources(evaluations.Packages);

        Assert.NotEmpty(packages);
        Assert.Equal(packages, Resources(evaluations.Offline));

        string[] Resources(Evaluation evaluation) =>
        [
            .. evaluation.Of(project, "ProjectReference").Where(static r => !r.EndsWith(" false", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
        ];
    }

    [Fact]
    public void Each_engine_builds_into_a_folder_of_its_own()
    {
        Assert.EndsWith("/.build/packages", evaluations.Packages.Of("Molecule.AppHost", "ArtifactsPath").Single(), StringComparison.Ordinal);
        Assert.EndsWith("/.build/offline", evaluations.Offline.Of("Molecule.AppHost", "ArtifactsPath").Single(), StringComparison.Ordinal);
    }

    /// <summary>What one evaluation said: lines of project, kind and value.</summary>
    public sealed record Evaluation(ILookup<(string Project, string Kind), string> Lines)
    {
        public string[] Of(string project, string kind) => [.. Lines[(project, kind)]];

        public string[] All(string kind) => [.. Lines.Where(l => l.Key.Kind == kind).SelectMany(static l => l)];
    }

    /// <summary>The project files in a folder of their own, evaluated once for each engine.</summary>
    public sealed class Evaluations : IAsyncLifetime
    {
        private const string Prefix = "EVALUATED|";

        private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("molecule-evaluation-");

        public Evaluation Packages { get; private set; } = null!;

        public Evaluation Offline { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            CopyProjects();
            WriteStandIn();
            Packages = await EvaluateAsync("packages");
            Offline = await EvaluateAsync("offline");
        }

        public ValueTask DisposeAsync()
        {
            _root.Delete(recursive: true);
            return ValueTask.CompletedTask;
        }

        private void CopyProjects()
        {
            var repository = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(repository.FullName, "Molecule.sln")))
            {
                repository = repository.Parent ?? throw new DirectoryNotFoundException("The tests do not run below the repository.");
            }

            IEnumerable<string> projects = repository.EnumerateDirectories("Molecule.*").SelectMany(static folder => folder.EnumerateFiles("*.csproj")).Select(static f => f.FullName);
            foreach (var file in projects
                .Concat(Directory.EnumerateFiles(Path.Combine(repository.FullName, "eng"), "*.*"))
                .Concat([Path.Combine(repository.FullName, "Directory.Build.props"), Path.Combine(repository.FullName, "Directory.Packages.props")]))
            {
                var copy = Path.Combine(_root.FullName, Path.GetRelativePath(repository.FullName, file));
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                File.Copy(file, copy);
            }

            // Last in every project: what has come of it.
            Write("Directory.Build.targets", $"""
                <Project>
                  <Target Name="SayEvaluated">
                    <Message Importance="high" Text="{Prefix}$(MSBuildProjectName)|IsAspireHost|$(IsAspireHost)" Condition="'$(IsAspireHost)' != ''" />
                    <Message Importance="high" Text="{Prefix}$(MSBuildProjectName)|Sdk|props $(StandInProps)" Condition="'$(StandInProps)' != ''" />
                    <Message Importance="high" Text="{Prefix}$(MSBuildProjectName)|Sdk|targets $(StandInTargets)" Condition="'$(StandInTargets)' != ''" />
                    <Message Importance="high" Text="{Prefix}$(MSBuildProjectName)|ArtifactsPath|$(ArtifactsPath)" />
                    <Message Importance="high" Text="{Prefix}$(MSBuildProjectName)|ProjectReference|%(ProjectReference.Filename)%(ProjectReference.Extension) %(ProjectReference.IsAspireProjectResource)" Condition="'@(ProjectReference)' != ''" />
                    <Message Importance="high" Text="{Prefix}$(MSBuildProjectName)|PackageReference|%(PackageReference.Identity)" Condition="'@(PackageReference)' != ''" />
                    <Message Importance="high" Text="{Prefix}$(MSBuildProjectName)|PackageVersion|%(PackageVersion.Identity) %(PackageVersion.Version)" Condition="'@(PackageVersion)' != ''" />
                    <Message Importance="high" Text="{Prefix}$(MSBuildProjectName)|Using|%(Using.Identity)" Condition="'@(Using)' != ''" />
                  </Target>
                </Project>
                """);
            Write("All.proj", """
                <Project>
                  <ItemGroup><Evaluated Include="Molecule.*/*.csproj" /></ItemGroup>
                  <Target Name="SayAll"><MSBuild Projects="@(Evaluated)" Targets="SayEvaluated" /></Target>
                </Project>
                """);
        }

        // As the real one: Sdk.props says that it is an AppHost, Sdk.targets adds the package without a central version.
        private void WriteStandIn()
        {
            var feed = _root.CreateSubdirectory("feed").FullName;
            Write("NuGet.config", $"""<configuration><packageSources><clear /><add key="local" value="{feed}" /></packageSources></configuration>""");
            using var package = ZipFile.Open(Path.Combine(feed, $"Aspire.AppHost.Sdk.{Version}.nupkg"), ZipArchiveMode.Create);
            Entry("Aspire.AppHost.Sdk.nuspec", $"""
                <package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
                  <metadata>
                    <id>Aspire.AppHost.Sdk</id><version>{Version}</version><authors>test</authors><description>A stand-in.</description>
                    <packageTypes><packageType name="MSBuildSdk" /></packageTypes>
                  </metadata>
                </package>
                """);
            Entry("Sdk/Sdk.props", "<Project><PropertyGroup><StandInProps>$(StandInProps)x</StandInProps><IsAspireHost>true</IsAspireHost></PropertyGroup></Project>");
            Entry("Sdk/Sdk.targets", $"""
                <Project>
                  <PropertyGroup><StandInTargets>$(StandInTargets)x</StandInTargets></PropertyGroup>
                  <ItemGroup><PackageReference Include="Aspire.Hosting.AppHost" Version="{Version}" IsImplicitlyDefined="true" /></ItemGroup>
                </Project>
                """);

            void Entry(string name, string text)
            {
                using var entry = new StreamWriter(package.CreateEntry(name).Open());
                entry.Write(text);
            }
        }

        private void Write(string name, string text) => File.WriteAllText(Path.Combine(_root.FullName, name), text);

        private async Task<Evaluation> EvaluateAsync(string engine)
        {
            var start = new ProcessStartInfo(
                "dotnet", ["msbuild", "All.proj", "-t:SayAll", $"-p:AspireEngine={engine}", "-nodeReuse:false", "-v:minimal", "--tl:off", "-nologo"])
            {
                WorkingDirectory = _root.FullName,
                RedirectStandardOutput = true,
                RedirectStandardInput = true,
            };
            start.Environment.Remove("MOLECULE_ASPIRE_ENGINE");
            start.Environment["NUGET_PACKAGES"] = Path.Combine(_root.FullName, "packages");
            start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
            using var evaluation = Process.Start(start)!;
            evaluation.StandardInput.Close();
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(180));
            try
            {
                var output = await evaluation.StandardOutput.ReadToEndAsync(deadline.Token);
                await evaluation.WaitForExitAsync(deadline.Token);
                Assert.True(evaluation.ExitCode == 0, output);
                return new Evaluation(output.Split('\n')
                    .Where(static line => line.Contains(Prefix, StringComparison.Ordinal))
                    .Select(static line => line[(line.IndexOf(Prefix, StringComparison.Ordinal) + Prefix.Length)..].Trim().Split('|'))
                    .ToLookup(static parts => (parts[0], parts[1]), static parts => parts[2]));
            }
            catch (OperationCanceledException)
            {
                evaluation.Kill(entireProcessTree: true);
                throw new TimeoutException($"The evaluation with AspireEngine={engine} did not end within 180 s.");
            }
        }
    }
}
