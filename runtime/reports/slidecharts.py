"""Charts of slides: PowerPoint's own, with their numbers inside, so that they can be edited and restyled."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from pptx.chart.axis import CategoryAxis
from pptx.chart.data import CategoryChartData, XyChartData
from pptx.chart.plot import BarPlot
from pptx.chart.xlsx import CategoryWorkbookWriter, XyWorkbookWriter
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_LEGEND_POSITION, XL_TICK_LABEL_POSITION
from pptx.oxml.ns import qn
from pptx.util import Inches, Pt
from xlsxwriter import Workbook

from .. import units
from . import words
from .series import Plot, place_text, plot
from .slidelook import SOFT, rgb
from .slides import BAD, GOOD, RULE, Deck
from .slidetext import plain

Box = tuple[float, float, float, float]
POINTS_CAP, PLACE_CAP, SCENARIOS_CAP = 1_000, 32, 41
PARTS_CAP = 9
LABELLED = 14
# At most so many places have their names on the axis.
NAMED = 24
QUIET = "#9aa5b8"
KINDS = {
    "line": XL_CHART_TYPE.LINE_MARKERS,
    "area": XL_CHART_TYPE.AREA,
    "bar": XL_CHART_TYPE.COLUMN_CLUSTERED,
    "pie": XL_CHART_TYPE.DOUGHNUT,
}


class _TextStaysText:
    """Writes a chart's own workbook so that a name that begins with '=' is no formula there."""

    @contextmanager
    def _open_worksheet(self, xlsx_file: Any) -> Iterator[tuple[Any, Any]]:
        safe = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        workbook = Workbook(xlsx_file, safe)
        yield workbook, workbook.add_worksheet()
        workbook.close()


class _CategoryWriter(_TextStaysText, CategoryWorkbookWriter):
    pass


class _XyWriter(_TextStaysText, XyWorkbookWriter):
    pass


class _Categories(CategoryChartData):
    @property
    def _workbook_writer(self) -> CategoryWorkbookWriter:
        return _CategoryWriter(self)


class _Points(XyChartData):
    @property
    def _workbook_writer(self) -> XyWorkbookWriter:
        return _XyWriter(self)


def draw(deck: Deck, slide: Any, entry: Mapping[str, Any], table: Mapping[str, Any], box: Box) -> None:
    """A chart of the results document in a box of left, top, width, height inches."""
    found = plot(entry, table)
    unit = entry["unit"] or table["units"].get(entry["y"][0], "")
    values = [value for series in found.series for value in series.values.values()]
    by_value = entry["kind"] in ("line", "area", "scatter") and all(
        isinstance(place, int | float) and not isinstance(place, bool) for place in found.places
    )
    if by_value:
        drawn = _by_value(slide, found, entry["kind"], box)
    else:
        found = _parts(found) if entry["kind"] == "pie" else found
        drawn = _by_place(slide, found, KINDS.get(entry["kind"], XL_CHART_TYPE.LINE_MARKERS), unit, box)
    _name(slide, entry["label"], found, unit)
    many = len(found.series) > 1 or entry["kind"] == "pie"
    _legend(drawn, many)
    if entry["kind"] == "pie":
        _ring(deck, drawn, len(found.places), unit)
        return
    _axes(drawn, values, unit)
    for index, series in enumerate(drawn.plots[0].series):
        color = rgb(deck.palette[index % len(deck.palette)])
        if entry["kind"] in ("bar", "area"):
            series.format.fill.solid()
            series.format.fill.fore_color.rgb = color
        elif entry["kind"] == "scatter":
            series.format.line.fill.background()
            _marker(series, color)
        else:
            series.smooth = False
            series.format.line.color.rgb, series.format.line.width = color, Pt(2.25)
            _marker(series, color, 5 if len(found.places) <= 40 else 2)
    if entry["kind"] == "bar":
        drawn.plots[0].gap_width = _gap(len(found.places))
        if not many and len(found.places) <= LABELLED:
            _labels(drawn.plots[0], values, unit)


def bars(
    deck: Deck, slide: Any, label: str, columns: Sequence[tuple[str, float | None, str]], unit: str, box: Box
) -> Any:
    """One bar for each (name, value, colour) in a box of inches; a bar without a value stays empty."""
    data = _Categories(number_format=number_format([value for _, value, _ in columns if value is not None], unit))
    data.categories = _named([name for name, _, _ in columns])
    data.add_series(plain(label, 120), [value for _, value, _ in columns])
    drawn = slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *map(Inches, box), data).chart
    values = [value for _, value, _ in columns if value is not None]
    told = ", ".join(f"{name} {units.write(value, unit)}" for name, value, _ in columns[:24])
    slide.shapes[-1]._element.nvGraphicFramePr.cNvPr.set("descr", plain(f"{label}: {told}", 900))
    _legend(drawn, False)
    _axes(drawn, values, unit)
    drawn.plots[0].gap_width = _gap(len(columns))
    series = drawn.plots[0].series[0]
    series.invert_if_negative = False
    for index, (_, _, color) in enumerate(columns):
        fill = series.points[index].format.fill
        fill.solid()
        fill.fore_color.rgb = rgb(color)
    _labels(drawn.plots[0], values, unit, 12 if len(columns) <= LABELLED else 9)
    return drawn


