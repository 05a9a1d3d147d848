using System.CommandLine;
using Molecule.Cli;
using Molecule.Coverage.Planning;
using Molecule.Harness.Keys;
using Molecule.Harness.Runs;
using Molecule.HostTools.Containers;
using Molecule.HostTools.Installing;
using Molecule.Registry;

var root = new RootCommand("Molecule E2E: runtimes x provider arms x features, covered only with evidence.")
{
    GateCommand.Create(),
    TestCommand.Create(),
    UpCommand.Create(),
    PlanCommand.Create(),
    VerdictCommand.Create(),
    ReportCommand.Create(),
    ParityCommand.Create(),
    DriftCommand.Create(),
    RegistryCommand.Create(),
    ChaosCommand.Create(),
    DoctorCommand.Create(),
    SetupCommand.Create(),
    BenchCommand.Create(),
};

var parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    // System.CommandLine would answer 1; bad usage is 2 here.
    foreach (var error in parsed.Errors)
    {
        await Console.Error.WriteLineAsync($"molecule: {error.Message}");
    }

    await Console.Error.WriteLineAsync("molecule: see ./molecule --help");
    return ExitCodes.Usage;
}

try
{
    var verb = parsed.CommandResult.Command.Name;

    // The engine that `setup` has started listens in the cache, where no client of the Docker Engine API looks by itself.
    if (verb is "gate" or "test" or "up" && ContainerEngine.OfThisMachine() is { } engine)
    {
        Environment.SetEnvironmentVariable(ContainerEngine.HostVariable, engine.Address.OriginalString);
    }

    var invocation = new InvocationConfiguration { EnableDefaultExceptionHandler = false };
    if (verb == "up")
    {
        // Ctrl+C: the graph stops in order, which the default of 2 s would cut short.
        invocation.ProcessTerminationTimeout = UpCommand.StopLimit;
    }
    else if (verb == "gate")
    {
        invocation.ProcessTerminationTimeout = GateCommand.StopLimit;
    }

    return await parsed.InvokeAsync(invocation);
}
catch (Exception e) when (e is RegistryFormatException or CoverageFormatException or RunRequestException or ConfigurationException or KeySourceException or InstallException or DirectoryNotFoundException or FileNotFoundException)
{
    await Console.Error.WriteLineAsync($"molecule: {e.Message}");
    return ExitCodes.Usage;
}
catch (OperationCanceledException)
{
    await Console.Error.WriteLineAsync("molecule: cancelled");
    return ExitCodes.Internal;
}
catch (Exception e)
{
    await Console.Error.WriteLineAsync($"molecule: {e}");
    return ExitCodes.Internal;
}
