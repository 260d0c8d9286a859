"""Answers of the model author in the run store: kept when nothing was doubtful, found again, judged by people."""

from __future__ import annotations

import json
import re

from pydantic import ValidationError

from engine.authors.model.memory import Kept, key_of, tables_print
from engine.products import Plan, Results, Run, Script
from engine.sources.schema import Schema
from engine.store.runs import Store


def kept_answers(store: Store, database: str) -> tuple[tuple[str, Kept], ...]:
    """(print of its tables, answer) of every answer over a database; those of an older form are passed over."""
    found = []
    for print_of, content, verified in store.answers():
        held = json.loads(content)
        try:
            kept = Kept.model_validate(held["answer"])
        except (ValidationError, KeyError):
            continue
        if held.get("database") == database:
            found.append((print_of, kept.model_copy(update={"verified": verified})))
    return tuple(found)


def keep_answer(store: Store, run: Run, plan: Plan, script: Script, results: Results, schema: Schema) -> None:
    """Keep the answer of a run, unless something about it is doubtful or it was only given again."""
    if script.author == "model" and not results.warnings and not plan.intent.get("kept"):
        _keep(store, run, plan, script, schema)


def judge(store: Store, run: Run, schema: Schema, *, accepted: bool) -> bool:
    """A person's word on the answer of a run, also where it was given again; False when there is nothing to judge.

    Accepted: it is kept as verified, whatever was doubtful about it. Refused: it is never given again.
    """
    if run.script is None or run.script.author != "model" or run.plan is None or not _is_kept(run.plan):
        return False
    if accepted and not run.plan.intent.get("kept"):
        _keep(store, run, run.plan, run.script, schema)
    key = key_of(run.request.text, run.request.database, tables_print(_tables(run.plan, schema), schema))
    store.judge_answer(run.id, accepted=accepted, key=key)
    return True


def _keep(store: Store, run: Run, plan: Plan, script: Script, schema: Schema) -> None:
    if not _is_kept(plan):
        return
    functions = script.text.partition("# What is shown")[0].partition("SOURCES = {")[2].partition("\n}\n")[2].strip()
    own = re.search(r"^def (?!_)", functions, re.MULTILINE)  # helpers of ours stand before the model's functions
    functions = functions[own.start() :] if own else functions
    tables = _tables(plan, schema)
    made = Kept(
        request=run.request.text,
        tables=tables,
        plan=plan,
        script=script,
        model=run.writing.model if run.writing else "",
        functions=functions[:1_200],
    )
    print_of = tables_print(tables, schema)
    content = json.dumps({"database": run.request.database, "answer": made.model_dump(mode="json")})
    store.keep_answer(key_of(run.request.text, run.request.database, print_of), print_of, run.id, content)


def _tables(plan: Plan, schema: Schema) -> tuple[str, ...]:
    """The tables that a plan reads."""
    if "reply" in plan.intent:
        return tuple(plan.intent["tables"])
    read = {schema.place(column["source"])[0] for column in plan.intent["frame"]["columns"]}
    return tuple(sorted({*read, *plan.intent["decisions"]["tables"]} - {""}))


def _is_kept(plan: Plan) -> bool:
    """Whether a plan is of a kind that is kept: of a SELECT over known tables, or of an interview."""
    return bool(plan.intent.get("decisions") or (plan.intent.get("reply") and plan.intent.get("tables")))
