using Microsoft.Testing.Platform.Builder;
using Microsoft.Testing.Platform.Extensions;
using Microsoft.Testing.Platform.Services;

namespace Molecule.E2E.Tests.Session;

/// <summary>Registers the session consumer with the test platform; named in this project's file.</summary>
public static class CellSessionHook
{
    private const string IgnoredExitCodes = "TESTINGPLATFORM_EXITCODE_IGNORE";

    public static void AddExtensions(ITestApplicationBuilder builder, string[] arguments)
    {
        ArgumentNullException.ThrowIfNull(builder);

        // Either would turn a red session into a green exit (design.md 4, "The runner is not trusted").
        if (!string.IsNullOrEmpty(Environment.GetEnvironmentVariable(IgnoredExitCodes)) || arguments.Contains("--ignore-exit-code"))
        {
            throw new InvalidOperationException($"This session would hide its exit code: unset {IgnoredExitCodes} and leave out --ignore-exit-code.");
        }

        LauncherWatch.Begin();
        var session = new CompositeExtensionFactory<CellSession>(static services => new CellSession(services.GetMessageBus()));
        builder.TestHost.AddDataConsumer(session);
        builder.TestHost.AddTestSessionLifetimeHandler(session);
    }
}
