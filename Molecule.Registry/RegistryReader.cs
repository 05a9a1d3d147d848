using Molecule.Registry.Reading;

namespace Molecule.Registry;

/// <summary>Reads providers.yaml, the product's own schema 1 (spec 4.3). Pure: the caller opens the file.</summary>
public static class RegistryReader
{
    /// <summary>Reads the text.</summary>
    /// <param name="yaml">The whole file.</param>
    /// <param name="fileName">How the errors shall call it.</param>
    /// <exception cref="RegistryFormatException">Something is wrong with it; carries all of it, not just the first.</exception>
    public static ProviderRegistry Read(string yaml, string fileName)
    {
        var errors = new ErrorList(fileName);
        var registry = YamlTree.Read(yaml, errors) is { } root ? RegistryDocument.Read(root, errors) : null;
        errors.ThrowIfAny();

        // Stryker disable once String : a registry is missing only with an error, which was thrown
        return registry ?? throw new InvalidOperationException("a registry without errors was not read");
    }
}
