namespace Molecule.Harness.Desktop;

/// <summary>What was seen of one person whose connection to a desktop was dropped and who came back to it.</summary>
/// <param name="ColoursBefore">How many colours the browser showed before the drop.</param>
/// <param name="WhileDropped">What a second person who asked for control meanwhile was answered.</param>
/// <param name="Refused">Why the old session's URL did not connect again; null where it did.</param>
/// <param name="ColoursAfter">How many colours the browser showed after it had come back.</param>
/// <param name="Typed">What the shell on the desktop made of what was typed before and after; null where nothing arrived.</param>
/// <param name="Right">What it had to make of it.</param>
public sealed record ReconnectShown(int ColoursBefore, int WhileDropped, string? Refused, int ColoursAfter, string? Typed, string Right);
