using System.Collections.Immutable;
using System.Text.Json;
using System.Text.RegularExpressions;
using Molecule.ProviderFakes.Wires;

namespace Molecule.ProviderFakes.Clouds.Aws;

/// <summary>A policy document that cannot be taken; the message says what is wrong with it.</summary>
public sealed class MalformedPolicyException(string message) : Exception(message);

/// <summary>
/// A policy document and its evaluation (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html): nothing
/// is allowed that no statement allows, and a Deny beats every Allow. What it does not know it refuses to hold, rather than to overlook it.
/// </summary>
public sealed record AwsPolicy(ImmutableArray<AwsStatement> Statements)
{
    private static readonly ImmutableHashSet<string> Elements = ["Sid", "Effect", "Action", "Resource", "Principal", "Condition"];

    public static AwsPolicy Nothing { get; } = new([]);

    /// <exception cref="MalformedPolicyException">It is no policy, or holds what this emulation does not evaluate.</exception>
    public static AwsPolicy Read(string document)
    {
        try
        {
            using var parsed = JsonDocument.Parse(document);
            var statements = parsed.RootElement.ValueKind is JsonValueKind.Object && parsed.RootElement.TryGetProperty("Statement", out var said)
                ? said.ValueKind is JsonValueKind.Array ? [.. said.EnumerateArray()] : new[] { said }
                : throw new MalformedPolicyException("Statement is missing.");
            return new AwsPolicy([.. statements.Select(Statement)]);
        }
        catch (JsonException)
        {
            throw new MalformedPolicyException("The policy is no JSON.");
        }
    }

    /// <param name="action">E.g. sts:AssumeRole.</param>
    /// <param name="resource">The ARN; null where the policy hangs on the resource itself, as a trust policy does.</param>
    /// <param name="principal">Who calls, by ARN; null where the policy hangs on the caller itself.</param>
    /// <param name="context">Condition keys and their values.</param>
    public AwsDecision Decide(string action, string? resource, string? principal, ImmutableDictionary<string, string> context)
    {
        var hits = Statements.Where(s => s.Covers(action, resource, principal, context)).ToList();
        return hits.Exists(static s => !s.Allows) ? AwsDecision.Denied : hits.Count > 0 ? AwsDecision.Allowed : AwsDecision.Unsaid;
    }

    private static AwsStatement Statement(JsonElement said)
    {
        if (said.ValueKind is not JsonValueKind.Object)
        {
            throw new MalformedPolicyException("A statement is no object.");
        }

        if (said.EnumerateObject().Select(static p => p.Name).FirstOrDefault(static name => !Elements.Contains(name)) is { } unknown)
        {
            throw new MalformedPolicyException($"The element {unknown} is not evaluated by this emulation.");
        }

        var conditions = ImmutableArray.CreateBuilder<(string Key, ImmutableArray<string> Values)>();
        foreach (var test in said.TryGetProperty("Condition", out var condition) ? condition.EnumerateObject().ToArray() : [])
        {
            if (test.Name != "StringEquals")
            {
                throw new MalformedPolicyException($"The condition operator {test.Name} is not evaluated by this emulation.");
            }

            conditions.AddRange(test.Value.EnumerateObject().Select(static pair => (pair.Name, Texts(pair.Value))));
        }

        var effect = said.Text("Effect");
        return new AwsStatement(
            effect is "Allow" || (effect is "Deny" ? false : throw new MalformedPolicyException("Effect has to be Allow or Deny.")),
            said.TryGetProperty("Action", out var action) ? Texts(action) : throw new MalformedPolicyException("Action is missing."),
            said.TryGetProperty("Resource", out var resource) ? Texts(resource) : null,
            said.TryGetProperty("Principal", out var principal) ? Texts(principal.ValueKind is JsonValueKind.Object ? principal.GetProperty("AWS") : principal) : null,
            conditions.ToImmutable());
    }

    private static ImmutableArray<string> Texts(JsonElement said) => said.ValueKind switch
    {
        JsonValueKind.String => [said.GetString()!],
        JsonValueKind.Array => [.. said.EnumerateArray().Select(static item => item.GetString() ?? throw new MalformedPolicyException("A list holds what is no text."))],
        _ => throw new MalformedPolicyException("A text or a list of texts was expected."),
    };
}

/// <summary>What one policy says of a call.</summary>
public enum AwsDecision
{
    /// <summary>Nothing: it is denied unless another policy allows it.</summary>
    Unsaid,
    Allowed,
    Denied,
}

/// <summary>One statement.</summary>
/// <param name="Allows">Its effect.</param>
/// <param name="Actions">With wildcards.</param>
/// <param name="Resources">With wildcards; null where it hangs on the resource.</param>
/// <param name="Principals">By ARN; null where it hangs on the caller.</param>
/// <param name="Conditions">All of them have to hold.</param>
public sealed record AwsStatement(
    bool Allows, ImmutableArray<string> Actions, ImmutableArray<string>? Resources, ImmutableArray<string>? Principals, ImmutableArray<(string Key, ImmutableArray<string> Values)> Conditions)
{
    public bool Covers(string action, string? resource, string? principal, ImmutableDictionary<string, string> context) =>
        Actions.Any(pattern => Matches(pattern, action, RegexOptions.IgnoreCase))
        && (resource is null || Resources?.Any(pattern => Matches(pattern, resource)) is true)
        && (principal is null || Principals?.Any(said => said == "*" || said == principal) is true)
        && Conditions.All(condition => context.TryGetValue(condition.Key, out var value) && condition.Values.Contains(value));

    // * is any text and ? any one character (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html).
    private static bool Matches(string pattern, string text, RegexOptions options = RegexOptions.None) => Regex.IsMatch(
        text, $"\\A{Regex.Escape(pattern).Replace("\\*", ".*", StringComparison.Ordinal).Replace("\\?", ".", StringComparison.Ordinal)}\\z", options | RegexOptions.CultureInvariant | RegexOptions.Singleline);
}
