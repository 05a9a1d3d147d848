using System.Collections.Immutable;
using System.Text;
using Molecule.Registry;
using Molecule.Registry.Diff;
using Molecule.Registry.Mirror;

namespace Molecule.Tests.Registry.Drift;

/// <summary>How a generated file came to differ, told apart (spec/runtimes-and-providers.md 4.2).</summary>
public sealed class MirrorJudgeTests
{
    private readonly Dictionary<string, byte[]> _disk = GeneratedFiles.Of(Sample.Source, Sample.Aliases).Contents.ToDictionary(static one => one.Key, static one => one.Value.ToArray());

    [Fact]
    public void What_was_synced_has_not_drifted() => Assert.Empty(Judge(Sample.Source));

    [Fact]
    public void A_comment_edit_of_the_source_is_told_from_a_data_edit()
    {
        var commented = Sample.With("schema_version: 1", "schema_version: 1 # one");
        Assert.Equal(
            $"providers.yaml: comment edit: sha256 {commented.Sha256}, synced {Sample.Source.Sha256}; the fingerprint {Sample.Source.Fingerprint} is equal",
            Judge(commented)[0].ToString());

        var edited = Sample.With("own.example/v1", "own.example/v2");
        Assert.Equal(
            $"providers.yaml: data edit: fingerprint {edited.Fingerprint}, synced {Sample.Source.Fingerprint}: provider 'own': base_url_template was 'https://own.example/v1' and is 'https://own.example/v2'",
            Judge(edited)[0].ToString());
        Assert.Equal(
            "registry.lock.json: forgotten regeneration: made of an older source: Molecule.Workspace/Mirror/RegistryProjection.g.cs, Molecule.Workspace/Mirror/providers.yaml, docs/registry.md, templates/alpha/registry-projection.json, templates/beta/registry-projection.json; run ./molecule registry sync",
            Judge(edited)[1].ToString());
        Assert.Equal(2, Judge(edited).Length);
    }

