namespace Molecule.Node.Desktops;

/// <summary>How programs reach a desktop's display.</summary>
/// <param name="Display">For DISPLAY: <c>:3</c>.</param>
/// <param name="AuthorityFile">For XAUTHORITY.</param>
public sealed record Screen(string Display, string AuthorityFile);
