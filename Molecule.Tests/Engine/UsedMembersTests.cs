using System.Collections.Immutable;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Molecule.Tests.Engine;

/// <summary>
/// Source compatibility with real Aspire where it cannot be had: what AppHosts and test projects call of the engine, read from what they were compiled
/// to, against a list that was compared by hand with Aspire 13.5's API.
/// </summary>
public sealed class UsedMembersTests
{
    private const string Engine = "Molecule.AspireOffline";

    public static TheoryData<string> Programs => ["Molecule.AppHost", "Molecule.E2E.Tests", "Molecule.Conformance.AppHost", "Molecule.Conformance.Tests", "Molecule.Tests"];

    [Theory]
    [MemberData(nameof(Programs))]
    public void Every_member_of_Aspires_that_is_used_is_one_that_real_Aspire_has(string program)
    {
        var known = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Engine", "aspire-13.5-members.txt")).Where(static l => l is not ['#', ..]).ToHashSet(StringComparer.Ordinal);

        var unknown = Used(program).Except(known).Order(StringComparer.Ordinal).ToArray();

        Assert.True(
            unknown.Length == 0,
            $"{program} uses what is not in Engine/aspire-13.5-members.txt. Compare each with Aspire 13.5's API, and add it if that has it:\n{string.Join('\n', unknown)}");
    }

    [Fact]
    public void A_program_that_uses_the_engine_is_seen_to()
    {
        var used = Used("Molecule.AppHost");

        Assert.Contains("Aspire.Hosting.DistributedApplication.CreateBuilder(String[])", used);
        Assert.Contains("Aspire.Hosting.ApplicationModel.IResourceBuilder`1.get_Resource()", used);
    }

    // Beside the launcher's own program lie those of every other room, in folders of their own.
    private static ImmutableHashSet<string> Used(string program)
    {
        var bin = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        var path = Path.Combine(bin.Parent!.Parent!.FullName, program, bin.Name, $"{program}.dll");
        Assert.True(File.Exists(path), $"'{path}' has not been built: build the solution.");
        using var stream = File.OpenRead(path);
        using var file = new PEReader(stream);
        var metadata = file.GetMetadataReader();
        var names = new Names(metadata);
        return
        [
            .. metadata.MemberReferences.Select(metadata.GetMemberReference)
                .Select(member => (Member: member, Type: names.EngineType(member.Parent)))
                .Where(static m => m.Type is not null)
                .Select(m => $"{m.Type}.{metadata.GetString(m.Member.Name)}{(m.Member.GetKind() == MemberReferenceKind.Method ? Parameters(m.Member.DecodeMethodSignature(names, null)) : "")}"),
            .. metadata.TypeReferences.Select(h => names.EngineType(h)).OfType<string>(),
        ];
    }

    private static string Parameters(MethodSignature<string> signature) =>
        $"{(signature.GenericParameterCount > 0 ? $"`{signature.GenericParameterCount}" : "")}({string.Join(", ", signature.ParameterTypes)})";

    private sealed class Names(MetadataReader metadata) : ISignatureTypeProvider<string, object?>
    {
        public string? EngineType(EntityHandle parent)
        {
            switch (parent.Kind)
            {
                case HandleKind.TypeSpecification:
                    var decoded = metadata.GetTypeSpecification((TypeSpecificationHandle)parent).DecodeSignature(new Definitions(metadata), null);
                    return decoded is { } handle ? EngineType(handle) : null;
                case HandleKind.TypeReference:
                    var type = metadata.GetTypeReference((TypeReferenceHandle)parent);
                    return IsOfEngine(type.ResolutionScope) ? FullName(type) : null;
                default:
                    return null;
            }
        }

        public string GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => reader.GetString(reader.GetTypeReference(handle).Name);

        public string GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => reader.GetString(reader.GetTypeDefinition(handle).Name);

        public string GetTypeFromSpecification(MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind) =>
            reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);

        public string GetSZArrayType(string elementType) => $"{elementType}[]";

        public string GetArrayType(string elementType, ArrayShape shape) => $"{elementType}[]";

        public string GetByReferenceType(string elementType) => $"{elementType}&";

        public string GetPointerType(string elementType) => $"{elementType}*";

        public string GetFunctionPointerType(MethodSignature<string> signature) => "fn";

        public string GetGenericInstantiation(string genericType, ImmutableArray<string> typeArguments) => $"{genericType}<{string.Join(", ", typeArguments)}>";

        public string GetGenericMethodParameter(object? genericContext, int index) => $"!!{index}";

        public string GetGenericTypeParameter(object? genericContext, int index) => $"!{index}";

        public string GetModifiedType(string modifier, string unmodifiedType, bool isRequired) => unmodifiedType;

        public string GetPinnedType(string elementType) => elementType;

        public string GetPrimitiveType(PrimitiveTypeCode typeCode) => typeCode.ToString();

        private bool IsOfEngine(EntityHandle scope) => scope.Kind switch
        {
            HandleKind.AssemblyReference => metadata.GetString(metadata.GetAssemblyReference((AssemblyReferenceHandle)scope).Name) == Engine,
            HandleKind.TypeReference => IsOfEngine(metadata.GetTypeReference((TypeReferenceHandle)scope).ResolutionScope),
            _ => false,
        };

        private string FullName(TypeReference type) => type.ResolutionScope.Kind == HandleKind.TypeReference
            ? $"{FullName(metadata.GetTypeReference((TypeReferenceHandle)type.ResolutionScope))}.{metadata.GetString(type.Name)}"
            : $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}";
    }

    /// <summary>The generic type that a specification is made of.</summary>
    private sealed class Definitions(MetadataReader metadata) : ISignatureTypeProvider<EntityHandle?, object?>
    {
        public EntityHandle? GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => handle;

        public EntityHandle? GetGenericInstantiation(EntityHandle? genericType, ImmutableArray<EntityHandle?> typeArguments) => genericType;

        public EntityHandle? GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => null;

        public EntityHandle? GetTypeFromSpecification(MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind) =>
            metadata.GetTypeSpecification(handle).DecodeSignature(this, genericContext);

        public EntityHandle? GetSZArrayType(EntityHandle? elementType) => null;

        public EntityHandle? GetArrayType(EntityHandle? elementType, ArrayShape shape) => null;

        public EntityHandle? GetByReferenceType(EntityHandle? elementType) => null;

        public EntityHandle? GetPointerType(EntityHandle? elementType) => null;

        public EntityHandle? GetFunctionPointerType(MethodSignature<EntityHandle?> signature) => null;

        public EntityHandle? GetGenericMethodParameter(object? genericContext, int index) => null;

        public EntityHandle? GetGenericTypeParameter(object? genericContext, int index) => null;

        public EntityHandle? GetModifiedType(EntityHandle? modifier, EntityHandle? unmodifiedType, bool isRequired) => unmodifiedType;

        public EntityHandle? GetPinnedType(EntityHandle? elementType) => null;

        public EntityHandle? GetPrimitiveType(PrimitiveTypeCode typeCode) => null;
    }
}
