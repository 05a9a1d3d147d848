using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Molecule.Tests")]
