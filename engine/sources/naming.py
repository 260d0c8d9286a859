"""Names in SQL: quoting them, and the plain English forms they are compared in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from engine.sources.schema import Table

FEWEST_IN_A_HOUSE = 3
_IRREGULAR = {
    "people": "person",
    "children": "child",
    "men": "man",
    "women": "woman",
    "data": "datum",
    "indices": "index",
}


def quoted(name: str) -> str:
    """A name as both dialects take it, whatever it holds."""
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def quoted_table(table: Table) -> str:
    """A table's name with its schema, quoted."""
    return f"{quoted(table.schema_name)}.{quoted(table.name)}" if table.schema_name else quoted(table.name)


@lru_cache(maxsize=65_536)
def words(name: str) -> str:
    """`PropertyTypes`, `property types` and `PROPERTY_TYPES` all become `property_types`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return re.sub(r"[\W_]+", "_", spaced).strip("_").lower()


def house_prefix(names: Iterable[str]) -> str:
    """The word that every table of a house begins with (`sbCustomer`, `sbTicker`): it says nothing. Empty for none."""
    parted = [words(name).partition("_") for name in names]
    first = {start for start, _, _ in parted}
    shared = len(parted) >= FEWEST_IN_A_HOUSE and len(first) == 1 and all(rest for _, _, rest in parted)
    return first.pop() if shared else ""


def without_prefix(name: str, prefix: str) -> str:
    """A name in its compared form, without the word that all begin with."""
    return words(name).removeprefix(f"{prefix}_") if prefix else words(name)


def column_prefix(table: Table) -> str:
    """The word that every column of a table begins with (`TR_ID`, `TR_KM`): it says nothing. Empty for none."""
    parted = [words(column.name).partition("_") for column in table.columns]
    first = {start for start, _, _ in parted}
    shared = len(first) == 1 and all(rest for _, _, rest in parted)
    own = shared and (len(parted) >= FEWEST_IN_A_HOUSE or words(table.name).startswith(f"{min(first)}_"))
    return first.pop() if own else ""


@lru_cache(maxsize=65_536)
def singular(name: str) -> str:
    """The singular of the last word of `name`, in its compared form."""
    start, _, last = words(name).rpartition("_")
    return f"{start}_{_one(last)}" if start else _one(last)


def _one(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if re.search(r"(ss|sh|ch|x|zz|us)es$", word):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
