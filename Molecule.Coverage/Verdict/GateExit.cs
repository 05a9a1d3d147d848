using Molecule.Coverage.Planning;
using Molecule.Registry;

namespace Molecule.Coverage.Verdict;

/// <summary>The exit codes of the commands (design.md 7).</summary>
public enum GateExit
{
    /// <summary>Every gating cell is covered.</summary>
    Green = 0,

    /// <summary>Something of ours broke, unwritable artefacts included.</summary>
    InternalError = 1,

    /// <summary>Bad usage or configuration.</summary>
    BadConfiguration = 2,

    /// <summary>A gating cell failed.</summary>
    Failed = 3,

    /// <summary>A gating cell is uncovered, or unchecked while its capability is required, or nothing was covered at all.</summary>
    Uncovered = 4,

    /// <summary>A quarantine, a known failure or a pending entry has expired.</summary>
    Expired = 5,
}

/// <summary>What an exception that reaches a command's edge means.</summary>
public static class GateExits
{
    /// <summary>2 for what the user can mend in a file or an option, 1 for all else.</summary>
    public static GateExit Of(Exception error) =>
        error is CoverageFormatException or RegistryFormatException or RunRequestException ? GateExit.BadConfiguration : GateExit.InternalError;
}
