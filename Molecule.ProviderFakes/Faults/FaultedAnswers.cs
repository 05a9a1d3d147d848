using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Molecule.Contracts.Faults;
using Molecule.ProviderFakes.Front;
using Molecule.ProviderFakes.Turns;
using Molecule.ProviderFakes.Vendors;
using Molecule.ProviderFakes.Wires;

namespace Molecule.ProviderFakes.Faults;

/// <summary>Answers a turn as a fault says it shall go wrong.</summary>
internal sealed class FaultedAnswers(FaultBook book, TimeProvider time, IHostApplicationLifetime lifetime)
{
    // Into the answer's text on every wire: the frames before it open the stream.
    private const int UsualFrames = 2;

    // Cut inside a string: no JSON to anybody.
    private const string NoJson = """{"type":"content_bl""";

    public Task AnswerAsync(Exchange exchange, Surface surface, FaultState fault, Turn turn, JsonElement request)
    {
        var (wire, order) = (((ModelTurn)surface.Answer).Wire, fault.Order);
        var applied = new AppliedFault(fault.Id, order.Kind);
        var frames = wire.IsStreamed(request) ? wire.Stream(turn, request) : [];
        switch (order.Kind)
        {
            case FaultKind.Pace:
                var pace = TimeSpan.FromMilliseconds(order.PaceMilliseconds!.Value);
                exchange.Fail(applied with { Frames = frames.Count });
                exchange.Decide(turn);
                return exchange.StreamAsync(frames, cancellationToken => Task.Delay(pace, time, cancellationToken));
            case FaultKind.Hold:
                exchange.Fail(applied with { Frames = frames.Count });
                exchange.Decide(turn);
                return exchange.HoldAsync(frames, book.RemovalOf(fault.Id), lifetime.ApplicationStopping);
            case FaultKind.Silence:
                var before = order.AfterFrames is { } some ? frames.Take(some).ToArray() : null;
                exchange.Fail(applied with { Frames = before?.Length });
                return exchange.FallSilentAsync(before, lifetime.ApplicationStopping);
            case var kind when kind.BreaksAStream():
                var kept = frames.Take(Math.Min(order.AfterFrames ?? UsualFrames, frames.Count - 1)).ToArray();
                exchange.Fail(applied with { Frames = kept.Length });
                return kind switch
                {
                    FaultKind.StreamReset => exchange.ResetAsync(kept),
                    FaultKind.StreamError => exchange.StreamAsync([.. kept, wire.Failed(turn, kept.Length, wire.UsualFailure!)]),
                    FaultKind.MalformedStream => exchange.StreamAsync([.. kept, SseFrame.OfText(frames[kept.Length].Event, NoJson)]),
                    _ => exchange.StreamAsync(kept),
                };
            default:
                exchange.Fail(applied);
                var went = new FaultedTurn(turn.Model, wire, turn.Tokens.Input, order.RetryAfterSeconds, time.GetUtcNow()) { Window = order.WindowTokens };
                return FailAsync(exchange, surface, order.Kind, went, turn, frames, applied);
        }
    }

    /// <summary>Answers a request that has more tokens than its vendor's window, without any fault having been ordered.</summary>
    public Task OverflowAsync(Exchange exchange, Surface surface, Turn turn, JsonElement request)
    {
        var wire = ((ModelTurn)surface.Answer).Wire;
        var full = new FaultedTurn(turn.Model, wire, turn.Tokens.Input, RetryAfterSeconds: null, time.GetUtcNow());
        return FailAsync(exchange, surface, FaultKind.ContextOverflow, full, turn, wire.IsStreamed(request) ? wire.Stream(turn, request) : [], applied: null);
    }

    private static Task FailAsync(
        Exchange exchange, Surface surface, FaultKind kind, FaultedTurn went, Turn turn, IReadOnlyList<SseFrame> frames, AppliedFault? applied)
    {
        switch (surface.Refusals.Fault(kind, went))
        {
            case VendorError error:
                return exchange.RefuseAsync(error);
            case StreamFailure failure:
                var opening = frames.Take(1).ToArray();
                if (applied is not null)
                {
                    exchange.Fail(applied with { Frames = opening.Length });
                }

                return exchange.StreamAsync([.. opening, went.Wire.Failed(turn, opening.Length, failure)]);
            default:
                throw new InvalidOperationException($"{surface.Path} has no fault {kind}.");
        }
    }
}
