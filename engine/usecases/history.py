"""What was asked before: a run as programs get it, and a run forgotten with all it left."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.products import Results, Run, Status, Writing
from engine.scenarios.whatif import supposed_lines
from engine.store.runs import Store

if TYPE_CHECKING:
    from engine.scenarios.sessions import Sessions


def delete_run(store: Store, sessions: Sessions, output_dir: Path, run_id: str) -> Run:
    """Forget a run: its rows, its sandbox and its folder, if that lies where runs are written."""
    run = store.delete(run_id)
    sessions.drop(run.id)
    folder = Path(run.folder) if run.folder else None
    if folder and folder.resolve().parent == output_dir.resolve():
        shutil.rmtree(folder, ignore_errors=True)
    return run


def as_json(run: Run) -> dict[str, Any]:
    """The run as programs get it."""
    question, failure = run.question, run.failure
    return {
        "run": run.id,
        "status": str(Status.FAILED if run.status is Status.CANCELLED else run.status),
        "author": run.script.author if run.script else run.request.author,
        "title": run.title,
        "question": question
        and {"key": question.key, "text": question.text, "options": [o.model_dump() for o in question.options]},
        "error": failure and {"step": str(failure.step), "message": failure.message, "hint": failure.hint},
        "steps": [{"name": name, "seconds": round(seconds, 4)} for name, seconds in run.seconds.items()],
        "executor": run.execution.executor if run.execution else None,
        "notice": run.execution.notice if run.execution else "",
        "writing": run.writing and _writing(run.writing),
        **_results(run.results),
        "reading": run.plan.summary if run.plan else "",
        "after": run.request.after,
        "edit": run.task.edit if run.task else "",
        "period": _period(run),
        "directory": run.folder,
        "findings": [finding.model_dump(mode="json") for finding in run.verdict.findings] if run.verdict else [],
    }


def _period(run: Run) -> str:
    """Of when the figures are; before there are some, the period that was asked for."""
    asked = run.task.period if run.task else ""
    return (run.results.period if run.results else "") or asked


def _supposed(results: Results) -> dict[str, Any]:
    """What a request supposed and aimed at, each with its sentence."""
    said, lines = results.supposed, supposed_lines(results)
    if said is None or said.goal is not None:
        reached = said.reached if said is not None else ()
        aims = [
            {"text": text, "parameter": each.driver, "values": list(each.solutions)}
            for each, text in zip(reached, lines, strict=False)
        ]
        return {"supposed": [], "aims": aims}
    kept = ("name", "parameters", "metrics")
    scenarios = [
        {**{name: each[name] for name in kept}, "text": text}
        for each, text in zip(said.scenarios, lines or [""] * len(said.scenarios), strict=True)
    ]
    return {"supposed": scenarios, "aims": []}


def _writing(writing: Writing) -> dict[str, Any]:
    return {
        **writing.model_dump(include={"server", "model", "cost", "fixes"}),
        "calls": len(writing.calls),
        "prompt_tokens": writing.prompt_tokens,
        "written_tokens": writing.written_tokens,
        "seconds": round(writing.seconds, 3),
    }


def _results(results: Results | None) -> dict[str, Any]:
    """What a run came to; the same fields, empty, where it came to nothing."""
    if results is None:
        lists = ("metrics", "parameters", "scenarios", "supposed", "aims", "assumptions", "warnings")
        return {**{name: [] for name in lists}, "tables": {}}
    return {
        "metrics": [m.model_dump(include={"name", "label", "value", "unit", "ok"}) for m in results.metrics],
        "tables": {
            name: {"columns": list(table.columns), "rows": [list(row) for row in table.rows]}
            for name, table in results.tables.items()
        },
        "parameters": [parameter.model_dump() for parameter in results.parameters],
        "scenarios": list(results.supposed.scenarios) if results.supposed else [],
        **_supposed(results),
        "assumptions": list(results.assumptions),
        "warnings": list(results.warnings),
    }
