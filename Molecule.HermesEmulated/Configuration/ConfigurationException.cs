namespace Molecule.HermesEmulated.Configuration;

/// <summary>HERMES_HOME or the environment cannot be worked with. The message names the file or variable and what it has to be.</summary>
public sealed class ConfigurationException(string message) : Exception(message);
