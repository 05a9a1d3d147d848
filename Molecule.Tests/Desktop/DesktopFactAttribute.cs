using System.Runtime.CompilerServices;
using Molecule.Conformance.Tests;
using Molecule.Contracts.Desktop;
using Xunit.Sdk;
using Xunit.v3;

namespace Molecule.Tests.Desktop;

/// <summary>
/// A test that needs a real desktop. Where its programs are not installed and MOLECULE_REQUIRE does not name <c>desktop</c> it is no test case, and the
/// session names it as unchecked at its end; where they are required it runs, and fails for the lack.
/// </summary>
[XunitTestCaseDiscoverer(typeof(DesktopFactDiscoverer))]
[AttributeUsage(AttributeTargets.Method)]
public sealed class DesktopFactAttribute([CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1)
    : FactAttribute(sourceFilePath, sourceLineNumber);

/// <summary>Decides whether <see cref="DesktopFactAttribute"/> makes test cases.</summary>
public sealed class DesktopFactDiscoverer : FactDiscoverer
{
    public override ValueTask<IReadOnlyCollection<IXunitTestCase>> Discover(
        ITestFrameworkDiscoveryOptions discoveryOptions, IXunitTestMethod testMethod, IFactAttribute factAttribute)
    {
        ArgumentNullException.ThrowIfNull(testMethod);
        var isRequired = (Environment.GetEnvironmentVariable("MOLECULE_REQUIRE") ?? "").Split(',', StringSplitOptions.TrimEntries).Contains("desktop");
        if (!isRequired && DesktopPrograms.Missing(DesktopPrograms.All, Environment.GetEnvironmentVariable("PATH"), File.Exists) is { IsEmpty: false } missing)
        {
            UncheckedTests.Add($"{testMethod.TestClass.TestClassName}.{testMethod.MethodName}", "desktop", $"{string.Join(", ", missing)} not on PATH; './molecule setup' installs it as root on Debian");
            return new([]);
        }

        return base.Discover(discoveryOptions, testMethod, factAttribute);
    }
}
