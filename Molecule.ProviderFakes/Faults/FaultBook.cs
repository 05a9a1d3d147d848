using System.Collections.Immutable;
using System.Globalization;
using Molecule.Contracts.Faults;

namespace Molecule.ProviderFakes.Faults;

/// <summary>The faults that were ordered, and how often each has been applied. Several may wait for one turn; the oldest comes first.</summary>
public sealed class FaultBook
{
    private readonly Lock _gate = new();
    private readonly List<FaultState> _faults = [];
    private readonly Dictionary<string, TaskCompletionSource> _removals = [];
    private int _last;

    public string Place(FaultOrder order)
    {
        lock (_gate)
        {
            var id = "f" + (++_last).ToString(CultureInfo.InvariantCulture);
            _faults.Add(new FaultState(id, order, 0));
            _removals.Add(id, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            return id;
        }
    }

    /// <summary>Takes a fault away; false where there is none of that id.</summary>
    public bool Remove(string id)
    {
        lock (_gate)
        {
            if (!_removals.Remove(id, out var removal))
            {
                return false;
            }

            _faults.RemoveAll(fault => fault.Id == id);
            removal.SetResult();
            return true;
        }
    }

    /// <summary>Ends when a fault has been taken away.</summary>
    public Task RemovalOf(string id)
    {
        lock (_gate)
        {
            return _removals.TryGetValue(id, out var removal) ? removal.Task : Task.CompletedTask;
        }
    }

    public ImmutableArray<FaultState> All()
    {
        lock (_gate)
        {
            return [.. _faults];
        }
    }

    /// <summary>The fault that is applied to a turn, and counted; null where the turn is served.</summary>
    /// <param name="fake">The fake that was asked.</param>
    /// <param name="credential">Fingerprint of the turn's credential.</param>
    /// <param name="prompt">Its last user text.</param>
    /// <param name="fits">Whether the turn can go wrong in that way at all.</param>
    public FaultState? Take(string fake, string? credential, string prompt, Func<FaultOrder, bool> fits)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        ArgumentNullException.ThrowIfNull(fits);
        lock (_gate)
        {
            var index = _faults.FindIndex(fault =>
                fault.Order.Fake == fake
                && (fault.Order.Credential is not { } owner || owner == credential)
                && (fault.Order.Word is not { } word || prompt.Contains(word, StringComparison.Ordinal))
                && (fault.Order.Times is not { } times || fault.Applied < times)
                && fits(fault.Order));
            return index < 0 ? null : _faults[index] = _faults[index] with { Applied = _faults[index].Applied + 1 };
        }
    }
}
