namespace Molecule.Workspace.Agents;

/// <summary>Where an agent lives.</summary>
/// <param name="Home">Its HOME; its own state lies below.</param>
/// <param name="Work">The folder it works in.</param>
public sealed record AgentFolders(string Home, string Work);
