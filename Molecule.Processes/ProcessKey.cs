namespace Molecule.Processes;

/// <summary>A process for certain: its id and its start time, since ids are used again.</summary>
/// <param name="Id">The process id.</param>
/// <param name="StartTicks">Clock ticks between boot and the process's start: field 22 of /proc/PID/stat (man 5 proc).</param>
public readonly record struct ProcessKey(int Id, long StartTicks);

/// <summary>One row of the process table.</summary>
/// <param name="Key">Which process.</param>
/// <param name="ParentId">Its parent now: 1 or the nearest subreaper once the first one has ended.</param>
/// <param name="State">R, S, D, Z, ... (man 5 proc).</param>
/// <param name="Name">The kernel's name of it, at most 15 characters.</param>
public sealed record ProcessRow(ProcessKey Key, int ParentId, char State, string Name);
