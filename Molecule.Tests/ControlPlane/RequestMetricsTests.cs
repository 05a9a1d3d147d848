using Microsoft.AspNetCore.Http;
using Molecule.ControlPlane.Http;

namespace Molecule.Tests.ControlPlane;

/// <summary>GET /metrics while requests are being counted.</summary>
public sealed class RequestMetricsTests
{
    private const int Series = 20_000;

    [Fact]
    public async Task The_counters_are_told_while_new_ones_come()
    {
        var metrics = new RequestMetrics(TimeProvider.System);
        var counting = Task.Run(
            async () =>
            {
                for (var status = 1; status <= Series; status++)
                {
                    var context = new DefaultHttpContext { Request = { Method = "GET" }, Response = { StatusCode = status } };
                    await metrics.InvokeAsync(context, static _ => Task.CompletedTask);
                }
            },
            TestContext.Current.CancellationToken);

        while (!counting.IsCompleted)
        {
            Assert.EndsWith("\n", metrics.Render(), StringComparison.Ordinal);
        }

        await counting;
        Assert.Contains($"molecule_http_requests_total{{method=\"GET\",path=\"\",status=\"{Series}\"}} 1", metrics.Render(), StringComparison.Ordinal);
    }
}
