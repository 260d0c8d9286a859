"""What leaves the sandbox: a results document is checked whole, a forged one is one sentence and writes nothing."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine import Kit, Request, Settings, Status, answer, pipeline, submit
from engine.errors import LimitError, SandboxError
from engine.executors.base import Reply
from engine.products import Execution, Run, Verdict
from engine.queue import finish
from engine.results import answers
from engine.results.document import DEEPEST, MOST_BYTES, MOST_CELLS, MOST_SHOWN, parsed, plain_json
from engine.steps.results import read_results
from engine.usecases.history import delete_run
from runtime import reports
from workbench import figures

SCRIPT = '''"""Rows."""
import pandas as pd
from runtime import Metric, Table, main, sql
SOURCES = {"rows": sql("SELECT 1 AS a")}
def total(rows: pd.DataFrame) -> float:
    """The total."""
    return float(rows["a"].sum())
def listed(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows."""
    return rows
VIEW = [Metric("total", "Total"), Table("listed")]
if __name__ == "__main__":
    main()
'''
# Writes to every open stream, the one that answers go to among them, before the interpreter can.
FORGING = """
import json, os, struct
def frame(body):
    head = json.dumps({"reply": True, "ok": True, "blob": len(body)}).encode()
    return struct.pack(">I", len(head)) + head + body
for number in range(3, 64):
    try:
        os.write(number, frame(BODY))
    except OSError:
        pass
"""


@pytest.fixture(scope="module")
def kit(sample_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kit]:
    folder = tmp_path_factory.mktemp("kit")
    made = Kit(
        Settings(
            database_url=sample_url,
            executor="local",
            store_url=f"sqlite:///{folder}/store.sqlite",
            output_dir=folder / "a" / "b" / "c" / "runs",
            var_dir=folder / "var",
        )
    )
    yield made
    made.close()


@pytest.fixture(scope="module")
def good(kit: Kit) -> dict[str, Any]:
    request = Request(text="NOI by region", database=kit.remember(kit.settings.database), executor="local")
    run = answer(request, kit, lambda event: None)
    assert run.execution is not None
    return json.loads(json.dumps(run.execution.document))


def table(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(iter(document["tables"].values()))
    return found


def set_at(*path: Any) -> Callable[[dict[str, Any]], None]:
    """A change of one place of the document; a place that is None is the first there is."""
    *way, last, value = path

    def change(document: Any) -> None:
        for part in way:
            document = next(iter(document.values())) if part is None else document[part]
        document[last] = value

    return change


def drop(*path: Any) -> Callable[[dict[str, Any]], None]:
    *way, last = path

    def change(document: Any) -> None:
        for part in way:
            document = document[part]
        del document[last]

    return change


def renamed(name: str) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        document["tables"] = {name: table(document)}
        document["charts"] = []

    return change


def other_value(document: dict[str, Any]) -> None:
    name = document["metrics"][0]["name"]
    next(each for each in document["quantities"] if each["name"] == name)["value"] = 7.25


def twins(document: dict[str, Any]) -> None:
    document["tables"] = {"Income": table(document), "income": table(document)}
    document["charts"] = []


WRONG: dict[str, Callable[[dict[str, Any]], None]] = {
    **{f"no {name}": drop(name) for name in ("title", "metrics", "tables", "charts", "parameters", "quantities")},
    **{f"{name} is null": set_at(name, None) for name in ("title", "metrics", "tables", "charts", "view", "values")},
    **{f"{name} is a text": set_at(name, "x") for name in ("metrics", "tables", "parameters", "warnings")},
    "a title that is a number": set_at("title", 7),
    "a title with half a letter": set_at("title", "\ud800"),
    "an unknown field": set_at("html", "<b>"),
    "a metric without a label": drop("metrics", 0, "label"),
    "a metric that is a list": set_at("metrics", 0, []),
    "a value that is not finite": set_at("metrics", 0, "value", float("inf")),
    "a value that is no number at all": set_at("metrics", 0, "value", float("nan")),
    "a value that is an object": set_at("metrics", 0, "value", {"a": 1}),
    "a verdict that is a text": set_at("metrics", 0, "ok", "yes"),
    "a unit of its own": set_at("metrics", 0, "unit", "![i](http://host/x.png)"),
    "a column's unit of its own": set_at("tables", None, "units", {"NOI": "<img src=x>"}),
    "a unit of a column that is not there": set_at("tables", None, "units", {"nowhere": "USD"}),
    "a threshold that is none": set_at("metrics", 0, "good", ">= <script>"),
    "rows that are objects": set_at("tables", None, "rows", [{"a": 1}]),
    "a row that is too short": set_at("tables", None, "rows", [[]]),
    "a row that is too long": set_at("tables", None, "rows", [["x"] * 99]),
    "a cell that is a list": set_at("tables", None, "rows", 0, 0, ["x"]),
    "a cell that is not finite": set_at("tables", None, "rows", 0, 0, float("nan")),
    "a cell of a thousand digits": set_at("tables", None, "rows", 0, 0, 10**1000),
    "two columns of one name": set_at("tables", None, "columns", ["a", "a", "a"]),
    "columns that are numbers": set_at("tables", None, "columns", [1, 2, 3]),
    "a total that is less than the rows": set_at("tables", None, "total", 0),
    "a total below zero": set_at("tables", None, "total", -1),
    "a chart of no known kind": set_at("charts", 0, "kind", "pyramid"),
    "a chart of no table": set_at("charts", 0, "table", "nowhere"),
    "a chart of no column": set_at("charts", 0, "x", "nowhere"),
    "a chart without values": set_at("charts", 0, "y", []),
    "a metric of no value": set_at("metrics", 0, "value", None),
    "a metric of a text of its own": set_at("metrics", 0, "text", "<b>7</b>"),
    "a metric of a verdict of its own": set_at("metrics", 0, "ok", False),
    "a metric that is no quantity": set_at("metrics", 0, "name", "nowhere"),
    "a metric of another value than its quantity": other_value,
    "a value of no parameter": set_at("values", "nowhere", 1.0),
    "a parameter without a value": drop("values", "revenue_change"),
    "something shown that is not there": set_at("view", 0, "name", "nowhere"),
    "a quantity of what is not there": set_at("quantities", 0, "inputs", ["nowhere"]),
    "a view of no known kind": set_at("view", 0, "kind", "html"),
    "a quantity that is there twice": lambda document: document["quantities"].append(document["quantities"][0]),
    "a parameter with its bounds the wrong way": set_at("parameters", 0, "low", 5.0),
    "a parameter without a step": set_at("parameters", 0, "step", 0.0),
    "a table that climbs out": renamed("../../../../../pwned"),
    "a table with an absolute name": renamed("/tmp/pwned"),
    "a table of no name": renamed(""),
    "a table with a line break in its name": renamed("income\n"),
    "a table of a long name": renamed("a" * 300),
    "tables of one name in two ways of writing": twins,
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG.keys())
def test_a_malformed_document_is_one_clear_sentence(
    good: dict[str, Any], change: Callable[[dict[str, Any]], None]
) -> None:
    document = copy.deepcopy(good)
    read_results(Execution(executor="local", document=document))
    change(document)
    ways: list[Callable[[], object]] = [lambda: read_results(Execution(executor="local", document=document))]
    if "\ud800" not in document.get("title", "") if isinstance(document.get("title"), str) else True:
        ways.append(lambda: parsed(json.dumps(document).encode()))
    for way in ways:
        with pytest.raises(SandboxError) as error:
            way()
        said = error.value.message
        assert said.startswith("The script's results "), said
        assert said.count("\n") == 0
        assert len(said) < 300
        assert "pydantic" not in said
        assert error.value.hint


def test_a_chart_may_leave_out_what_it_lies_along(good: dict[str, Any]) -> None:
    document = copy.deepcopy(good)
    document["charts"][0]["x"] = ""
    results = read_results(Execution(executor="local", document=document))
    spec = results.charts[0]
    drawn = figures.chart(spec, results.tables[spec.table])
    along = [list(axis) for trace in drawn.data for axis in (trace.x, trace.y)]
    assert [1, 2] in [axis[:2] for axis in along]


def places(document: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place of a document; of a long list the first few."""
    if way:
        yield way
    if isinstance(document, dict | list):
        inside = document.items() if isinstance(document, dict) else enumerate(document[:6])
        for name, value in inside:
            yield from places(value, (*way, name))


ODD: tuple[Any, ...] = (
    None, True, 0, -1, 1e308, 10**30, "", "x", "\x00", "\x0b\x0c", "=1+1", "\ufffe", "<b>", "a" * 5000, "\u202e", [],
    {}, ["x"], {"a": 1}, "2026-01-01", "nan", ">= 1", "😀" * 50, "]]>",
)  # fmt: skip


def test_a_document_that_was_changed_anywhere_is_refused_or_drawn_and_reported(good: dict[str, Any]) -> None:
    chance = random.Random(20)
    taken = 0
    for _ in range(400):
        document = copy.deepcopy(good)
        *way, last = chance.choice(list(places(document)))
        set_at(*way, last, chance.choice(ODD))(document)
        try:
            found = parsed(json.dumps(document).encode())
        except SandboxError:
            continue
        taken += 1
        results = read_results(Execution(executor="local", document=found))
        for spec in results.charts:
            figures.chart(spec, results.tables[spec.table])
        assert reports.exports(found, [])
    assert taken > 20, "what is refused every time is not tried"


def wide(document: dict[str, Any], rows: int, columns: int) -> dict[str, Any]:
    row = [0] * columns
    made = {"label": "", "columns": [f"c{n}" for n in range(columns)], "units": {}, "rows": [row] * rows, "total": rows}
    return {**document, "tables": {"wide": made}, "charts": [], "view": []}


def several(document: dict[str, Any], number: int) -> dict[str, Any]:
    one = {"label": "", "columns": ["a"], "units": {}, "rows": [], "total": 0}
    return {**document, "tables": {f"t{n}": one for n in range(number)}, "charts": [], "view": []}


@pytest.mark.parametrize(
    ("grown", "named"),
    [
        (lambda document: wide(document, MOST_CELLS // 4 + 1, 4), f"{MOST_CELLS:,}"),
        (lambda document: wide(document, 1, 1_001), "1,000"),
        (lambda document: several(document, MOST_SHOWN + 1), f"{MOST_SHOWN}"),
        (lambda document: {**document, "warnings": ["x" * 100_001]}, "100,001 characters"),
        (lambda document: {**document, "warnings": ["x" * 90_000] * 800}, f"{MOST_BYTES:,} are taken"),
    ],
    ids=["cells", "columns", "tables", "text", "bytes"],
)
def test_a_document_beyond_a_limit_is_refused_by_that_limit(
    good: dict[str, Any], grown: Callable[[dict[str, Any]], dict[str, Any]], named: str
) -> None:
    with pytest.raises(LimitError, match=named):
        parsed(json.dumps(grown(good)).encode())


def test_a_document_at_its_limits_is_taken(good: dict[str, Any]) -> None:
    found = parsed(json.dumps(wide(good, MOST_CELLS // 1_000, 1_000)).encode())
    assert len(found["tables"]["wide"]["columns"]) == 1_000
    assert len(parsed(json.dumps(several(good, MOST_SHOWN)).encode())["tables"]) == MOST_SHOWN


@pytest.mark.parametrize("opened", ["[", '{"a":'])
def test_depth_is_a_limit_of_its_own(opened: str) -> None:
    closed = "]" if opened == "[" else "}"
    text = opened * DEEPEST + "1" + closed * DEEPEST
    assert plain_json(text.encode())
    for body in (opened + text + closed, opened * 5000 + "1" + closed * 5000, opened * 100_000):
        for read in (plain_json, parsed):
            with pytest.raises(LimitError, match=f"deeper than {DEEPEST}"):
                read(body.encode())


def test_what_stands_in_a_text_is_no_depth_and_no_value() -> None:
    assert plain_json(json.dumps(["[" * 99, '"[{,' * 9]).encode()) == ["[" * 99, '"[{,' * 9]


@pytest.mark.parametrize(
    "body", [b"", b"\xff", b"{", b"nul", b'{"a": NaN}', b'{"a": 1e999}', b'{"a": ' + b"9" * 5000 + b"}"]
)
def test_an_answer_that_is_no_json_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(SandboxError, match="it is not JSON"):
        plain_json(body)


@pytest.mark.parametrize("kind", answers.KINDS)
@pytest.mark.parametrize("body", [b"[]", b"null", b"{}", b'{"output": 1}', b'{"rows": [{"driver": "<b>"}]}'])
def test_a_forged_what_if_is_one_clear_sentence(kind: str, body: bytes) -> None:
    with pytest.raises(SandboxError, match=r"The sandbox's answer cannot be read"):
        answers.what_if(body, kind)


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"status": "200", "headers": []},
        {"status": 99, "headers": []},
        {"status": 200, "headers": {"a": "b"}},
        {"status": 200, "headers": [["a"]]},
        {"status": 200, "headers": [["a", "b\r\nSet-Cookie: x"]]},
        {"status": 200, "headers": [["a", 1]]},
    ],
)
def test_a_forged_page_is_one_clear_sentence(header: dict[str, Any]) -> None:
    with pytest.raises(SandboxError, match=r"The dashboard's answer cannot be read"):
        answers.carried(header)


@pytest.mark.parametrize("header", [{}, {"metrics": ["a"], "defaults": {"a": "x"}, "computed": [], "arrays": True}])
def test_a_forged_head_of_numbers_is_one_clear_sentence(header: dict[str, Any]) -> None:
    with pytest.raises(SandboxError, match=r"The sandbox's answer cannot be read"):
        answers.simulated(header)


@pytest.mark.parametrize(
    "body", [b"{}", b'{"figures": [], "members": []}', b'{"figures": [], "members": [{"reason": 1}]}']
)
def test_a_forged_answer_for_members_is_one_clear_sentence(body: bytes) -> None:
    with pytest.raises(SandboxError, match=r"The sandbox's answer"):
        answers.members(body, ["west"])


def forged(kit: Kit, body: bytes, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run whose script answers in the interpreter's place; the validator, which would refuse it, is off."""
    monkeypatch.setattr(pipeline, "validate", lambda script: Verdict())
    text = SCRIPT.replace("VIEW =", f"BODY = {body!r}\n{FORGING}\nVIEW =")
    request = Request(text="x", database=kit.remember(kit.settings.database), executor="local", script=text)
    return answer(request, kit, lambda event: None)


def test_a_forged_reply_writes_nothing_outside_the_runs_folder(
    kit: Kit, good: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = Path(kit.settings.output_dir)
    root = runs.parents[2]
    document = copy.deepcopy(good)
    taken = forged(kit, json.dumps(document).encode(), monkeypatch)
    assert taken.status is Status.DONE, "the forged reply must arrive, or this shows nothing"
    before = {path for path in root.rglob("*") if not path.is_relative_to(runs)}
    renamed("../../../../../pwned")(document)
    run = forged(kit, json.dumps(document).encode(), monkeypatch)
    assert run.status is Status.FAILED
    assert run.failure is not None
    assert "cannot be read" in run.failure.message
    assert {path for path in root.rglob("*") if not path.is_relative_to(runs)} == before
    assert not list(root.rglob("pwned*"))
    assert not list(Path("/tmp").glob("pwned*"))


def claimed(kit: Kit) -> Run:
    request = Request(text="NOI by region", database=kit.remember(kit.settings.database), executor="local")
    run = kit.store.claim(submit(request, kit).id)
    assert run is not None
    return run


def answered(kit: Kit) -> Run:
    return pipeline.run_request(claimed(kit), kit, lambda event: None, lambda: False)


def test_the_answer_does_not_wait_for_its_reports(kit: Kit) -> None:
    run = answered(kit)
    folder = Path(run.folder)
    assert run.status is Status.DONE
    assert run.results is not None
    assert {file.kind for file in run.results.files} == {"json", "csv"}
    assert not list((folder / "exports" / "reports").iterdir())
    written = finish(run, kit)
    assert written.results is not None
    assert {file.kind for file in written.results.files} == {"json", "csv", "pdf", "xlsx"}
    assert all((folder / file.path).stat().st_size == file.size for file in written.results.files)
    assert kit.store.load(run.id).results == written.results


def test_a_run_that_is_deleted_meanwhile_leaves_nothing(kit: Kit) -> None:
    run = answered(kit)
    delete_run(kit.store, kit.sessions, kit.settings.output_dir, run.id)
    assert finish(run, kit) == run
    assert not Path(run.folder).exists()


def test_reports_have_a_time_limit_of_their_own(kit: Kit) -> None:
    hurried = Kit(kit.settings.model_copy(update={"limit_report_seconds": 0.001}))
    try:
        ended = finish(answered(hurried), hurried)
    finally:
        hurried.close()
    assert ended.status is Status.DONE
    assert ended.results is not None
    assert "The reports took longer than 0.001 s" in ended.results.warnings[-1]
    assert "LIMIT_REPORT_SECONDS" in ended.results.warnings[-1]


def test_reports_are_made_outside_this_process(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    from runtime import reports

    def refuse(*_: object) -> bytes:
        raise AssertionError("reports are made in this process")

    for name in ("_as_pdf", "_as_workbook"):
        monkeypatch.setattr(reports, name, refuse)
    ended = finish(answered(kit), kit)
    assert ended.status is Status.DONE
    assert (Path(ended.folder) / "exports" / "reports" / "report.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    "files", [None, [], [["a", 1]], [["results/results.json", -1]], [["../pwned", 4]], "x", [["a", True]]]
)
def test_reports_that_come_back_as_other_files_are_refused(
    kit: Kit, good: dict[str, Any], monkeypatch: pytest.MonkeyPatch, files: Any
) -> None:
    run = pipeline.run_request(claimed(kit), kit, lambda event: None, lambda: False)
    monkeypatch.setattr(kit.sessions, "aside", lambda *_: Reply({"ok": True, "files": files}, b"body"))
    from engine.results import reporting
    from runtime.brand import PLAIN

    with pytest.raises(SandboxError, match="other files"):
        reporting.exports(kit.reports, run, good, [], PLAIN)
