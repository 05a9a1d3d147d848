namespace Molecule.Harness.Runs;

/// <summary>The checkout that a run is of, found from the program upwards by its solution file.</summary>
public sealed record Repository(string Root)
{
    public string ProvidersFile => Path.Combine(Root, "providers.yaml");

    public string CoverageFile => Path.Combine(Root, "coverage.yaml");

    public string ExpectedCellsFile => Path.Combine(Root, "expected-cells.txt");

    /// <summary>The locks of every program that may be at the other end of an agent's connection.</summary>
    public IReadOnlyList<string> EnginesLockFiles =>
        [.. new[] { "", "node", "openclaw", "google-adk" }.Select(set => Path.Combine(Root, "runtimes", set, "engines.json"))];

    public string FaultsFile => Path.Combine(Root, "faults.yaml");

    public string PricesFile => Path.Combine(Root, "prices.yaml");

    public string AliasesFile => Path.Combine(Root, "aliases.yaml");

    public string CarveOutsFile => Path.Combine(Root, "carve-outs.yaml");

    /// <summary>Members that a vendor's SDK takes otherwise, and that are no drift.</summary>
    public string DeviationsFile => Path.Combine(Root, "drift.yaml");

    /// <summary>The template registry: a folder a row.</summary>
    public string TemplatesFolder => Path.Combine(Root, "templates");

    /// <summary>A page a runtime.</summary>
    public string RuntimePagesFolder => Path.Combine(Root, "docs", "runtimes");

    public string Artifacts => Path.Combine(Root, "artifacts");

    /// <summary>Finds the checkout that a folder lies in.</summary>
    /// <exception cref="DirectoryNotFoundException">No folder above holds Molecule.sln.</exception>
    public static Repository Find(string from)
    {
        for (var folder = new DirectoryInfo(from); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Molecule.sln")))
            {
                return new Repository(folder.FullName);
            }
        }

        throw new DirectoryNotFoundException($"No folder from '{from}' upwards holds Molecule.sln: run this from inside the checkout.");
    }
}
