using Molecule.Contracts.Journal;

namespace Molecule.Harness.Controls;

/// <summary>How an endpoint is to be called: written by hand where it is asserted, never taken from the registry or from the fakes.</summary>
/// <param name="Fake">The fake that stands for the endpoint.</param>
/// <param name="Path">The vendor's path.</param>
/// <param name="Auth">The form of the credential.</param>
/// <param name="Model">The model id on the wire.</param>
/// <param name="Wire">The protocol.</param>
public sealed record ArmRoute(string Fake, string Path, CredentialForm Auth, string Model, ArmWire Wire);

/// <summary>The wire protocols of the arms that are built.</summary>
public enum ArmWire
{
    /// <summary>Anthropic Messages.</summary>
    Messages,

    /// <summary>OpenAI Responses.</summary>
    Responses,

    /// <summary>OpenAI chat completions.</summary>
    Chat,

    /// <summary>Gemini's generateContent; the model stands in the path.</summary>
    GenerateContent,
}
