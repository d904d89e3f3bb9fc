using System.Diagnostics;

namespace Coppice.Tests.Oracles;

/// <summary>The scripts of this folder, run by Debian's Python. A test that needs one fails where it cannot run; it is never skipped.</summary>
internal static class PythonScript
{
    private const string Python = "/usr/bin/python3";

    /// <summary>Runs a script and returns what it prints.</summary>
    /// <param name="script">The file's name.</param>
    /// <param name="packages">The Debian packages that it needs, for the message where one is missing.</param>
    /// <param name="arguments">Its arguments.</param>
    public static string Run(string script, string packages, params IEnumerable<string> arguments)
    {
        Assert.True(File.Exists(Python), $"This test needs {Python} with {packages}; install them with apt-get.");
        var start = new ProcessStartInfo(Python, [Path.Combine(Checkout.Root, "test", "Coppice.Tests", "Oracles", script), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"The oracle failed (it needs {packages}): {errors.Result}");
        return output;
    }
}
