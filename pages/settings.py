"""Settings: what is in force, where it comes from, and whether all that is needed is well."""

from __future__ import annotations

import os

import streamlit as st

from engine.authors.select.probing import try_unknown
from engine.errors import EngineError
from engine.language_model.choice import CHOICE
from engine.language_model.discovery import find_local, probe
from engine.results.branding import LOGO_HINT
from engine.settings import NAMES, ROOT, Settings
from engine.sources.address import public_address
from engine.usecases.health import Check, examine, fit
from workbench import datasets
from workbench.foreign import plain
from workbench.process import kit
from workbench.tokens import tokens

SECRETS = ("llm_api_key",)
ADDRESSES = ("database_url", "store_url", "queue_url")


def value_of(settings: Settings, field: str) -> str:
    """A setting as it may be shown: no password, no key."""
    value = getattr(settings, field)
    if not value:
        return ""
    if field in SECRETS:
        return "set, not shown"
    return public_address(value) if field in ADDRESSES else str(value)


def origin(name: str) -> str:
    """Where a setting comes from."""
    if os.environ.get(name):
        return "environment"
    file = ROOT / ".env"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return ".env" if any(line.startswith(f"{name}=") for line in lines) else "default"


def show(check: Check) -> None:
    """One check, with what to do when it is not well."""
    mark = (
        ":green[:material/check_circle:]"
        if check.well
        else (":red[:material/error:]" if check.needed else ":gray[:material/remove:]")
    )
    st.markdown(
        f"{mark} **{plain(check.name)}** · {plain(check.detail)}"
        + (f"  \n{plain(check.hint)}" if check.hint and not check.well and "\n" not in check.hint else "")
    )
    if not check.well and "\n" in check.hint:
        st.code(check.hint, language=None, wrap_lines=True)
    if check.properties:
        with st.expander(f"What {plain(check.name)} enforces here"):
            st.dataframe(
                [{"property": name, "proved": enforced, "how": detail} for name, enforced, detail in check.properties],
                hide_index=True,
                key=f"properties-{check.name}",
            )


def models() -> None:
    """The language model: what is asked now, what was found here, and a way to choose and try another."""
    st.subheader("Language model", anchor=False)
    chosen, given = kit().store.choice(CHOICE), kit().settings
    fixed = bool(given.llm_base_url)
    setting = "LLM_BASE_URL is set and" if fixed else "LLM_BASE_URL, when set,"
    st.caption(f"Writes scripts for what the catalogue is not sure of. {setting} wins over a choice here.")
    found = find_local()
    for server in found:
        models = ", ".join(server.models[:8])
        st.markdown(f"Found {plain(server.program)} at {plain(server.endpoint.url)}: {plain(models)}")
    usual = given.llm_base_url or chosen.get("url") or (found[0].endpoint.url if found else "http://localhost:1234/v1")
    with st.form("model", border=False):
        url = st.text_input("Server", usual, key="model_url", help="An address ending in /v1, or none.", disabled=fixed)
        named = given.llm_model or ("" if fixed else chosen.get("model", ""))
        model = st.text_input("Model", named, key="model_name", help="Empty: the one loaded.", disabled=fixed)
        with st.container(horizontal=True):
            use = st.form_submit_button("Use it", type="primary", icon=":material/check:", disabled=fixed)
            tried = st.form_submit_button("Try it", icon=":material/speed:")
            able = st.form_submit_button(
                "Ask it six questions", icon=":material/quiz:", help="Six questions, two minutes at most."
            )
            clear = st.form_submit_button("Find by itself", icon=":material/refresh:", disabled=fixed)
    try:
        if use or clear:
            kit().models.choose("" if clear else url.strip(), "" if clear else model.strip())
            checks.clear()
            st.rerun()
        if tried:
            with st.spinner("Asking the model something short ..."):
                st.success(plain(probe(kit().models.trial_endpoint(url, model)).words), icon=":material/check_circle:")
        if able:
            with st.spinner("Asking the model six questions about the sample data ..."):
                trial = try_unknown(kit(), again=True)
            st.success(plain(trial.words if trial else "LLM_ROUTE says how it is asked, so it is not tried."))
    except EngineError as error:
        st.error(f"**{plain(error.message)}**  \n{plain(error.hint)}", icon=":material/error:")


def brand() -> None:
    """Company name, logo and colours: what is in force, what is wrong with it, and a way to choose."""
    st.subheader("Name, logo and colours of reports", anchor=False)
    brands = kit().brands
    found, values = brands.current(), brands.values
    for problem in found.problems:
        st.error(
            f"**{plain(problem.setting)}: {plain(problem.message)}**  \n{plain(problem.hint)}"
            " Until then reports are made without it.",
            icon=":material/error:",
        )
    if brands.fixed:
        fixed = ", ".join(sorted(brands.fixed))
        st.caption(f"{plain(fixed)}: set in the environment or .env, which wins over a choice here.")
    if found.brand.logo:
        st.image(found.brand.logo, width=200)
    with st.form("brand", border=False):
        name = st.text_input(
            "Company name", values["COMPANY_NAME"], key="brand_name", disabled="COMPANY_NAME" in brands.fixed
        )
        with st.container(horizontal=True):
            primary = st.color_picker(
                "Headings and title slide",
                found.brand.primary,
                key="brand_primary",
                disabled="COLOR_PRIMARY" in brands.fixed,
            )
            accent = st.color_picker(
                "Charts and links", found.brand.accent, key="brand_accent", disabled="COLOR_ACCENT" in brands.fixed
            )
        logo = st.file_uploader(
            "Logo",
            type=["png", "jpg", "jpeg"],
            key="brand_logo",
            help=LOGO_HINT,
            disabled="COMPANY_LOGO" in brands.fixed,
        )
        without = st.checkbox("No logo", key="brand_no_logo")
        use = st.form_submit_button("Use for new runs", type="primary", icon=":material/check:")
    if not use:
        return
    kept = "" if without or "COMPANY_LOGO" in brands.fixed else values["COMPANY_LOGO"]
    chosen = {"COMPANY_NAME": name, "COLOR_PRIMARY": primary, "COLOR_ACCENT": accent, "COMPANY_LOGO": kept}
    try:
        brands.choose(chosen, logo.getvalue() if logo and not without else None)
    except EngineError as error:
        st.error(f"**{plain(error.message)}**  \n{plain(error.hint)}", icon=":material/error:")
        return
    checks.clear()
    st.rerun()


@st.cache_data(ttl=60, show_spinner="Looking at everything ...")
def checks() -> list[Check]:
    """Every check, kept for a minute."""
    return list(examine(kit()))


st.title("Settings", anchor=False)
st.subheader("Health", anchor=False)
found = checks()
if not fit(found):
    st.error("The main job cannot run here yet. See what is marked below.", icon=":material/error:")
for item in found:
    show(item)
if st.button("Look again", icon=":material/refresh:"):
    checks.clear()
    st.rerun()
tokens()
st.subheader("Hosts that may be asked for data", anchor=False)
datasets.hosts()
models()
brand()
st.subheader("In force", anchor=False)
st.caption("Settings come from the environment and the file .env in the project's folder; .env.example explains each.")
st.dataframe(
    [
        {"setting": name, "value": value_of(kit().settings, field), "from": origin(name)}
        for name, field in NAMES.items()
    ],
    hide_index=True,
    height="content",
    key="settings",
)