    [Fact]
    public void A_data_edit_beside_an_edited_mirror_says_that_it_cannot_tell()
    {
        Write(GeneratedFiles.Mirror, Sample.Yaml + "# mine\n");
        var edited = Sample.With("own.example/v1", "own.example/v2");

        Assert.Contains("what it said before is not known, for the mirror is not as it was synced", Judge(edited)[0].Message, StringComparison.Ordinal);
        _disk.Remove(GeneratedFiles.Mirror);
        Assert.Contains("what it said before is not known, for the mirror is not as it was synced", Judge(edited)[0].Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("own.example/v1", "own.example/v2", "differs from line 3, byte 103; in the mirror provider 'own': base_url_template was 'https://own.example/v1' and is 'https://own.example/v2'; edit providers.yaml instead, then run ./molecule registry sync")]
    [InlineData("schema_version: 1", "schema_version: 1 # x", "differs from line 1, byte 18; sha256 ")]
    [InlineData("schema_version: 1", "schema_version: 2", "differs from line 1, byte 17; it is no registry any more: Molecule.Workspace/Mirror/providers.yaml(1,17): schema_version must be 1")]
    public void A_hand_edited_mirror_is_told_with_its_place(string right, string wrong, string message)
    {
        Write(GeneratedFiles.Mirror, Sample.Yaml.Replace(right, wrong, StringComparison.Ordinal));

        var finding = Assert.Single(Judge(Sample.Source));

        Assert.Equal((GeneratedFiles.Mirror, DriftKind.HandEdited), (finding.File, finding.Kind));
        Assert.StartsWith(message, finding.Message, StringComparison.Ordinal);
        if (message.EndsWith("sha256 ", StringComparison.Ordinal))
        {
            Assert.EndsWith($", providers.yaml has {Sample.Source.Sha256}; the fingerprint {Sample.Source.Fingerprint} is equal; edit providers.yaml instead, then run ./molecule registry sync", finding.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_hand_edited_projection_and_a_missing_one_are_told()
    {
        Write(GeneratedFiles.Docs, "# mine\n");
        _disk.Remove(GeneratedFiles.Json("alpha"));

        Assert.Equal(
            [
                "docs/registry.md: hand-edited: differs from line 1, byte 3; it is generated: edit providers.yaml instead, then run ./molecule registry sync",
                "templates/alpha/registry-projection.json: missing: run ./molecule registry sync",
            ],
            Judge(Sample.Source).Select(static finding => finding.ToString()));
    }

    [Fact]
    public void A_file_that_the_record_lacks_is_hand_edited()
    {
        var record = MirrorRecord.Parse(Encoding.UTF8.GetString(_disk[GeneratedFiles.Record]))!;
        Write(GeneratedFiles.Record, (record with { Files = record.Files.Remove(GeneratedFiles.Docs) }).Render());
        Write(GeneratedFiles.Docs, "# mine\n");

        Assert.Equal(DriftKind.HandEdited, Assert.Single(Judge(Sample.Source)).Kind);
    }

    [Fact]
    public void An_edited_record_is_told()
    {
        var record = MirrorRecord.Parse(Encoding.UTF8.GetString(_disk[GeneratedFiles.Record]))!;
        Write(GeneratedFiles.Record, (record with { Sha256 = "0" }).Render());
        Assert.Equal($"registry.lock.json: hand-edited: it says that it was made of a file with sha256 0, and that the mirror of that file has {Sample.Source.Sha256}: run ./molecule registry sync", Assert.Single(Judge(Sample.Source)).ToString());

        Write(GeneratedFiles.Record, (record with { Fingerprint = "0" }).Render());
        Assert.StartsWith("registry.lock.json: hand-edited: differs from line 3, byte 19; it is generated: run ./molecule registry sync", Assert.Single(Judge(Sample.Source)).ToString(), StringComparison.Ordinal);

        Write(GeneratedFiles.Record, "no json");
        Assert.Equal("registry.lock.json: hand-edited: it is no record any more: run ./molecule registry sync", Assert.Single(Judge(Sample.Source)).ToString());

        _disk.Remove(GeneratedFiles.Record);
        Assert.Equal("registry.lock.json: missing: nobody can tell of what the generated files were made: run ./molecule registry sync", Assert.Single(Judge(Sample.Source)).ToString());
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("""{"sha256":"a","fingerprint":"b","files":{}}""")]
    [InlineData("""{"sha256":"a","fingerprint":"b","names":{}}""")]
    [InlineData("""{"sha256":"a","files":{},"names":{}}""")]
    [InlineData("""{"fingerprint":"b","files":{},"names":{}}""")]
    public void What_lacks_a_part_is_no_record(string text) => Assert.Null(MirrorRecord.Parse(text));

    [Fact]
    public void A_changed_alias_is_told_and_the_tables_made_of_it_are_stale()
    {
        var table = Molecule.Registry.Aliases.AliasTable.Read("schema: 1\nmodels: [{ canonical: own-1, aliases: [own-1-x] }, { canonical: own-2 }]\n", "aliases.yaml");

        var findings = MirrorJudge.Judge(GeneratedFiles.Of(Sample.Source, table), _disk.GetValueOrDefault);

        Assert.Equal(
            [
                "aliases.yaml: data edit: 'own-1-20261128' is no name of 'own-1' any more; 'own-1-x' is a name of 'own-1' now; 'own-2' is a name of 'own-2' now",
                "registry.lock.json: forgotten regeneration: made of an older source: docs/registry.md; run ./molecule registry sync",
            ],
            findings.Select(static finding => finding.ToString()));

        var moved = Molecule.Registry.Aliases.AliasTable.Read("schema: 1\nmodels: [{ canonical: own-1 }, { canonical: own-2, aliases: [own-1-20261128] }]\n", "aliases.yaml");
        Assert.StartsWith("'own-1-20261128' was a name of 'own-1' and is one of 'own-2'; 'own-2' is a name", MirrorJudge.Judge(GeneratedFiles.Of(Sample.Source, moved), _disk.GetValueOrDefault)[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_mirror_is_equal_or_commented_or_drifted_or_allowed_to_lag()
    {
        var edited = Sample.With("[own-1, own-2]", "[own-1]");
        var drift = RegistryDiff.Between(edited.Registry, Sample.Source.Registry);

        Assert.Null(MirrorJudge.JudgeMirror(Sample.Source, Sample.Source, []));
        Assert.Equal(DriftKind.CommentEdit, MirrorJudge.JudgeMirror(Sample.Source, Sample.With("schema_version: 1", "schema_version: 1 # x"), [])!.Kind);
        Assert.Equal(
            $"providers.yaml: data edit: fingerprint {edited.Fingerprint}, providers.yaml has {Sample.Source.Fingerprint}: runtime 'alpha', arm 'own': model 'own-2' was added",
            MirrorJudge.JudgeMirror(Sample.Source, edited, drift)!.ToString());
        Assert.Null(MirrorJudge.JudgeMirror(Sample.Source, edited, []));

        var twice = Sample.With("[own-1, own-2]", "[own-2, own-3]");
        Assert.EndsWith(
            ": runtime 'alpha', arm 'own': model 'own-1' was added; runtime 'alpha', arm 'own': model 'own-3' was removed",
            MirrorJudge.JudgeMirror(Sample.Source, twice, [.. RegistryDiff.Between(twice.Registry, Sample.Source.Registry).OrderBy(static change => change.Subject, StringComparer.Ordinal)])!.ToString(),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_running_service_is_held_to_its_hashes_and_to_its_own_code()
    {
        var right = new ReportedRegistry(Sample.Source.Fingerprint, Sample.Source.Sha256, Sample.Source.Fingerprint);

        Assert.Empty(MirrorJudge.JudgeService(Sample.Source, "http://x", right));
        Assert.Empty(MirrorJudge.JudgeService(Sample.Source, "http://x", right with { Projection = null }));
        Assert.Equal(
            [$"http://x: data edit: it runs on fingerprint f, providers.yaml has {Sample.Source.Fingerprint}", $"http://x: forgotten regeneration: its code was generated of fingerprint {Sample.Source.Fingerprint}, its mirror has f"],
            MirrorJudge.JudgeService(Sample.Source, "http://x", right with { Fingerprint = "f" }).Select(static finding => finding.ToString()));
        Assert.Equal(
            [$"http://x: comment edit: it runs on sha256 s, providers.yaml has {Sample.Source.Sha256}; the fingerprint {Sample.Source.Fingerprint} is equal"],
            MirrorJudge.JudgeService(Sample.Source, "http://x", right with { Sha256 = "s" }).Select(static finding => finding.ToString()));
    }

    [Fact]
    public void The_mirror_is_the_source_byte_for_byte_and_the_projections_say_where_they_come_from()
    {
        var generated = GeneratedFiles.Of(Sample.Source, Sample.Aliases);

        Assert.Equal(Sample.Source.Bytes, generated.Contents[GeneratedFiles.Mirror]);
        var code = Encoding.UTF8.GetString(_disk[GeneratedFiles.CSharp]);
        Assert.Contains($"Fingerprint = \"{Sample.Source.Fingerprint}\";", code, StringComparison.Ordinal);
        Assert.Contains($"Sha256 = \"{Sample.Source.Sha256}\";", code, StringComparison.Ordinal);
        Assert.Contains("            new(\"alpha\", [\"own\", \"platform\"]),\n            new(\"beta\", [\"own\"]),\n        ]);\n}\n", code, StringComparison.Ordinal);
        using var json = System.Text.Json.JsonDocument.Parse(_disk[GeneratedFiles.Json("alpha")]);
        Assert.Equal(
            $$"""{"generator":"molecule registry sync","source":"providers.yaml","sha256":"{{Sample.Source.Sha256}}","fingerprint":"{{Sample.Source.Fingerprint}}","schema_version":1}""",
            System.Text.Json.JsonSerializer.Serialize(json.RootElement.GetProperty("_provenance")));
        Assert.Equal(
            """{"name":"platform","auth_env":["USAGE_TOKEN"],"models":["vendor/own-1"],"withdrawn_models":["vendor/old"]}""",
            System.Text.Json.JsonSerializer.Serialize(json.RootElement.GetProperty("providers")[1]));
        Assert.Equal("alpha True", $"{json.RootElement.GetProperty("runtime")} {json.RootElement.GetProperty("in_registry")}");
    }

    [Fact]
    public void What_is_generated_as_json_has_a_line_a_member_and_ends_its_last_line()
    {
        foreach (var path in (string[])[GeneratedFiles.Json("alpha"), GeneratedFiles.Record])
        {
            var text = Encoding.UTF8.GetString(_disk[path]);

            Assert.StartsWith("{\n  \"", text, StringComparison.Ordinal);
            Assert.EndsWith("\n}\n", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_docs_are_these_tables_with_runtimes_by_name()
    {
        var source = Sample.Of(Sample.Yaml
            .Replace("  alpha: {", "  gamma: { providers: [{ name: spare }] }\n  alpha: {", StringComparison.Ordinal));

        Assert.Equal(
            $"""
            # The registry

            Made of providers.yaml by `./molecule registry sync`; edit that file. Fingerprint `{source.Fingerprint}`.

            ## Providers

            | provider | wire | auth mode | credentials | upstream vendor |
            |---|---|---|---|---|
            | `own` | openai | anthropic_api | `OWN_KEY`, `OTHER_KEY` | own |
            | `platform` | anthropic | oauth | `USAGE_TOKEN` |  |
            | `spare` | openai | third_party_anthropic_compat | `SPARE_KEY` |  |

            ## alpha

            | arm | models | withdrawn |
            |---|---|---|
            | `own` | `own-1`, `own-2` |  |
            | `platform` | `vendor/own-1` | `vendor/old` |

            ## beta

            | arm | models | withdrawn |
            |---|---|---|
            | `own` | `own:own-1` |  |

            ## gamma

            | arm | models | withdrawn |
            |---|---|---|
            | `spare` | by name only |  |

            ## One model, several names

            | canonical id | other names |
            |---|---|
            | `own-1` | `own-1-20261128` |

            """,
            RegistryTables.Render(source, Sample.Aliases));
    }

    [Fact]
    public void A_byte_order_mark_changes_the_bytes_and_no_datum()
    {
        var marked = RegistrySource.Read("providers.yaml", [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(Sample.Yaml)]);

        Assert.Equal(Sample.Source.Fingerprint, marked.Fingerprint);
        Assert.NotEqual(Sample.Source.Sha256, marked.Sha256);
    }

    private ImmutableArray<DriftFinding> Judge(RegistrySource source) => MirrorJudge.Judge(GeneratedFiles.Of(source, Sample.Aliases), _disk.GetValueOrDefault);

    private void Write(string path, string text) => _disk[path] = Encoding.UTF8.GetBytes(text);
}
