using System.Collections.Immutable;

namespace Molecule.Registry.Reading;

/// <summary>Gathers what is wrong with one file.</summary>
internal sealed class ErrorList(string fileName)
{
    private readonly List<RegistryError> _errors = [];

    public void Add(YamlNode where, string message) => Add(where.Line, where.Column, message);

    public void Add(long line, long column, string message) => _errors.Add(new RegistryError(fileName, (int)line, (int)column, message));

    public void ThrowIfAny()
    {
        if (_errors.Count > 0)
        {
            throw new RegistryFormatException([.. _errors.OrderBy(error => error.Line).ThenBy(error => error.Column)]);
        }
    }
}
