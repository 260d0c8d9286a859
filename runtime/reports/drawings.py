"""Charts as vector drawings: line, area, bar, grouped bar, scatter and pie, with axes that can be read."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from reportlab.graphics.charts.piecharts import Pie
from reportlab.graphics.shapes import Circle, Drawing, Line, Polygon, PolyLine, Rect, Shape
from reportlab.lib.colors import Color, HexColor

from .. import units
from . import words
from .axes import Frame, scale_of, short
from .colors import USUAL
from .fonts import cut, one_line, width
from .lettering import lettered
from .series import Plot, place_text, plot

INK, SOFT, RULE = HexColor("#17202e"), HexColor("#55617a"), HexColor("#e1e5ec")
GOOD, BAD, QUIET = HexColor("#13795b"), HexColor("#b3372f"), HexColor("#9aa5b8")
SHORT = HexColor("#d9821b")
LEGEND_ROW = 13


def chart(
    entry: Mapping[str, Any], table: Mapping[str, Any], size: tuple[float, float], tints: Sequence[str] = USUAL
) -> Drawing | None:
    """The chart of a results document, or None when its table has nothing to draw; `tints` are `#rrggbb`."""
    found = plot(entry, table)
    if not any(series.values for series in found.series):
        return None
    unit = entry["unit"] or table["units"].get(entry["y"][0], "")
    if entry["kind"] == "pie":
        return _pie(found, unit, size, tints)
    drawing = Drawing(*size)
    top = _legend(drawing, found, size, tints) if len(found.series) > 1 else 6.0
    values = [value for series in found.series for value in series.values.values()]
    scale = scale_of(values, unit, from_zero=entry["kind"] != "scatter")
    by_value = entry["kind"] != "bar" and all(isinstance(place, int | float) for place in found.places)
    numbers = tuple(float(place) for place in found.places) if by_value else ()
    frame = Frame(drawing, size, top, scale, tuple(place_text(place) for place in found.places), numbers)
    frame.draw()
    if entry["kind"] == "bar":
        _bars(frame, found, tints, entry)
    else:
        for index, series in enumerate(found.series):
            points = [
                frame.point(at, series.values[place]) for at, place in enumerate(found.places) if place in series.values
            ]
            _line(frame, points, tint(tints, index), entry["kind"])
    return drawing


def tint(tints: Sequence[str], index: int) -> Color:
    """The colour of the series at `index`."""
    return HexColor(tints[index % len(tints)])


def comparison(
    metric: Mapping[str, Any],
    columns: Sequence[tuple[str, float | None]],
    size: tuple[float, float],
    tints: Sequence[str] = USUAL,
) -> Drawing:
    """One bar a scenario, coloured by what the thresholds say, with the thresholds as lines."""
    drawing = Drawing(*size)
    limits = [(metric[key], color) for key, color in (("good", GOOD), ("bad", BAD)) if metric[key]]
    bounds = [units.threshold(text)[1] for text, _ in limits]
    values = [value for _, value in columns if value is not None]
    frame = Frame(drawing, size, 22, scale_of([*values, *bounds], metric["unit"]), tuple(name for name, _ in columns))
    frame.draw()
    for index, (_, value) in enumerate(columns):
        if value is not None:
            ok = units.meets(value, metric["good"], metric["bad"])
            color = {True: GOOD, False: BAD, None: tint(tints, 0) if index else QUIET}[ok]
            frame.bar(index, value, 0.0, 1.0, color)
    right = frame.right
    for (text, color), number in zip(limits, bounds, strict=True):
        level = frame.level(number)
        drawing.add(
            Line(
                frame.left,
                level,
                frame.right,
                level,
                strokeColor=color,
                strokeWidth=0.8,
                strokeDashArray=[3, 2],
            )
        )
        label = ("good " if color is GOOD else "breach ") + words.threshold(text, metric["unit"])
        right -= width(label, 6.8)
        drawing.add(_text(right, size[1] - 8, label, 6.8, color))
        drawing.add(Line(right - 16, size[1] - 6, right - 4, size[1] - 6, strokeColor=color, strokeDashArray=[3, 2]))
        right -= 28
    for index, (_, value) in enumerate(columns):
        if value is not None:
            middle, top = frame.point(index, value)
            _label(drawing, middle, max(top, frame.zero) + 3, value, metric["unit"], frame.slot)
    return drawing


def _label(drawing: Drawing, x: float, y: float, value: float, unit: str, room: float) -> None:
    """A value over its bar, on white, so that a threshold line does not cross it; the shorter the closer the bars."""
    brief = short(value, unit, 10.0 ** (math.floor(math.log10(abs(value))) - 2)) if value else units.write(value, unit)
    ways = ((units.write(value, unit), 7.5), (brief, 7.5), (brief, 6.2))
    text, size = next(((text, size) for text, size in ways if width(text, size, bold=True) + 2 <= room), ("", 0.0))
    if text:
        wide = width(text, size, bold=True) + 2
        drawing.add(Rect(x - wide / 2, y - 1.5, wide, 9, fillColor=HexColor("#ffffff"), strokeColor=None))
        drawing.add(_text(x, y, text, size, INK, "middle", bold=True))


def _bars(frame: Frame, found: Plot, tints: Sequence[str], entry: Mapping[str, Any]) -> None:
    count = len(found.series)
    rated = {"good": GOOD, "short": SHORT, "breach": BAD} if count == 1 else {}
    good, bad = entry.get("good", ""), entry.get("bad", "")
    for index, series in enumerate(found.series):
        for at, place in enumerate(found.places):
            if place in series.values:
                value = series.values[place]
                color = rated.get(units.verdict(value, good, bad), tint(tints, index))
                frame.bar(at, value, index / count, (index + 1) / count, color)


def _line(frame: Frame, points: Sequence[tuple[float, float]], color: Color, kind: str) -> None:
    flat = [number for point in points for number in point]
    if kind == "scatter" or len(points) <= 40:
        for x, y in points:
            frame.drawing.add(Circle(x, y, 2.4 if kind == "scatter" else 1.7, fillColor=color, strokeColor=None))
    if kind == "scatter" or len(points) < 2:
        return
    if kind == "area":
        around = [points[0][0], frame.zero, *flat, points[-1][0], frame.zero]
        pale = Color(color.red, color.green, color.blue, alpha=0.18)
        frame.drawing.add(Polygon(around, fillColor=pale, strokeColor=None))
    frame.drawing.add(PolyLine(flat, strokeColor=color, strokeWidth=1.6, strokeLineJoin=1))


def _legend(drawing: Drawing, found: Plot, size: tuple[float, float], tints: Sequence[str]) -> float:
    """Draw the legend over the plot; the height it takes."""
    x, row = 0.0, 0
    for index, series in enumerate(found.series):
        name = cut(one_line(series.name, 80), 7.5, 150)
        step = width(name, 7.5) + 24
        # The end of the first row says how many are left out.
        edge = size[0] - (100 if found.left_out and row == 0 else 0)
        if x and x + step > edge:
            x, row = 0.0, row + 1
        y = size[1] - LEGEND_ROW * (row + 1) + 3
        drawing.add(Rect(x, y, 8, 8, fillColor=tint(tints, index), strokeColor=None, rx=1.5, ry=1.5))
        drawing.add(_text(x + 12, y + 1, name, 7.5, SOFT))
        x += step
    if found.left_out:
        drawing.add(_text(size[0], size[1] - 8, f"{found.left_out} more not drawn", 7, SOFT, "end"))
    return LEGEND_ROW * (row + 1) + 8.0


def _pie(found: Plot, unit: str, size: tuple[float, float], tints: Sequence[str]) -> Drawing:
    """A ring with its shares listed beside it; only positive values have a share."""
    drawing = Drawing(*size)
    values = found.series[0].values
    parts = sorted(((value, place_text(place)) for place, value in values.items() if value > 0), reverse=True)
    shown, rest = parts[:9], parts[9:]
    if rest:
        shown.append((math.fsum(value for value, _ in rest), f"{len(rest)} others"))
    total = math.fsum(value for value, _ in shown) or 1.0
    across = min(size[1] - 16, size[0] * 0.4)
    ring = Pie()
    ring.x, ring.y, ring.width, ring.height = 4, (size[1] - across) / 2, across, across
    ring.data = [value for value, _ in shown] or [1]
    ring.labels = None
    ring.innerRadiusFraction = 0.55
    ring.slices.strokeColor = HexColor("#ffffff")
    ring.slices.strokeWidth = 1
    left, top = across + 20, size[1] / 2 + len(shown) * 7
    for index, (value, name) in enumerate(shown):
        color = QUIET if index == 9 else tint(tints, index)
        ring.slices[index].fillColor = color
        y = top - (index + 1) * 14 + 3
        drawing.add(Rect(left, y, 8, 8, fillColor=color, strokeColor=None, rx=1.5, ry=1.5))
        told = f"{units.write(value, unit)}, {value / total:.1%}"
        room = size[0] - left - 24 - width(told, 7.5)
        drawing.add(_text(left + 12, y + 1, cut(one_line(name, 80), 7.5, room), 7.5, INK))
        drawing.add(_text(size[0], y + 1, told, 7.5, SOFT, "end"))
    drawing.add(ring)
    return drawing


def _text(x: float, y: float, text: str, size: float, color: Color, anchor: str = "start", bold: bool = False) -> Shape:
    return lettered((x, y), text, size, color, anchor, bold)
