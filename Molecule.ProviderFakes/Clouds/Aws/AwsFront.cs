using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Xml.Linq;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.WebUtilities;
using Molecule.Contracts.Clouds;
using Molecule.ProviderFakes.Front;

namespace Molecule.ProviderFakes.Clouds.Aws;

/// <summary>
/// The emulated AWS account: Secrets Manager on the JSON 1.1 wire, STS and IAM on the query wire, all at one path, told apart by what the
/// request names. Every call is signed, evaluated and written into the trail, from which it can be read who asked for what.
/// </summary>
internal sealed class AwsFront(AwsAccount account, SecretsManagerActions secrets, ReaderOutages outages, TimeProvider time)
{
    /// <summary>Where it stands. The name says that it is no AWS.</summary>
    public const string Path = "/aws-emulated";

    private const long BodyLimit = 1024 * 1024;
    private static readonly JsonSerializerOptions Json = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public async Task HandleAsync(HttpContext context)
    {
        if (account.IsDown)
        {
            // A reset: what a client of a manager that is not there sees, as far as a server that is can show it.
            context.Abort();
            return;
        }

        var now = time.GetUtcNow();
        var read = await RequestBody.ReadAsync(context.Request, BodyLimit, context.RequestAborted);
        var body = read.Text ?? "";
        var isJson = context.Request.Headers["X-Amz-Target"].ToString() is { Length: > 0 };
        var form = isJson ? new AwsForm(ImmutableDictionary<string, string>.Empty) : FormOf(body);
        var (service, action) = isJson
            ? ("secretsmanager", context.Request.Headers["X-Amz-Target"].ToString().Replace(SecretsManagerActions.TargetPrefix, "", StringComparison.Ordinal))
            : (form.Text("Version") == IdentityManagement.Version ? "iam" : "sts", form.Text("Action") ?? "");
        AwsCall? call = null;
        string? error = null;
        try
        {
            call = Admit(context.Request, body, service, now);
            await (isJson ? AnswerJsonAsync(context, call, action, body) : AnswerXmlAsync(context, call, service, action, form));
        }
        catch (AwsRefusalException e)
        {
            error = e.Code;
            await (isJson ? RefuseJsonAsync(context, e) : RefuseXmlAsync(context, service, e));
        }

        account.Record(new EmulatedAwsCall(now, call?.Caller.Arn ?? "", $"{service}:{action}", call?.Resource ?? "", error));
    }

    private AwsCall Admit(HttpRequest request, string body, string service, DateTimeOffset now)
    {
        ImmutableArray<(string, string)> headers = [.. request.Headers.SelectMany(static h => h.Value, static (h, value) => (h.Key, value ?? ""))];
        var check = new SignatureV4(account.KeyOf, service).Check(new SignedRequest(request.Method, new Uri(request.GetEncodedUrl()), headers, body), now);
        if (check.Error is { } wrong)
        {
            throw service == "secretsmanager" ? new AwsRefusalException(400, JsonCode(wrong.Code), wrong.Message) : new AwsRefusalException(403, wrong.Code, wrong.Message);
        }

        var caller = account.CallerOf(check.AccessKeyId!, now)!;
        return caller.IsExpired
            ? throw new AwsRefusalException(service == "secretsmanager" ? 400 : 403, service == "secretsmanager" ? "ExpiredTokenException" : "ExpiredToken", "The security token included in the request is expired")
            : new AwsCall(account, caller, check.Region!, now);
    }

    // The same faults have other names on the JSON wire (https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html).
    private static string JsonCode(string code) => code switch
    {
        "MissingAuthenticationToken" => "MissingAuthenticationTokenException",
        "IncompleteSignature" => "IncompleteSignatureException",
        "InvalidClientTokenId" => "UnrecognizedClientException",
        _ => "InvalidSignatureException",
    };

    private static AwsForm FormOf(string body) => new(QueryHelpers.ParseQuery(body).ToImmutableDictionary(static pair => pair.Key, static pair => pair.Value.ToString(), StringComparer.Ordinal));

    private async Task AnswerJsonAsync(HttpContext context, AwsCall call, string action, string body)
    {
        object? answer;
        try
        {
            using var request = JsonDocument.Parse(body);
            outages.Meet(call, request.RootElement);
            answer = secrets.Answer(call, action, request.RootElement);
        }
        catch (JsonException)
        {
            throw new AwsRefusalException(400, "SerializationException", "The body is no JSON.");
        }

        await WriteAsync(context, 200, "application/x-amz-json-1.1", JsonSerializer.Serialize(answer ?? throw new AwsRefusalException(400, "UnknownOperationException", ""), Json));
    }

    private Task AnswerXmlAsync(HttpContext context, AwsCall call, string service, string action, AwsForm form)
    {
        outages.Meet(call, form);
        var answer = (service == "iam" ? IdentityManagement.Answer(call, action, form) : SecurityTokens.Answer(call, action, form))
            ?? throw new AwsRefusalException(400, "InvalidAction", $"Could not find operation {action} for version {form.Text("Version")}");
        return WriteAsync(context, 200, "text/xml", answer.ToString(SaveOptions.DisableFormatting));
    }

    private static Task RefuseJsonAsync(HttpContext context, AwsRefusalException e)
    {
        context.Response.Headers["x-amzn-ErrorType"] = e.Code;
        return WriteAsync(context, e.Status, "application/x-amz-json-1.1", JsonSerializer.Serialize(new Dictionary<string, string> { ["__type"] = e.Code, ["Message"] = e.Message }));
    }

    private static Task RefuseXmlAsync(HttpContext context, string service, AwsRefusalException e)
    {
        XNamespace space = service == "iam" ? $"https://iam.amazonaws.com/doc/{IdentityManagement.Version}/" : $"https://sts.amazonaws.com/doc/{SecurityTokens.Version}/";
        return WriteAsync(context, e.Status, "text/xml", new XElement(
            space + "ErrorResponse",
            new XElement(space + "Error", new XElement(space + "Type", e.Status >= 500 ? "Receiver" : "Sender"), new XElement(space + "Code", e.Code), new XElement(space + "Message", e.Message)),
            new XElement(space + "RequestId", Guid.NewGuid().ToString())).ToString(SaveOptions.DisableFormatting));
    }

    private static async Task WriteAsync(HttpContext context, int status, string type, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        context.Response.Headers["x-amzn-RequestId"] = Guid.NewGuid().ToString();
        var bytes = Encoding.UTF8.GetBytes(text);
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
    }
}
