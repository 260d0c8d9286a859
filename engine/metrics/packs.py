"""How the columns of each trade are called: which plays which role, as the packs of metrics say it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml
from pydantic import ValidationError

from engine.errors import UsageError
from engine.metrics.catalogue import FOLDER, ROLES
from engine.metrics.mapping import RoleKind
from engine.products import Product


class RoleHint(Product):
    """Words of the table and of the columns of a role.

    `count`: its rows are counted; `filled`: where the date is, or a column called by `empties`; `times` multiplies.
    """

    role: str
    kind: RoleKind
    tables: tuple[str, ...]
    values: tuple[str, ...] = ()
    weights: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    rents: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    count: bool = False
    filled: bool = False
    empties: tuple[str, ...] = ()
    times: int = 1
    held_by: str = ""
    free_of: str = ""


class PackHints(Product):
    """The hints of a pack; it is not meant where any of the roles of `unless` is found."""

    hints: tuple[RoleHint, ...]
    unless: tuple[str, ...] = ()


@cache
def role_hints(folder: Path = FOLDER) -> dict[str, PackHints]:
    """The hints of each pack, those of the catalogue itself under no name.

    Raises:
        UsageError: a file cannot be used; it is named.
    """
    found = {}
    for path in sorted((*folder.glob(ROLES), *folder.glob(f"*/{ROLES}"))):
        try:
            content = yaml.safe_load(path.read_text(encoding="utf-8"))
            pack = path.parent.name if path.parent != folder else ""
            found[pack] = PackHints.model_validate(content)
        except (yaml.YAMLError, ValidationError) as error:
            name = path.parent.name
            raise UsageError(f"The roles of the pack {name} cannot be used: {error}", "Correct it.") from None
    return found
