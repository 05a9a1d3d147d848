namespace Molecule.Registry;

/// <summary>Which provider a model id belongs to on a runtime: <see cref="Derived"/> or <see cref="NotDerived"/>.</summary>
public abstract record Derivation;

/// <summary>The one provider.</summary>
public sealed record Derived(Provider Provider) : Derivation;

/// <summary>None, and why.</summary>
public sealed record NotDerived(RefusalCode Code, string Message) : Derivation;
