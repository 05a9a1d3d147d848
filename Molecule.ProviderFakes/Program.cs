using Molecule.ProviderFakes;

return await FakesApplication.Build(args).RunServiceAsync();
