#pragma warning disable OPENAI001 // The Responses models are marked experimental; they are the wire that codex speaks.
using System.Collections.Immutable;
using System.Text.Json;
using Anthropic.Models;
using Anthropic.Models.Beta.Messages;
using Anthropic.Models.Messages;
using Anthropic.Models.Models;
using OpenAI.Chat;
using OpenAI.Models;
using OpenAI.Responses;

namespace Molecule.Harness.Drift;

/// <summary>Which model of which SDK reads what of each wire.</summary>
public static class VendorModels
{
    private static readonly ImmutableDictionary<string, JsonElement> _nothing = ImmutableDictionary<string, JsonElement>.Empty;

    public static IVendorModel Message { get; } = AnthropicModel.Of<Message>();

    public static IVendorModel MessageEvent { get; } = new AnthropicEvent();

    public static IVendorModel MessageError { get; } = AnthropicModel.Of<ErrorResponse>();

    public static IVendorModel MessageTokens { get; } = AnthropicModel.Of<MessageTokensCount>();

    public static IVendorModel MessageModels { get; } = AnthropicModel.Of<ModelListPageResponse>();

    /// <summary>With the members of the beta, which agents use: a request of theirs has <c>?beta=true</c>. The SDK writes <c>stream</c> itself, by the method that is called.</summary>
    public static IVendorModel MessageRequest { get; } = new AnthropicModel(typeof(Anthropic.Models.Beta.Messages.MessageCreateParams), static body =>
        Anthropic.Models.Beta.Messages.MessageCreateParams.FromRawUnchecked(_nothing, _nothing, body.EnumerateObject().Where(static m => m.Name != "stream").ToDictionary(static m => m.Name, static m => m.Value)));

    /// <inheritdoc cref="MessageRequest"/>
    public static IVendorModel CountRequest { get; } = new AnthropicModel(typeof(Anthropic.Models.Beta.Messages.MessageCountTokensParams), static body =>
        Anthropic.Models.Beta.Messages.MessageCountTokensParams.FromRawUnchecked(_nothing, _nothing, body.EnumerateObject().ToDictionary(static m => m.Name, static m => m.Value)));

    public static IVendorModel Response { get; } = OpenAIModel.Of<ResponseResult>();

    public static IVendorModel ResponseEvent { get; } = OpenAIModel.Of<StreamingResponseUpdate>();

    public static IVendorModel ResponseRequest { get; } = OpenAIModel.Of<CreateResponseOptions>();

    public static IVendorModel Completion { get; } = OpenAIModel.Of<ChatCompletion>();

    public static IVendorModel CompletionChunk { get; } = OpenAIModel.Of<StreamingChatCompletionUpdate>();

    public static IVendorModel CompletionRequest { get; } = OpenAIModel.Of<ChatCompletionOptions>();

    public static IVendorModel OpenAIModels { get; } = OpenAIModel.Of<OpenAIModelCollection>();
}
