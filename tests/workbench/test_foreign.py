"""Foreign text on the pages: no text of a script, of data or of a person is Markdown, HTML or a chart's language."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import pytest

from tests.conftest import ROOT
from tests.workbench.markdown import Page
from workbench import foreign
from workbench.foreign import plain, plotted

LISTS = ("selectbox", "multiselect")
FILES = [*sorted((ROOT / "pages").glob("*.py")), *sorted((ROOT / "workbench").glob("*.py")), ROOT / "app.py"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_text_that_streamlit_takes_as_markdown_is_ours_or_plain(path: Path) -> None:
    assert Page(path).found == []


@pytest.mark.parametrize(
    "code",
    [
        "st.markdown(run.title)",
        'st.markdown(f"**{run.title}**")',
        'st.caption("a" + run.title)',
        "st.metric(plain(a.label), a.text)",
        'st.metric("a", "b", delta=f"{a.unit}")',
        'st.button(option.label, key="x")',
        'st.pills("a", names)',
        'st.segmented_control("a", names, format_func=lambda name: labels[name])',
        "st.tabs(names)",
        'st.number_input("a", help=parameter.description)',
        "for line in lines:\n    st.warning(line)",
        'said = run.title\nst.info(f"{said}")',
        'st.info(f"{plain(a)} {run.title:>20}")',
        "left.error(str(error))",
    ],
)
def test_the_look_at_the_pages_finds_what_is_not_plain(code: str, tmp_path: Path) -> None:
    (tmp_path / "page.py").write_text(code)
    assert len(Page(tmp_path / "page.py").found) == 1


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_options_of_lists_are_text_already_and_show_no_marks(path: Path) -> None:
    """A list's options are no Markdown: what is escaped for it would show its backslashes."""
    calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
    lists = [each for each in calls if isinstance(each.func, ast.Attribute) and each.func.attr in LISTS]
    words = [word for each in lists for word in each.keywords if word.arg in ("format_func", "placeholder")]
    assert [ast.unparse(word.value) for word in words if "plain" in ast.unparse(word.value)] == []


def test_charts_are_drawn_by_the_one_function_that_escapes() -> None:
    direct = [path.name for path in FILES if "plotly_chart(" in path.read_text(encoding="utf-8")]
    assert direct == ["foreign.py"]


@pytest.mark.parametrize(
    "text",
    [
        "![i](http://host/x.png)",
        "[a](http://host)",
        "<img src=http://host/x.png>",
        "`code` **bold** _it_ ~~no~~",
        "$x$ and $$y$$",
        ":red[a] :material/delete: :smile:",
        "# a",
        "| a | b |",
        "a\n\n# b\n- c\n\n    d",
        "&lt;b&gt;",
        "\\![i](x)",
        "http://host www.host.com a@host.com",
        "^a^ {b}",
    ],
)
def test_nothing_in_a_text_is_markdown(text: str) -> None:
    made = plain(text)
    assert "\n" not in made
    bare = made.replace("\\\\", "")
    for mark in "`*_{}[]<>$#|~!&^":
        assert f"{mark}" not in bare.replace(f"\\{mark}", ""), made
    for late in ("://", "www.", "@h", ":smile:", ":material/"):
        assert late not in made
    # What a person reads is what stood there: nothing is lost but the way lines were broken.
    shown = made.replace("\\\\", "\0").replace("\\", "").replace("\0", "\\").replace(foreign.JOINER, "")
    assert shown.split() == text.split()


@pytest.mark.parametrize("text", ["1. one", "12) one", "- one", "+ one", "=== one", "--- "])
def test_a_text_does_not_begin_a_list(text: str) -> None:
    assert "\\" in plain(text)[:3]


@pytest.mark.parametrize(
    "text", ["NOI 1.35x", "Größe (qm), 10 % - a/b", "12:30:15", "2.5 and 3.5", "-5 %", "+0.3x", "(1) one"]
)
def test_an_ordinary_text_stays_as_it_is(text: str) -> None:
    assert plain(text) == text


def test_nothing_in_a_chart_is_a_link_or_a_style(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Any] = []
    monkeypatch.setattr(foreign.st, "plotly_chart", lambda figure, **options: drawn.append((figure, options)))
    evil = '<a href="http://host">x</a>'
    figure = go.Figure(go.Bar(x=[evil, "b"], y=[1.0, 2.0], name=evil, text=[[evil]], hovertext=[evil]))
    figure.add_trace(go.Pie(labels=[evil], values=[1]))
    figure.update_layout(xaxis={"title": evil}, yaxis={"title": evil})
    figure.add_hline(y=1, annotation_text=evil)
    plotted(figure, key="k", alt=evil)
    (seen, options) = drawn[0]
    assert options == {"key": "k", "alt": evil}
    assert "<a" not in seen.to_json().replace("\\u003c", "<")
    assert seen.to_json().count("&lt;a href") >= 8 or seen.to_json().count("\\u0026lt;a href") >= 8
    assert list(seen.data[0].y) == [1.0, 2.0]
