"""`./run bench [NAME] [--json]`: what the workbench takes, side by side with plain ways, in one run."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

from rich.table import Table

from engine.bench.rows import TIMES, Row, say
from engine.commands.pipes import quietly
from engine.commands.terminal import err, out, print_json
from engine.errors import EngineError, UsageError


class Bench(NamedTuple):
    """How to measure: given how often and an argument. A bench whose argument is needed is run only by name."""

    measure: Callable[[int, str], list[Row]]
    needs: str = ""


def _main(times: int, argument: str) -> list[Row]:
    from engine.bench import main

    return main.measure(times)


def _start(times: int, argument: str) -> list[Row]:
    from engine.bench import main, start

    with main.made_bed() as bed:
        return start.measure(bed.environment, times)


def _questions(times: int, argument: str) -> list[Row]:
    from engine.bench import questions

    folder = argument or os.environ.get("QUESTIONS_DIR", "")
    if not folder or not any((Path(folder) / name).is_file() for name in questions.FILES):
        raise UsageError(
            "There are no questions to ask.",
            "./run bench questions FOLDER (with questions.jsonl in it, such as tests/data/questions)",
        )
    measured = questions.measure(Path(folder))
    print(f"{questions.scorecard(measured)}\n\n{questions.reliability(measured)}", file=sys.stderr)
    print(f"\n{questions.beside(measured, questions.measure(Path(folder), accepted=True))}", file=sys.stderr)
    return [
        Row(f"{kind} questions {outcome}", round(measured.share(outcome, answerable), 4), "share")
        for answerable, kind in ((True, "answerable"), (False, "unanswerable"))
        if measured.count(answerable)
        for outcome in questions.OUTCOMES
    ]


def _sandbox(times: int, argument: str) -> list[Row]:
    from engine.bench import sandbox

    return sandbox.measure(times)


def _schema(times: int, argument: str) -> list[Row]:
    from engine.bench import schema

    return schema.measure(times)


def _model(times: int, argument: str) -> list[Row]:
    from engine.bench import model

    return model.measure(*model.arguments_of(argument))


def _whatif(times: int, argument: str) -> list[Row]:
    from engine.bench import whatif

    return whatif.measure(times)


def _safety(times: int, argument: str) -> list[Row]:
    from engine.bench import safety

    return safety.measure(argument)


def _followups(times: int, argument: str) -> list[Row]:
    from engine.bench import followups
    from engine.bench.questions import OUTCOMES

    if not argument or not (Path(argument) / followups.FILE).is_file():
        raise UsageError("There are no follow-ups to ask.", "./run bench followups tests/data/questions")
    found = followups.measure(Path(argument))
    print(followups.scorecard(found), file=sys.stderr)
    read = [each for each in found if each.outcome != followups.NOT_READ]
    return [
        Row(f"follow-ups {outcome}", round(sum(e.outcome == outcome for e in read) / max(len(read), 1), 4), "share")
        for outcome in OUTCOMES
    ]


def _services(times: int, argument: str) -> list[Row]:
    from engine.bench import services

    return services.measure(argument)


def _files(times: int, argument: str) -> list[Row]:
    from engine.bench import files

    return files.measure()


# A bench more is a file that gives rows, and a line here.
BENCHES: dict[str, Bench] = {
    "main": Bench(_main),
    "start": Bench(_start),
    "sandbox": Bench(_sandbox),
    "schema": Bench(_schema),
    "whatif": Bench(_whatif),
    "safety": Bench(_safety),
    "files": Bench(_files),
    "questions": Bench(_questions, needs="FOLDER"),
    "followups": Bench(_followups, needs="FOLDER"),
    "services": Bench(_services, needs="COUNT"),
    "model": Bench(_model, needs="FOLDER,URL[,COUNT][,plain|product|interview][,PART/PARTS]"),
}


def parser() -> argparse.ArgumentParser:
    """The arguments."""
    top = argparse.ArgumentParser(prog="./run bench", description="Measure, side by side with plain ways.")
    top.add_argument("name", nargs="?", choices=list(BENCHES), help="without it: all that need no argument")
    top.add_argument("argument", nargs="?", default="", help="what the bench needs: a folder for questions")
    top.add_argument("--json", action="store_true", help="print one JSON list")
    top.add_argument("-n", "--times", type=int, default=TIMES, help="how often each is measured (default: %(default)s)")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 0 even when a goal is missed: a number is no verdict on a busy machine."""
    options = parser().parse_args(arguments)
    names = [options.name] if options.name else [name for name, bench in BENCHES.items() if not bench.needs]
    rows: list[Row] = []
    try:
        for name in names:
            say(f"bench {name}")
            rows += BENCHES[name].measure(max(1, options.times), options.argument)
    except EngineError as error:
        err.print(f"{error.message}\n  {error.hint}", markup=False)
        return error.exit_code
    if options.json:
        print_json([asdict(each) for each in rows])
    else:
        out.print(drawn(rows))
    return 0


def drawn(rows: Sequence[Row]) -> Table:
    """The rows for people."""
    table = Table("measured", "", "against", "ratio", "goal", "")
    marks = {True: "[green]met", False: "[red]missed", None: ""}
    for each in rows:
        value = "-" if each.value is None else f"{each.value:,.3g} {each.unit}"
        ratio = "" if each.ratio is None else f"{each.ratio:.2g}"
        goal = "" if each.goal is None else f"{each.goal:g} {each.unit}"
        table.add_row(each.name, value, each.against, ratio, goal, marks[each.ok])
    return table


if __name__ == "__main__":
    sys.exit(quietly(main))
