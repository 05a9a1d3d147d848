using System.Runtime.CompilerServices;
using Xunit.Sdk;
using Xunit.v3;

namespace Molecule.Conformance.Tests.Containers;

/// <summary>
/// A test that needs a container engine. Where none answers and none is required it is no test case, and the session names it as unchecked at its end;
/// where one is required it runs, and fails for the lack.
/// </summary>
[XunitTestCaseDiscoverer(typeof(ContainerFactDiscoverer))]
[AttributeUsage(AttributeTargets.Method)]
public sealed class ContainerFactAttribute([CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1)
    : FactAttribute(sourceFilePath, sourceLineNumber);

/// <summary>Decides once a process whether <see cref="ContainerFactAttribute"/> makes test cases.</summary>
public sealed class ContainerFactDiscoverer : FactDiscoverer
{
    private static readonly Lazy<Task<string?>> Missing = new(ContainerEngine.MissingAsync);

    public override async ValueTask<IReadOnlyCollection<IXunitTestCase>> Discover(
        ITestFrameworkDiscoveryOptions discoveryOptions, IXunitTestMethod testMethod, IFactAttribute factAttribute)
    {
        ArgumentNullException.ThrowIfNull(testMethod);
        if (!ContainerEngine.IsRequired && await Missing.Value is { } reason)
        {
            UncheckedTests.Add($"{testMethod.TestClass.TestClassName}.{testMethod.MethodName}", "container engine", reason);
            return [];
        }

        return await base.Discover(discoveryOptions, testMethod, factAttribute);
    }
}
