"""An API on the page: its fields, one page of it tried and shown as a table, and the button that keeps it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pandas as pd
import streamlit as st

from engine.datasets.declaration import EXAMPLE, HttpSource, read_declaration, written_declaration
from engine.datasets.trying import FoundList, Shown, lists_in, shown
from engine.errors import EngineError
from workbench.apiform import ASKED, FIRST, PAIRS, USUAL, form_of, secret_name, source_of
from workbench.foreign import plain
from workbench.intake import KIND_WORDS, complain
from workbench.process import kit

ROWS_SHOWN, SCROLLED, ACROSS = 50, 12, 3
TOKENS = {
    "none": "No token",
    "bearer": "Authorization: Bearer ...",
    "header": "Another header",
    "parameter": "A query parameter",
}
PAGED = {
    "none": "One page holds all",
    "page": "Pages are numbered",
    "offset": "By offset: how many rows to pass over",
    "cursor": "By cursor: the answer names the next page",
    "link": "By the Link header",
}
PAGING_WORDS = {
    "parameter": "Parameter that asks for a page",
    "first": "Number of the first page",
    "size_parameter": "Parameter that asks for the size",
    "size": "Rows a page",
    "cursor": "Path of the next cursor",
    "most_pages": "Pages at most",
}
PLACEHOLDERS = {"parameter": "page", "size_parameter": "per_page", "cursor": "$.next"}


def declare() -> None:
    """The fields, YAML as the second way, and what a page of the API holds."""
    _tell()
    # Each part has a place of its own: what comes and goes in one does not close a fold below it.
    for part in (_where, _token, _paging):
        with st.container():
            part()
    with st.expander("Headers, format, freshness and limits", icon=":material/tune:", key="api_rest"):
        _rest()
    _yaml()
    wanted = st.button("Try it", type="primary", icon=":material/play_arrow:", key="api_try")
    if wanted or st.session_state.pop("api_again", False):
        st.session_state["api_wanted"] = True
        st.session_state.pop("api_tried", None)
    if st.session_state.get("api_wanted"):
        _try()
    if "api_tried" in st.session_state:
        _show()


def _form() -> dict[str, Any]:
    """What the fields say now."""
    state = {str(key): value for key, value in st.session_state.items()}
    return {key.removeprefix("field_"): value for key, value in state.items() if key.startswith("field_")}


def _where() -> None:
    name, url = st.columns([1, 3])
    name.text_input("Name of the table", key="field_name", placeholder="exchange_rates")
    url.text_input("Address, asked by GET", key="field_url", placeholder="https://api.example.com/v1/rates")
    _pairs("query", "base", "USD")


def _pairs(group: str, name: str, value: str) -> None:
    """Names and values, with one empty pair below those that are filled."""
    form = _form()
    filled = [at for at in range(PAIRS) if form.get(f"{group}_{at}_name") or form.get(f"{group}_{at}_value")]
    for at in range(min(PAIRS, max(filled, default=-1) + 2)):
        left, right = st.columns(2)
        hidden: Any = "visible" if at == 0 else "collapsed"
        word = "Query parameter" if group == "query" else "Header"
        left.text_input(plain(word), key=f"field_{group}_{at}_name", placeholder=name, label_visibility=hidden)
        right.text_input(plain(f"Value of the {word.lower()}"), key=f"field_{group}_{at}_value", placeholder=value,
                         label_visibility=hidden)  # fmt: skip


def _token() -> None:
    way, name, place = st.columns(3)
    chosen = way.selectbox("Token", list(TOKENS), format_func=TOKENS.__getitem__, key="field_token_way")
    if chosen == "none":
        return
    name.text_input(
        "Secret of the environment", key="field_token_name", placeholder="RATES_TOKEN", on_change=_forget_token
    )
    if chosen != "bearer":
        place.text_input("Name of the header or parameter", key="field_token_place", placeholder="X-Api-Key")
    st.caption("The name alone: the token itself stands in the environment or in .env, as SECRET_RATES_TOKEN.")
    if error := st.session_state.pop("api_token_wrong", None):
        complain(error)


def _forget_token() -> None:
    """What is no name may be the token itself: it does not stay on the page."""
    try:
        if st.session_state["field_token_name"].strip():
            secret_name(st.session_state["field_token_name"])
    except EngineError as error:
        st.session_state["field_token_name"] = ""
        st.session_state["api_token_wrong"] = error


def _paging() -> None:
    kind = st.selectbox("Further pages", list(PAGED), format_func=PAGED.__getitem__, key="field_paging")
    places = [column for _ in range(0, len(ASKED[kind]), ACROSS) for column in st.columns(ACROSS)]
    for place, name in zip(places, ASKED[kind], strict=False):
        usual = getattr(FIRST, name)
        word = "Parameter that asks for the offset" if (kind, name) == ("offset", "parameter") else PAGING_WORDS[name]
        with place:
            if isinstance(usual, int):
                _number(word, name, usual, 0 if name == "first" else 1)
            else:
                st.text_input(plain(word), key=f"field_{name}", placeholder=PLACEHOLDERS[name])


def _number(label: str, name: str, usual: float, least: int) -> None:
    """A whole number; it begins with the usual one."""
    st.session_state.setdefault(f"field_{name}", int(usual))
    st.number_input(plain(label), min_value=least, step=1, key=f"field_{name}")


def _rest() -> None:
    _pairs("header", "Accept-Language", "en")
    one, two, three = st.columns(3)
    one.selectbox("Format of the answer", ["json", "csv"], key="field_format", format_func=str.upper)
    with two:
        _number("Read anew after minutes", "fresh_minutes", USUAL.fresh_minutes, 0)
    with three:
        _number("Seconds at most", "seconds", USUAL.seconds, 1)
    one, two, three = st.columns(3)
    with one:
        _number("Rows at most", "most_rows", USUAL.most_rows, 1)
    with two:
        _number("Megabytes at most", "megabytes", USUAL.megabytes, 1)
    with three:
        _number("Tries after a fault", "retries", USUAL.retries, 0)
    st.text_input("Where the rows stand", key="field_rows", placeholder="found in the answer, or a path such as $.data")


def _yaml() -> None:
    """The declaration as text: what the fields say, or what fills them."""
    with st.expander("As YAML", icon=":material/code:", key="api_yaml"):
        try:
            st.code(written_declaration(*source_of(_form())), language="yaml")
        except EngineError:
            st.caption("What the fields say is shown here once they name an API.")
        st.text_area("One GET, declared in YAML", key="api_text", placeholder=EXAMPLE, height=170)
        st.button("Fill the fields", icon=":material/edit_note:", key="api_fill", on_click=_fill)
        if error := st.session_state.pop("api_yaml_wrong", None):
            complain(error)


def _fill() -> None:
    try:
        form = form_of(*read_declaration(st.session_state["api_text"]))
    except EngineError as error:
        st.session_state["api_yaml_wrong"] = error
        return
    whole = {"seconds", "fresh_minutes"}
    for key, value in form.items():
        st.session_state[f"field_{key}"] = round(value) if key in whole else value


def _try() -> None:
    """Ask for one page, once the host is approved."""
    try:
        _, source = source_of(_form())
        if _lacks_approval(source):
            return
        with st.spinner(f"Asking {plain(source.host)} ..."):
            document = kit().shelf.try_api(source)
    except EngineError as error:
        complain(error)
    else:
        st.session_state["api_tried"] = (_asked(source), document)
    st.session_state["api_wanted"] = False


def _lacks_approval(source: HttpSource) -> bool:
    """Whether the host must be approved first, which is offered here."""
    parts = urlsplit(source.url)
    known = kit().shelf.hosts
    lacking = known.lacking(parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
    if not lacking:
        return False
    with st.container(border=True, key="api_approval"):
        host = plain(source.host)
        if lacking == "private":
            st.markdown(f":material/lan: **{host}** has an address of a private network.")
        else:
            st.markdown(f":material/verified_user: Nobody has approved the host **{host}** yet.")
        private = st.checkbox(
            "It lies in our own network: private addresses may be asked", lacking == "private", key="api_private"
        )
        if st.button("Approve it and try", icon=":material/verified_user:", key="api_approve"):
            known.approve(source.host, private=private)
            st.session_state["api_again"] = True
            st.rerun()
    return True


def _asked(source: HttpSource) -> HttpSource:
    """What decides the answer of the first page: where its rows stand does not."""
    return source.model_copy(update={"rows": "$"})


def _show() -> None:
    """The lists of the answer to choose from, the rows of one, and the button that keeps it."""
    asked, document = st.session_state["api_tried"]
    try:
        name, source = source_of(_form())
        if _asked(source) != asked:
            st.info("The fields were changed since it was tried: try it again.", icon=":material/refresh:")
            return
        if source.format == "json":
            source = source.model_copy(update={"rows": _path(lists_in(document))})
        made = shown(source, document)
        _rows(made)
        if made.count and st.button("Keep it", type="primary", icon=":material/check:", key="api_keep"):
            with st.spinner(f"Reading all pages of {plain(source.host)} ..."):
                kept = kit().shelf.add_api(name, source)
            st.session_state["api_kept"] = f"{kept.name}: {kept.rows:,} rows"
            st.session_state.pop("api_tried", None)
            st.rerun()
    except EngineError as error:
        complain(error)


def _path(lists: tuple[FoundList, ...]) -> str:
    """Where the rows stand: what was written, else the list that was chosen of those found."""
    written = str(st.session_state.get("field_rows", "")).strip()
    paths = {each.path: each for each in lists}
    if not paths or (written and written not in paths):
        return written or "$"

    def said(path: str) -> str:
        names = ", ".join(paths[path].names)
        return f"{path}: {paths[path].count:,} rows" + (f" of {names}" if names else "")

    chosen = st.selectbox(
        "Lists in the answer: which are the rows?", list(paths), list(paths).index(written) if written else 0,
        format_func=said, key="api_list", on_change=_choose,
    )  # fmt: skip
    return str(chosen)


def _choose() -> None:
    st.session_state["field_rows"] = st.session_state["api_list"]


def _rows(made: Shown) -> None:
    """The columns and what each is, then the rows."""
    st.caption(f"{made.count:,} rows of the first page")
    if not made.count:
        st.info("The first page has no rows.", icon=":material/info:")
        return
    told = [
        {
            "column": column.name,
            "kind": KIND_WORDS[column.kind],
            "role": column.role,
            "unit": column.unit,
            "empty": column.empty,
            "exceptions": ", ".join(dict.fromkeys(text for _, text in column.exceptions[:4])),
        }
        for column in made.columns
    ]
    st.dataframe(pd.DataFrame(told), hide_index=True, key="api_columns")
    names = [column.name for column in made.columns]
    frame = pd.DataFrame(made.rows[:ROWS_SHOWN], columns=names).astype(object)
    st.dataframe(frame, hide_index=True, key="api_rows", height="auto" if len(frame) < SCROLLED else 420)


def _tell() -> None:
    if kept := st.session_state.pop("api_kept", None):
        st.success(plain(kept), icon=":material/check:")
