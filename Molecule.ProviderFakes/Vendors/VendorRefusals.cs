namespace Molecule.ProviderFakes.Vendors;

/// <summary>A vendor's error answer.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Json">The body.</param>
/// <param name="RequestIdHeader">Header in which the vendor repeats the request's id; null where it does not.</param>
/// <param name="RequestId">The request's id.</param>
public sealed record VendorError(int Status, string Json, string? RequestIdHeader = null, string? RequestId = null);

/// <summary>What is wrong with a credential.</summary>
public enum CredentialProblem
{
    /// <summary>There is none.</summary>
    Missing,

    /// <summary>There is one, in a header or a combination that the vendor does not take.</summary>
    WrongForm,

    /// <summary>Its form is right, it is not known.</summary>
    Unknown,
}

/// <summary>How a vendor says no, in its own shapes and statuses.</summary>
public abstract class VendorRefusals
{
    public abstract VendorError NoSuchPath(string method, string path);

    public abstract VendorError Unauthorized(CredentialProblem problem);

    public abstract VendorError NoSuchModel(string model);

    public abstract VendorError BadRequest(string message);

    public abstract VendorError TooLarge();

    protected static string NewRequestId(string prefix) => prefix + Guid.NewGuid().ToString("N");
}
