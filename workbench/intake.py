"""A file that was dropped: how it would be read, what can be changed with a click, and the button that takes it in."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, get_args

import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from engine.datasets.declaration import Dataset
from engine.datasets.preview import Preview
from engine.errors import EngineError
from engine.intake.recipe import ColumnRecipe, GivenRole, Kind, Recipe
from engine.intake.told import OpenQuestion, SheetView, ToldColumn, ToldTable
from engine.usecases.suggesting import questions_of
from workbench import background
from workbench.foreign import plain
from workbench.process import kit

# What a line is, in a tint that holds over a light and a dark page, and in a word beside it.
TINTS = {
    "header": "#3b82f640", "total": "#f59e0b33", "section": "#a855f733", "title": "#9ca3af33", "footer": "#9ca3af33",
    "repeated header": "#9ca3af33",
}  # fmt: skip
KIND_WORDS = {
    "INTEGER": "number", "REAL": "number", "DATE": "date", "TIMESTAMP": "date", "BOOLEAN": "yes or no", "TEXT": "text",
}  # fmt: skip
ASKED = {
    "order": ("What comes first in {column}, such as {example}?", {"day": "The day", "month": "The month"}),
    "decimal": (
        "How is {column} written, such as {example}?",
        {".": "A point parts decimals", ",": "A comma parts decimals"},
    ),
    "credit": (
        "What do credit and debit do in {column}, such as {example}?",
        {"plus": "CR is more, DR less", "minus": "CR is less, DR more"},
    ),
}


def take_file(dropped: UploadedFile, *, apart: bool = False) -> Dataset | None:
    """A file that was dropped, as a dataset, once it is taken in; until then its preview is drawn.

    One that is `apart` is asked by its own questions alone. A file about which there is nothing to say or to ask is
    taken in at once; how it was read stands folded below.
    """
    recipe = _recipe(dropped)
    taken: dict[str, tuple[Recipe, str]] = st.session_state.setdefault("taken_files", {})
    made = _preview(dropped, recipe)
    if made is None:
        return None
    known = taken.get(dropped.file_id)
    if known is None and not _odd(made):
        known = _take_in(dropped, recipe, apart)
    if known is None or known[0] != recipe:
        with st.container(border=True):
            _draw(dropped, made)
            if st.button("Take it in", type="primary", icon=":material/check:", key=f"take-{dropped.file_id}"):
                known = _take_in(dropped, recipe, apart)
                if known is not None:
                    st.rerun()
        return None
    with st.expander(f"How {plain(dropped.name)} was read", icon=":material/table_view:"):
        _draw(dropped, made)
    return _kept(known[1])


def _kept(name: str) -> Dataset | None:
    """The dataset, unless it was removed in the meantime."""
    dataset = next((each for each in kit().shelf.all() if each.name == name), None)
    if dataset is not None:
        st.caption(f"{plain(dataset.name)}: {dataset.rows:,} rows, tables {plain(', '.join(dataset.tables))}")
    return dataset


def suggestions(dataset: Dataset, key: str) -> str:
    """Questions that the file can answer, to click; the one that was clicked."""
    found = _questions(dataset.name, str(dataset.read_at))
    return st.pills("It can answer", found, format_func=lambda name: plain(name), key=key) or "" if found else ""


@st.cache_data(max_entries=50, show_spinner=False)
def _questions(name: str, read_at: str) -> Sequence[str]:
    try:
        return questions_of(kit(), name)
    except EngineError:
        return ()  # the file can be asked all the same


def _recipe(dropped: UploadedFile) -> Recipe:
    recipe: Recipe = st.session_state.setdefault(f"recipe-{dropped.file_id}", Recipe())
    return recipe


def _change(dropped: UploadedFile, **changes: Any) -> None:
    """Read the file in another way from now on."""
    st.session_state[f"recipe-{dropped.file_id}"] = _recipe(dropped).model_copy(update=changes)


def _preview(dropped: UploadedFile, recipe: Recipe) -> Preview | None:
    key = f"preview-{dropped.file_id}-{_digest(recipe)}"
    content = dropped.getvalue()
    job = background.soon(
        key,
        lambda tell, cancelled: kit().shelf.preview(dropped.name, content, recipe, cancelled),
        f"Reading {dropped.name}",
    )
    if job is None:
        return None
    if job.error is not None:
        complain(job.error)
        return None
    found: Preview = job.result
    return found


def _digest(recipe: Recipe) -> str:
    return hashlib.sha256(recipe.model_dump_json().encode()).hexdigest()[:12]


def _odd(made: Preview) -> bool:
    """Whether anything of a file is worth a look before it is taken in."""
    return any(table.told.said or table.told.open for table in made.tables)


def _take_in(dropped: UploadedFile, recipe: Recipe, apart: bool) -> tuple[Recipe, str] | None:
    try:
        with st.spinner("Taking the file in ..."):
            dataset = kit().shelf.add_file(dropped.name, dropped.getvalue(), recipe=recipe, apart=apart)
    except EngineError as error:
        complain(error)
        return None
    st.session_state["taken_files"][dropped.file_id] = (recipe, dataset.name)
    return recipe, dataset.name


def complain(error: EngineError) -> None:
    """What went wrong and what to do."""
    st.error(f"**{plain(error.message)}**  \n{plain(error.hint)}", icon=":material/error:")


def _draw(dropped: UploadedFile, made: Preview) -> None:
    """The sheets as they stand in the file, the columns as they are taken in, what was cleaned, and what is asked."""
    for table in made.tables:
        for question in table.told.open:
            _ask(dropped, question)
    if made.sheets:
        _sheets(made.sheets)
    for at, table in enumerate(made.tables):
        _columns(dropped, table.told, at)
        for note in table.told.said:
            st.markdown(f":material/info: {plain(note)}")
    _left_out(dropped)
    _options(dropped, made)


def _ask(dropped: UploadedFile, question: OpenQuestion) -> None:
    text, options = ASKED[question.key]
    said = text.format(column=question.column, example=question.example)
    chosen = st.radio(
        plain(said), list(options), format_func=lambda value: plain(options[value]), index=None, horizontal=True,
        key=f"open-{dropped.file_id}-{question.key}-{question.column}",
    )  # fmt: skip
    if chosen:
        _change(dropped, **{question.key: chosen})
        st.rerun()


def _sheets(sheets: Sequence[SheetView]) -> None:
    titles = [sheet.title or "The file" for sheet in sheets]
    chosen = titles[0]
    if len(titles) > 1:
        picked = st.segmented_control(
            "Sheet", titles, default=titles[0], format_func=lambda name: plain(name), label_visibility="collapsed"
        )
        chosen = picked or titles[0]
    sheet = sheets[titles.index(chosen)]
    width = max((len(cells) for cells in sheet.cells), default=0)
    rows = [
        [line, part if part != "body" else "", *cells, *[""] * (width - len(cells))]
        for line, cells, part in zip(sheet.lines, sheet.cells, sheet.parts, strict=True)
    ]
    frame = pd.DataFrame(rows, columns=["line", "is", *(_letter(place) for place in range(width))])
    tinted = frame.style.apply(
        lambda row: [f"background-color: {TINTS[row['is']]}" if row["is"] in TINTS else ""] * len(row), axis=1
    )
    st.dataframe(tinted, hide_index=True, height=min(420, 38 + 35 * len(rows)))


def _letter(place: int) -> str:
    """A column's letters, as in a workbook."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _columns(dropped: UploadedFile, told: ToldTable, at: int) -> None:
    """The columns, each with its name, kind and whether it is taken in, to be changed in place."""
    st.markdown(
        f"**{plain(told.sheet or 'Rows')}**: {told.rows:,} rows"
        + (f", {len(told.left_out):,} lines left out" if told.left_out else "")
    )
    recipe = _recipe(dropped)
    frame = pd.DataFrame(
        {
            "take": [True] * len(told.columns),
            "column": [column.name for column in told.columns],
            "kind": [KIND_WORDS[column.kind] for column in told.columns],
            "unit": [column.unit for column in told.columns],
            "role": [_role(column) for column in told.columns],
            "exceptions": [_exceptions(column) for column in told.columns],
            "for example": [", ".join(column.samples) for column in told.columns],
        }
    )
    roles = sorted({*get_args(GivenRole), *frame["role"]})
    edited = st.data_editor(
        frame,
        hide_index=True,
        key=f"columns-{dropped.file_id}-{at}-{_digest(recipe)}",
        disabled=["exceptions", "for example"],
        column_config={
            "kind": st.column_config.SelectboxColumn(options=list(get_args(Kind)), required=True),
            "role": st.column_config.SelectboxColumn(options=roles, required=True),
        },
    )  # fmt: skip
    _change_columns(dropped, told, frame, edited)


