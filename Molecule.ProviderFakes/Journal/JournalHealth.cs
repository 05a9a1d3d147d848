using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Molecule.ProviderFakes.Journal;

/// <summary>Unhealthy once a request had to be refused because the journal was full.</summary>
internal sealed class JournalHealth(RequestJournal journal) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(journal.Refused == 0
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy($"The journal is full; {journal.Refused} requests were refused."));
}
