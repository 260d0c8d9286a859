"""Reports in every script: each letter has a glyph in the file, Arabic is joined and turned, slides name languages."""

from __future__ import annotations

import copy
import io
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdf
import pytest
from fontTools.ttLib import TTFont
from pptx import Presentation
from reportlab.lib.styles import ParagraphStyle

from runtime import reports
from runtime.reports import faces, fonts
from runtime.reports.lettering import RightToLeft
from runtime.reports.slidetext import language, measured

ROOT = Path(__file__).parents[2]
ARABIC, HEBREW = "شركة النور للتجارة (2024)", "שלום עולם"
NAMES = [
    "北京餐厅有限公司", "臺灣積體電路", "東京ビル", "한국전력공사", "Łódź Spółka", "Công ty Trách nhiệm Hữu hạn",
    "Türk Şirketi İĞ", "Ромашка", "Ελληνική Εταιρεία", "บริษัท", "🏢 Tower", "two\nlines", ARABIC, HEBREW,
]  # fmt: skip


@pytest.fixture(params=["DejaVu", "Vera"])
def family(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """With the font of most Linux machines, and with the one that is always there."""
    if request.param == "Vera":
        monkeypatch.setattr(fonts, "FAMILIES", fonts.FAMILIES[-1:])
    fonts.fonts.cache_clear()
    yield request.param
    monkeypatch.undo()
    fonts.fonts.cache_clear()
    fonts.fonts()


@pytest.fixture
def named(document: dict[str, Any]) -> dict[str, Any]:
    """The example with these names in its title, its warnings, a table, the axis of a chart and two legends."""
    made = copy.deepcopy(document)
    rows = [[name, 100.0 * at, "x"] for at, name in enumerate(NAMES, 1)]
    chart = {**made["charts"][0], "label": "租金", "table": "rents", "x": "tenant", "y": ["rent"], "unit": "USD"}
    kinds = (("bar", ""), ("pie", ""), ("line", "tenant"))
    made["title"] = f"年度租金 {ARABIC}"
    made["warnings"] = ["这是一个很长的段落没有空格" * 12]
    made["tables"]["rents"] = {
        "label": "租户", "columns": ["tenant", "rent", "kind"], "units": {"rent": "USD"}, "rows": rows,
        "total": len(rows),
    }  # fmt: skip
    made["charts"] = [{**chart, "kind": kind, "series": series} for kind, series in kinds]
    made["view"] = [{"kind": "table", "name": "rents"}]
    return made


def glyphs(font: Any) -> Iterator[tuple[str, str, bool]]:
    """Of a font as the PDF embeds it: each letter that its codes stand for, its glyph, and whether that has a shape."""
    drawn = TTFont(io.BytesIO(font["/FontDescriptor"]["/FontFile2"].get_data()))
    table = {code: name for part in drawn["cmap"].tables for code, name in part.cmap.items()}
    said = re.findall(r"<([0-9A-F]{2})> <([0-9A-F]+)>", font["/ToUnicode"].get_data().decode("latin-1"))
    for code, number in said:
        if int(code, 16) in table:
            name = table[int(code, 16)]
            yield bytes.fromhex(number).decode("utf-16-be"), name, drawn["glyf"][name].numberOfContours != 0


def test_every_letter_of_a_report_has_its_glyph(named: dict[str, Any], family: str) -> None:
    read = pypdf.PdfReader(io.BytesIO(reports.exports(named)["exports/reports/report.pdf"]))
    embedded = {ref.idnum: ref.get_object() for page in read.pages for ref in page["/Resources"]["/Font"].values()}
    found = [entry for font in embedded.values() if "/FontDescriptor" in font for entry in glyphs(font)]
    shown = {letter for letter, _, _ in found}
    empty = {letter for letter, name, drawn in found if (name == ".notdef" or not drawn) and letter.isprintable()}
    assert {letter for letter in empty if unicodedata.category(letter) not in ("Zs", "Cf")} == set()
    wanted = {letter for name in NAMES for letter in fonts.seen(fonts.one_line(name))} - {" "}
    assert wanted <= shown
    text = unicodedata.normalize("NFKC", "\n".join(page.extract_text() for page in read.pages))
    assert "?" not in text
    for name in NAMES[:-2]:
        assert text.count(name.replace("\n", " ")) + text.count(name) >= 1, name


def test_arabic_is_joined_and_both_scripts_are_turned() -> None:
    told = fonts.seen(ARABIC)
    assert told.startswith("(2024) ")
    assert unicodedata.normalize("NFKC", told[::-1]).startswith("شركة النور")
    assert all("\ufb50" <= letter <= "\ufefe" for letter in told.partition(") ")[2].replace(" ", ""))
    assert fonts.seen(HEBREW) == HEBREW[::-1]
    assert fonts.seen(f"Rent of {HEBREW} in USD") == f"Rent of {HEBREW[::-1]} in USD"


def test_a_long_text_from_right_to_left_begins_on_its_first_line() -> None:
    words = [f"كلمة{number}" for number in range(40)]
    style = ParagraphStyle("body", fontName=fonts.fonts().plain, fontSize=9, leading=12)
    made = RightToLeft(" ".join(words), style, in_table=False)
    wide, high = made.wrap(200, 500)
    assert wide == 200
    assert high > 4 * 12
    lines = ["".join(word.text for word in line.words) for line in made._laid.blPara.lines]
    assert lines[0].endswith(fonts.seen(words[0]))
    assert lines[-1].startswith(fonts.seen(words[-1]))
    assert len(made.split(200, 30)) == 2


def test_a_letter_that_no_font_has_is_named() -> None:
    assert fonts.printable("A\uf0a7B") == "A[U+F0A7]B"
    assert fonts.printable("👍🏽 ok\u200d") == "👍 ok"


def test_bold_text_is_bold_in_every_script(family: str) -> None:
    assert next(name for name, _ in fonts.pieces("租金", bold=True)).endswith("-Bold")
    assert '<font name="NotoSansCJK-VF' in fonts.markup("租金", bold=True)


def test_signs_take_the_shapes_of_the_country(family: str) -> None:
    def face(word: str) -> str:
        return fonts.pieces(word)[0][0].rpartition("-")[0]

    assert face("東京ビル") == f"NotoSansCJK-VF-{faces.JAPANESE.number}"
    assert face("漢字한국") == f"NotoSansCJK-VF-{faces.KOREAN.number}"
    assert face("北京") == f"NotoSansCJK-VF-{faces.CHINESE.number}"


def test_without_the_packages_a_report_is_made_all_the_same(
    named: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faces, "find_spec", lambda name: None)
    faces.opened.cache_clear()
    faces.face_of.cache_clear()
    monkeypatch.setattr(faces, "_drawn", {})
    try:
        assert fonts.printable("北") == "[U+5317]"
        assert reports.exports(named)["exports/reports/report.pdf"].startswith(b"%PDF")
    finally:
        monkeypatch.undo()
        faces.opened.cache_clear()
        faces.face_of.cache_clear()


def test_a_report_in_latin_letters_loads_no_further_font() -> None:
    code = (
        "import sys; from runtime.reports import fonts; from runtime.reports.layout import paragraph; "
        "paragraph('Söhne & Töchter, 12 €'); "
        "print([m for m in ('fontTools', 'bidi', 'arabic_reshaper') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_slides_say_language_and_direction(named: dict[str, Any]) -> None:
    _, _, content = reports.download(named, None, "pptx", whole=True)  # the tables stand in the appendix
    made = Presentation(io.BytesIO(content))
    runs = {
        run.text: (run._r.rPr.get("lang"), paragraph._p.pPr is not None and paragraph._p.pPr.get("rtl"))
        for slide in made.slides
        for shape in slide.shapes
        if shape.has_table
        for row in shape.table.rows
        for paragraph in row.cells[0].text_frame.paragraphs
        for run in paragraph.runs
    }
    assert runs["北京餐厅有限公司"] == ("zh-CN", None)
    assert runs["東京ビル"][0] == "ja-JP"
    assert runs["한국전력공사"][0] == "ko-KR"
    assert runs[ARABIC] == ("ar-SA", "1")
    assert runs[HEBREW] == ("he-IL", "1")
    assert language("Rent") == ""
    assert measured("租金", 10) == 20.0
