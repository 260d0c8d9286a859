"""Answers of the model author in the run store: kept when nothing was doubtful, found again, judged by people."""

from __future__ import annotations

import json

from pydantic import ValidationError

from engine.authors.model.memory import Kept, key_of, tables_print
from engine.products import Plan, Results, Run, Script
from engine.schema import Schema
from engine.store import Store


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
    decided = plan.intent.get("decisions")
    if script.author != "model" or results.warnings or not decided or plan.intent.get("kept"):
        return
    read = {column["source"].rpartition(".")[0] for column in plan.intent["frame"]["columns"]}
    tables = tuple(sorted({*read, *decided["tables"]} - {""}))
    functions = script.text.partition("# What is shown")[0].partition("SOURCES = {")[2].partition("\n}\n")[2].strip()
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
