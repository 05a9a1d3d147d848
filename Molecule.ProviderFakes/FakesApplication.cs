using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Molecule.Processes.Peers;
using Molecule.ProviderFakes.Admin;
using Molecule.ProviderFakes.Clouds;
using Molecule.ProviderFakes.Clouds.Aws;
using Molecule.ProviderFakes.Credentials;
using Molecule.ProviderFakes.Faults;
using Molecule.ProviderFakes.Front;
using Molecule.ProviderFakes.Journal;
using Molecule.ProviderFakes.JsonSurfaces;
using Molecule.ProviderFakes.Vendors;

namespace Molecule.ProviderFakes;

/// <summary>Puts the host of all fakes together.</summary>
public static class FakesApplication
{
    /// <summary>Configuration key of the admin key (environment: <c>Molecule__Fakes__AdminKey</c>).</summary>
    public const string AdminKey = "Molecule:Fakes:AdminKey";

    /// <param name="args">The command line.</param>
    /// <param name="journalCapacity">How many requests can be journaled; further ones are refused.</param>
    /// <param name="time">What the fakes take for the time; the system's where null.</param>
    /// <exception cref="InvalidOperationException">No admin key is configured.</exception>
    public static WebApplication Build(string[] args, int journalCapacity = RequestJournal.DefaultCapacity, TimeProvider? time = null)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.Services.AddSingleton(time ?? TimeProvider.System);
        builder.AddServiceDefaults();
        var adminKey = builder.Configuration[AdminKey] is { Length: > 0 } key
            ? key
            : throw new InvalidOperationException("Molecule__Fakes__AdminKey is not set: without it nobody could register a credential or read the journal.");

        // The journal tells of every request; ASP.NET's lines on each would say it again, at the cost of serving.
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);

        // The front has limits of its own and answers in the vendors' shapes.
        builder.WebHost.ConfigureKestrel(static kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
        });
        builder.Services.AddSingleton<VendorTable>();
        builder.Services.AddSingleton<AcceptedCredentials>();
        builder.Services.AddSingleton<Federation>();
        builder.Services.AddSingleton<AwsAccount>();
        builder.Services.AddSingleton<SecretsManagerActions>();
        builder.Services.AddSingleton<ReaderOutages>();
        builder.Services.AddSingleton<AwsFront>();
        builder.Services.AddSingleton(_ => new RequestJournal(journalCapacity));
        builder.Services.AddSingleton(_ => new RequestShapes());
        builder.Services.AddSingleton<PeerAttestor>();
        builder.Services.AddSingleton<WireMockSurfaces>();
        builder.Services.AddHostedService(static services => services.GetRequiredService<WireMockSurfaces>());
        builder.Services.AddSingleton<RefreshFamilies>();
        builder.Services.AddSingleton<ChatGptLogins>();
        builder.Services.AddSingleton<FaultBook>();
        builder.Services.AddSingleton<FaultedAnswers>();
        builder.Services.AddSingleton<FakeFront>();
        builder.Services.AddHealthChecks().AddCheck<JournalHealth>("journal");

        var app = builder.Build();
        app.MapDefaultEndpoints();
        app.MapAdmin(adminKey);
        app.Map(AwsFront.Path + "/{**path}", app.Services.GetRequiredService<AwsFront>().HandleAsync);
        app.MapFallback("/{**path}", app.Services.GetRequiredService<FakeFront>().HandleAsync);
        return app;
    }
}
