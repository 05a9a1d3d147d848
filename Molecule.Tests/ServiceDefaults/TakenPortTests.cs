using System.Net;
using System.Net.Sockets;
using Molecule.Tests.ControlPlane;
using Molecule.Tests.Workspace;

namespace Molecule.Tests.ServiceDefaults;

public sealed class TakenPortTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("Molecule.ControlPlane.dll")]
    [InlineData("Molecule.Node.dll")]
    [InlineData("Molecule.ProviderFakes.dll")]
    public async Task A_service_whose_port_is_taken_ends_with_2_and_names_it_in_a_line(string service)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var url = $"http://127.0.0.1:{((IPEndPoint)taken.LocalEndpoint).Port}";
        using var folder = new TemporaryFolder("molecule-port-");
        var environment = new Dictionary<string, string>(RunningProgram.BareEnvironment(folder.Path))
        {
            ["ASPNETCORE_URLS"] = url,
            ["Molecule__Registry"] = RunningControlPlane.ProvidersYaml,
            ["ConnectionStrings__moleculedb"] = "Host=127.0.0.1;Port=9;Database=none;Timeout=1",
            ["PROVISION_SHARED_SECRET"] = "a-shared-secret",
            ["Molecule__Node__Root"] = Path.Combine(folder.Path, "workspaces"),
            ["Molecule__Workspace__Program"] = "/bin/true",
            ["Molecule__Fakes__AdminKey"] = "an-admin-key",
        };

        await using var program = RunningProgram.Start(service, folder.Path, environment);
        await program.WaitForExitAsync(Deadline);

        Assert.Equal(2, program.ExitCode);
        Assert.Contains(
            $"Failed to bind to address {url}: address already in use. Stop the program that has the port, or name another one in ASPNETCORE_URLS (port 0 takes any free one).",
            program.Output.Split('\n', StringSplitOptions.TrimEntries));
    }
}
