"""A path into a JSON document: `$.data.items`, `$['two words'][0].rows`, `$.pages[*].rows[*]`."""

from __future__ import annotations

import re
from typing import Any

from engine.errors import UsageError

_STEP = re.compile(
    r"""\.?(?:(?P<name>[A-Za-z_@][\w@-]*)|\[(?:(?P<index>-?\d+)|(?P<all>\*)|(['"])(?P<quoted>.*?)\4)\])"""
)


def steps_of(path: str) -> tuple[str | int | None, ...]:
    """The steps of a path: names, places, and None for every member.

    Raises:
        UsageError: it is no path.
    """
    rest = path.strip().removeprefix("$")
    steps: list[str | int | None] = []
    position = 0
    while position < len(rest):
        match = _STEP.match(rest, position)
        if match is None:
            raise UsageError(f"{path!r} is no path into JSON.", "Write it as $.data.items or $['two words'][0].")
        if match["index"] is not None:
            steps.append(int(match["index"]))
        else:
            steps.append(None if match["all"] else match["name"] if match["name"] is not None else match["quoted"])
        position = match.end()
    return tuple(steps)


def found_at(document: Any, path: str) -> Any:
    """What lies at the path; None where nothing does. A path with `*` gives a list."""
    found, many = [document], False
    for step in steps_of(path):
        if step is None:
            many = True
            found = [member for item in found if isinstance(item, list) for member in item]
        elif isinstance(step, int):
            found = [item[step] for item in found if isinstance(item, list) and -len(item) <= step < len(item)]
        else:
            found = [item[step] for item in found if isinstance(item, dict) and step in item]
    return found if many else (found[0] if found else None)
