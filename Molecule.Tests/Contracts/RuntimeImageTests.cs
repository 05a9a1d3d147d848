using Molecule.Contracts.Runs;

namespace Molecule.Tests.Contracts;

public sealed class RuntimeImageTests
{
    private const string Image = "Molecule__Runtimes__codex__Image";
    private const string Digest = "Molecule__Runtimes__codex__ImageDigest";

    private static readonly string _digest = "sha256:" + new string('a', 64);

    [Theory]
    [InlineData("claude-code")]
    [InlineData("codex")]
    [InlineData("hermes")]
    [InlineData("openclaw")]
    [InlineData("google-adk")]
    public void Each_runtime_may_be_an_image_with_and_without_a_lock(string runtime)
    {
        Assert.Equal([new RuntimeImage(runtime, "r:1", null)], RuntimeImage.Read(name => name == $"Molecule__Runtimes__{runtime}__Image" ? "r:1" : null));
        Assert.Equal([new RuntimeImage(runtime, "r:1", _digest)], RuntimeImage.Read(name =>
            name == $"Molecule__Runtimes__{runtime}__Image" ? "r:1" : name == $"Molecule__Runtimes__{runtime}__ImageDigest" ? _digest : ""));
    }

    [Fact]
    public void Where_nothing_is_set_nothing_is_an_image()
    {
        Assert.Empty(RuntimeImage.Read(static _ => null));
        Assert.Empty(RuntimeImage.Read(static _ => ""));
        Assert.Throws<ArgumentNullException>(static () => RuntimeImage.Read(null!));
    }

    [Theory]
    [InlineData("sha256:abc")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaG")]
    [InlineData("sha512:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("codex:1@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public void A_digest_that_is_none_is_an_error_that_says_how_to_get_one(string digest) => Assert.Equal(
        $"{Digest} is '{digest}': it has to be sha256: and 64 digits of lower-case hex, as 'docker image inspect --format {{{{.Id}}}} IMAGE' prints them.",
        Error(name => name == Image ? "r:1" : name == Digest ? digest : null));

    [Fact]
    public void A_lock_of_no_image_is_an_error() => Assert.Equal(
        $"{Digest} locks an image and {Image} names none: set it, or drop the lock.", Error(static name => name == Digest ? _digest : null));

    [Fact]
    public void A_runtime_is_not_an_image_and_one_that_runs_already() => Assert.Equal(
        $"{Image} and Molecule__Runtimes__codex__Url are both set: a runtime is an image or runs already, so drop one.",
        Error(static name => name is Image or "Molecule__Runtimes__codex__Url" ? "http://h" : null));

    private static string Error(Func<string, string?> variable) => Assert.Throws<FormatException>(() => RuntimeImage.Read(variable)).Message;
}
