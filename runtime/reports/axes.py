"""The axes of a drawing: round steps, short labels, and where a value lies on the page."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from reportlab.graphics.shapes import Drawing, Group, Line, Rect
from reportlab.lib.colors import Color, HexColor

from .fonts import cut, one_line, width
from .lettering import lettered

RULE, AXIS, SOFT = HexColor("#e1e5ec"), HexColor("#aab3c3"), HexColor("#55617a")
SIZE = 7.5


@dataclass(frozen=True)
class Scale:
    """A value axis from `low` to `high` with a tick at each step."""

    low: float
    high: float
    step: float
    unit: str

    @property
    def ticks(self) -> list[float]:
        """The values that are labelled."""
        count = round((self.high - self.low) / self.step)
        return [self.low + self.step * index for index in range(count + 1)]


def scale_of(values: Iterable[float], unit: str, from_zero: bool = True) -> Scale:
    """A scale of about five round steps that holds every value."""
    found = [*values, 0.0] if from_zero else list(values)
    low, high = min(found, default=0.0), max(found, default=1.0)
    if low == high:
        low, high = min(low, 0.0), max(high, 0.0) or 1.0
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * (1 - 1e-9))
    return Scale(math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step, step, unit)


def short(value: float, unit: str, step: float) -> str:
    """A tick's label: 1250000 of USD is '$1.25M'."""
    if unit == "percent":
        return f"{value * 100:.{_places(step * 100)}f} %"
    size = abs(value)
    factor, letter = next(((f, x) for f, x in ((1e9, "B"), (1e6, "M"), (1e3, "k")) if size >= f), (1.0, ""))
    digits = f"{size / factor:.{_places(step / factor)}f}"
    money = "$" if unit.startswith("USD") else ""
    return f"{'-' if value < 0 else ''}{money}{digits}{letter}{'x' if unit == 'x' else ''}"


def _places(step: float) -> int:
    return next((places for places in range(6) if abs(step * 10**places - round(step * 10**places)) < 1e-6), 6)


class Frame:
    """The plot area of a drawing: draws the axes and places values in it."""

    def __init__(
        self,
        drawing: Drawing,
        size: tuple[float, float],
        top: float,
        scale: Scale,
        names: tuple[str, ...],
        numbers: tuple[float, ...] = (),
    ) -> None:
        """`names` label the places side by side; `numbers`, when given, place them by value instead."""
        self.drawing = drawing
        self._scale = scale
        self._numbers = numbers
        self._across = scale_of(numbers, "", from_zero=False) if numbers else None
        self._names = names
        self._labels = [short(tick, scale.unit, scale.step) for tick in scale.ticks]
        self._written_to = 0.0
        self.left = max(width(label, SIZE) for label in self._labels) + 8
        self.right = size[0] - 4
        self._slot = (self.right - self.left) / max(1, len(names))
        # Names that do not fit their slot are turned; many names are thinned instead.
        room = self._slot * 0.96
        self._every = max(1, math.ceil(len(names) * 11 / (self.right - self.left)))
        widest = max((width(one_line(name, 120), SIZE) for name in names), default=0.0)
        thinned = max(self._every, math.ceil((widest + 10) / self._slot)) if len(names) > 12 else 1
        # A few long names are cut to their slot; many are turned.
        self._turned = not numbers and len(names) > 6 and widest > room * thinned
        self._room = room * thinned
        self._every = self._every if self._turned else thinned
        self._bottom = min(widest * 0.72, 62.0) + 12 if self._turned else 16.0
        self._top = size[1] - top

    @property
    def slot(self) -> float:
        """The width of one place."""
        return self._slot

    @property
    def zero(self) -> float:
        """The height of the base line."""
        return self.level(min(max(0.0, self._scale.low), self._scale.high))

    def level(self, value: float) -> float:
        """The height of a value."""
        share = (value - self._scale.low) / (self._scale.high - self._scale.low)
        return self._bottom + share * (self._top - self._bottom)

    def point(self, index: int, value: float) -> tuple[float, float]:
        """Where a value at the place `index` lies."""
        if self._across:
            return self._along(self._numbers[index]), self.level(value)
        return self.left + (index + 0.5) * self._slot, self.level(value)

    def _along(self, number: float) -> float:
        across = self._across or Scale(0.0, 1.0, 1.0, "")
        return self.left + 6 + (number - across.low) / (across.high - across.low) * (self.right - self.left - 12)

    def bar(self, index: int, value: float, start: float, end: float, color: Color) -> None:
        """A bar that takes the part from `start` to `end` of its place."""
        used = min(self._slot * 0.68, 56.0 / (end - start))
        left = self.left + (index + 0.5) * self._slot - used / 2
        top, zero = self.level(value), self.zero
        gap = 0.5 if end - start < 1 else 0.0
        self.drawing.add(
            Rect(
                left + used * start + gap,
                min(top, zero),
                max(used * (end - start) - 2 * gap, 0.4),
                abs(top - zero),
                fillColor=color,
                strokeColor=None,
            )
        )

    def draw(self) -> None:
        """The grid, both axes and their labels."""
        for tick, label in zip(self._scale.ticks, self._labels, strict=True):
            y = self.level(tick)
            self.drawing.add(Line(self.left, y, self.right, y, strokeColor=RULE, strokeWidth=0.5))
            self._write(self.left - 5, y - 2.6, label, "end")
        self.drawing.add(Line(self.left, self.zero, self.right, self.zero, strokeColor=AXIS, strokeWidth=0.8))
        if self._across:
            for tick in self._across.ticks:
                label = short(tick, "", self._across.step)
                self._write(self._along(tick), self._bottom - 11, label, "middle")
            return
        for index, name in enumerate(self._names):
            if index % self._every == 0:
                self._name(index, one_line(name, 120))

    def _name(self, index: int, name: str) -> None:
        x = self.left + (index + 0.5) * self._slot
        if not self._turned:
            label = cut(name, SIZE, self._room)
            half = width(label, SIZE) / 2
            middle = max(half, min(x, self.right - half))
            # A label moved in from the edge may meet its neighbour, which is then left out.
            if middle - half >= self._written_to:
                self._write(middle, self._bottom - 11, label, "middle")
                self._written_to = middle + half + 4
            return
        group = Group(lettered((0, 0), cut(name, SIZE, 84), SIZE, SOFT, "end"))
        group.translate(x + 3, self._bottom - 9)
        group.rotate(40)
        self.drawing.add(group)

    def _write(self, x: float, y: float, text: str, anchor: str) -> None:
        self.drawing.add(lettered((x, y), text, SIZE, SOFT, anchor))
