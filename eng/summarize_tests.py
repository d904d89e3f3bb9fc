"""Prints the failures of test projects, then one line 'N passed, N failed[, N skipped]'; exits 0 only if all went well and something passed.

For each PROJECT, FOLDER holds PROJECT.exit (the exit code of 'dotnet test'), PROJECT.log (its output) and PROJECT.trx (missing if no test matched).
"""
import argparse
import pathlib
import sys
import xml.etree.ElementTree as ElementTree

TRX = "{http://microsoft.com/schemas/VisualStudio/TeamTest/2010}"


def read_results(trx):
    """[(outcome, test name, message and stack trace)] of one .trx file; an unreadable file (a killed run) has none."""
    try:
        tree = ElementTree.parse(trx)
    except (FileNotFoundError, ElementTree.ParseError):
        return []
    results = []
    for result in tree.iter(TRX + "UnitTestResult"):
        error = result.find(f"{TRX}Output/{TRX}ErrorInfo")
        parts = [] if error is None else [error.findtext(TRX + part) for part in ("Message", "StackTrace")]
        results.append((result.get("outcome"), result.get("testName"), "\n".join(part for part in parts if part)))
    return results


def summarize(folder, project):
    """(passed, failed, skipped) of one project; prints its failures. A run that broke off without a failed test counts as one failure."""
    results = read_results(folder / f"{project}.trx")
    exit_code = int((folder / f"{project}.exit").read_text())
    failures = [result for result in results if result[0] not in ("Passed", "NotExecuted")]
    for _, name, message in failures:
        print(f"FAILED {name}\n{message}\n")

    broke_off = exit_code != 0 and not failures
    if broke_off:
        log = folder / f"{project}.log"
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-30:])
        print(f"FAILED {project}: 'dotnet test' ended with exit code {exit_code} (full log: {log})\n{tail}\n")

    outcomes = [outcome for outcome, _, _ in results]
    return outcomes.count("Passed"), len(failures) + broke_off, outcomes.count("NotExecuted")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--also-failed", action="append", default=[], metavar="STEP", help="a step before the tests that failed")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("projects", nargs="+", metavar="PROJECT")
    arguments = parser.parse_args()

    passed, failed, skipped = (sum(counts) for counts in zip(*(summarize(arguments.folder, project) for project in arguments.projects)))
    for step in arguments.also_failed:
        print(f"FAILED {step}")
    if passed == 0 and failed == 0:
        print("No test ran: does the filter match any?")
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 0 if failed == 0 and passed > 0 and not arguments.also_failed else 1


if __name__ == "__main__":
    sys.exit(main())
