using System.CommandLine;
using CliWrap;
using CliWrap.Buffered;
using Molecule.Contracts.Desktop;

using Command = System.CommandLine.Command;

namespace Molecule.Cli;

/// <summary><c>doctor</c>: what this machine has and lacks for a run.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var command = new Command("doctor", "Say what this machine has and lacks.");
        command.SetAction((_, cancellationToken) => RunAsync(cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        (string Program, string[] Version, string Use)[] needed =
        [
            ("dotnet", ["--version"], "builds and runs everything"),
            ("node", ["--version"], "npm runs on it"),
            ("npm", ["--version"], "installs the agent programs and PostgreSQL into the cache"),
            ("git", ["--version"], "names the commit in the ledger"),
        ];

        var lacking = 0;
        foreach (var (program, version, use) in needed)
        {
            var found = await VersionAsync(program, version, cancellationToken);
            lacking += found is null ? 1 : 0;
            Console.WriteLine($"{(found is null ? "lacks" : "has  ")}  {program,-8} {found ?? $"not on PATH: {use}"}");
        }

        Console.WriteLine($"{(OperatingSystem.IsLinux() ? "has  " : "lacks")}  /proc    {(OperatingSystem.IsLinux() ? "engines can be attested" : "not Linux: engines cannot be attested, their cells are not covered")}");
        var lacked = DesktopPrograms.Missing(DesktopPrograms.All, Environment.GetEnvironmentVariable("PATH"), File.Exists);
        Console.WriteLine(lacked.IsEmpty
            ? $"has   desktop  {string.Join(", ", DesktopPrograms.All)}"
            : $"lacks desktop  {string.Join(", ", lacked)} not on PATH: desktop cells are unchecked; './molecule setup' installs it as root on Debian");
        var (launch, refusal) = await IsolatedLaunch.FindAsync("mock", Environment.GetEnvironmentVariable, cancellationToken);
        Console.WriteLine($"{(launch is not null ? "has  " : "lacks")}  egress   {(launch is not null ? "mock runs have a network of their own, which nothing leaves" : $"mock runs share this machine's network, their egress cells are unchecked: {refusal}")}");
        return lacking == 0 ? 0 : ExitCodes.Usage;
    }

    private static async Task<string?> VersionAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        try
        {
            var result = await CliWrap.Cli.Wrap(program).WithArguments(arguments).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(cancellationToken);
            return result.ExitCode == 0 ? result.StandardOutput.Trim().Split('\n')[0] : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
