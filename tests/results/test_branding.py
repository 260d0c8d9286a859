"""Company name, logo and colours: what cannot be used is named with what to do, and everything else still works."""

from __future__ import annotations

import io
import json
import logging
from pathlib import Path

import pytest
from PIL import Image

from engine.errors import UsageError
from engine.results.branding import LOGO_MB, Brands, branding, color_of, logo_of, name_of
from engine.settings import read_settings
from engine.store.runs import Store
from runtime import brand
from runtime.brand import ACCENT, PLAIN, PRIMARY, Brand, contrast, load, readable, text_on

NOTHING = {"COMPANY_NAME": "", "COMPANY_LOGO": "", "COLOR_PRIMARY": "", "COLOR_ACCENT": ""}


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 20), mode: str = "RGB") -> bytes:
    made = io.BytesIO()
    Image.new(mode, size).save(made, kind)
    return made.getvalue()


def test_nothing_set_is_the_plain_look() -> None:
    found = branding(NOTHING)
    assert (found.brand, found.problems) == (PLAIN, ())


@pytest.mark.parametrize(
    ("text", "color"), [("#1F4E79", "#1f4e79"), ("1f4e79", "#1f4e79"), (" #abc ", "#aabbcc"), ("", ACCENT)]
)
def test_colors_as_people_write_them(text: str, color: str) -> None:
    assert color_of(text, ACCENT) == color


@pytest.mark.parametrize("text", ["blue", "#12345", "#1234567", "rgb(1,2,3)", "#12345g", "url(x)", "#fff;}"])
def test_what_is_no_color_is_told_with_what_to_write(text: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        found = branding({**NOTHING, "COLOR_PRIMARY": text, "COMPANY_NAME": "Kept"})
    (problem,) = found.problems
    assert (problem.setting, found.brand.primary, found.brand.name) == ("COLOR_PRIMARY", PRIMARY, "Kept")
    assert "#1f4e79" in problem.hint
    assert "COLOR_PRIMARY" in caplog.text


def test_names_are_one_line_and_not_endless() -> None:
    assert name_of(" Söhne\n&\x00 Co ") == "Söhne & Co"
    with pytest.raises(UsageError, match="90 letters"):
        name_of("x" * 90)


@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "RGBA"), ("PNG", "P"), ("PNG", "LA"), ("JPEG", "RGB"), ("JPEG", "CMYK")]
)
def test_every_png_and_jpeg_becomes_a_small_png(kind: str, mode: str) -> None:
    found = logo_of(picture(kind, (2400, 300), mode), "logo")
    assert brand.pixels(found) == (800, 100)


def test_a_logo_is_judged_by_its_content(tmp_path: Path) -> None:
    (tmp_path / "really.gif").write_bytes(picture())
    (tmp_path / "fake.png").write_bytes(picture("GIF", mode="P"))
    assert branding({**NOTHING, "COMPANY_LOGO": str(tmp_path / "really.gif")}).brand.logo.startswith(b"\x89PNG")
    (problem,) = branding({**NOTHING, "COMPANY_LOGO": str(tmp_path / "fake.png")}).problems
    assert "no PNG or JPEG" in problem.message


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "There is no file"),
        (b"", "no PNG or JPEG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no PNG or JPEG"),
        (picture()[:50], "damaged|no PNG or JPEG"),
        (b"\x89PNG" + b"x" * (LOGO_MB << 20), "5.0 MB"),
        (picture(size=(7000, 2)), "7,000 x 2 pixels"),
    ],
)
def test_a_logo_that_cannot_be_used_is_told(tmp_path: Path, content: bytes | None, said: str) -> None:
    file = tmp_path / "logo.png"
    if content is not None:
        file.write_bytes(content)
    found = branding({**NOTHING, "COMPANY_LOGO": str(file), "COLOR_ACCENT": "#aa0000"})
    (problem,) = found.problems
    assert problem.setting == "COMPANY_LOGO"
    assert any(part in problem.message for part in said.split("|")), problem.message
    assert (found.brand.logo, found.brand.accent) == (b"", "#aa0000")


def test_a_setting_wins_over_a_choice(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/store.sqlite")
    chosen = Brands(read_settings({"VAR_DIR": str(tmp_path)}), store)
    chosen.choose({**NOTHING, "COMPANY_NAME": "Chosen", "COLOR_ACCENT": "#123456"}, picture())
    found = chosen.current().brand
    assert (found.name, found.accent, brand.pixels(found.logo)) == ("Chosen", "#123456", (40, 20))
    fixed = Brands(read_settings({"VAR_DIR": str(tmp_path), "COMPANY_NAME": "Set"}), store)
    assert (fixed.current().brand.name, fixed.current().brand.accent) == ("Set", "#123456")
    assert fixed.fixed == {"COMPANY_NAME"}
    with pytest.raises(UsageError, match="no colour"):
        chosen.choose({**NOTHING, "COLOR_ACCENT": "bluish"})
    assert chosen.current().brand.name == "Chosen"
    chosen.choose(NOTHING)
    assert chosen.current().brand == PLAIN
    store.close()


def test_a_brand_travels_in_its_folder(tmp_path: Path) -> None:
    given = Brand("Söhne", "#0b3d2e", "#f2d544", picture())
    (tmp_path / "brand").mkdir()
    (tmp_path / "brand" / "brand.json").write_text(given.facts, encoding="utf-8")
    (tmp_path / "brand" / "logo.png").write_bytes(given.logo)
    assert load(tmp_path) == given


@pytest.mark.parametrize("facts", ["", "[]", "{", "\x00"])
def test_a_folder_that_cannot_be_read_is_plain(tmp_path: Path, facts: str, caplog: pytest.LogCaptureFixture) -> None:
    assert load(tmp_path) == PLAIN
    (tmp_path / "brand").mkdir()
    (tmp_path / "brand" / "brand.json").write_text(facts, encoding="utf-8")
    assert load(tmp_path) == PLAIN
    assert "left out" in caplog.text


def test_wrong_parts_of_a_folder_are_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "brand").mkdir()
    told = {"name": "Kept", "primary": "red;}", "accent": 7}
    (tmp_path / "brand" / "brand.json").write_text(json.dumps(told), encoding="utf-8")
    (tmp_path / "brand" / "logo.png").write_bytes(b"GIF89a")
    assert load(tmp_path) == Brand("Kept")
    assert "logo is left out" in caplog.text


@pytest.mark.parametrize("color", ["#ffff00", "#ffffff", "#000000", "#777777", "#2f62d0", "#f2d544"])
@pytest.mark.parametrize("paper", ["#ffffff", "#18202b"])
def test_any_color_is_made_readable(color: str, paper: str) -> None:
    assert contrast(readable(color, paper), paper) >= 4.5
    assert contrast(text_on(color), color) >= 4.0


def test_a_color_that_reads_well_is_left_alone() -> None:
    assert readable("#1f4e79", "#ffffff") == "#1f4e79"
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
