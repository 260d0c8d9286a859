"""The script's results document as it must be: one strict schema with bounds, for all that comes out of a sandbox.

A script can make its sandbox say anything. So nothing of a document is used before every field was seen to be of its
kind, finite and within its bounds, and to name only what is there. What is wrong is told in one sentence.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NoReturn

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from engine.errors import LimitError, SandboxError
from engine.foundation.files import folded
from runtime.units import UNITS, meets, write

MOST_BYTES = 64 << 20
MOST_CELLS = 1_000_000
MOST_COLUMNS = 1_000
MOST_SHOWN = 200
MOST_NAMES = 5_000
LONGEST_TEXT = 100_000
DEEPEST = 32
# So many values a document can hold that has only as many cells as it may; JSON of more is not even read.
MOST_VALUES = 4 * MOST_CELLS

HINT = "Look at the script and its log."
SMALLER = "Show less: summarise, take the first rows, or leave out columns."
STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
INNERMOST = re.compile(rb"\[\]|\{\}")
NOT_NESTING = bytes(byte for byte in range(256) if byte not in b"[]{}")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
THRESHOLD = r"^$|^\s{0,9}(>=|<=|==|>|<)\s{0,9}-?\d{1,40}(\.\d{1,40})?\s{0,9}$"

Name = Annotated[str, Field(pattern=r"^[^\W\d]\w*$", max_length=100)]
Text = Annotated[str, Field(max_length=LONGEST_TEXT)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=10**15)]
Whole = Annotated[int, Field(ge=-(10**100), le=10**100)]
Cell = bool | Whole | Number | Text | None
Limit = Annotated[str, Field(pattern=THRESHOLD)]


class Part(BaseModel):
    """A part of the document: known fields of exactly their kind."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


class Measured(Part):
    """Something with a unit; units are a list, since they are shown beside every number."""

    unit: str = ""

    @model_validator(mode="after")
    def _known_unit(self) -> Measured:
        known_unit(self.unit)
        return self


class MetricPart(Measured):
    """A headline number."""

    name: Name
    label: Text
    value: Number | Text
    text: Text
    good: Limit
    bad: Limit
    ok: bool | None
    definition: Text

    @model_validator(mode="after")
    def _as_computed(self) -> MetricPart:
        if self.text != write(self.value, self.unit) or self.ok != meets(self.value, self.good, self.bad):
            raise wrong("a metric's text or verdict is not that of its value")
        return self


class TablePart(Part):
    """A table: every row has a cell a column."""

    label: Text
    columns: Annotated[list[Text], Field(min_length=0, max_length=MOST_COLUMNS)]
    units: dict[str, str]
    rows: Annotated[list[list[Cell]], Field(max_length=MOST_CELLS)]
    total: Count

    @model_validator(mode="after")
    def _whole(self) -> TablePart:
        wide = len(self.columns)
        for unit in self.units.values():
            known_unit(unit)
        if len(set(self.columns)) < wide:
            raise wrong("two columns have the same name")
        if not self.units.keys() <= set(self.columns):
            raise wrong("units name a column that is not there")
        if wide * len(self.rows) > MOST_CELLS:
            raise excess("cells", wide * len(self.rows), MOST_CELLS)
        if any(len(row) != wide for row in self.rows):
            raise wrong(f"a row does not have {wide:,} cells, one for each column")
        if self.total < len(self.rows):
            raise wrong(f"total is {self.total:,}, but {len(self.rows):,} rows are there")
        return self


class ChartPart(Measured):
    """A chart over a table."""

    name: Name
    label: Text
    kind: Literal["line", "bar", "area", "scatter", "pie"]
    table: Name
    x: Text
    y: Annotated[list[Text], Field(min_length=1, max_length=MOST_SHOWN)]
    series: Text
    good: Limit = ""
    bad: Limit = ""


class ViewPart(Part):
    """What is shown, in order."""

    kind: Literal["metric", "chart", "table"]
    name: Name


class ParameterPart(Measured):
    """What a scenario may change, with a slider's bounds."""

    name: Name
    label: Text
    default: Number
    low: Number
    high: Number
    step: Number
    description: Text

    @model_validator(mode="after")
    def _in_order(self) -> ParameterPart:
        if not (self.low < self.high and self.low <= self.default <= self.high and self.step > 0):
            raise wrong("low, default and high are not in order, or the step is not above zero")
        return self


class QuantityPart(Measured):
    """How a number or a table is computed."""

    name: Name
    definition: Text
    formula: Text
    inputs: Annotated[list[Name], Field(max_length=MOST_NAMES)]
    arithmetic: bool
    value: Number | Text | None