def _change_columns(dropped: UploadedFile, told: ToldTable, frame: pd.DataFrame, edited: pd.DataFrame) -> None:
    """Read the file anew where a person changed a column."""
    recipe = _recipe(dropped)
    columns = dict(recipe.columns)
    for place, column in enumerate(told.columns):
        now = edited.iloc[place]
        said = columns.get(column.source, ColumnRecipe())
        changes: dict[str, Any] = {}
        if str(now["column"]).strip() and now["column"] != column.name:
            changes["name"] = str(now["column"]).strip()
        if now["kind"] != frame.iloc[place]["kind"]:
            changes["kind"] = now["kind"]
        if now["unit"] != frame.iloc[place]["unit"]:
            changes["unit"] = str(now["unit"] or "").strip()
        if now["role"] != frame.iloc[place]["role"] and now["role"] in get_args(GivenRole):
            changes["role"] = now["role"]
        if not now["take"]:
            changes["leave_out"] = True
        if changes:
            columns[column.source] = said.model_copy(update=changes)
    if columns != dict(recipe.columns):
        _change(dropped, columns=columns)
        st.rerun()


def _left_out(dropped: UploadedFile) -> None:
    """The columns that a person left out, to be taken in again."""
    recipe = _recipe(dropped)
    names = [name for name, column in recipe.columns.items() if column.leave_out]
    if not names:
        return
    key = f"left-{dropped.file_id}-{len(names)}"
    chosen = st.pills("Left out; click to take in again", names, format_func=lambda name: plain(name), key=key)
    if chosen:
        again = recipe.columns[chosen].model_copy(update={"leave_out": False})
        _change(dropped, columns={**recipe.columns, chosen: again})
        st.rerun()


