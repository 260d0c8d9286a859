"""Charts as the pages draw them: colours belong to series, thresholds are drawn, axes never say milli."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from engine.products import ChartSpec, TableData
from runtime.brand import PLAIN
from runtime.reports.colors import palette
from tests.conftest import ROOT
from workbench import figures
from workbench.charts import said
from workbench.look import DARK, LIGHT


def table(*rows: tuple[Any, ...], columns: tuple[str, ...] = ("month", "NOI", "EGI")) -> TableData:
    return TableData(name="t", label="", columns=columns, rows=rows, total=len(rows))


def spec(kind: str = "line", **other: Any) -> ChartSpec:
    given: dict[str, Any] = {"x": "month", "y": ("NOI", "EGI"), "unit": "USD", **other}
    return ChartSpec(name="c", label="c", kind=kind, table="t", **given)


BASE = table(("2025-01", 10.0, 20.0), ("2025-02", 11.0, 21.0))
MOVED = table(("2025-01", 9.0, 18.0), ("2025-02", 9.9, 18.9))


def colours(figure: Any) -> dict[str, Any]:
    return {trace.name: (trace.line.color if trace.type == "scatter" else trace.marker.color) for trace in figure.data}


@pytest.mark.parametrize("kind", ["line", "bar", "area"])
def test_a_series_keeps_its_colour_when_a_base_stands_beside_it(kind: str) -> None:
    alone = colours(figures.chart(spec(kind), BASE))
    beside = colours(figures.chart(spec(kind), MOVED, BASE))
    assert alone["NOI"] != alone["EGI"]
    for name, tint in alone.items():
        assert beside[name] == beside[f"{name} (base)"] == tint


def test_a_series_keeps_its_colour_when_its_place_changes() -> None:
    columns = ("month", "kind", "NOI")
    one = table(("1", "retail", 1.0), ("1", "office", 2.0), columns=columns)
    other = table(("1", "office", 2.0), ("1", "retail", 1.0), columns=columns)
    drawn = spec("bar", y=("NOI",), series="kind")
    assert colours(figures.chart(drawn, one)) == colours(figures.chart(drawn, other))


def test_thresholds_are_lines_and_misses_are_coloured() -> None:
    drawn = spec("bar", x="month", y=("NOI",), unit="x", good=">= 1.25", bad="< 1.0")
    rows = table(("a", 1.3, 0.0), ("b", 1.1, 0.0), ("c", 0.9, 0.0))
    figure = figures.chart(drawn, rows)
    assert list(figure.data[0].marker.color) == [LIGHT.good, LIGHT.short, LIGHT.breach]
    assert [shape.y0 for shape in figure.layout.shapes] == [1.25, 1.0]
    assert [note.text for note in figure.layout.annotations] == ["at least 1.25x", "below 1.00x"]


@pytest.mark.parametrize(
    ("unit", "most", "tick"),
    [
        ("USD", 0.5, "$,.2f"),
        ("USD", 500.0, "$,.0f"),
        ("USD", 500_000.0, "$,.3~s"),
        ("count", 0.4, ",.3~r"),
        ("percent", 0.4, ".1%"),
        ("x", 1.4, ".2f"),
    ],
)
def test_an_axis_writes_sizes_as_people_do(unit: str, most: float, tick: str) -> None:
    assert figures.axis(unit, [0.0, -most, None])["tickformat"] == tick


def test_billions_are_no_giga() -> None:
    found = figures.axis("USD", [2.5e9])
    assert (found["exponentformat"], found["tickprefix"]) == ("B", "$")
    assert "tickformat" not in found


def test_long_bars_begin_with_the_first_and_those_in_time_are_never_cut() -> None:
    many = table(*((f"name {at}", float(at), 0.0) for at in range(40)))
    months = table(*((f"2025-{at}", float(at), 0.0) for at in range(40)))
    drawn = spec("bar", y=("NOI",))
    assert figures.longer(drawn, many)
    assert not figures.longer(drawn, months)
    assert len(figures.chart(drawn, many, most=figures.MOST_BARS).data[0].y) == figures.MOST_BARS
    assert len(figures.chart(drawn, many).data[0].y) == 40


def test_under_a_title_stand_unit_period_and_what_is_not_whole() -> None:
    assert said(spec(x="NOI"), table(("a", "x", 1.0)), "2025") == "USD · 2025"
    parts = table(("2023 (2 of 12 months)", 1.0, 1.0), ("2024", 1.0, 1.0), ("2023 (2 of 12 months)", 2.0, 1.0))
    assert said(spec(), parts, "2025") == "USD · not whole: 2023"


@pytest.mark.parametrize(("scheme", "look"), [("light", LIGHT), ("dark", DARK)])
def test_the_theme_the_sheet_and_the_charts_have_one_set_of_colours(scheme: str, look: Any) -> None:
    theme = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))["theme"][scheme]
    assert tuple(theme["chartCategoricalColors"]) == look.tints
    assert theme["grayTextColor"] in (ROOT / "workbench" / "look.css").read_text("utf-8")
    assert theme["backgroundColor"] in (ROOT / "workbench" / "look.css").read_text("utf-8")
    text = [theme[f"{name}TextColor"] for name in ("green", "orange", "red", "gray")]
    for tint in [*text, look.good, look.short, look.breach, look.quiet]:
        assert contrast(tint, theme["backgroundColor"]) >= 4.5, tint


def test_the_design_note_names_the_colours_that_are_used() -> None:
    themes = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))["theme"]
    note = (ROOT / "docs" / "design.md").read_text("utf-8")
    for scheme, look in (("light", LIGHT), ("dark", DARK)):
        theme = themes[scheme]
        names = ("backgroundColor", "secondaryBackgroundColor", "textColor", "grayTextColor", "primaryColor")
        for tint in (*(theme[name] for name in names), look.good, look.short, look.breach):
            assert f"`{tint}`" in note, (scheme, tint)
    assert f"more than {WORDS[figures.MOST_BARS]} show" in note


def test_dashboard_pdf_and_slides_have_the_colours_of_the_pages() -> None:
    assert palette(PLAIN) == LIGHT.tints
    script = (ROOT / "runtime" / "static" / "charts.js").read_text("utf-8")
    sheet = (ROOT / "runtime" / "static" / "dashboard.css").read_text("utf-8")
    for look in (LIGHT, DARK):
        assert f"--accent: {look.tints[0]}" in sheet
        assert ", ".join(f'"{tint}"' for tint in look.tints[1:8]) in script


WORDS = {15: "fifteen"}


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, as WCAG counts it."""
    from runtime.brand import contrast as counted

    return float(counted(one, other))
