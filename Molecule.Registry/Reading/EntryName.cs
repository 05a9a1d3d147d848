using System.Text.RegularExpressions;

namespace Molecule.Registry.Reading;

/// <summary>Names of providers and runtimes. They become parts of cell ids, which are cut at slashes.</summary>
internal static partial class EntryName
{
    public static bool Check(YamlScalar name, string what, ErrorList errors)
    {
        if (Allowed.IsMatch(name.Value))
        {
            return true;
        }

        errors.Add(name, $"'{name.Value}' is no name of a {what}: use lower-case letters, digits, '-', '_' and '.', beginning with a letter or digit");

        // Stryker disable once Boolean : the error alone refuses the file, whatever is made of the entry
        return false;
    }

    [GeneratedRegex("^[a-z0-9][a-z0-9._-]*\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Allowed { get; }
}
