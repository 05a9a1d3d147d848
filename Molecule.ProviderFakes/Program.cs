using Molecule.ProviderFakes;

await FakesApplication.Build(args).RunAsync();
