using Microsoft.Testing.Platform.Builder;
using Microsoft.Testing.Platform.CommandLine;
using Microsoft.Testing.Platform.Extensions;
using Microsoft.Testing.Platform.Services;

namespace Molecule.E2E.Tests.Session;

/// <summary>Registers the session consumer with the test platform; named in this project's file.</summary>
public static class CellSessionHook
{
    private const string IgnoredExitCodes = "TESTINGPLATFORM_EXITCODE_IGNORE";
    private const string IgnoreExitCode = "ignore-exit-code";

    /// <summary>Whether the test platform has the session consumer; without it nobody judges what did not run.</summary>
    internal static bool IsRegistered { get; private set; }

    public static void AddExtensions(ITestApplicationBuilder builder, string[] arguments)
    {
        ArgumentNullException.ThrowIfNull(builder);
        LauncherWatch.Begin();
        var session = new CompositeExtensionFactory<CellSession>(static services =>
        {
            RefuseHiddenExitCodes(services.GetCommandLineOptions());
            return new CellSession(services.GetMessageBus());
        });
        builder.TestHost.AddDataConsumer(session);
        builder.TestHost.AddTestSessionLifetimeHandler(session);
        IsRegistered = true;
        UnfinishedRun.Watch();
    }

    // Either would turn a red session into a green exit (design.md 4, "The runner is not trusted"). The platform is asked for its options, since it
    // takes them in many spellings: --x 2, --x:2, --x=2, -x 2, and from an @file.
    private static void RefuseHiddenExitCodes(ICommandLineOptions options)
    {
        if (!string.IsNullOrEmpty(Environment.GetEnvironmentVariable(IgnoredExitCodes)) || options.IsOptionSet(IgnoreExitCode))
        {
            Refusal.Exit($"this session would hide its exit code: unset {IgnoredExitCodes} and leave out --{IgnoreExitCode}.");
        }
    }
}
