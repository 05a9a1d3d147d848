using Molecule.ProviderFakes.Turns;

namespace Molecule.Tests.ProviderFakes;

public sealed class ModelAnswerTests
{
    [Theory]
    [InlineData("Here are two words: KAVODU and MIRELO. Join them in reverse order with a single dash and reply with nothing else.", "MIRELO-KAVODU")]
    [InlineData("Two words: \"alpha\" and \"beta\". Please join them, reversed, with a hyphen.", "beta-alpha")]
    [InlineData("Here are two words: KAVODU and MIRELO. Join them with a single dash.", "KAVODU-MIRELO")]
    [InlineData("Here are two words: KAVODU and MIRELO. Combine them in reverse with an underscore.", "MIRELO_KAVODU")]
    [InlineData("Two words: OLD and OLDER. Join them with a dash. Now two words: NEW and NEWER. Join them in reverse order with a dash.", "NEWER-NEW")]
    public void Two_words_are_joined_as_the_prompt_says(string prompt, string answer) => Assert.Equal(answer, ModelAnswer.To(prompt));

    [Theory]
    [InlineData("")]
    [InlineData("What is the weather?")]
    [InlineData("Here are two words: KAVODU and MIRELO.")]
    [InlineData("Here are two words: KAVODU and MIRELO. Count their letters, dash it.")]
    [InlineData("Join them in reverse order with a single dash.")]
    public void Anything_else_gets_one_neutral_sentence(string prompt) => Assert.Equal(ModelAnswer.Neutral, ModelAnswer.To(prompt));
}