class SourcePart(Part):
    """What was read."""

    name: Name
    sql: Text
    bound: dict[str, Cell | Annotated[list[Cell], Field(max_length=MOST_NAMES)]]
    columns: Annotated[list[Text], Field(max_length=MOST_COLUMNS * 10)]
    rows: Count
    read_at: Text
    seconds: Number
    origin: Text = ""


class Document(Part):
    """The whole document."""

    title: Text
    request: Text
    author: Text
    period: Text = ""
    assumptions: Annotated[list[Text], Field(max_length=MOST_NAMES)]
    warnings: Annotated[list[Text], Field(max_length=MOST_NAMES)]
    parameters: Annotated[list[ParameterPart], Field(max_length=MOST_NAMES)]
    values: Annotated[dict[Name, Number], Field(max_length=MOST_NAMES)]
    metrics: Annotated[list[MetricPart], Field(max_length=MOST_NAMES)]
    tables: Annotated[dict[Name, TablePart], Field(max_length=MOST_SHOWN)]
    charts: Annotated[list[ChartPart], Field(max_length=MOST_SHOWN)]
    view: Annotated[list[ViewPart], Field(max_length=MOST_NAMES)]
    quantities: Annotated[list[QuantityPart], Field(max_length=MOST_NAMES)]
    sources: Annotated[list[SourcePart], Field(max_length=MOST_NAMES)]
    computed: Annotated[list[Name], Field(max_length=MOST_NAMES)]

    @model_validator(mode="after")
    def _consistent(self) -> Document:
        cells = sum(len(table.columns) * len(table.rows) for table in self.tables.values())
        if cells > MOST_CELLS:
            raise excess("cells", cells, MOST_CELLS)
        if len(self.tables) + len(self.charts) > MOST_SHOWN:
            raise excess("tables and charts", len(self.tables) + len(self.charts), MOST_SHOWN)
        if len({folded(name) for name in self.tables}) < len(self.tables):
            raise wrong("two tables have names that are one file on many systems")
        for parts in (self.parameters, self.quantities, self.sources):
            names = [part.name for part in parts]
            if len(set(names)) < len(names):
                raise wrong("a parameter, quantity or source is there twice")
        for chart in self.charts:
            self._drawable(chart)
        self._refer()
        return self

    def _refer(self) -> None:
        """Refuse a name that stands for nothing: reports and pages look each of them up."""
        values = {part.name: part.value for part in self.quantities}
        if any(part.name not in values or values[part.name] != part.value for part in self.metrics):
            raise wrong("a metric is not the value of a quantity")
        if self.values.keys() != {part.name for part in self.parameters}:
            raise wrong("the values are not those of the parameters")
        shown = {
            "metric": {part.name for part in self.metrics},
            "chart": {part.name for part in self.charts},
            "table": self.tables.keys(),
        }
        if any(entry.name not in shown[entry.kind] for entry in self.view):
            raise wrong("what is shown is not there")
        known = {*values, *self.values, *(part.name for part in self.sources)}
        if any(not known.issuperset(part.inputs) for part in self.quantities):
            raise wrong("a quantity needs something that is not there")

    def _drawable(self, chart: ChartPart) -> None:
        table = self.tables.get(chart.table)
        columns = table.columns if table else []
        # What is left empty is the number of the row, or nothing.
        if table is None or not {chart.x, *chart.y, chart.series} - {""} <= set(columns):
            raise wrong("a chart names a table or a column that is not there")


def known_unit(unit: str) -> None:
    """Refuse a unit that is none.

    Raises:
        PydanticCustomError: it is not in the list.
    """
    if unit not in UNITS:
        raise wrong(f"there is no unit {shown(unit)}")


def wrong(sentence: str) -> PydanticCustomError:
    """What a check says of a part."""
    return PydanticCustomError("wrong", "{sentence}", {"sentence": sentence})


def excess(what: str, number: int, most: int) -> PydanticCustomError:
    """More of something than a document may hold."""
    return PydanticCustomError("excess", "{sentence}", {"sentence": over(what, number, most)})


def over(what: str, number: int, most: int) -> str:
    """The sentence that names a limit."""
    return f"{number:,} {what}, and at most {most:,} are taken"


def parsed(body: bytes) -> dict[str, Any]:
    """The document in a sandbox's reply.

    Raises:
        LimitError: it is larger than a document may be.
        SandboxError: it is none.
    """
    refuse_large(body)
    try:
        found = Document.model_validate_json(body)
    except ValidationError as error:
        # Nothing in a document is that deep, so its depth is looked at only to say what is wrong.
        refuse_deep(body)
        raise first_fault(error) from None
    return found.model_dump(exclude_unset=True)


