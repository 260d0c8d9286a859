"""Writing files whole or not at all, for their owner alone, and below a folder only."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path

from engine.errors import RefusedError, StoreError

# One part of a path: a letter, digit or underscore first (or a dot before it), no separator, colon, space or control.
PART = re.compile(r"\.?\w[\w.-]*")
MOST_PARTS, LONGEST_PART, LONGEST_NAME = 6, 150, 400
# Windows takes these for devices, whatever their ending.
DEVICES = frozenset(
    {"con", "prn", "aux", "nul", *(f"{name}{number}" for name in ("com", "lpt") for number in range(10))}
)
OWN_FOLDER, OWN_FILE, OWN_PROGRAM = 0o700, 0o600, 0o700


def write_whole(file: Path, content: bytes, mode: int = OWN_FILE) -> None:
    """Write a file beside its place, then move it there; a link that lies there is replaced, never followed.

    Raises:
        StoreError: the disk is full or the folder cannot be written; what was there before is still there.
    """
    try:
        own_folder(file.parent)
        handle, making = tempfile.mkstemp(dir=file.parent, prefix=".making-")
        try:
            with os.fdopen(handle, "wb") as opened:
                opened.write(content)
            os.chmod(making, mode)
            os.replace(making, file)
        except OSError:
            Path(making).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StoreError(f"{file} cannot be written: {error.strerror}.", "Check its folder and free space.") from None


def own_folder(folder: Path) -> Path:
    """The folder, made with those above it for their owner alone where they are missing, whatever the umask says.

    Raises:
        OSError: it cannot be made.
    """
    for missing in reversed([each for each in (folder, *folder.parents) if not each.exists()]):
        with contextlib.suppress(FileExistsError):
            missing.mkdir(mode=OWN_FOLDER)
            missing.chmod(OWN_FOLDER)
    if not folder.is_dir():
        folder.mkdir()
    return folder


def keep_private(folder: Path) -> Path:
    """A folder of the workbench's own, made when it is missing and closed to all but its owner when it is not.

    Raises:
        OSError: it cannot be made. One that belongs to somebody else stays as its owner has it.
    """
    own_folder(folder)
    with contextlib.suppress(PermissionError):
        if folder.stat().st_mode & 0o077:
            folder.chmod(OWN_FOLDER)
    return folder


def private_file(file: Path) -> Path:
    """A file for its owner alone, made empty when it is missing: what a library opens later keeps its mode.

    Raises:
        OSError: it cannot be made.
    """
    own_folder(file.parent)
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, OWN_FILE))
    with contextlib.suppress(PermissionError):
        if file.stat().st_mode & 0o077:
            file.chmod(OWN_FILE)
    return file


def put_files(folder: Path, files: Mapping[str, bytes], modes: Mapping[str, int] | None = None) -> None:
    """Write files into a run's folder, each whole or not at all: the one way for names that others chose.

    Raises:
        RefusedError: a name leads out of the folder, through a link, or to a device; nothing was written.
        StoreError: the disk is full or the folder cannot be written.
    """
    refuse_twins(files)
    places = {name: place_below(folder, name) for name in files}
    for name, content in files.items():
        write_whole(places[name], content, (modes or {}).get(name, OWN_FILE))


def place_below(folder: Path, name: str) -> Path:
    """Where a name lies below a folder.

    Raises:
        RefusedError: it is no plain relative name, or a link on the way leads elsewhere.
    """
    parts = name.split("/")
    wrong = next((part for part in parts if not is_plain(part)), None)
    if wrong is not None or len(parts) > MOST_PARTS or len(name.encode("utf-8", "replace")) > LONGEST_NAME:
        raise _refused(name, "it is no plain name of a file below the run's folder")
    place = folder.joinpath(*parts)
    root = folder.resolve()
    for above in (place, *list(place.parents)[: len(parts) - 1]):
        if above.is_symlink():
            raise _refused(name, "there is a link on the way")
    if not place.resolve().is_relative_to(root):
        raise _refused(name, "it leads out of the run's folder")
    return place


def is_plain(part: str) -> bool:
    """Whether a part of a path is a plain name on every system: no device, no ending that Windows drops."""
    try:
        size = len(part.encode())
    except UnicodeEncodeError:
        return False
    whole = PART.fullmatch(part) is not None and not part.endswith(".") and size <= LONGEST_PART
    return whole and part.strip(".").partition(".")[0].lower() not in DEVICES


def refuse_twins(names: Iterable[str]) -> None:
    """Refuse names that one file answers to where case or the way of writing a letter makes no difference.

    Raises:
        RefusedError: there are two such names.
    """
    seen: dict[str, str] = {}
    for name in names:
        first = seen.setdefault(folded(name), name)
        if first != name:
            raise _refused(name, f"it is the same file as {first[:80]!r} on many systems")


def folded(name: str) -> str:
    """The name as a file system sees it that ignores case and composes letters."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def _refused(name: str, why: str) -> RefusedError:
    return RefusedError(f"The file {name[:120]!r} is not written: {why}.", "Give the table or source a plain name.")
