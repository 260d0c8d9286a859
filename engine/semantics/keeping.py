"""Where what is said of a place is kept: one YAML file a place, written whole, which a person may edit."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path

from engine.errors import StoreError, UsageError
from engine.foundation.files import write_whole
from engine.semantics.statements import NOTHING_SAID, Statements, as_yaml, read_statements

_HEAD = "# What this database means, as people said it. Edit it freely: what is wrong is named with its line.\n"
_READ: dict[Path, tuple[tuple[int, int], Statements]] = {}
_CHANGING = threading.Lock()


class Sayings:
    """What is said of one place."""

    def __init__(self, folder: Path, name: str, place: str) -> None:
        """`name` tells the place from all others; `place` is how it is shown."""
        base = re.sub(r"[^a-z0-9]+", "-", place.rpartition("/")[2].rpartition(".")[0].lower() or "place").strip("-")
        self.file = folder / f"{base[:40] or 'place'}-{name[:12]}.yaml"
        self.place = place

    def read(self) -> Statements:
        """All that is said; nothing where no file is.

        Raises:
            UsageError: the file is faulty; its line and field are named.
            StoreError: it cannot be read.
        """
        try:
            facts = self.file.stat()
        except OSError:
            return NOTHING_SAID
        mark, known = (facts.st_mtime_ns, facts.st_size), _READ.get(self.file)
        if known is not None and known[0] == mark:
            return known[1]
        try:
            text = self.file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise UsageError(f"{self.file} is no text in UTF-8.", "Save it as UTF-8.") from None
        except OSError as error:
            raise StoreError(f"{self.file} cannot be read: {error}.", "Check its rights.") from None
        said = read_statements(text, str(self.file))
        _READ[self.file] = (mark, said)
        return said

    def change(self, by: Callable[[Statements], Statements]) -> Statements:
        """Change what is kept, and give it; of two changes at once in this process none is lost.

        Raises:
            UsageError: the file that is there is faulty.
            StoreError: the folder cannot be written.
        """
        with _CHANGING:
            said = by(self.read()).model_copy(update={"place": self.place})
            write_whole(self.file, (_HEAD + as_yaml(said)).encode())
            _READ.pop(self.file, None)
        return said
