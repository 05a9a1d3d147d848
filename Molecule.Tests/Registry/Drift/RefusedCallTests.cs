using Molecule.Registry;
using Molecule.Registry.Aliases;
using Molecule.Registry.Diff;
using Molecule.Registry.Mirror;

namespace Molecule.Tests.Registry.Drift;

/// <summary>What no caller may ask for: each call is refused by the argument's name, before anything is made of it.</summary>
public sealed class RefusedCallTests
{
    private static readonly RegistrySource _source = Sample.Source;
    private static readonly AliasTable _aliases = Sample.Aliases;
    private static readonly GeneratedFiles _generated = GeneratedFiles.Of(_source, _aliases);

    private static readonly Dictionary<(string Call, string Missing), Action> _calls = new()
    {
        [("a canonical id", "model")] = static () => _aliases.CanonicalOf(null!),
        [("a carve-out's cover", "change")] = static () => new CarveOut("alpha", "own", "it lags", "me", DateOnly.MaxValue).Covers(null!),
        [("a line", "change")] = static () => DiffText.Line(null!),
        [("a difference as json", "diff")] = static () => DiffText.Json("a", "b", null!, [], [], []),
        [("a difference", "older")] = static () => RegistryDiff.Between(null!, _source.Registry),
        [("a difference", "newer")] = static () => RegistryDiff.Between(_source.Registry, null!),
        [("the projection as C#", "source")] = static () => CSharpProjection.Render(null!),
        [("the projection as json", "source")] = static () => JsonProjection.Render(null!, _source.Registry.Runtimes[0]),
        [("the projection as json", "runtime")] = static () => JsonProjection.Render(_source, null!),
        [("the tables", "source")] = static () => RegistryTables.Render(null!, _aliases),
        [("the tables", "aliases")] = static () => RegistryTables.Render(_source, null!),
        [("all files", "source")] = static () => GeneratedFiles.Of(null!, _aliases),
        [("all files", "aliases")] = static () => GeneratedFiles.Of(_source, null!),
        [("a checkout's drift", "expected")] = static () => MirrorJudge.Judge(null!, static _ => null),
        [("a checkout's drift", "read")] = static () => MirrorJudge.Judge(_generated, null!),
        [("a mirror's drift", "source")] = static () => MirrorJudge.JudgeMirror(null!, _source, []),
        [("a mirror's drift", "mirror")] = static () => MirrorJudge.JudgeMirror(_source, null!, []),
        [("a service's drift", "source")] = static () => MirrorJudge.JudgeService(null!, "http://x", new ReportedRegistry("f", "s", null)),
        [("a service's drift", "report")] = static () => MirrorJudge.JudgeService(_source, "http://x", null!),
    };

    public static TheoryData<string, string> Calls => [.. _calls.Keys.Select(static key => new TheoryDataRow<string, string>(key.Call, key.Missing))];

    [Theory]
    [MemberData(nameof(Calls))]
    public void A_call_without_what_it_is_about_is_refused(string call, string missing) =>
        Assert.Equal(missing, Assert.Throws<ArgumentNullException>(_calls[(call, missing)]).ParamName);

    [Fact]
    public void A_kind_that_does_not_exist_has_no_words()
    {
        var unknown = Sample.Source.Registry with { Providers = Sample.Source.Registry.Providers.SetItem(0, Sample.Source.Registry.Providers[0] with { AuthMode = (AuthMode)99 }) };

        AssertRefused("no such auth mode", () => RegistryDiff.Between(Sample.Source.Registry, unknown));
        AssertRefused("no such kind of change", static () => new RegistryChange((ChangeKind)99, null, null, null, null, null, []).Describe());
        AssertRefused("no such kind of drift", static () => new DriftFinding("f", (DriftKind)99, "m").ToString());
    }

    private static void AssertRefused(string message, Func<object?> ask) =>
        Assert.StartsWith(message, Assert.Throws<ArgumentOutOfRangeException>(ask).Message, StringComparison.Ordinal);
}
