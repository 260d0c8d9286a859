"""The company's name, logo and colours: from the settings, else as chosen on a page. What cannot be used is said."""

from __future__ import annotations

import io
import logging
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from engine.errors import StoreError, UsageError
from engine.foundation.files import write_whole
from engine.settings import ROOT, Settings
from engine.store.runs import Store
from runtime.brand import ACCENT, NAME_CAP, PRIMARY, Brand

LOG = logging.getLogger(__name__)
CHOICE = "brand"
SETTINGS = ("COMPANY_NAME", "COMPANY_LOGO", "COLOR_PRIMARY", "COLOR_ACCENT")
LOGO_MB = 5
MOST_PIXELS = 6_000
# Larger than any report shows it, small enough to travel with every run.
KEPT_PIXELS = (800, 400)
LOGO_HINT = f"Give a PNG or JPEG of at most {LOGO_MB} MB and {MOST_PIXELS:,} pixels a side."
COLOR_HINT = "Write it as #1f4e79: a hash and six digits of 0-9 and a-f."
Found = TypeVar("Found")


@dataclass(frozen=True)
class Problem:
    """A setting that cannot be used, why, and what to do."""

    setting: str
    message: str
    hint: str


@dataclass(frozen=True)
class Branding:
    """The brand as far as it can be used, and what cannot."""

    brand: Brand
    problems: tuple[Problem, ...] = ()


class Brands:
    """The brand of one installation: a setting wins over what was chosen on the Settings page."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._store = store
        self._folder = settings.var / "brand"
        self._set = {name: str(getattr(settings, name.lower())) for name in SETTINGS}

    @property
    def values(self) -> dict[str, str]:
        """Return the settings of the brand that are in force, as text."""
        chosen = self._store.choice(CHOICE)
        return {name: self._set[name] or chosen.get(name, "") for name in SETTINGS}

    @property
    def fixed(self) -> frozenset[str]:
        """The settings that the environment or `.env` gives, so that a page cannot change them."""
        return frozenset(name for name, value in self._set.items() if value)

    def current(self) -> Branding:
        """The brand in force; each problem goes to the log, and reports are made without that part."""
        return branding(self.values)

    def choose(self, values: Mapping[str, str], logo: bytes | None = None) -> None:
        """Keep name and colours, and a logo when one is given; an empty COMPANY_LOGO takes the logo away.

        Raises:
            UsageError: a value cannot be used; nothing is kept.
        """
        kept = {"COMPANY_NAME": name_of(values["COMPANY_NAME"])}
        for setting, usual in (("COLOR_PRIMARY", PRIMARY), ("COLOR_ACCENT", ACCENT)):
            color = color_of(values[setting], usual)
            kept[setting] = "" if color == usual else color
        kept["COMPANY_LOGO"] = values.get("COMPANY_LOGO", "")
        if logo is not None:
            file = self._folder / "logo.png"
            content = logo_of(logo, "The image")
            try:
                write_whole(file, content)
            except StoreError as error:
                raise UsageError(error.message, "Free disk space, or set VAR_DIR.") from None
            kept["COMPANY_LOGO"] = str(file)
        self._store.choose(CHOICE, kept)


def branding(values: Mapping[str, str]) -> Branding:
    """The brand of these values by setting; what cannot be used is left out, told and logged."""
    problems: list[Problem] = []

    def usable(setting: str, find: Callable[[str], Found], usual: Found) -> Found:
        try:
            return find(values[setting].strip())
        except UsageError as error:
            problems.append(Problem(setting, error.message, error.hint))
            LOG.warning("Reports are made without %s: %s", setting, error.message)
            return usual

    found = Brand(
        name=usable("COMPANY_NAME", name_of, ""),
        primary=usable("COLOR_PRIMARY", lambda text: color_of(text, PRIMARY), PRIMARY),
        accent=usable("COLOR_ACCENT", lambda text: color_of(text, ACCENT), ACCENT),
        logo=usable("COMPANY_LOGO", logo_file, b""),
    )
    return Branding(found, tuple(problems))


def name_of(text: str) -> str:
    """A company's name on one line.

    Raises:
        UsageError: it is too long.
    """
    letters = "".join(" " if unicodedata.category(letter).startswith("C") else letter for letter in text)
    name = " ".join(letters.split())
    if len(name) > NAME_CAP:
        raise UsageError(f"The company name has {len(name)} letters.", f"Shorten it to {NAME_CAP}.")
    return name


def color_of(text: str, usual: str) -> str:
    """A colour as `#rrggbb`; an empty text is the usual one.

    Raises:
        UsageError: it is no colour.
    """
    digits = text.strip().lower().removeprefix("#")
    if not digits:
        return usual
    if re.fullmatch(r"[0-9a-f]{3}", digits):
        digits = "".join(digit * 2 for digit in digits)
    if not re.fullmatch(r"[0-9a-f]{6}", digits):
        raise UsageError(f"{text.strip()[:40]!r} is no colour.", COLOR_HINT)
    return f"#{digits}"


def logo_file(path: str) -> bytes:
    """The logo of a file as PNG, a relative path from the project's folder; no path, no logo.

    Raises:
        UsageError: there is no such file, or it is no image that can be used.
    """
    if not path:
        return b""
    file = ROOT / Path(path).expanduser()
    try:
        if not file.is_file():
            raise UsageError(f"There is no file {path}.", f"Correct the path. {LOGO_HINT}")
        size = file.stat().st_size
        if size > LOGO_MB << 20:
            raise UsageError(f"{path} has {size / (1 << 20):.1f} MB.", LOGO_HINT)
        return logo_of(file.read_bytes(), path)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.", "Correct the path.") from None


def logo_of(content: bytes, called: str) -> bytes:
    """An image as a PNG small enough to travel with every run. What it is, its content says, not its name.

    Raises:
        UsageError: it is no PNG or JPEG, damaged, or too large.
    """
    from PIL import Image, UnidentifiedImageError

    if len(content) > LOGO_MB << 20:
        raise UsageError(f"{called} has {len(content) / (1 << 20):.1f} MB.", LOGO_HINT)
    bombs = (Image.DecompressionBombError, Image.DecompressionBombWarning)
    try:
        # Only these two readers are tried, so that no other format's reader ever sees the file.
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as image:
            if max(image.size) > MOST_PIXELS:
                raise UsageError(f"{called} is {image.size[0]:,} x {image.size[1]:,} pixels.", LOGO_HINT)
            kept = image.convert("RGBA" if image.mode in ("RGBA", "LA", "P", "PA") else "RGB")
    except bombs:
        raise UsageError(f"{called} has too many pixels.", LOGO_HINT) from None
    except UnidentifiedImageError:
        raise UsageError(f"{called} is no PNG or JPEG image.", LOGO_HINT) from None
    except (OSError, SyntaxError, ValueError) as error:
        raise UsageError(f"{called} is a damaged image: {error}.", "Save it anew as PNG.") from None
    kept.thumbnail(KEPT_PIXELS)
    made = io.BytesIO()
    kept.save(made, "PNG", optimize=True)
    return made.getvalue()
