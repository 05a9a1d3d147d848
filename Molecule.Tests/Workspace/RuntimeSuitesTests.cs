using System.Runtime.Versioning;

namespace Molecule.Tests.Workspace;

/// <summary>No runtime has a lesser contract than the others.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class RuntimeSuitesTests
{
    [Fact]
    public void Every_runtime_is_held_to_the_whole_contract()
    {
        var suites = RuntimeSuites.Of(typeof(RuntimeContract));

        Assert.Contains(typeof(ClaudeCodeWorkspaceTests), suites);
        Assert.Contains(typeof(CodexWorkspaceTests), suites);
        Assert.Contains(typeof(GoogleAdkWorkspaceTests), suites);
        Assert.All(suites, static suite => Assert.Empty(RuntimeSuites.Problems(typeof(RuntimeContract), suite)));
    }

    [Fact]
    public void A_suite_that_hides_skips_or_lacks_a_test_is_found()
    {
        Assert.Empty(RuntimeSuites.Problems(typeof(Contract), typeof(Whole)));
        Assert.Equal(["Hiding hides, overrides or lacks It_works."], RuntimeSuites.Problems(typeof(Contract), typeof(Hiding)));
        Assert.Equal(["Open has to be sealed and to derive from Contract itself."], RuntimeSuites.Problems(typeof(Contract), typeof(Open)));
        Assert.Equal(["It_is_odd is skipped or explicit."], RuntimeSuites.Problems(typeof(Contract), typeof(Skipping)));
        Assert.Equal(["It_is_odd is skipped or explicit."], RuntimeSuites.Problems(typeof(Contract), typeof(Asking)));
        Assert.Equal(["Overriding hides, overrides or lacks It_may_differ."], RuntimeSuites.Problems(typeof(LooseContract), typeof(Overriding)));
        Assert.Equal(["Whole2 hides, overrides or lacks It_is_not_seen."], RuntimeSuites.Problems(typeof(HiddenContract), typeof(Whole2)));
        Assert.Equal([typeof(Whole2)], RuntimeSuites.Of(typeof(HiddenContract)));
    }

    // Samples; not public, so that xunit runs none of them.
#pragma warning disable xUnit1000, xUnit1024, CA1812, CA1852
    private abstract class Contract
    {
        [Fact]
        public void It_works() => Assert.NotNull(this);
    }

    private sealed class Whole : Contract;

    private class Open : Contract;

    private sealed class Hiding : Contract
    {
        [Fact]
        public new void It_works() => Assert.NotNull(this);
    }

    private sealed class Skipping : Contract
    {
        [Fact(Skip = "sample")]
        public void It_is_odd() => Assert.NotNull(this);
    }

    private sealed class Asking : Contract
    {
        [Fact(Explicit = true)]
        public void It_is_odd() => Assert.NotNull(this);
    }

    private abstract class LooseContract
    {
        [Fact]
        public virtual void It_may_differ() => Assert.NotNull(this);
    }

    private sealed class Overriding : LooseContract
    {
        public override void It_may_differ()
        {
        }
    }

    private abstract class HiddenContract
    {
        [Fact]
        internal void It_is_not_seen() => Assert.NotNull(this);
    }

    private sealed class Whole2 : HiddenContract;
#pragma warning restore xUnit1000, xUnit1024, CA1812, CA1852
}
