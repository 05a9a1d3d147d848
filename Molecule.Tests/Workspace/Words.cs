namespace Molecule.Tests.Workspace;

/// <summary>The prompt of a known answer: B-A, which stands nowhere in it.</summary>
public static class Words
{
    public static string Prompt(string a, string b) => $"Here are two words: {a} and {b}. Join them in reverse order with a single dash and reply with nothing else.";
}
