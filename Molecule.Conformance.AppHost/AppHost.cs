// An application that each conformance test adds its resources to; run by itself it has one script or one container of one's choice.
var builder = DistributedApplication.CreateBuilder(args);
if (builder.Configuration["script"] is { } script)
{
    builder.AddExecutable("script", "sh", ".", "-c", script);
}

if (builder.Configuration["image"] is { } image)
{
    builder.AddContainer("container", image, builder.Configuration["tag"] ?? "latest")
        .WithEntrypoint("/bin/sh").WithArgs("-c", "while true; do sleep 1; done")
        .WithContainerRuntimeArgs("--label", builder.Configuration["label"] ?? "conformance=none");
}

builder.Build().Run();
