"""Ask: type a request, follow its seven steps live, answer a question, see the first result."""

from __future__ import annotations

import streamlit as st

from engine.authors.model.decisions import APPROVAL, KINDS, UNANSWERED, Decisions
from engine.authors.model.remembering import judge
from engine.authors.select.reply import Reply
from engine.errors import EngineError
from engine.products import Question, Request, Results, Run, Status, Step
from workbench.answer import body
from workbench.answer import head as head_of
from workbench.comparing import supposed
from workbench.datasets import ENDINGS, MOST_MEGABYTES, TAKEN
from workbench.drawing import STATE_ICONS, links, run_in_view, show_end
from workbench.foreign import plain
from workbench.intake import suggestions, take_file
from workbench.process import kit, workers
from workbench.talking import ask_on, conversation

EXAMPLES = (
    "Calculate DSCR for Orlando Fashion Square and create a website to show results with simulations",
    "DSCR for all properties, worst first",
    "How much can revenue fall before DSCR of Orlando Fashion Square drops below 1.25?",
    "NOI by property type and year",
    "Occupancy trend",
    "LTV and debt yield of the portfolio",
    "Rent roll expiring by year",
    "Top ten tenants by rent",
    "Extract property data, calculate metrics, generate report",
)
LABELS = {
    Step.ANALYSE: "Analyse",
    Step.PLAN: "Plan",
    Step.GENERATE: "Generate the script",
    Step.VALIDATE: "Validate",
    Step.CONTAINERIZE: "Containerize",
    Step.EXECUTE: "Execute in isolation",
    Step.RESULTS: "Results",
}


def submit(text: str, answers: dict[str, str] | None = None, datasets: tuple[str, ...] = (), after: str = "") -> None:
    """Put a request in the queue and show it."""
    try:
        database = kit().remember(kit().settings.database)
        request = Request(text=text, database=database, answers=answers or {}, datasets=datasets, after=after)
        run = workers().submit(request)
    except EngineError as error:
        st.error(f"**{plain(error.message)}**  \n{plain(error.hint)}", icon=":material/error:")
        return
    st.session_state["run"] = run.id
    st.query_params["run"] = run.id
    st.rerun()


def form(current: Run | None) -> None:
    """The request, the files it is about and, with the sample data, examples of it; Enter asks."""
    if st.session_state.get("example"):
        submit(st.session_state.pop("example"))
    # Within a container it stands where it is written, and not at the foot of the page.
    text = st.container().chat_input("What do you want to know?", key="request_text")
    files, waiting = only()
    if text and waiting:
        st.warning("Take the file in first: then it is the one that is asked.", icon=":material/upload_file:")
    elif text:
        submit(text, datasets=files)
    if kit().settings.uses_sample and current is None:
        st.pills("Try one", EXAMPLES, key="examples", on_change=take_example)
    elif current is not None:
        st.button(
            "Edit the request", icon=":material/edit:", type="tertiary", on_click=edit, args=(current.request.text,)
        )


def edit(text: str) -> None:
    """Put a request back into its field."""
    st.session_state["request_text"] = text


def only() -> tuple[tuple[str, ...], bool]:
    """The datasets that are asked alone, and whether a file that was dropped still waits to be taken in."""
    with st.expander("Ask a file instead of the database", icon=":material/upload_file:"):
        dropped = st.file_uploader(TAKEN, ENDINGS, key="ask_file", max_upload_size=MOST_MEGABYTES)
        if dropped is not None:
            added = take_file(dropped, apart=True)
            if added is None:
                return (), True
            if added.apart and st.toggle("Ask it in other questions, too", key=f"keep-{added.name}-{dropped.file_id}"):
                kit().shelf.keep(added.name)
            if chosen := suggestions(added, f"suggested-{added.name}-{dropped.file_id}"):
                asked = st.session_state.setdefault("suggested", set())
                if (dropped.file_id, chosen) not in asked:
                    asked.add((dropped.file_id, chosen))
                    submit(chosen, datasets=(added.name,))
            return (added.name,), False
        names = [dataset.name for dataset in kit().shelf.all()]
        if names:
            return tuple(st.multiselect("Only these files and APIs", names, key="ask_only")), False
    return (), False


def take_example() -> None:
    """Ask the chosen example when the page is drawn."""
    st.session_state["example"] = st.session_state["examples"]
    st.session_state["examples"] = None


def steps(run: Run) -> None:
    """The seven steps with their times; the one under way with its newest message."""
    told = kit().store.events(run.id)
    messages = {event.step: event.message for event in told if event.state in ("progress", "failed")}
    started = {event.step for event in told if event.state == "started"}
    with st.container(border=True, key="steps"):
        for step in Step:
            seconds = run.seconds.get(step.value)
            if seconds is not None:
                said = f"{seconds:.2f} s"
                if run.execution and run.execution.used and step is Step.EXECUTE:
                    said += f"; in the {run.execution.executor} sandbox: {run.execution.used}"
                st.markdown(f":green[:material/check_circle:] {LABELS[step]}  :gray[{plain(said)}]")
            elif step in started and not run.status.final:
                st.markdown(
                    f":blue[:material/progress_activity:] {LABELS[step]}  :gray[{plain(messages.get(step, ''))}]"
                )
            elif step in started:
                st.markdown(f":red[:material/cancel:] {LABELS[step]}")
            else:
                st.markdown(f":gray[:material/radio_button_unchecked: {LABELS[step]}]")


def again(run: Run, key: str, value: str) -> None:
    """Ask a request again, with the answer to a question."""
    submit(run.request.text, {**run.request.answers, key: value}, run.request.datasets, run.request.after)


