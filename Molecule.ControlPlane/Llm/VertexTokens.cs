namespace Molecule.ControlPlane.Llm;

/// <summary>The bearer of the moment. It is renewed shortly before it runs out, and by one mint at a time: whoever asks meanwhile gets that mint's outcome.</summary>
public sealed class VertexTokens(VertexTokenMint mint, TimeProvider time)
{
    /// <summary>How long a mint may take.</summary>
    public static readonly TimeSpan MintTimeout = TimeSpan.FromSeconds(30);

    /// <summary>How long before its end a token is renewed: a turn that starts with it has to come to its end with it. Of a short-lived one, half its life.</summary>
    public static readonly TimeSpan Margin = TimeSpan.FromMinutes(5);

    private readonly Lock _lock = new();
    private VertexToken? _token;
    private Task<VertexToken>? _minting;

    /// <summary>A token that is good.</summary>
    /// <exception cref="VertexTokenException">None could be had; one that has been is never given instead.</exception>
    public async Task<string> GetAsync(CancellationToken cancellation)
    {
        Task<VertexToken> minting;
        lock (_lock)
        {
            // One of the future: the clock has been set back, and would hold it good for as long beyond its end.
            var now = time.GetUtcNow();
            if (_token is { } token && token.Born <= now && now < RenewalOf(token))
            {
                return token.Value;
            }

            // Not bound to this caller, who may go while others wait.
            minting = _minting ??= Task.Run(MintAsync, CancellationToken.None);
        }

        return (await minting.WaitAsync(cancellation)).Value;
    }

    /// <summary>Gives up a token that Vertex would not take.</summary>
    public void Forget(string value)
    {
        lock (_lock)
        {
            _token = _token?.Value == value ? null : _token;
        }
    }

    private static DateTimeOffset RenewalOf(VertexToken token)
    {
        var half = (token.Expires - token.Born) / 2;
        return token.Expires - (half < Margin ? half : Margin);
    }

    private async Task<VertexToken> MintAsync()
    {
        VertexToken? minted = null;
        try
        {
            using var timeout = new CancellationTokenSource(MintTimeout, time);
            return minted = await mint.MintAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            throw new VertexTokenException($"Google did not answer within {MintTimeout.TotalSeconds:0} s");
        }
        finally
        {
            lock (_lock)
            {
                (_token, _minting) = (minted, null);
            }
        }
    }
}
