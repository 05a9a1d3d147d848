using System.Reflection;
using System.Reflection.Emit;
using Molecule.Contracts.Engines;

namespace Molecule.Tests.Contracts;

public sealed class EmulatedEnginesTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("molecule-stamped-");

    private string Library => Path.Combine(_folder.FullName, "Stand.In.dll");

    private string Program => Path.Combine(_folder.FullName, OperatingSystem.IsWindows() ? "Stand.In.exe" : "Stand.In");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_stand_in_is_the_program_beside_the_stamped_library_with_its_hash_and_says_that_it_is_none_of_the_real_ones()
    {
        File.WriteAllText(Program, "abc");

        // SHA-256 of "abc": FIPS 180-2, appendix B.1.
        Assert.Equal(
            [new InstalledEngine("hermes", "0.1.0", Program, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", Kind: EngineKind.Emulated)],
            EmulatedEngines.StampedInto(Stamped(("molecule.emulated-engine", $"hermes|0.1.0|{Library}"), ("other", "x|y|z"))));
    }

    [Fact]
    public void A_stand_in_that_was_not_built_is_named_with_its_place() => Assert.Equal(
        $"The stand-in for hermes is missing at '{Program}': build the solution again.",
        Assert.Throws<EngineMissingException>(() => EmulatedEngines.StampedInto(Stamped(("molecule.emulated-engine", $"hermes|0.1.0|{Library}")))).Message);

    [Fact]
    public void Nothing_has_no_stand_ins() =>
        Assert.Equal("assembly", Assert.Throws<ArgumentNullException>(static () => EmulatedEngines.StampedInto(null!)).ParamName);

    private static AssemblyBuilder Stamped(params (string Key, string Value)[] stamps) => AssemblyBuilder.DefineDynamicAssembly(
        new AssemblyName("Stamped"),
        AssemblyBuilderAccess.Run,
        stamps.Select(static stamp => new CustomAttributeBuilder(typeof(AssemblyMetadataAttribute).GetConstructor([typeof(string), typeof(string)])!, [stamp.Key, stamp.Value])));
}
