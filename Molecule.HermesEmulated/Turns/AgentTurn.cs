using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Molecule.HermesEmulated.Models;

namespace Molecule.HermesEmulated.Turns;

/// <summary>Runs one turn of a conversation: asks, tries again where that may help, compresses where the model's window is full.</summary>
public sealed class AgentTurn(ModelCall model, RetryPolicy retries, TimeProvider time, ILogger<AgentTurn> logger)
{
    /// <summary>Runs the turn.</summary>
    /// <param name="history">What was said before.</param>
    /// <param name="prompt">What the user says now.</param>
    /// <param name="onText">Told each piece of the answer as it comes.</param>
    /// <param name="cancellationToken">Gives the turn up.</param>
    public async Task<TurnResult> RunAsync(ImmutableArray<ChatMessage> history, string prompt, Func<string, Task> onText, CancellationToken cancellationToken)
    {
        var messages = history.Add(ChatMessage.User(prompt));
        var heard = new StringBuilder();
        async Task HearAsync(string text)
        {
            heard.Append(text);
            await onText(text).ConfigureAwait(false);
        }

        for (var attempt = 1; ;)
        {
            try
            {
                var answer = await model.RunAsync(messages, HearAsync, cancellationToken).ConfigureAwait(false);
                return new TurnResult(messages.Add(ChatMessage.Assistant(answer.Text)), answer, null);
            }
            catch (ModelException e) when (e.Kind is ErrorClass.ContextOverflow && heard.Length is 0)
            {
                if (ContextCompressor.Compress(messages) is not { } shorter)
                {
                    // The conversation stays as full as it is: hermes-agent wedges here (spec/runtimes-and-providers.md 2.3).
                    var tokens = ChatMessage.RoughTokens(messages).ToString("N0", CultureInfo.InvariantCulture);
                    return new TurnResult(messages, null, Failure(e, $"Context length exceeded ({tokens} tokens). Cannot compress further."));
                }

                logger.LogWarning("The context is full; {Before} messages were compressed to {After}: {Message}", messages.Length, shorter.Length, e.Message);
                messages = shorter;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                // What was asked and heard so far is part of the conversation.
                return new TurnResult(heard.Length > 0 ? messages.Add(ChatMessage.Assistant(heard.ToString())) : messages, null, null);
            }
            catch (ModelException e)
            {
                // What the caller has heard cannot be taken back: a second answer would be appended to half of the first.
                if (heard.Length > 0 || !ErrorClassifier.IsRetryable(e.Kind))
                {
                    return new TurnResult(history, null, Failure(e, Words(e)));
                }

                if (retries.WaitAfter(attempt, e.RetryAfter) is not { } wait)
                {
                    return new TurnResult(history, null, Failure(e, $"API call failed after {retries.MaxAttempts.ToString(CultureInfo.InvariantCulture)} attempts: {Words(e)}"));
                }

                logger.LogWarning("Attempt {Attempt} failed ({Kind}): {Message} The next follows in {Wait:0.0} s.", attempt, e.Kind, e.Message, wait.TotalSeconds);
                attempt++;
                await Task.Delay(wait, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private static string Words(ModelException e) => e.Error.Status is { } status ? FormattableString.Invariant($"HTTP {status}: {e.Message}") : e.Message;

    private static TurnFailure Failure(ModelException e, string message) => new(e.Kind, e.Error.Status is >= 400 and var status ? status : 502, message);
}

/// <summary>How a turn ended: with an answer, with a failure, or with neither where it was given up.</summary>
/// <param name="Messages">The conversation afterwards.</param>
/// <param name="Answer">The model's answer; null where the turn failed.</param>
/// <param name="Failure">Why it failed; null where it did not.</param>
public sealed record TurnResult(ImmutableArray<ChatMessage> Messages, ModelAnswer? Answer, TurnFailure? Failure);

/// <summary>Why a turn failed.</summary>
/// <param name="Kind">The class of the error.</param>
/// <param name="Status">The vendor's HTTP status; 502 where there was none.</param>
/// <param name="Message">For the caller.</param>
public sealed record TurnFailure(ErrorClass Kind, int Status, string Message);
