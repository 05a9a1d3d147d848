namespace Molecule.Registry;

/// <summary>The model of a workspace whose creator named none.</summary>
public static class DefaultModels
{
    /// <summary>The product's MOLECULE_LLM_DEFAULT_MODEL on all runtimes (spec 3.8).</summary>
    public const string Product = "minimax/MiniMax-M2.7";

    /// <summary>
    /// The product's default where the runtime offers it, else the first model of its platform arm, else its first model;
    /// null when the runtime is unknown or lists no model.
    /// </summary>
    public static string? DefaultModel(this ProviderRegistry registry, string runtime)
    {
        if (registry.FindRuntime(runtime) is not { } found)
        {
            return null;
        }

        var offered = found.Arms.SelectMany(arm => arm.Models).ToList();
        return offered.Contains(Product)
            ? Product
            : found.Arms.Where(arm => registry.FindProvider(arm.Provider)?.IsPlatform is true).SelectMany(arm => arm.Models).Concat(offered).FirstOrDefault();
    }
}
