using Molecule.Harness.Keys;

namespace Molecule.Harness.Logins;

/// <summary>Puts a refreshed login back where it came from, and never over a newer one.</summary>
/// <remarks>
/// Neither store can compare and write in one step: between the look and the write somebody else might write. One run of a user at a time does so
/// (<see cref="LoginSafe.HoldAsync"/>); two machines that refresh one login at the same moment burn it at its vendor anyway.
/// </remarks>
public sealed class LoginReturn(string name, IKeyStore store, LoginSafe safe)
{
    /// <summary>Writes a login back.</summary>
    /// <param name="was">What the store held when the run took it.</param>
    /// <param name="rotated">What has come of it.</param>
    /// <param name="cancellationToken">Ends the write.</param>
    /// <returns>Null where the store holds it, or a newer one; else a sentence that says where it lies instead.</returns>
    public async Task<string?> ReturnAsync(ChatGptLogin was, ChatGptLogin rotated, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(was);
        ArgumentNullException.ThrowIfNull(rotated);
        string kept;
        try
        {
            await safe.KeepAsync(name, rotated).ConfigureAwait(false);
            kept = $"It lies in {safe.PathOf(name, rotated)}, for its owner alone: the next live run on this machine writes it back, or store it yourself and delete the file.";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            kept = $"It could not be kept either ({e.Message}): log in to ChatGPT anew.";
        }

        try
        {
            await WriteAsync(was, rotated, cancellationToken).ConfigureAwait(false);
            safe.Drop(name, rotated);
            return null;
        }
        catch (KeySourceException e)
        {
            return $"{name} was refreshed and is not written back: {e.Message} {kept}";
        }
        catch (OperationCanceledException)
        {
            return $"{name} was refreshed and is not written back: {store.Name} did not answer in time. {kept}";
        }
    }

    private async Task WriteAsync(ChatGptLogin was, ChatGptLogin rotated, CancellationToken cancellationToken)
    {
        var written = await FindAsync(cancellationToken).ConfigureAwait(false);
        if (written is null || !(written.IsSameAs(was) || written.IsSameAs(rotated) || written.IsLaterThan(rotated)))
        {
            throw new KeySourceException($"{store.Name} holds something else by now than this run took from there, and nobody writes over that.");
        }

        if (!written.IsSameAs(was))
        {
            return;
        }

        await store.ReplaceAsync(name, rotated.Text, cancellationToken).ConfigureAwait(false);
        if (await FindAsync(cancellationToken).ConfigureAwait(false) is not { } now || !(now.IsSameAs(rotated) || now.IsLaterThan(rotated)))
        {
            throw new KeySourceException($"{store.Name} took it and does not show it: the change may wait there for somebody's approval.");
        }
    }

    private async Task<ChatGptLogin?> FindAsync(CancellationToken cancellationToken) =>
        ChatGptLogin.TryRead(await store.FindWrittenAsync(name, cancellationToken).ConfigureAwait(false), out var login) ? login : null;
}
