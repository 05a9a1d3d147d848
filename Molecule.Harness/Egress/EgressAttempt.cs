namespace Molecule.Harness.Egress;

/// <summary>One attempt of a process to reach something outside the machine. It failed: nothing leaves an isolated run.</summary>
/// <param name="At">When.</param>
/// <param name="Port">The port dialled; null where the host's name was only looked up.</param>
/// <param name="Host">The host's name; the address where it was never looked up.</param>
/// <param name="Process">What part of the run the process is, as <see cref="Runs.RunProcesses.PartOf"/> calls it.</param>
/// <param name="ProcessId">Its id; null where it had ended before anybody looked.</param>
/// <param name="Executable">Its executable; null as its id.</param>
/// <param name="Workspace">The workspace in whose environment it runs; null for every other part of the run.</param>
public sealed record EgressAttempt(DateTimeOffset At, string Host, int? Port, string Process, int? ProcessId, string? Executable, string? Workspace)
{
    /// <summary>Whether it is the same attempt made again: programs retry, and resolvers ask for two families of addresses.</summary>
    public bool Repeats(EgressAttempt other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return this with { At = other.At } == other;
    }

    public override string ToString() =>
        $"{Process}{(ProcessId is { } id ? $" (pid {id}, {Executable})" : "")} {(Port is { } port ? $"dialled {Host}:{port}" : $"looked up {Host}")}";
}