def question(run: Run) -> None:
    """What must be known before it can go on; every option is a button."""
    if run.question is None:
        return
    if run.question.key == APPROVAL:
        approval(run, run.question)
        return
    st.warning(plain(run.question.text), icon=":material/help:")
    with st.container(horizontal=True):
        for option in run.question.options:
            if st.button(plain(option.label), key=f"option-{option.value}"):
                again(run, run.question.key, option.value)


def approval(run: Run, asked: Question) -> None:
    """A plan to approve, or to correct before any code is written."""
    st.info(plain(asked.text), icon=":material/fact_check:")
    if run.task is not None and "reply" in run.task.intent:
        approve_query(run, asked)
        return
    decided = Decisions.model_validate_json(asked.options[0].value)
    if run.task is None:
        return
    ground = kit().ground_of(run.request, run.task)
    offered = [f"{table.key}.{column.name}" for table in ground.schema.tables for column in table.columns]
    kinds = [name for name in KINDS if name not in UNANSWERED]
    with st.form("approval", border=False):
        kind = st.selectbox("Answer", kinds, index=kinds.index(decided.kind), format_func=lambda name: KINDS[name])
        columns = st.multiselect("Columns", offered, default=[name for name in decided.columns if name in offered])
        go = st.form_submit_button("Go on", type="primary", icon=":material/check:")
    if go:
        tables = tuple(dict.fromkeys(name.rpartition(".")[0] for name in columns)) or decided.tables
        made = decided.model_copy(update={"kind": kind, "columns": tuple(columns), "tables": tables})
        again(run, APPROVAL, made.model_dump_json())


def approve_query(run: Run, asked: Question) -> None:
    """A query to approve as it is, or to change before it is carried out."""
    written = Reply.model_validate_json(asked.options[0].value)
    with st.form("approval", border=False):
        sql = st.text_area("Query", written.sql, height=200, key="approval_sql", disabled=not written.sql)
        go = st.form_submit_button("Go on", type="primary", icon=":material/check:")
    if go:
        made = written.model_copy(update={"sql": sql.strip()})
        again(run, APPROVAL, made.model_dump_json())


def answer(run: Run, results: Results) -> None:
    """The answer with its head, the conversation beside it, and behind it how it came about."""
    head_of(run, results)
    main, aside = st.columns([5, 2], gap="large")
    with main:
        supposed(results)
        body(results, f"first-{run.id}")
        if run.script is not None and run.script.author == "model":
            verdict(run)
    with aside:
        conversation(run)
        ask_on(run)
    behind(run)


def behind(run: Run) -> None:
    """The seven steps and the language model's part, folded away."""
    with st.expander(f"The seven steps ({sum(run.seconds.values()):.2f} s)", icon=":material/checklist:"):
        steps(run)
    writing(run)


def verdict(run: Run) -> None:
    """A person's word on an answer: accepted ones are given again at once, others are forgotten."""
    with st.container(horizontal=True):
        right = st.button("The answer is right", icon=":material/thumb_up:", key="right")
        wrong = st.button("It is wrong", icon=":material/thumb_down:", key="wrong")
    st.caption("Right marks it as verified by a person: it is given again at once. Wrong forgets it.")
    if (right or wrong) and run.task is not None:
        schema = kit().ground_of(run.request, run.task).schema
        judge(kit().store, run, schema, accepted=right)
        st.toast("Verified. It will be given again at once." if right else "It will not be given again.")


def writing(run: Run) -> None:
    """How a language model took part: what it took, and every prompt and reply."""
    if run.writing is None:
        return
    with st.expander(f"The language model: {plain(run.writing.words)}", icon=":material/neurology:"):
        if run.writing.fixes:
            st.markdown(f"Put right without asking again: {plain(', '.join(run.writing.fixes))}")
        for number, call in enumerate(run.writing.calls, 1):
            st.markdown(
                f"**{number:d}. {plain(call.purpose)}** :gray[{call.written_tokens:,} tokens, {call.seconds:.1f} s]"
            )
            if call.thinking:
                st.caption(f"It thought first, about {len(call.thinking.split()):,} words.")
            st.code(call.reply or "(nothing)", language=None, wrap_lines=True)
        st.caption("The prompts are on the Script page.")


def words_so_far(run: Run) -> None:
    """What the model has written in its present call, while it writes."""
    told = kit().store.events(run.id)
    begun = max((at for at, event in enumerate(told) if event.state in ("progress", "started")), default=0)
    text = "".join(event.message for event in told[begun:] if event.state == "written")
    if text:
        st.code(text, language="python" if "def " in text else None, wrap_lines=True)


@st.fragment(run_every=0.4)
def follow(run_id: str) -> None:
    """Draw a live run again and again; the whole page once when it ends."""
    run = kit().store.load(run_id)
    if run.status.final:
        st.rerun()
    head(run)
    steps(run)
    words_so_far(run)
    if st.button("Cancel", icon=":material/stop_circle:", key="cancel"):
        kit().store.cancel(run.id)


def head(run: Run) -> None:
    """Which run this is and how it stands."""
    st.markdown(
        f"{STATE_ICONS[run.status]} **{plain(run.title)}**  :gray[{run.id} · {run.status.value.replace('_', ' ')}]"
    )


current = run_in_view()
if current is None or not current.status.final or current.results is None:
    st.title("Ask", anchor=False)
form(current)
if current is not None:
    if current.results is not None and current.status.final:
        answer(current, current.results)
    elif current.status.final:
        head(current)
        if current.status is Status.NEEDS_INPUT:
            question(current)
        else:
            show_end(current)
        conversation(current)
        ask_on(current)
        behind(current)
        links(current)
    else:
        follow(current.id)