def checked(document: Mapping[str, Any]) -> Document:
    """A document that is there as values.

    Raises:
        LimitError: it is larger than a document may be.
        SandboxError: it is none.
    """
    try:
        return Document.model_validate(document)
    except ValidationError as error:
        raise first_fault(error) from None


def plain_json(body: bytes) -> Any:
    """Any other JSON of a sandbox, for those who then look at what is in it.

    Raises:
        LimitError: it is too large or too deep.
        SandboxError: it is no JSON.
    """
    refuse_large(body)
    refuse_deep(body)
    try:
        return json.loads(body, parse_constant=_not_finite, parse_float=_finite)
    except (ValueError, RecursionError):
        raise SandboxError("The sandbox's answer cannot be read: it is not JSON.", HINT) from None


def _finite(digits: str) -> float:
    number = float(digits)
    return number if math.isfinite(number) else _not_finite(digits)


def _not_finite(word: str) -> NoReturn:
    raise ValueError(f"{word[:40]} is no finite number")


def refuse_large(body: bytes) -> None:
    """Refuse JSON of too many bytes or values, before anything is made of it.

    Raises:
        LimitError: it is; the limit is named.
    """
    if len(body) > MOST_BYTES:
        raise LimitError("result_mb", f"The script's results are {over('bytes', len(body), MOST_BYTES)}.", SMALLER)
    # Texts may hold any number of such marks, so they are left out where it matters.
    if _values(body) > MOST_VALUES and (number := _values(STRING.sub(b"", body))) > MOST_VALUES:
        raise LimitError("result_values", f"The script's results hold {over('values', number, MOST_VALUES)}.", SMALLER)


def refuse_deep(body: bytes) -> None:
    """Refuse JSON that is nested too deeply.

    Raises:
        LimitError: it is.
    """
    nesting = STRING.sub(b"", body).translate(None, NOT_NESTING)
    for _ in range(DEEPEST):
        nesting = INNERMOST.sub(b"", nesting)
    if INNERMOST.search(nesting) or nesting.count(b"[") + nesting.count(b"{") > DEEPEST:
        raise LimitError("result_depth", f"The script's results are nested deeper than {DEEPEST} levels.", SMALLER)


def _values(body: bytes) -> int:
    return sum(body.count(mark) for mark in (b",", b"[", b"{"))


def first_fault(error: ValidationError, what: str = "The script's results") -> SandboxError:
    """The first thing that is wrong, in a sentence; one that is over a limit before all others."""
    first = next((each for each in error.errors(include_url=False) if each["type"] == "excess"), None)
    first = first or error.errors(include_url=False)[0]
    given = first.get("ctx", {})
    place = _place(first["loc"])
    if first["type"] == "excess":
        return LimitError("result_size", f"{what} hold {given['sentence']}{place}.", SMALLER)
    if first["type"] in ("too_long", "string_too_long"):
        kind = "characters in a text" if first["type"] == "string_too_long" else "items in a list"
        number = given.get("actual_length") or len(str(first["input"]))
        return LimitError("result_size", f"{what} hold {over(kind, number, given['max_length'])}{place}.", SMALLER)
    return SandboxError(f"{what} cannot be read: {_words(first['type'], given, first['msg'])}{place}.", HINT)


def _words(kind: str, given: Mapping[str, Any], otherwise: str) -> str:
    said = {
        "wrong": given.get("sentence"),
        "missing": "something is missing",
        "extra_forbidden": "something is there that the document does not have",
        "finite_number": "a number is not finite",
        "json_invalid": "they are not JSON",
        "string_pattern_mismatch": "a name or a threshold is not one",
        "model_type": "they are no document",
        "model_attributes_type": "they are no document",
    }
    return said.get(kind) or otherwise.rstrip(".").replace("Input", "a value")


def _place(parts: tuple[int | str, ...]) -> str:
    """Where it is: `at tables.income.rows.3`; nothing for the whole."""
    # The kinds of a choice are parts of the place too, and mean nothing to a person.
    kinds = {"bool", "int", "float", "none", "constrained-int", "constrained-float", "constrained-str", "str"}
    named = [str(part) for part in parts if not (isinstance(part, str) and (part in kinds or "[" in part))]
    return f", at {shown('.'.join(named))}" if named else ""


def shown(text: str) -> str:
    """A foreign text within a sentence: short, in one line, without what steers a terminal or turns text around."""
    plain = CONTROL.sub("?", text)
    return repr(plain if len(plain) <= 80 else plain[:77] + "...")
