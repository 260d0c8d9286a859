"""What the validator finds and what it refuses wrongly, by category, beside the scanner bandit over the same scripts.

The scripts are those of the tests: each file of hostile/ and honest/ is a category. A folder may be given instead, with
files of JSON lines: {"code", "expect": "refuse" or "accept", "category", "packages": libraries that may be imported}.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.bench.rows import Row, row
from engine.errors import UsageError
from engine.rules import check
from engine.rules.bandit_advice import issues_in
from runtime.parsing import parse

CORPUS = Path(__file__).resolve().parents[2] / "tests" / "rules"
PARTED = "\n---\n"
# What the scripts of the tests may import besides the usual.
LIBRARIES = frozenset(
    "IPython flask jinja2 matplotlib networkx plotly psycopg2 requests scipy seaborn sklearn sqlalchemy statsmodels"
    " sympy torch yaml".split()
)
# At most so many of what is unsafe pass, and of what is honest are refused.
MISSED, WRONG = 0.005, 0.02


@dataclass(frozen=True)
class Sample:
    """A script and what is expected of it."""

    category: str
    code: str
    hostile: bool
    libraries: frozenset[str] = LIBRARIES


def measure(folder: str = "") -> list[Row]:
    """Shares missed and wrongly refused, by category and together.

    Raises:
        UsageError: the folder holds no samples.
    """
    samples = list(_given(Path(folder)) if folder else _own())
    if not samples:
        raise UsageError("There are no scripts to check.", "./run bench safety FOLDER (with *.jsonl in it)")
    ours = {sample: _refuses(sample) for sample in samples}
    bandits = {sample: _scanned(sample) for sample in samples}
    return list(_rows(samples, ours, bandits))


def _rows(samples: list[Sample], ours: dict[Sample, bool], bandits: dict[Sample, bool]) -> Iterator[Row]:
    for hostile, said, goal in ((True, "missed", MISSED), (False, "wrongly refused", WRONG)):
        of_kind = [sample for sample in samples if sample.hostile is hostile]
        for category in [*sorted({sample.category for sample in of_kind}), ""]:
            chosen = [sample for sample in of_kind if category in ("", sample.category)]
            if chosen:
                name = f"{said}: {category or 'all'} ({len(chosen)})"
                value, plain = (_share(chosen, verdicts, not hostile) for verdicts in (ours, bandits))
                yield row(name, value, "share", against="bandit", plain=plain, goal=None if category else goal)


def _share(samples: list[Sample], refused: dict[Sample, bool], wrong: bool) -> float:
    return sum(refused[sample] is wrong for sample in samples) / len(samples)


def _refuses(sample: Sample) -> bool:
    return not check(sample.code, fragment=True, allow_imports=sample.libraries).accepted


def _scanned(sample: Sample) -> bool:
    """Whether bandit has anything to say, at whatever severity; what does not parse it refuses too."""
    try:
        tree = parse(sample.code)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return True
    return bool(issues_in(sample.code, tree))


def _own() -> Iterator[Sample]:
    for kind in ("hostile", "honest"):
        for file in sorted((CORPUS / kind).glob("*.txt")):
            for code in file.read_text("utf-8").strip("\n").split(PARTED):
                yield Sample(file.stem, code, kind == "hostile", libraries_of(file.stem))


def libraries_of(category: str) -> frozenset[str]:
    """What scripts of a category may import besides the usual; those about imports nothing."""
    return frozenset() if category == "imports" else LIBRARIES


def _given(folder: Path) -> Iterator[Sample]:
    for file in sorted(folder.glob("*.jsonl")):
        for sample in map(_sample, _lines(file)):
            if sample is not None:
                yield sample


def _lines(file: Path) -> Iterable[dict[str, Any]]:
    try:
        return [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{file} cannot be read: {error}.", "Give JSON lines with code, expect and category."
        ) from None


def _sample(line: dict[str, Any]) -> Sample | None:
    """One line as a sample; None where nothing certain is expected of it."""
    if line.get("expect") not in ("refuse", "accept"):
        return None
    libraries = frozenset(line.get("packages") or ())
    return Sample(str(line.get("category", "")), str(line["code"]), line["expect"] == "refuse", libraries)