def _role(column: ToldColumn) -> str:
    return "tells rows apart" if column.key else column.role


def _exceptions(column: ToldColumn) -> str:
    listed = ", ".join(dict.fromkeys(cell.text for cell in column.exceptions[:4]))
    return f"{column.exceptional:,}: {listed}" if column.exceptional else ""


def _options(dropped: UploadedFile, made: Preview) -> None:
    """What holds for the whole file."""
    recipe = made.recipe
    with st.container(horizontal=True):
        totals = st.toggle("Lines of totals are rows", recipe.keep_totals, key=f"totals-{dropped.file_id}")
        across = st.toggle("Periods stay columns", recipe.keep_across, key=f"across-{dropped.file_id}")
        encodings = ["", "utf-8", "cp1252", "cp1250", "cp1251", "gb18030", "big5", "cp932", "cp949", "utf-16"]
        if made.file.lower().endswith((".csv", ".txt", ".tsv")):
            known = encodings if recipe.encoding in encodings else [*encodings, recipe.encoding]
            encoding = st.selectbox(
                "Encoding",
                known,
                known.index(recipe.encoding),
                format_func=lambda name: name or "found out",
                key=f"enc-{dropped.file_id}",
            )
        else:
            encoding = recipe.encoding
    if (totals, across, encoding) != (recipe.keep_totals, recipe.keep_across, recipe.encoding):
        _change(dropped, keep_totals=totals, keep_across=across, encoding=encoding)
        st.rerun()
