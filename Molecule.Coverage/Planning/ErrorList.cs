using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Molecule.Coverage.Planning;

/// <summary>Gathers what is wrong with one file.</summary>
internal sealed class ErrorList(string fileName)
{
    private readonly List<CoverageError> _errors = [];

    public void Add(YamlNode where, string message) => Add(where.Start, message);

    public void Add(Mark where, string message) => Add((int)where.Line, (int)where.Column, message);

    public void Add(int line, int column, string message) => _errors.Add(new CoverageError(fileName, line, column, message));

    public void ThrowIfAny()
    {
        if (_errors.Count > 0)
        {
            throw new CoverageFormatException([.. _errors.OrderBy(error => error.Line).ThenBy(error => error.Column)]);
        }
    }
}
