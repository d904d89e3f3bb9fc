"""Prints the failures of test projects, then one line 'N passed, N failed[, N skipped]'; exits 0 only if all went well and something passed.

A step beside the tests that failed (a sample, the formatting) counts as one failure.

For each PROJECT, FOLDER holds PROJECT.exit (the exit code of 'dotnet test'), PROJECT.log (its output) and PROJECT.trx (missing if no test matched).
"""
import argparse
import pathlib
import sys
import xml.etree.ElementTree as ElementTree

TRX = "{http://microsoft.com/schemas/VisualStudio/TeamTest/2010}"


def parse(trx):
    """The document of a .trx file; an empty one if the file is missing or cut off (a killed run)."""
    try:
        return ElementTree.parse(trx).getroot()
    except (FileNotFoundError, ElementTree.ParseError):
        return ElementTree.Element("empty")


def read_results(document):
    """[(outcome, test name, message and stack trace)]."""
    results = []
    for result in document.iter(TRX + "UnitTestResult"):
        error = result.find(f"{TRX}Output/{TRX}ErrorInfo")
        parts = [] if error is None else [error.findtext(TRX + part) for part in ("Message", "StackTrace")]
        results.append((result.get("outcome"), result.get("testName"), "\n".join(part for part in parts if part)))
    return results


def read_run_faults(document):
    """What befell the run as a whole, such as a crash of the process: the first lines of each fault, for the rest is a long stack.

    xunit's runner also files a line there for each failed test; those are counted as tests.
    """
    faults = [info.findtext(TRX + "Text") or "" for info in document.iter(TRX + "RunInfo") if info.get("outcome") == "Error"]
    return "\n".join("\n".join(fault.splitlines()[:8]) for fault in faults if not fault.startswith("[xUnit.net"))


def summarize(folder, project):
    """(passed, failed, skipped) of one project; prints its failures. A run that broke off counts as one failure more."""
    document = parse(folder / f"{project}.trx")
    results = read_results(document)
    exit_code = int((folder / f"{project}.exit").read_text())
    failures = [result for result in results if result[0] not in ("Passed", "NotExecuted")]
    for _, name, message in failures:
        print(f"FAILED {name}\n{message}\n")

    faults = read_run_faults(document)
    broke_off = exit_code != 0 and (faults != "" or not failures)
    if broke_off:
        log = folder / f"{project}.log"
        reason = faults or "\n".join(log.read_text(errors="replace").splitlines()[-20:])
        print(f"FAILED {project}: 'dotnet test' ended with exit code {exit_code} (full log: {log})\n{reason}\n")

    outcomes = [outcome for outcome, _, _ in results]
    return outcomes.count("Passed"), len(failures) + broke_off, outcomes.count("NotExecuted")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--also-failed", action="append", default=[], metavar="STEP", help="a step beside the tests that failed")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("projects", nargs="+", metavar="PROJECT")
    arguments = parser.parse_args()

    passed, failed, skipped = (sum(counts) for counts in zip(*(summarize(arguments.folder, project) for project in arguments.projects)))
    for step in arguments.also_failed:
        print(f"FAILED {step}")
    failed += len(arguments.also_failed)
    if passed == 0 and failed == 0:
        print("No test ran: does the filter match any?")
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
