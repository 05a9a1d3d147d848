// An application that each conformance test adds its resources to; run by itself it has one script of one's choice.
var builder = DistributedApplication.CreateBuilder(args);
if (builder.Configuration["script"] is { } script)
{
    builder.AddExecutable("script", "sh", ".", "-c", script);
}

builder.Build().Run();