def comparison(
    deck: Deck, slide: Any, metric: Mapping[str, Any], columns: Sequence[tuple[str, float | None]], box: Box
) -> None:
    """One bar a scenario, coloured by what the thresholds say, with the thresholds as lines of the same chart."""
    tones = {True: GOOD, False: BAD}
    colored = [
        (name, value, tones.get(units.meets(value, metric["good"], metric["bad"]), deck.palette[0] if at else QUIET))  # type: ignore[arg-type]
        for at, (name, value) in enumerate(columns)
    ]
    limits = [
        (f"{kind} {words.threshold(metric[key], metric['unit'])}", units.threshold(metric[key])[1], color)
        for key, kind, color in (("good", "Good", GOOD), ("bad", "Breach", BAD))
        if metric[key]
    ]
    drawn = bars(deck, slide, metric["label"], colored, metric["unit"], box)
    if limits:
        _limit_lines(drawn, [name for name, _ in columns], limits, metric["unit"])


def _limit_lines(drawn: Any, names: Sequence[str], limits: Sequence[tuple[str, float, str]], unit: str) -> None:
    """Put a line chart of constant series over the bars, on the same axes.

    The library makes charts of one kind only: the lines are made as further bars, so that their numbers are in the
    chart's workbook too, and their elements then move into a line chart.
    """
    bars_of = drawn.plots[0]
    data = _Categories(number_format=bars_of.series[0]._element.findtext(f".//{qn('c:formatCode')}") or "General")
    data.categories = _named(list(names))
    data.add_series(bars_of.series[0].name, list(bars_of.series[0].values))
    for label, number, _ in limits:
        data.add_series(label, [number] * len(names))
    drawn.replace_data(data)
    bar = drawn._chartSpace.find(f".//{qn('c:barChart')}")
    line = bar.makeelement(qn("c:lineChart"), {})
    line.append(_with_value(bar, "c:grouping", "standard"))
    line.append(_with_value(bar, "c:varyColors", "0"))
    for series, (_, _, color) in zip(bar.findall(qn("c:ser"))[1:], limits, strict=True):
        bar.remove(series)
        for name in ("c:invertIfNegative", "c:spPr", "c:dPt", "c:dLbls"):
            for old in series.findall(qn(name)):
                series.remove(old)
        place = series.index(series.find(qn("c:tx"))) + 1
        series.insert(place, _dashes(series, color))
        marker = series.makeelement(qn("c:marker"), {})
        marker.append(_with_value(series, "c:symbol", "none"))
        series.insert(place + 1, marker)
        series.append(_with_value(series, "c:smooth", "0"))
        line.append(series)
    line.append(_with_value(bar, "c:marker", "1"))
    for axis in bar.findall(qn("c:axId")):
        line.append(copy.deepcopy(axis))
    bar.addnext(line)
    _legend(drawn, True)
    # The bars are named by the axis; the legend is for the lines.
    entry = drawn.legend._element.makeelement(qn("c:legendEntry"), {})
    entry.append(_with_value(entry, "c:idx", "0"))
    entry.append(_with_value(entry, "c:delete", "1"))
    drawn.legend._element.find(qn("c:legendPos")).addnext(entry)


def _with_value(near: Any, name: str, value: str) -> Any:
    element = near.makeelement(qn(name), {})
    element.set("val", value)
    return element


def _dashes(near: Any, color: str) -> Any:
    properties = near.makeelement(qn("c:spPr"), {})
    line = near.makeelement(qn("a:ln"), {"w": "19050", "cap": "flat"})
    fill = near.makeelement(qn("a:solidFill"), {})
    fill.append(_with_value(near, "a:srgbClr", color[1:].upper()))
    line.append(fill)
    line.append(_with_value(near, "a:prstDash", "dash"))
    properties.append(line)
    return properties


def number_format(values: Sequence[float], unit: str) -> str:
    """How the chart writes these values: as short as it can, since labels stand close."""
    most = max(map(abs, values), default=0.0)
    if unit == "percent":
        return "0.0%"
    if unit == "x":
        return '0.00"x"'
    money = '"$"' if unit.startswith("USD") else ""
    for size, commas, letter in ((1e9, ",,,", "B"), (1e6, ",,", "M"), (1e3, ",", "k")):
        if most >= max(size, 1e4):
            places = "0.00" if most < size * 10 else "0.0" if most < size * 100 else "0"
            return f'{money}{places}{commas}"{letter}"'
    whole = all(value == int(value) for value in values)
    return f"{money}#,##0" if whole or most >= 1_000 else f"{money}#,##0.00"


