// An application without resources: each conformance test adds what it is about.
DistributedApplication.CreateBuilder(args).Build().Run();
