"""The picture of how a number is computed: every quantity once with its value, foreign text as text."""

from __future__ import annotations

from datetime import UTC, datetime

from engine.products import ParameterValue, Quantity, Results, SourceData
from workbench.lineage import picture, reached


def results(label: str = "Revenue change", value: float | str = 5.0) -> Results:
    def quantity(name: str, *inputs: str, value: float | str | None = 1.0) -> Quantity:
        return Quantity(name=name, definition="", formula="", inputs=inputs, arithmetic=True, value=value, unit="")

    source = SourceData(
        name="lines", sql="SELECT 1", bound={}, columns=("a",), rows=1200, read_at=datetime.now(UTC), seconds=0.1
    )
    parameter = ParameterValue(name="up", label=label, default=0.0, low=-1, high=1, step=0.1, unit="percent")
    return Results(
        title="",
        metrics=(),
        tables={},
        charts=(),
        parameters=(parameter,),
        quantities=(
            quantity("rows", "lines", value=None),
            quantity("income", "rows", "up", value=value),
            quantity("other"),
            quantity("end", "income", "rows"),
        ),
        sources=(source,),
    )


def test_all_that_a_number_needs_is_drawn_once_and_nothing_else() -> None:
    found = reached(results(), "end")
    assert [each.name for each in found] == ["end", "income", "rows"]
    drawn = picture(results(), found)
    assert drawn.count("<br/>") == 5
    assert "Income<br/>5" in drawn
    assert "Lines<br/>1,200 rows" in drawn
    assert "Revenue change<br/>0.00 %" in drawn
    assert "a table" in drawn
    assert drawn.count("-->") == 5
    assert "Other" not in drawn


def test_foreign_text_is_no_language_of_the_picture() -> None:
    evil = '"] --> x; click q0 "http://host" <script>alert(1)</script> %%{init}%% end'
    drawn = picture(results(evil, evil), reached(results(evil, evil), "end"))
    assert drawn.count("-->") == 5
    for mark in ("<script", 'click q0 "', "%%{", "http:"):
        assert mark not in drawn
    assert drawn.count('"') == 2 * 5
