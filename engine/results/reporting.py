"""Reports, made in a sandbox of their own by the bundle's own code: data decides how long they take and how large.

The sandbox never ran the run's script. It has the run's limits and a time of its own, and can be cancelled; what comes
back is taken by name and size only, and a report is bytes that nothing here looks into.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from engine.errors import LimitError, SandboxError, ScriptError
from engine.products import Cancelled, Limits, Run
from runtime.brand import Brand

if TYPE_CHECKING:
    from engine.executors.base import Reply
    from engine.settings import Settings


class Asides(Protocol):
    """A giver of sandboxes that never ran the run's script; sessions are one."""

    def aside(
        self,
        run: Run,
        message: Mapping[str, Any],
        body: bytes,
        limits: Limits,
        cancelled: Cancelled | None = None,
    ) -> Reply:
        """One question to a sandbox of its own, which is ended after it."""
        ...


class Maker(NamedTuple):
    """The parts that reports are made with: sandboxes, and the limits of the settings."""

    asides: Asides
    settings: Settings


Document = Mapping[str, Any]
Scenarios = Sequence[Mapping[str, Any]]
WHOLE = (
    "results/results.json",
    "exports/reports/report.pdf",
    "exports/reports/workbook.xlsx",
    "exports/data/metrics.csv",
)
HINT = "Show fewer rows or columns, or raise LIMIT_REPORT_SECONDS, LIMIT_REPORT_MB or LIMIT_RESULT_MB."
# More than any table that is shown as a rule has; a workbook of them needs some 100 MB.
FEW_CELLS = 150_000
# The owner of runs that nobody logged in for.
NOBODY = "local"


def exports(
    maker: Maker, run: Run, document: Document, scenarios: Scenarios, brand: Brand, cancelled: Cancelled | None = None
) -> dict[str, bytes]:
    """Every file of a run by its path in the bundle.

    Raises:
        LimitError: making them took too long or too much memory.
        SandboxError: they could not be made, or other files came back.
    """
    reply = _asked(maker, run, document, scenarios, brand, "", cancelled)
    return _files(reply, {*WHOLE, *(f"exports/data/{name}.csv" for name in document["tables"])})


def report(
    maker: Maker, run: Run, document: Document, scenarios: Scenarios, brand: Brand, kind: str, *, whole: bool = False
) -> bytes:
    """One report of a kind; `whole` with formulas and queries, or with the slides' appendix.

    Raises:
        UsageError: there is no such kind here.
        LimitError: making it took too long or too much memory.
        SandboxError: it could not be made.
    """
    reply = _asked(maker, run, document, scenarios, brand, kind, None, whole=whole)
    return reply.body


def _asked(
    maker: Maker,
    run: Run,
    document: Document,
    scenarios: Scenarios,
    brand: Brand,
    kind: str,
    cancelled: Cancelled | None,
    *,
    whole: bool = False,
) -> Reply:
    # A person who has no name here is the one on whose machine it runs.
    asked = {"by": "" if run.owner == NOBODY else run.owner, "at": run.created_at.isoformat()}
    parts = [json.dumps(part, allow_nan=False).encode() for part in ({**document, "asked": asked}, list(scenarios))]
    look = {"name": brand.name, "primary": brand.primary, "accent": brand.accent}
    message = {"do": "reports", "kind": kind, "whole": whole, "sizes": [len(part) for part in parts], "brand": look}
    limits = _limits(maker, document)
    try:
        return maker.asides.aside(run, message, b"".join([*parts, brand.logo]), limits, cancelled)
    except LimitError as error:
        what = {
            "wall_seconds": f"took longer than {limits.wall_seconds:g} s",
            "memory_mb": f"needed more than {limits.memory_mb:,} MB of memory",
            "result_mb": f"are larger than {limits.result_mb:,} MB",
        }
        raise LimitError(error.limit, f"The reports {what.get(error.limit, error.message)}.", HINT) from None
    except ScriptError as error:
        raise SandboxError(f"The reports could not be made: {error.message}", error.hint) from None


def _limits(maker: Maker, document: Document) -> Limits:
    """The run's own limits, so that its warm sandbox serves; more memory for a document of many cells."""
    cells = sum(len(table["columns"]) * len(table["rows"]) for table in document["tables"].values())
    own = maker.settings.limits.model_copy(update={"wall_seconds": maker.settings.limit_report_seconds})
    memory = max(own.memory_mb, maker.settings.limit_report_mb)
    return own if cells <= FEW_CELLS else own.model_copy(update={"memory_mb": memory})


def _files(reply: Reply, wanted: set[str]) -> dict[str, bytes]:
    """The files of an answer, which are exactly those wanted."""
    told = reply.header.get("files")
    sizes = {
        item[0]: item[1]
        for item in (told if isinstance(told, list) else [])
        if isinstance(item, list) and len(item) == 2 and isinstance(item[0], str) and type(item[1]) is int
    }
    if sizes.keys() != wanted or sum(sizes.values()) != len(reply.body) or min(sizes.values()) < 0:
        raise SandboxError("The reports came back as other files than were asked for.", "Run it again.")
    found, start = {}, 0
    for name, size in sizes.items():
        found[name] = reply.body[start : start + size]
        start += size
    return found
