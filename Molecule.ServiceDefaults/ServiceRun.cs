using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;

namespace Microsoft.Extensions.Hosting;

public static class ServiceRun
{
    private const int Configuration = 2;

    /// <summary>Runs a service to its end.</summary>
    /// <returns>0, or 2 with one sentence as the last line where its port is taken.</returns>
    public static async Task<int> RunServiceAsync(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        try
        {
            await app.RunAsync().ConfigureAwait(false);
            return 0;
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            // "Failed to bind to address http://127.0.0.1:8080: address already in use."
            await Console.Error.WriteLineAsync($"{e.Message} Stop the program that has the port, or name another one in ASPNETCORE_URLS (port 0 takes any free one).").ConfigureAwait(false);
            return Configuration;
        }
    }
}
