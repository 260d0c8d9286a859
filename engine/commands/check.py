"""`./run check`: the validator alone, over files."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.commands.terminal import out, print_json
from engine.kit import Kit
from engine.products import Finding, Severity, Verdict
from engine.rules import check
from engine.rules.syntax import LONGEST

Report = list[dict[str, Any]]


def run(files: Sequence[Path], *, fragment: bool = False, allow_imports: frozenset[str] = frozenset()) -> Report:
    """The verdict on each file: {"file", "accepted", "findings"}."""
    return [_entry(file, _verdict(file, fragment, allow_imports)) for file in files]


def exit_code(report: Sequence[Mapping[str, Any]]) -> int:
    """0 when every file was accepted, 3 when any was refused."""
    return 0 if all(entry["accepted"] for entry in report) else 3


def _entry(file: Path, verdict: Verdict) -> dict[str, Any]:
    findings = [finding.model_dump(mode="json") for finding in verdict.findings]
    return {"file": str(file), "accepted": verdict.accepted, "findings": findings}


def _verdict(file: Path, fragment: bool, allow_imports: frozenset[str]) -> Verdict:
    try:
        with file.open("rb") as opened:
            # One byte more than is read anyway, so that a longer file is seen to be longer.
            content = opened.read(4 * LONGEST + 1)
        text = content.decode("utf-8", "strict" if len(content) <= 4 * LONGEST else "replace")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return _refusal("plain-encoding", line, "The file is not UTF-8.", "Save it as UTF-8.")
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        return _refusal("parses", 1, f"{file} could not be read: {reason}.", "Give the path of a Python file.")
    return check(text, fragment=fragment, allow_imports=allow_imports)


def _refusal(rule: str, line: int, message: str, fix: str) -> Verdict:
    return Verdict(findings=(Finding(rule=rule, severity=Severity.REFUSE, line=line, message=message, fix=fix),))


def add(commands: Any) -> None:
    """The command's arguments."""
    parser = commands.add_parser("check", help="the validator alone: exit 0 all accepted, 3 any refused")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE.py")
    parser.add_argument(
        "--fragment", action="store_true", help="the safety rules alone, for code that is no whole script"
    )
    parser.add_argument(
        "--allow-import", default="", metavar="NAMES", help="more modules to allow, separated by commas"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.set_defaults(act=act)


def act(options: argparse.Namespace, kit: Kit) -> int:
    """Check every file and print all findings."""
    names = frozenset(filter(None, re.split(r"[,\s]+", options.allow_import)))
    report = run(options.files, fragment=options.fragment, allow_imports=names)
    if options.json:
        print_json(report)
        return exit_code(report)
    for entry in report:
        out.print(f"{entry['file']}: {'accepted' if entry['accepted'] else 'refused'}", markup=False)
        for finding in entry["findings"]:
            out.print(
                f"  line {finding['line']}: {finding['severity']}: {finding['rule']}: {finding['message']}",
                markup=False,
            )
            out.print(f"    {finding['fix']}", style="dim", markup=False)
    return exit_code(report)
