using System.Text.Json;
using Molecule.ProviderFakes.Journal;

namespace Molecule.Tests.Drift;

/// <summary>What the fakes keep of the requests for turns.</summary>
public sealed class RequestShapeTests
{
    [Fact]
    public void One_request_of_a_shape_is_kept_whatever_its_texts_say_and_its_texts_are_cut()
    {
        var shapes = new RequestShapes();

        shapes.Note("anthropic-api", "/v1/messages", "claude-cli/2.1.330 (external)", Body(new string('a', 5_000)));
        shapes.Note("anthropic-api", "/v1/messages", "claude-cli/2.2", Body("another text"));

        var sample = Assert.Single(shapes.All().Samples);
        Assert.Equal(("claude-cli", new string('a', 64)), (sample.Sender, sample.Body.GetProperty("messages")[0].GetProperty("content").GetString()));
    }

    [Theory]
    [InlineData("anthropic-api", "/v1/messages", "claude-cli/1", """{"messages":[{"role":"user","content":"a","name":"b"}]}""")]
    [InlineData("anthropic-api", "/v1/messages", "claude-cli/1", """{"messages":[{"type":"x","role":"user","content":"a"}]}""")]
    [InlineData("anthropic-api", "/v1/messages", null, """{"messages":[{"role":"user","content":"a"}]}""")]
    [InlineData("byok-anthropic", "/v1/messages", "claude-cli/1", """{"messages":[{"role":"user","content":"a"}]}""")]
    [InlineData("anthropic-api", "/v1/messages/count_tokens", "claude-cli/1", """{"messages":[{"role":"user","content":"a"}]}""")]
    public void Another_member_kind_sender_fake_or_path_is_another_shape(string fake, string path, string? sender, string body)
    {
        var shapes = new RequestShapes();
        shapes.Note("anthropic-api", "/v1/messages", "claude-cli/1", Body("a"));

        shapes.Note(fake, path, sender, JsonElement.Parse(body));

        Assert.Equal(2, shapes.All().Samples.Length);
    }

    [Fact]
    public void A_shape_without_room_is_counted()
    {
        var shapes = new RequestShapes(capacity: 1);
        shapes.Note("a", "/x", null, Body("a"));
        shapes.Note("a", "/x", null, Body("b"));
        shapes.Note("a", "/y", null, Body("a"));

        Assert.Equal((1, 1), (shapes.All().Samples.Length, shapes.All().Dropped));
    }

    private static JsonElement Body(string text) => JsonSerializer.SerializeToElement(new { messages = new[] { new { role = "user", content = text } } });
}
