using System.Collections.Immutable;

namespace Molecule.Workspace.Agents;

/// <summary>How an agent program is started: nothing of the surroundings reaches it but this.</summary>
/// <param name="Path">The program.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="Folder">The folder it works in.</param>
/// <param name="Environment">Its whole environment.</param>
public sealed record AgentProgram(string Path, ImmutableArray<string> Arguments, string Folder, ImmutableDictionary<string, string> Environment);
