"""What the data mean, on the Schema page: what is in force and where it comes from, corrected, proposed and taught."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from engine.errors import EngineError
from engine.semantics.model import Adds, Attribute, DateRole, Origin, Part, SemanticModel
from engine.semantics.statements import ColumnSaid, Statements, TableSaid
from engine.sources.schema import Table
from engine.usecases import meaning
from engine.usecases.golden import look, moved, news
from workbench.foreign import plain
from workbench.process import kit

MOST_TABLES_AT_ONCE = 400
ADDS = ["", *(each.value for each in Adds if each is not Adds.UNKNOWN), "identifier", "code"]
ROLES = ["", *(each.value for each in DateRole)]


def complain(error: EngineError) -> None:
    """What is wrong, and what to do."""
    st.error(f"**{plain(error.message)}**  \n{plain(error.hint)}", icon=":material/error:")


def in_force(database: str) -> None:
    """The whole part of the page."""
    if done := st.session_state.pop("meaning_done", ""):
        st.success(plain(done), icon=":material/check:")
    try:
        moves()
        news_of_golden(database)
        model, said = meaning.meaning_of(kit(), database), kit().said_of(database).read()
        for each in meaning.warnings(kit(), database):
            st.warning(plain(each), icon=":material/warning:")
        words(database, said)
        proposal(database, said, model)
        one_table(database, model, said)
    except EngineError as error:
        complain(error)


def again(done: str) -> None:
    """Draw the page anew, with what was done."""
    st.session_state["meaning_done"] = done
    st.rerun()


# -- words ------------------------------------------------------------------------------------------------------------


def words(database: str, said: Statements) -> None:
    """Words that were taught; a form that teaches one, and one that forgets."""
    st.subheader("Words", anchor=False)
    if said.words:
        st.dataframe(
            [
                {"word": each.word, "means": meaning.sentence_of(each).partition(" = ")[2], "from": each.source.told}
                for each in said.words
            ],
            hide_index=True,
            key="taught",
        )
    asked = str(st.query_params.get("teach", ""))
    with st.form("teach_form", border=False, clear_on_submit=True):
        st.text_input(
            "Teach a word",
            f"{asked} means " if asked else "",
            key="teach_text",
            placeholder="sales = sum of items.quantity * items.price",
            help="A formula of columns, a filter such as active customer = customer.status = 'A', or another word.",
        )
        if st.form_submit_button("Teach", icon=":material/school:") and st.session_state["teach_text"].strip():
            teach(database, st.session_state["teach_text"])
    if said.words:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            word = st.selectbox("Forget a word", [each.word for each in said.words], index=None, key="forget_word")
            if st.button("Forget", icon=":material/delete:", key="forget", disabled=word is None) and word:
                said = meaning.after_forgetting(kit(), database, word)
                settled(database, said, lambda: forget(database, word))


def teach(database: str, text: str) -> None:
    """Teach what was typed; an error says what is wrong with it."""
    try:
        said = meaning.after_teaching(kit(), database, text)
    except EngineError as error:
        complain(error)
        return
    settled(database, said, lambda: taught(database, text))


def taught(database: str, text: str) -> None:
    """Keep a word."""
    try:
        found = meaning.teach(kit(), database, text)
    except EngineError as error:
        complain(error)
        return
    st.query_params.pop("teach", None)
    again(" ".join(filter(None, (f"{found.told}.", found.warning))))


def forget(database: str, word: str) -> None:
    """Forget a word."""
    meaning.forget(kit(), database, word)
    again(f"{word} is forgotten.")


# -- golden questions -------------------------------------------------------------------------------------------------


def settled(database: str, said: Statements, work: Callable[[], None]) -> None:
    """Do it at once where no golden question moves; else list them, and let the person say."""
    found = moved(kit(), database, said)
    if not found:
        work()
        return
    st.session_state["meaning_moves"] = (found, work)
    st.rerun()


def moves() -> None:
    """The golden questions that a change would move, which waits for the person's word."""
    if "meaning_moves" not in st.session_state:
        return
    found, work = st.session_state["meaning_moves"]
    with st.container(border=True, key="golden_moves"):
        st.warning(
            f"{len(found):d} golden questions would be answered otherwise. Nothing was changed yet.",
            icon=":material/rule:",
        )
        st.dataframe(
            [{"question": each.request, "was": each.before, "would be": each.after} for each in found], hide_index=True
        )
        with st.container(horizontal=True):
            taken = st.button("Take it anyway", type="primary", key="golden_take")
            left = st.button("Leave it", key="golden_leave")
    if taken or left:
        del st.session_state["meaning_moves"]
        if taken:
            work()
        st.rerun()


