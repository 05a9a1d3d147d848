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
                    FaultKind.MalformedStream => exchange.StreamAsync([.. kept, new SseFrame(frames[kept.Length].Event, NoJson)]),
                    _ => exchange.StreamAsync(kept),
                };
            default:
                switch (surface.Refusals.Fault(order.Kind, new FaultedTurn(turn.Model, wire, turn.Tokens.Input, order.RetryAfterSeconds, time.GetUtcNow())))
                {
                    case VendorError error:
                        exchange.Fail(applied);
                        return exchange.RefuseAsync(error);
                    case StreamFailure failure:
                        var opening = frames.Take(1).ToArray();
                        exchange.Fail(applied with { Frames = opening.Length });
                        return exchange.StreamAsync([.. opening, wire.Failed(turn, opening.Length, failure)]);
                    default:
                        throw new InvalidOperationException($"{surface.Path} has no fault {order.Kind}.");
                }
        }
    }
}
