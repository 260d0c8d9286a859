"""How a person wants a file read: what they answered or corrected, kept for the next file of its shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from engine.products import Product

Kind = Literal["number", "date", "text", "yes or no"]
# A code is kept as it is written and never added up; a measure is a number, whatever its name says.
GivenRole = Literal["measure", "identifier"]
_KINDS: Mapping[GivenRole, Kind] = {"measure": "number", "identifier": "text"}


class ColumnRecipe(Product):
    """What a person said of one column, by the name that the file gives it."""

    name: str = ""
    kind: Kind | None = None
    unit: str | None = Field(default=None, max_length=40)
    role: GivenRole | None = None
    leave_out: bool = False


class Recipe(Product):
    """What a person said of a file; everything else is found out anew."""

    encoding: str = ""
    separator: str = ""
    decimal: Literal[".", ","] | None = None
    order: Literal["day", "month"] | None = Field(default=None, description="whether 3/4/2024 begins with day or month")
    credit: Literal["plus", "minus"] | None = Field(
        default=None, description="what CR behind an amount says; DR the other"
    )
    keep_totals: bool = False
    keep_across: bool = False
    columns: Mapping[str, ColumnRecipe] = Field(default_factory=dict)

    def name_of(self, name: str) -> str:
        """What a column is called."""
        given = self.columns.get(name)
        return (given.name if given else "") or name

    def kind_of(self, name: str) -> Kind | None:
        """What a person said that a column holds."""
        given = self.columns.get(name)
        if given is None:
            return None
        return given.kind or (_KINDS[given.role] if given.role else None)

    def unit_of(self, name: str, found: str) -> str:
        """The unit of a column: what a person said, else what was found."""
        given = self.columns.get(name)
        return found if given is None or given.unit is None else given.unit

    def role_of(self, name: str) -> GivenRole | None:
        """The role that a person gave a column."""
        given = self.columns.get(name)
        return given.role if given else None

    def leaves_out(self, name: str) -> bool:
        """Whether a person left a column out."""
        given = self.columns.get(name)
        return given is not None and given.leave_out
