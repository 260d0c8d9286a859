"""What holds whatever comes in: names below a folder, numbers and dates as people write them, secrets blotted out."""

from __future__ import annotations

import base64
import contextlib
import string
import tempfile
from datetime import date
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import RefusedError
from engine.foundation.files import place_below, put_files
from engine.foundation.redaction import blotted
from engine.intake.dates import moment
from engine.intake.numbers import written
from runtime.parsing import parse

settings.register_profile("house", deadline=None, max_examples=200, derandomize=True, database=None)
settings.load_profile("house")

# Names as an attacker puts them together: parts that lead elsewhere, devices, what a system drops or takes for a mark.
PARTS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["..", ".", "", "con", "NUL.txt", "~", "C:", "a:b", "\\", "x\x00", "\u2025", "data", "link", "x."]),
)
NAMES = st.lists(PARTS, min_size=1, max_size=6).map("/".join) | st.lists(PARTS, max_size=4).map("\\".join)


@given(NAMES)
def test_a_name_lies_below_its_folder_or_is_refused(name: str) -> None:
    with tempfile.TemporaryDirectory() as made:
        folder, outside = Path(made, "folder"), Path(made, "outside")
        folder.mkdir()
        outside.mkdir()
        (folder / "link").symlink_to(outside)
        with contextlib.suppress(RefusedError, ValueError):
            assert place_below(folder, name).resolve().is_relative_to(folder.resolve())
        with contextlib.suppress(RefusedError, ValueError):
            put_files(folder, {name: b"x"})
        assert list(outside.iterdir()) == []
        assert {path.name for path in Path(made).iterdir()} == {"folder", "outside"}


STYLES = (
    (",", ".", "."),
    (".", ",", ","),
    (" ", ",", ","),
    ("\u202f", ",", ","),
    ("'", ".", "."),
    ("", ".", "."),
)


@given(
    st.integers(0, 10**12), st.sampled_from(STYLES), st.sampled_from(["", "-", "()"]), st.sampled_from(["", "$", "€"])
)
def test_a_number_is_read_as_it_was_written(cents: int, style: tuple[str, str, str], sign: str, money: str) -> None:
    group, mark, decimal = style
    whole = f"{cents // 100:,}".replace(",", group)
    text = f"{money}{whole}{mark}{cents % 100:02d}"
    text = {"": text, "-": f"-{text}", "()": f"({text})"}[sign]
    found = written(text)
    assert found is not None
    assert found.value(decimal) == (cents / 100 if not sign else -cents / 100)  # type: ignore[arg-type]


@given(st.text(max_size=40))
def test_no_text_breaks_the_reading_of_a_number_or_date(text: str) -> None:
    found = written(text)
    if found is not None:
        found.value(".")
        found.value(",")
    moment(text)


@given(
    st.dates(date(1971, 1, 1), date(2068, 12, 31)),
    st.sampled_from(["%Y-%m-%d", "%d.%m.%Y", "%d %B %Y", "%b %d, %Y", "%d-%b-%Y", "%B %d %Y", "%Y/%m/%d", "%m/%d/%y"]),
)
def test_a_date_is_read_as_it_was_written(day: date, form: str) -> None:
    found = moment(day.strftime(form))
    assert found is not None
    ways = [found.at(order) for order in ("day", "month")]
    assert day in [way.date() for way in ways if way is not None]


SECRETS = st.text(alphabet=string.ascii_letters + string.digits + "-_+/=", min_size=12, max_size=40)


@given(SECRETS, st.text(max_size=20), st.text(max_size=20))
def test_a_secret_is_blotted_out_however_it_comes_back(secret: str, before: str, behind: str) -> None:
    ways = (secret, secret.upper(), secret.encode().hex(), base64.b64encode(secret.encode()).decode(), " ".join(secret))
    for way in ways:
        assert way not in blotted(f"{before}{way}{behind}", [secret])


@given(st.text(max_size=60))
def test_no_text_breaks_the_parser_of_scripts(text: str) -> None:
    with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        parse(text)
