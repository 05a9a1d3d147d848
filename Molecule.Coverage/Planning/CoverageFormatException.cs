using System.Collections.Immutable;

namespace Molecule.Coverage.Planning;

/// <summary>One thing that is wrong in coverage.yaml or expected-cells.txt.</summary>
/// <param name="File">The file's name as it was given.</param>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
/// <param name="Message">What is wrong and how to mend it.</param>
public sealed record CoverageError(string File, int Line, int Column, string Message)
{
    /// <summary><c>file(line,col): message</c>, which editors and CI turn into links.</summary>
    public override string ToString() => $"{File}({Line},{Column}): {Message}";
}

/// <summary>A file of the coverage plan cannot be used; carries everything that is wrong with it, in the file's order.</summary>
public sealed class CoverageFormatException(ImmutableArray<CoverageError> errors) : Exception(string.Join('\n', errors))
{
    /// <summary>At least one.</summary>
    public ImmutableArray<CoverageError> Errors { get; } = errors;
}
