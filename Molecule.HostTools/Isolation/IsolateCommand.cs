using System.CommandLine;
using System.Runtime.InteropServices;

namespace Molecule.HostTools.Isolation;

/// <summary><c>isolate -- PROGRAM ARGS</c>: becomes a program whose network is a <see cref="LoopbackNamespace"/>.</summary>
/// <remarks>It becomes it: process id, signals, exit code and standard streams are the program's own, so who holds this process holds that one.</remarks>
internal static partial class IsolateCommand
{
    private const int BrokenPipe = 13;
    private const int CannotRun = 126;

    public static Command Create()
    {
        var command = new Command("isolate", "Run a program in a network namespace with loopback alone, without network but for what listens inside.");
        var entered = new Option<bool>("--entered") { Description = "the namespace is new and this process in it already; its rights to furnish it are given up" };
        var program = new Argument<string[]>("program") { Description = "the program and its arguments, after --", Arity = ArgumentArity.OneOrMore };
        command.Options.Add(entered);
        command.Arguments.Add(program);
        command.SetAction(parsed => Run(parsed.GetValue(program)!, parsed.GetValue(entered)));
        return command;
    }

    private static int Run(string[] program, bool isEntered)
    {
        if (!OperatingSystem.IsLinux())
        {
            Console.Error.WriteLine("isolate: network namespaces are Linux's.");
            return CannotRun;
        }

        var failed = CannotRun;

        // One thread for both steps: the namespace is the thread's, and the program takes the place of the thread that becomes it.
        var thread = new Thread(() => failed = Become(program, isEntered));
        thread.Start();
        thread.Join();
        return failed;
    }

    private static unsafe int Become(string[] program, bool isEntered)
    {
        try
        {
            if (isEntered)
            {
                LoopbackNamespace.Furnish();
                LoopbackNamespace.DropRights();
            }
            else
            {
                LoopbackNamespace.Enter();
            }
        }
        catch (Exception e) when (e is IsolationException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"isolate: {e.Message}. It needs CAP_SYS_ADMIN, or a kernel that gives users namespaces of their own.");
            return CannotRun;
        }

        // The runtime ignores it for itself, and what is ignored stays so in the program that one becomes (man 2 execve).
        _ = Signal(BrokenPipe, 0);
        var arguments = new nint[program.Length + 1];
        for (var i = 0; i < program.Length; i++)
        {
            arguments[i] = Marshal.StringToCoTaskMemUTF8(program[i]);
        }

        fixed (nint* vector = arguments)
        {
            _ = Execute(arguments[0], vector);
        }

        var error = Marshal.GetLastPInvokeError();
        Console.Error.WriteLine($"isolate: '{program[0]}' cannot be run: errno {error}.");
        return CannotRun;
    }

    [LibraryImport("libc", EntryPoint = "signal", SetLastError = true)]
    private static partial nint Signal(int signal, nint handler);

    [LibraryImport("libc", EntryPoint = "execvp", SetLastError = true)]
    private static unsafe partial int Execute(nint file, nint* arguments);
}
