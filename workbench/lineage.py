"""How a number is computed: a picture of the quantities with their values, a sentence each; formulas a press deeper."""

from __future__ import annotations

import re
from collections.abc import Iterator

import streamlit as st

from engine.products import Quantity, Results, SourceData
from runtime.units import label_of, write
from workbench.foreign import plain

# What Mermaid takes as its own, and what steers a terminal or turns text around.
MARKS = re.compile(r"[^\w .,%$()/+-]")
LONGEST_LABEL = 60
# A picture of more quantities than these is no picture.
MOST_DRAWN = 40


def lineage(results: Results, name: str) -> None:
    """The way from what was read to a number: as a picture, in sentences, and, when asked for, in code."""
    found = reached(results, name)
    if len(found) <= MOST_DRAWN:
        spoken = ", ".join(f"{label_of(each.name)} {write(each.value, each.unit)}" for each in found)
        st.mermaid_chart(picture(results, found), alt=f"How {label_of(name)} is computed: {spoken}")
    deep = st.toggle("Formulas and queries", key="deep")
    parameters = {parameter.name: parameter for parameter in results.parameters}
    sources = {each.name: each for each in results.sources}
    shown: set[str] = set()
    for quantity in found:
        value = f" = **{plain(write(quantity.value, quantity.unit))}**" if quantity.value is not None else ""
        st.markdown(f"{plain(label_of(quantity.name))}{value}  \n{plain(quantity.definition)}")
        if not deep:
            continue
        st.code(f"{quantity.name} = {quantity.formula}", language="python")
        for used in quantity.inputs:
            if used in parameters:
                parameter = parameters[used]
                default = plain(write(parameter.default, parameter.unit))
                st.caption(f"{plain(parameter.label)} is a parameter, {default} in the base case")
            elif used in sources and used not in shown:
                shown.add(used)
                source(sources[used])


def reached(results: Results, name: str) -> list[Quantity]:
    """The quantity and all that it is computed from, each once, what it needs right after it."""
    known = {quantity.name: quantity for quantity in results.quantities}
    found: dict[str, Quantity] = {}
    waiting = [name]
    while waiting:
        each = waiting.pop()
        if each in known and each not in found:
            found[each] = known[each]
            waiting += reversed(known[each].inputs)
    return list(found.values())


def picture(results: Results, found: list[Quantity]) -> str:
    """A flow chart from sources and parameters to the number; quantities with their values, tables as such."""
    return "\n".join(["flowchart LR", *_nodes(results, found), *_arrows(found)])


def _nodes(results: Results, found: list[Quantity]) -> Iterator[str]:
    numbers = {quantity.name: place for place, quantity in enumerate(found)}
    used = {name for quantity in found for name in quantity.inputs}
    for quantity in found:
        value = write(quantity.value, quantity.unit) if quantity.value is not None else "a table"
        yield f'  q{numbers[quantity.name]}["{_label(label_of(quantity.name))}<br/>{_label(value)}"]'
    for parameter in results.parameters:
        if parameter.name in used:
            base = _label(write(parameter.default, parameter.unit))
            yield f'  {_id(parameter.name)}(["{_label(parameter.label)}<br/>{base}"])'
    for each in results.sources:
        if each.name in used:
            yield f'  {_id(each.name)}[("{_label(label_of(each.name))}<br/>{each.rows:,} rows")]'


def _arrows(found: list[Quantity]) -> Iterator[str]:
    numbers = {quantity.name: place for place, quantity in enumerate(found)}
    for quantity in found:
        for name in dict.fromkeys(quantity.inputs):
            start = f"q{numbers[name]}" if name in numbers else _id(name)
            yield f"  {start} --> q{numbers[quantity.name]}"


def _id(name: str) -> str:
    """A node's id that no word of Mermaid and no other node has."""
    return "n" + name.encode().hex()


def _label(text: str) -> str:
    """Foreign text within a node: short, in one line, with nothing in it that is a language."""
    one = " ".join(text.split())
    cut = one if len(one) <= LONGEST_LABEL else one[: LONGEST_LABEL - 1] + "…"
    return MARKS.sub(lambda mark: f"#{ord(mark[0])};", cut)


def source(data: SourceData) -> None:
    """A source: its query, bound values, row count and when it was read."""
    bound = ", ".join(f"{name} = {value!r}" for name, value in data.bound.items())
    when = f"{data.read_at:%Y-%m-%d %H:%M} UTC in {data.seconds:.2f} s"
    st.markdown(f"Source **{plain(data.name)}**: {data.rows:,} rows, read {when}")
    if data.origin:
        st.caption(f"From {plain(data.origin)}")
    st.code(data.sql + (f"\n-- bound: {bound}" if bound else ""), language="sql")
