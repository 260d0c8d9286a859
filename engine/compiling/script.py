"""Renders a plan as the text of a generated script. Pure: the same plan gives the same bytes."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

from engine.products import ParameterPlan, Plan, QuantityPlan, SourcePlan, ViewPlan

WIDTH = 110
CALLS = {"database": "sql", "datasets": "dataset", "both": "dataset"}
PACKAGES = ("numpy", "numpy_financial", "pandas")
IMPORTS = (("np.", "import numpy as np"), ("npf.", "import numpy_financial as npf"), ("pd.", "import pandas as pd"))


def write_script(plan: Plan, *, request: str, author: str) -> str:
    """The script of a plan, in the contract's form."""
    parts = [
        _head(plan, request, author),
        _sources(plan.sources),
        _parameters(plan.parameters),
        "\n\n\n".join([*plan.helpers, *(_quantity(quantity) for quantity in plan.quantities)]),
        _view(plan.view),
        'if __name__ == "__main__":\n    main()\n',
    ]
    head, *rest = [part for part in parts if part]
    return head + "\n\n" + "\n\n\n".join(rest)


def _head(plan: Plan, request: str, author: str) -> str:
    lines = [f"{_plain(plan.title)}.", "", *_note("Request", request), *_note("Author", author)]
    lines += _note("Period", plan.period) if plan.period else []
    lines += [line for text in plan.assumptions for line in _note("Assumes", text)]
    body = " ".join(line for quantity in plan.quantities for line in (*quantity.body, *_annotations(quantity)))
    body = " ".join([body, *plan.helpers])
    imports = sorted({*(text for mark, text in IMPORTS if mark in body), *plan.imports}, key=_place)
    kinds = {"Parameter"} if plan.parameters else set()
    calls = {CALLS[source.place] for source in plan.sources}
    names = [*sorted(kinds | {view.kind for view in plan.view}), *sorted({"main", *calls})]
    docstring = '"""' + "\n".join(lines).replace("\\", "\\\\").replace('"""', "'''") + '\n"""'
    return "\n".join(["#!/usr/bin/env python3", docstring, "", *imports, f"from runtime import {', '.join(names)}"])


def _place(statement: str) -> tuple[bool, bool, str]:
    """Imports of the standard library first, `import` before `from`."""
    package = statement.split()[1].partition(".")[0]
    return package in PACKAGES, statement.startswith("from"), statement


def _annotations(quantity: QuantityPlan) -> Iterable[str]:
    return (*(annotation for _, annotation in quantity.arguments), quantity.returns)


def _plain(text: str) -> str:
    """One line, so that text of a person can never end the docstring early."""
    return " ".join(text.split()).rstrip(".")


def _note(word: str, text: str) -> list[str]:
    return [f"{word}: {_plain(text)}" + ("." if text.rstrip().endswith(".") else "")]


def _sources(sources: Iterable[SourcePlan]) -> str:
    lines = ["# What is read: one SELECT each, values bound, never formatted in.", "SOURCES = {"]
    for source in sources:
        lines.append(f"    # {_plain(source.reads)}")
        lines.append(f"    {_text(source.name)}: {CALLS[source.place]}(")
        lines.append(textwrap.indent(_long_text(source.sql), " " * 8) + ",")
        lines += [f"        {name}={_value(value)}," for name, value in source.bound.items()]
        lines.append("    ),")
    return "\n".join([*lines, "}"])


def _long_text(text: str) -> str:
    if "\n" not in text or '"""' in text or "\\" in text or text.endswith('"'):
        return _text(text)
    return '"""\n' + text + '\n"""'


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _value(value: Any) -> str:
    return _text(value) if isinstance(value, str) else repr(value)


def _parameters(parameters: Iterable[ParameterPlan]) -> str:
    lines = []
    for plan in parameters:
        options = {
            "default": plan.default,
            "low": plan.low,
            "high": plan.high,
            "unit": plan.unit,
            "step": plan.step,
            "description": plan.description,
        }
        lines += [
            "    Parameter(",
            f"        {_text(plan.name)},",
            f"        {_text(plan.label)},",
            *(f"        {name}={_value(value)}," for name, value in options.items() if value not in (None, "")),
            "    ),",
        ]
    if not lines:
        return ""
    return "\n".join(["# What a scenario may change.", "PARAMETERS = [", *lines, "]"])


def _quantity(plan: QuantityPlan) -> str:
    arguments = ", ".join(f"{name}: {annotation}" for name, annotation in plan.arguments)
    opening = f"def {plan.name}({arguments}) -> {plan.returns}:"
    if len(opening) > WIDTH:
        listed = "".join(f"    {name}: {annotation},\n" for name, annotation in plan.arguments)
        opening = f"def {plan.name}(\n{listed}) -> {plan.returns}:"
    definition = textwrap.fill(" ".join(plan.definition.split()).replace('"', "'"), WIDTH - 8, subsequent_indent="    ")
    ending = "\n    " if "\n" in definition else ""
    return "\n".join([opening, f'    """{definition}{ending}"""', *(f"    {line}" for line in plan.body)])


def _view(views: Iterable[ViewPlan]) -> str:
    lines = ["# What is shown, in order.", "VIEW = ["]
    lines += [f"    {view.kind}({_text(view.quantity)}{_options(view.options)})," for view in views]
    return "\n".join([*lines, "]"])


def _options(options: Mapping[str, Any]) -> str:
    return "".join(f", {name}={_option(value)}" for name, value in options.items())


def _option(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_text(key)}: {_value(item)}" for key, item in value.items()) + "}"
    if isinstance(value, tuple | list):
        items = ", ".join(_value(item) for item in value)
        return f"({items},)" if len(value) == 1 else f"({items})"
    return _value(value)