def news_of_golden(database: str) -> None:
    """The golden questions that moved since somebody looked: the schema or a definition changed, or this program."""
    found = news(kit(), database)
    if not found:
        return
    with st.container(border=True, key="golden_news"):
        why = "the schema, a definition or this program changed"
        st.warning(f"{len(found):d} golden questions would be answered otherwise now: {why}.", icon=":material/rule:")
        st.dataframe(
            [{"question": each.request, "was": each.before, "would be": each.after} for each in found], hide_index=True
        )
        if st.button("Seen", key="golden_seen", help="Until something changes again it is not shown."):
            look(kit(), database)
            st.rerun()


# -- the proposal -----------------------------------------------------------------------------------------------------


def proposal(database: str, said: Statements, model: SemanticModel) -> None:
    """What is worth confirming, and one click that keeps it."""
    st.subheader("Proposal", anchor=False)
    wanted = len(model.schema.tables) <= MOST_TABLES_AT_ONCE or st.button(
        "See what is proposed", icon=":material/lightbulb:", key="see_proposal"
    )
    mark = (database, model.schema.fingerprint, said)
    kept = st.session_state.get("meaning_proposal")
    if wanted and (kept is None or kept[0] != mark):
        with st.spinner("Looking at names, keys and values ..."):
            kept = st.session_state["meaning_proposal"] = (mark, meaning.propose(kit(), database))
    if kept is None or kept[0] != mark:
        return
    found: Statements = kept[1]
    if not found.count:
        st.caption("There is nothing more to confirm.")
        return
    for line in meaning.summary_of(found):
        st.markdown(f"- {plain(line)}")
    with st.expander(f"All {found.count:,} statements"):
        st.dataframe(
            [{"statement": meaning.sentence_of(each), "because": each.source.evidence} for each in found.every()],
            hide_index=True,
            key="proposed",
        )
    if st.button("Accept the proposal", icon=":material/done_all:", type="primary", key="accept_proposal"):
        done = f"{found.count:,} statements are kept; a word of yours goes before them."
        settled(database, meaning.after_accepting(kit(), database, found), lambda: accepted(database, found, done))


# -- one table --------------------------------------------------------------------------------------------------------


def one_table(database: str, model: SemanticModel, said: Statements) -> None:
    """What one table means, chosen first, and corrected by clicking."""
    st.subheader("Tables", anchor=False)
    name = st.selectbox("Table", sorted(model.schema.by_key), index=None, key="meaning_table", bind="query-params")
    if not name:
        return
    table, entity = model.schema.by_key[name], model.entities[name]
    told = entity.evidence or "its name"
    rows = f"about {table.rows:,} rows" if table.rows is not None else "rows not estimated"
    st.caption(f"{plain(rows)} · {plain(entity.origin.value)}: {plain(told)}")
    own = next((each for each in said.tables if each.table == name and each.source.origin is Origin.TAUGHT), None)
    with st.form(f"meaning-{name}"):
        with st.container(horizontal=True):
            names = st.text_input("Its rows are called", ", ".join(own.names) if own else "", key=f"names-{name}")
            label = st.multiselect("One is named by", list(table.by_name), list(entity.label), key=f"label-{name}")
        called = names_said(name, said)
        before = [row_of(model.attributes[name, each], called.get(each, ())) for each in table.by_name]
        after = st.data_editor(
            before, hide_index=True, key=f"columns-{name}", disabled=["column", "from", "because"], column_config=FORM
        )
        if st.form_submit_button("Keep changes", icon=":material/check:"):
            tables = changed_table(table, names, label, own, entity.label)
            keep(database, tables, changed_columns(table, before, after, said))


