using System.Collections;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

// What a resource can see of itself, told over HTTP; and a health that can be switched.
var builder = WebApplication.CreateBuilder(args);
var app = builder.Build();
var healthy = builder.Configuration["healthy"] is not "false";
app.MapGet("/env", () => Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(static e => (string)e.Key, static e => (string?)e.Value));
app.MapGet("/process", () => new { id = Environment.ProcessId, folder = Environment.CurrentDirectory, args, input = Console.In.Read() });
app.MapGet("/health", () => Results.StatusCode(healthy ? 200 : 503));
app.MapPost("/health/{value:bool}", (bool value) =>
{
    healthy = value;
    return Results.NoContent();
});
app.MapPost("/exit/{code:int}", (int code) => Environment.Exit(code));
Console.WriteLine("service is up");
app.Run();
