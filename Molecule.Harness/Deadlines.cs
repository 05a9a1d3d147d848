namespace Molecule.Harness;

/// <summary>How long a run waits for what. Every wait names what it waited for when it gives up.</summary>
public static class Deadlines
{
    /// <summary>From the first resource to a healthy graph, a cold cache's downloads included.</summary>
    public static TimeSpan GraphStart { get; } = TimeSpan.FromMinutes(8);

    /// <summary>From an accepted create to an online workspace (spec/runtimes-and-providers.md 6, PR #2150). A cold page cache of a 380 MB program on shared cores is the worst case.</summary>
    public static TimeSpan WorkspaceOnline { get; } = TimeSpan.FromSeconds(240);

    /// <summary>One turn, the program's own bounded retries included.</summary>
    public static TimeSpan Turn { get; } = TimeSpan.FromSeconds(90);

    /// <summary>One turn that fills a model's window: its vendor reads a million characters before it says a word.</summary>
    public static TimeSpan FillingTurn { get; } = TimeSpan.FromMinutes(4);

    /// <summary>All turns of a lane, from its first start on. The dearest, openclaw with every feature and fault, takes about four minutes on two quiet cores.</summary>
    public static TimeSpan Lane { get; } = TimeSpan.FromMinutes(20);

    /// <summary>The control plane writes activity rows within 3 s of the reply (spec/control-plane.md 6.4).</summary>
    public static TimeSpan ActivityRow { get; } = TimeSpan.FromSeconds(10);

    /// <summary>One call to the control plane or the fakes that starts nothing.</summary>
    public static TimeSpan Call { get; } = TimeSpan.FromSeconds(30);

    /// <summary>From the graph's end to the last process of its run (design.md 5: no orphan ever).</summary>
    public static TimeSpan Reaped { get; } = TimeSpan.FromSeconds(10);

    /// <summary>Between two looks at something that is awaited.</summary>
    public static TimeSpan Poll { get; } = TimeSpan.FromMilliseconds(100);
}
