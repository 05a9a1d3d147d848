namespace Molecule.Cli;

/// <summary>The machine or the call lacks something; the message says what and how to mend it. Exit code 2.</summary>
internal sealed class ConfigurationException(string message) : Exception(message);
