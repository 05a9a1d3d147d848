using System.Collections.Immutable;

namespace Molecule.Registry;

/// <summary>One thing that is wrong in a registry file.</summary>
/// <param name="File">The file's name as it was given.</param>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
/// <param name="Message">What is wrong and how to mend it.</param>
public sealed record RegistryError(string File, int Line, int Column, string Message)
{
    /// <summary><c>file(line,col): message</c>, which editors and CI turn into links.</summary>
    public override string ToString() => $"{File}({Line},{Column}): {Message}";
}

/// <summary>A registry file cannot be used; carries everything that is wrong with it, in the file's order.</summary>
public sealed class RegistryFormatException(ImmutableArray<RegistryError> errors) : Exception(string.Join('\n', errors))
{
    /// <summary>At least one.</summary>
    public ImmutableArray<RegistryError> Errors { get; } = errors;
}
