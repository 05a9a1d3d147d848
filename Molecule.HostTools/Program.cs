using System.CommandLine;
using Molecule.HostTools.Installing;
using Molecule.HostTools.Isolation;
using Molecule.HostTools.Postgres;
using Molecule.HostTools.Reaping;

var root = new RootCommand("What a run needs from the machine it runs on.") { InstallCommand.Create(), PostgresCommand.Create(), ReapCommand.Create(), IsolateCommand.Create() };
var call = root.Parse(args);
if (call.Errors.Count > 0)
{
    foreach (var error in call.Errors)
    {
        Console.Error.WriteLine(error.Message);
    }

    Console.Error.WriteLine("Try --help.");
    return 2;
}

// Each verb answers signals itself (StopSignals): two seconds, the parser's own limit, are too few for some.
return await call.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null }).ConfigureAwait(false);
