using System.Collections.Immutable;
using CsCheck;
using Molecule.Registry;

namespace Molecule.Tests.Registry;

public sealed class RegistryPropertyTests
{
    private static readonly ProviderRegistry Own = OwnRegistry.Registry;

    /// <summary>Random registries, and the repository's own among them.</summary>
    private static readonly Gen<ProviderRegistry> Registries = Gen.Frequency((4, RegistryGen.Registry), (1, Gen.Const(Own)));

    [Fact]
    public void An_offered_model_belongs_to_an_arm_of_that_runtime_that_offers_it() =>
        Gen.Select(Registries, RegistryGen.PresentEnv).Sample((registry, env) =>
        {
            foreach (var runtime in registry.Runtimes)
            {
                foreach (var model in runtime.Arms.SelectMany(arm => arm.Models))
                {
                    var derived = Assert.IsType<Derived>(registry.DeriveProvider(runtime.Name, model, env));
                    Assert.Contains(model, runtime.FindArm(derived.Provider.Name)!.Models);
                }
            }
        });

    [Fact]
    public void Without_credentials_an_offered_model_belongs_to_the_first_arm_that_offers_it() =>
        Registries.Sample(registry =>
        {
            foreach (var runtime in registry.Runtimes)
            {
                foreach (var model in runtime.Arms.SelectMany(arm => arm.Models))
                {
                    Assert.Equal(
                        runtime.Arms.First(arm => arm.Models.Contains(model)).Provider,
                        OwnRegistry.Says(registry.DeriveProvider(runtime.Name, model, [])));
                }
            }
        });

    [Fact]
    public void Any_question_has_one_answer_and_always_the_same() =>
        Gen.Select(Registries, RegistryGen.RuntimeName, RegistryGen.Model, RegistryGen.PresentEnv, Gen.Bool).Sample((registry, runtime, model, env, proxy) =>
        {
            var first = registry.DeriveProvider(runtime, model, env);
            Assert.Equal(OwnRegistry.Says(first), OwnRegistry.Says(registry.DeriveProvider(runtime, model, env)));
            if (first is Derived derived)
            {
                Assert.NotNull(registry.FindRuntime(runtime)?.FindArm(derived.Provider.Name));
            }

            // A create is admitted to the derived provider or refused, and never throws.
            if (registry.Admit(new CreateIntent(runtime, model, env, proxy)) is Admitted admitted)
            {
                Assert.Equal(
                    admitted.Provider.Name,
                    OwnRegistry.Says(registry.DeriveProvider(admitted.Runtime, admitted.Model, env)));
            }

            _ = registry.ResolveUpstream(model);
        });

    [Fact]
    public void A_withdrawn_model_cannot_be_chosen_and_stays_with_an_arm_that_withdrew_it() =>
        Gen.Select(Registries, RegistryGen.PresentEnv).Sample((registry, env) =>
        {
            foreach (var runtime in registry.Runtimes)
            {
                foreach (var model in runtime.Arms.SelectMany(arm => arm.WithdrawnModels))
                {
                    Assert.Equal("UNREGISTERED_MODEL_FOR_RUNTIME", OwnRegistry.Says(registry.DeriveProvider(runtime.Name, model, env)));
                    var pinned = OwnRegistry.Says(registry.DeriveProviderForPin(runtime.Name, model, env));
                    Assert.Contains(model, runtime.FindArm(pinned)!.WithdrawnModels);
                }
            }
        });

    [Fact]
    public void A_pin_of_what_can_be_chosen_is_derived_like_a_choice() =>
        Gen.Select(Registries, RegistryGen.RuntimeName, RegistryGen.Model, RegistryGen.PresentEnv).Sample((registry, runtime, model, env) =>
        {
            if (registry.DeriveProvider(runtime, model, env) is Derived chosen)
            {
                Assert.Equal(chosen.Provider.Name, OwnRegistry.Says(registry.DeriveProviderForPin(runtime, model, env)));
            }
        });

    [Fact]
    public void A_probe_without_owner_is_refused_whatever_the_workspace_holds_and_one_with_owner_goes_there() =>
        Gen.Select(Registries, RegistryGen.PresentEnv).Sample((registry, env) =>
        {
            foreach (var runtime in registry.Runtimes)
            {
                foreach (var arm in registry.Providers.Where(provider => runtime.FindArm(provider.Name) is null))
                {
                    var probe = registry.ProbeRefusal(runtime.Name, arm.Name);
                    var samples = registry.SampleModels(arm.Name);
                    Assert.Equal(samples.IsEmpty, probe is null);
                    if (probe is null)
                    {
                        continue;
                    }

                    Assert.Contains(probe.Model, samples);
                    Assert.Equal(
                        probe.Owner ?? "UNREGISTERED_MODEL_FOR_RUNTIME",
                        OwnRegistry.Says(registry.DeriveProvider(runtime.Name, probe.Model, [])));
                    if (probe.Owner is not null)
                    {
                        Assert.All(samples, model => Assert.IsType<Derived>(registry.DeriveProviderForPin(runtime.Name, model, [])));
                    }
                }
            }
        });

    [Fact]
    public void However_a_registry_is_written_it_reads_the_same() =>
        Gen.Select(Registries, Gen.Int, Gen.Int).Sample((registry, one, other) =>
        {
            var first = RegistryReader.Read(YamlText.Of(registry, one), "one.yaml");
            var second = RegistryReader.Read(YamlText.Of(registry, other), "other.yaml");

            Assert.Equal(RegistryFingerprint.Of(registry), RegistryFingerprint.Of(first));
            Assert.Equal(RegistryFingerprint.Of(registry), RegistryFingerprint.Of(second));
        });

    [Fact]
    public void A_spoilt_file_is_read_or_refused_and_nothing_else() =>
        Gen.Select(Gen.Int[0, OwnRegistry.Text.Length - 1], Gen.Int[0, 40], Gen.String[Gen.Char["[]{}:-#&*!|>'\"\t\n %@`,?x1"], 0, 4]).Sample((at, length, put) =>
        {
            var spoilt = OwnRegistry.Text.Remove(at, Math.Min(length, OwnRegistry.Text.Length - at)).Insert(at, put);
            try
            {
                Assert.NotEmpty(RegistryReader.Read(spoilt, "r.yaml").Providers);
            }
            catch (RegistryFormatException error)
            {
                Assert.All(error.Errors, found => Assert.True(found.Line > 0 && found.Column > 0, found.ToString()));
            }
        });
}
