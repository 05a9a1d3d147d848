using System.Text.Json;
using Molecule.ProviderFakes.Turns;
using Molecule.ProviderFakes.Wires;

namespace Molecule.Tests.ProviderFakes;

public sealed class ModelAnswerTests
{
    [Theory]
    [InlineData("Here are two words: KAVODU and MIRELO. Join them in reverse order with a single dash and reply with nothing else.", "MIRELO-KAVODU")]
    [InlineData("Two words: \"alpha\" and \"beta\". Please join them, reversed, with a hyphen.", "beta-alpha")]
    [InlineData("Here are two words: KAVODU and MIRELO. Join them with a single dash.", "KAVODU-MIRELO")]
    [InlineData("Here are two words: KAVODU and MIRELO. Combine them in reverse with an underscore.", "MIRELO_KAVODU")]
    [InlineData("Two words: OLD and OLDER. Join them with a dash. Now two words: NEW and NEWER. Join them in reverse order with a dash.", "NEWER-NEW")]
    public void Two_words_are_joined_as_the_prompt_says(string prompt, string answer) => Assert.Equal(answer, ModelAnswer.To(prompt, []));

    [Theory]
    [InlineData("")]
    [InlineData("What is the weather?")]
    [InlineData("Here are two words: KAVODU and MIRELO.")]
    [InlineData("Here are two words: KAVODU and MIRELO. Count their letters, dash it.")]
    [InlineData("Join them in reverse order with a single dash.")]
    public void Anything_else_gets_one_neutral_sentence(string prompt) => Assert.Equal(ModelAnswer.Neutral, ModelAnswer.To(prompt, []));

    [Fact]
    public void The_message_before_is_read_from_the_context()
    {
        const string Prompt = "Here are two words: SOPIRA and TELUNO. Leave them alone: join the two words of my previous message, in the order in which I gave them, with a single underscore.";

        Assert.Equal("KAVODU_MIRELO", ModelAnswer.To(Prompt, ["You are a helper.", "Here are two words: OLDEST and OLDER. Join them.", "Here are two words: KAVODU and MIRELO. Join them.", "MIRELO-KAVODU"]));
        Assert.Equal(ModelAnswer.NothingBefore, ModelAnswer.To(Prompt, ["You are a helper."]));
    }

    [Theory]
    [InlineData("""{"messages":[{"role":"user","content":"Two words: KAVODU and MIRELO"},{"role":"assistant","content":[{"type":"text","text":"yes"}]},{"role":"user","content":"now"}]}""")]
    [InlineData("""{"input":[{"role":"user","content":[{"type":"input_text","text":"Two words: KAVODU and MIRELO"}]},{"role":"user","content":[{"type":"input_text","text":"now"}]}]}""")]
    [InlineData("""{"contents":[{"role":"user","parts":[{"text":"Two words: KAVODU and MIRELO"}]},{"role":"user","parts":[{"text":"now"}]}]}""")]
    public void What_stands_before_the_prompt_is_found_on_every_wire(string request)
    {
        using var json = JsonDocument.Parse(request);

        var before = ModelContext.Before("now", json.RootElement);

        Assert.Contains(before, static text => text.Contains("KAVODU and MIRELO", StringComparison.Ordinal));
        Assert.DoesNotContain("now", before);
    }

    [Fact]
    public void A_message_of_context_behind_the_user_s_belongs_to_the_same_prompt()
    {
        using var json = JsonDocument.Parse("""
            {"messages":[{"role":"user","content":"Two words: OLDEST and OLDER"},{"role":"assistant","content":"yes"},
            {"role":"user","content":"Two words: KAVODU and MIRELO"},{"role":"user","content":"CONTEXT: time is short"}]}
            """);

        var prompt = new ChatWire().LastUserText(json.RootElement);

        Assert.Equal("Two words: KAVODU and MIRELO\nCONTEXT: time is short", prompt);
        Assert.Equal(["Two words: OLDEST and OLDER", "yes"], ModelContext.Before(prompt, json.RootElement));
    }
}