FORM = {
    "called": st.column_config.TextColumn(help="Other names, parted by commas"),
    "part": st.column_config.SelectboxColumn(options=[each.value for each in Part], required=True),
    "adds up as": st.column_config.SelectboxColumn(options=ADDS),
    "unit": st.column_config.TextColumn(help="A currency, such as EUR, is a unit"),
    "date of": st.column_config.SelectboxColumn(options=ROLES),
    "codes": st.column_config.TextColumn(help="What codes stand for: A = active; C = closed"),
}


def names_said(table: str, said: Statements) -> Mapping[str, tuple[str, ...]]:
    """Column of a table: what it is said to be called, as it was written; what was taught goes first."""
    found: dict[str, tuple[str, ...]] = {}
    for each in sorted(said.columns, key=lambda each: each.source.origin is not Origin.TAUGHT):
        if each.names and each.column.startswith(f"{table}."):
            found.setdefault(each.column.removeprefix(f"{table}."), each.names)
    return found


def row_of(attribute: Attribute, called: tuple[str, ...]) -> dict[str, Any]:
    """One column as a row of the editor."""
    return {
        "column": attribute.column,
        "called": ", ".join(called),
        "part": attribute.part.value,
        "adds up as": attribute.adds.value if attribute.part is Part.MEASURE else "",
        "unit": attribute.unit,
        "date of": attribute.date_role.value if attribute.date_role else "",
        "codes": "; ".join(f"{code} = {text}" for code, text in attribute.codes.items()),
        "from": attribute.origin.value,
        "because": attribute.evidence,
    }


def changed_table(
    table: Table, names: str, label: list[str], own: TableSaid | None, known: tuple[str, ...]
) -> list[TableSaid]:
    """What a person says of the table itself, where that is anything new."""
    called = listed(names)
    if called == (own.names if own else ()) and tuple(label) == known:
        return []
    new = tuple(label) if tuple(label) != known else (own.label if own else ())
    return [TableSaid(table=table.key, names=called, label=new, source=meaning.source(Origin.TAUGHT))]


def changed_columns(
    table: Table, before: list[dict[str, Any]], after: list[dict[str, Any]], said: Statements
) -> list[ColumnSaid]:
    """What a person says of the columns that were changed, with what they said before."""
    found = []
    for old, new in zip(before, after, strict=True):
        name = f"{table.key}.{new['column']}"
        edited = [facet for facet in FACETS if (old[facet] or "") != (new[facet] or "")]
        changes = {FACETS[facet][0]: FACETS[facet][1](new[facet]) for facet in edited}
        if changes:
            known = next((e for e in said.columns if e.column == name and e.source.origin is Origin.TAUGHT), None)
            base = known.model_dump(exclude={"source"}) if known else {"column": name}
            found.append(ColumnSaid(**{**base, **changes}, source=meaning.source(Origin.TAUGHT)))
    return found


def codes_of(text: str | None) -> dict[str, str]:
    """ "A = active; C = closed" as codes."""
    pairs = (each.partition("=") for each in (text or "").split(";") if "=" in each)
    return {code.strip(): told.strip() for code, _, told in pairs}


def listed(text: str | None) -> tuple[str, ...]:
    """Names that commas part."""
    return tuple(each.strip().lower() for each in (text or "").split(",") if each.strip())


FACETS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "called": ("names", listed),
    "part": ("part", Part),
    "adds up as": ("adds", lambda value: value or None),
    "unit": ("unit", lambda value: value or ""),
    "date of": ("date_role", lambda value: DateRole(value) if value else None),
    "codes": ("codes", codes_of),
}


def keep(database: str, tables: list[TableSaid], columns: list[ColumnSaid]) -> None:
    """Keep what was changed."""
    if not tables and not columns:
        st.info("Nothing was changed.")
        return
    new = Statements(tables=tuple(tables), columns=tuple(columns))
    done = f"{new.count:,} {'changes are' if new.count > 1 else 'change is'} kept."
    settled(database, meaning.after_accepting(kit(), database, new), lambda: accepted(database, new, done))


def accepted(database: str, said: Statements, done: str) -> None:
    """Keep statements."""
    meaning.accept(kit(), database, said)
    again(done)
