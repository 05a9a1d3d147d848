using System.Collections.Immutable;

namespace Molecule.HermesEmulated.Configuration;

/// <summary>Reads <c>$HERMES_HOME/.env</c>: <c>NAME=value</c> a line, <c>#</c> for comments, quotes around a value are not part of it.</summary>
public static class DotEnv
{
    public static ImmutableDictionary<string, string> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var values = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (line[0] != '#' && line.IndexOf('=', StringComparison.Ordinal) is > 0 and var at)
            {
                values[line[..at].Trim()] = Unquote(line[(at + 1)..].Trim());
            }
        }

        return values.ToImmutable();
    }

    private static string Unquote(string value) =>
        value.Length > 1 && value[0] is '"' or '\'' && value[^1] == value[0] ? value[1..^1] : value;
}
