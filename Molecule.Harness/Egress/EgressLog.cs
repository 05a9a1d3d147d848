using System.Collections.Immutable;
using System.Text.Json;
using Molecule.Contracts;

namespace Molecule.Harness.Egress;

/// <summary>The attempts of a run, in memory and as lines of a file of the run's folder. Thread-safe.</summary>
public sealed class EgressLog : IDisposable
{
    private readonly Lock _gate = new();
    private readonly StreamWriter _file;
    private ImmutableArray<EgressAttempt> _attempts = [];

    /// <param name="path">The file; made anew.</param>
    public EgressLog(string path) => _file = new StreamWriter(path) { AutoFlush = true };

    /// <summary>Every attempt so far, each once.</summary>
    public ImmutableArray<EgressAttempt> Attempts
    {
        get
        {
            lock (_gate)
            {
                return _attempts;
            }
        }
    }

    /// <summary>Notes an attempt.</summary>
    public void Add(EgressAttempt attempt)
    {
        ArgumentNullException.ThrowIfNull(attempt);
        lock (_gate)
        {
            if (!_attempts.Any(attempt.Repeats))
            {
                _attempts = _attempts.Add(attempt);
                _file.WriteLine(JsonSerializer.Serialize(attempt, ContractJson.Compact));
            }
        }
    }

    public void Dispose() => _file.Dispose();
}
