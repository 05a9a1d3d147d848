using System.Collections.Immutable;
using System.Reflection;

namespace Molecule.Tests.Workspace;

/// <summary>Whether a runtime's suite is the contract's, whole and unaltered. Pure.</summary>
public static class RuntimeSuites
{
    private const BindingFlags Own = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    /// <summary>The concrete suites of a contract in its assembly.</summary>
    public static ImmutableArray<Type> Of(Type contract) => [.. contract.Assembly.GetTypes().Where(t => t != contract && !t.IsAbstract && contract.IsAssignableFrom(t))];

    /// <summary>What is wrong with a suite, a sentence each.</summary>
    public static ImmutableArray<string> Problems(Type contract, Type suite)
    {
        var problems = ImmutableArray.CreateBuilder<string>();
        var tests = contract.GetMethods(Own).Where(IsTest).ToList();
        if (!suite.IsSealed || suite.BaseType != contract)
        {
            problems.Add($"{suite.Name} has to be sealed and to derive from {contract.Name} itself.");
        }

        foreach (var test in tests)
        {
            // What xunit runs on the suite has to be the contract's very method.
            var run = suite.GetMethods(BindingFlags.Instance | BindingFlags.Public).Where(m => m.Name == test.Name).ToList();
            if (run is not [var one] || one.DeclaringType != contract || test.IsVirtual || !test.IsPublic)
            {
                problems.Add($"{suite.Name} hides, overrides or lacks {test.Name}.");
            }
        }

        foreach (var test in tests.Concat(suite.GetMethods(Own).Where(IsTest)))
        {
            if (test.GetCustomAttributes<FactAttribute>().Any(static f => f.Skip is not null || f.SkipWhen is not null || f.SkipUnless is not null || f.Explicit))
            {
                problems.Add($"{test.Name} is skipped or explicit.");
            }
        }

        return problems.ToImmutable();
    }

    private static bool IsTest(MethodInfo method) => method.IsDefined(typeof(FactAttribute));
}
