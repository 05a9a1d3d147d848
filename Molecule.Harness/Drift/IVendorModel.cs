using System.Collections.Immutable;
using System.Text.Json;

namespace Molecule.Harness.Drift;

/// <summary>What a vendor's own SDK takes a document for, read strictly: what it does not know, and what it lacks.</summary>
public interface IVendorModel
{
    /// <summary>The model and its SDK, as a finding names them.</summary>
    string Name { get; }

    /// <summary>In what a document differs from the model; nothing where it does not.</summary>
    ImmutableArray<MemberFinding> Read(JsonElement document);
}

/// <summary>One member of a document that its vendor's SDK takes otherwise.</summary>
/// <param name="Path">Where, items of arrays all alike: <c>content[].text</c>.</param>
/// <param name="Fault">How.</param>
/// <param name="Detail">What the SDK says, where it says something.</param>
public sealed record MemberFinding(string Path, MemberFault Fault, string? Detail = null)
{
    /// <summary>The finding in words.</summary>
    public string Say(IVendorModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return Fault switch
        {
            MemberFault.Unknown => $"'{Path}': {model.Name} knows no such member",
            MemberFault.Missing => $"'{Path}': {model.Name} counts on it, and it is missing",
            MemberFault.UnknownKind => $"'{Path}': {model.Name} knows no such kind ({Detail})",
            _ => $"'{Path}': {model.Name} cannot read it ({Detail})",
        };
    }
}

/// <summary>How a member can be taken otherwise.</summary>
public enum MemberFault
{
    /// <summary>The SDK knows no such member.</summary>
    Unknown,

    /// <summary>The SDK counts on the member.</summary>
    Missing,

    /// <summary>The SDK knows the place, and not this kind of thing in it.</summary>
    UnknownKind,

    /// <summary>The SDK cannot read it.</summary>
    Unreadable,
}