def _by_place(slide: Any, found: Plot, kind: Any, unit: str, box: Box) -> Any:
    places = found.places[-POINTS_CAP:]
    values = [value for series in found.series for value in series.values.values()]
    data = _Categories(number_format=number_format(values, unit))
    data.categories = _named([place_text(place) for place in places])
    for series in found.series:
        data.add_series(plain(series.name, 60), [series.values.get(place) for place in places])
    return slide.shapes.add_chart(kind, *map(Inches, box), data).chart


def _by_value(slide: Any, found: Plot, kind: str, box: Box) -> Any:
    data = _Points()
    for series in found.series:
        points = data.add_series(plain(series.name, 60))
        for place in sorted(series.values)[:POINTS_CAP] if kind != "scatter" else list(series.values)[:POINTS_CAP]:
            points.add_data_point(float(place), series.values[place])
    chart_kind = XL_CHART_TYPE.XY_SCATTER if kind == "scatter" else XL_CHART_TYPE.XY_SCATTER_LINES
    return slide.shapes.add_chart(chart_kind, *map(Inches, box), data).chart


def _parts(found: Plot) -> Plot:
    """The largest parts of a whole, the rest as one; only what is positive has a share."""
    series = found.series[0]
    parts = sorted(((value, place) for place, value in series.values.items() if value > 0), key=lambda part: -part[0])
    shown, rest = parts[:PARTS_CAP], parts[PARTS_CAP:]
    if rest:
        shown.append((sum(value for value, _ in rest), f"{len(rest)} others"))
    values = {place: value for value, place in shown}
    return Plot(tuple(values), (type(series)(series.name, values),))


def _named(names: Sequence[str]) -> list[str]:
    """Names short enough for an axis: the more there are, the shorter."""
    cap = PLACE_CAP if len(names) <= 7 else PLACE_CAP // 2
    return [plain(name, cap).replace("\n", " ") for name in names]


def _name(slide: Any, label: str, found: Plot, unit: str) -> None:
    """Words for those who cannot see the chart."""
    told = [
        f"{series.name}: "
        + ", ".join(f"{place_text(p)} {units.write(v, unit)}" for p, v in list(series.values.items())[:12])
        for series in found.series[:4]
    ]
    slide.shapes[-1]._element.nvGraphicFramePr.cNvPr.set("descr", plain(f"{label}. {'; '.join(told)}", 900))


def _legend(drawn: Any, shown: bool) -> None:
    drawn.has_title = False
    drawn.font.size = Pt(12)
    drawn.font.color.rgb = rgb(SOFT)
    drawn.has_legend = shown
    if shown:
        drawn.legend.position = XL_LEGEND_POSITION.BOTTOM
        drawn.legend.include_in_layout = False
        drawn.legend.font.size = Pt(12)


def _axes(drawn: Any, values: Sequence[float], unit: str) -> None:
    value, place = drawn.value_axis, drawn.category_axis
    value.major_gridlines.format.line.color.rgb = rgb(RULE)
    value.format.line.fill.background()
    if any(isinstance(plot, BarPlot) for plot in drawn.plots) and min(values, default=0.0) >= 0:
        # A bar's length is its value only from zero on.
        value.minimum_scale = 0
    value.tick_labels.number_format, value.tick_labels.number_format_is_linked = number_format(values, unit), False
    place.has_major_gridlines = False
    place.format.line.color.rgb = rgb(QUIET)
    place.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    if isinstance(place, CategoryAxis):
        every = max(1, -(-len(list(drawn.plots[0].categories)) // NAMED))
        skip = place._element.makeelement(qn("c:tickLblSkip"), {"val": str(every)})
        place._element.find(qn("c:noMultiLvlLbl")).addprevious(skip)


def _gap(count: int) -> int:
    """The space between bars in percent of a bar: few bars are not to be walls."""
    return 140 if count <= 3 else 90 if count <= 6 else 50


def _labels(plotted: Any, values: Sequence[float], unit: str, size: int = 12) -> None:
    plotted.has_data_labels = True
    labels = plotted.data_labels
    labels.number_format, labels.number_format_is_linked = number_format(values, unit), False
    labels.position = XL_LABEL_POSITION.OUTSIDE_END
    labels.font.size, labels.font.bold = Pt(size), True
    labels.show_value = True


def _marker(series: Any, color: Any, size: int = 7) -> None:
    series.marker.size = size
    series.marker.format.fill.solid()
    series.marker.format.fill.fore_color.rgb = color
    series.marker.format.line.fill.background()


def _ring(deck: Deck, drawn: Any, count: int, unit: str) -> None:
    drawn.legend.position = XL_LEGEND_POSITION.RIGHT
    plotted = drawn.plots[0]
    plotted.has_data_labels = True
    plotted.data_labels.show_percentage, plotted.data_labels.show_value = True, False
    plotted.data_labels.number_format, plotted.data_labels.number_format_is_linked = "0%", False
    plotted.data_labels.font.size = Pt(12)
    plotted.data_labels.font.color.rgb = rgb("#ffffff")
    for index in range(count):
        fill = plotted.series[0].points[index].format.fill
        fill.solid()
        fill.fore_color.rgb = rgb(deck.palette[index % len(deck.palette)])
