"""What is told of an answer of a service: a subject, two lines, the same as JSON. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from engine.products.service import Report, Service, Shift, Tick
from runtime.units import write

REPEATED = "may be a repetition"
_MOST_SHIFTS, _MOST_SUBJECT, _MOST_LINES = 3, 120, 15


def subject(service: Service, report: Report) -> str:
    """One line for a mail's head: what fired first, else the answer."""
    more = f" (and {len(report.fired) - 1} more alerts)" if len(report.fired) > 1 else ""
    said = f"{report.fired[0]}{more}" if report.fired else report.failure or report.headline
    whole = " ".join("".join(each if each.isprintable() else " " for each in f"{service.title}: {said}").split())
    return whole if len(whole) <= _MOST_SUBJECT else whole[: _MOST_SUBJECT - 3] + "..."


def summary(report: Report) -> tuple[str, str]:
    """The answer, and what changed since the one before, a line each."""
    if report.failure:
        return f"There is no new answer: {report.failure}", "The answer before stays as it was."
    return report.headline, changed(report)


def changed(report: Report) -> str:
    """What changed since the answer before, in one line."""
    if not report.compared:
        return "It is the first answer, so that nothing is compared."
    since = f"Since {report.compared_at:%d %b %Y, %H:%M} UTC: " if report.compared_at else ""
    moved = [each for each in report.shifts if each.before != each.after]
    if not moved and not report.rows:
        return f"{since}nothing changed."
    numbers = "; ".join(map(_moved, moved[:_MOST_SHIFTS])) or "no number moved"
    more = f" and {len(moved) - _MOST_SHIFTS} more" if len(moved) > _MOST_SHIFTS else ""
    rows = f"; {'; '.join(report.rows[:_MOST_SHIFTS])}" if report.rows else ""
    return f"{since}{numbers}{more}{rows}."


def _moved(shift: Shift) -> str:
    before, after = (write(value, shift.unit) for value in (shift.before, shift.after))
    worse = f" ({shift.verdict_after})" if shift.verdict_after != shift.verdict_before and shift.verdict_after else ""
    return f"{shift.label} {before} → {after}{worse}"


def body(service: Service, tick: Tick, report: Report, address: str = "") -> str:
    """A mail's text: two lines, then alerts, why, notes and where to look."""
    lines = [*summary(report)]
    for title, said in (("Alerts", report.fired), ("Over", report.over), ("Why", report.why), ("Notes", report.notes)):
        if said:
            lines += ["", f"{title}:", *(f"- {each}" for each in said)]
    due = f"Due {tick.due_at:%Y-%m-%d %H:%M} UTC"
    late = f"; {tick.missed} earlier times were missed, and this stands for them" if tick.missed else ""
    lines += ["", f"{due}{late}. Service {service.name}, version {tick.version}, run {tick.run_id or 'none'}."]
    return "\n".join([*lines, *([address] if address else [])]) + "\n"


def document(service: Service, tick: Tick, report: Report, address: str = "") -> dict[str, Any]:
    """The same for programs."""
    first, second = summary(report)
    return {
        "service": service.name,
        "title": service.title,
        "version": tick.version,
        "tick": tick.id,
        "due_at": tick.due_at.isoformat(),
        "missed": tick.missed,
        "run": tick.run_id,
        "summary": [first, second],
        "alerts": list(report.fired),
        "over": list(report.over),
        "why": list(report.why),
        "changed": [each.model_dump(mode="json") for each in report.shifts if each.before != each.after],
        "notes": list(report.notes),
        "failure": report.failure,
        "address": address,
    }


def chat(service: Service, tick: Tick, report: Report, kind: str, address: str, doubtful: bool) -> bytes:
    """A message as Slack and Teams take it; what data says is text there, never markup."""
    first, second = summary(report)
    lines = [first, second, *_some("Alert", report.fired), *_some("Over", report.over)]
    title = f"{service.title}{f' ({REPEATED})' if doubtful else ''}"
    if kind == "slack":
        text = "\n".join(map(_slack, [f"{title}:", *lines, *([address] if address else [])]))
        return json.dumps({"text": text, "mrkdwn": False}).encode()
    card = {
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            {"type": "TextBlock", "size": "Medium", "weight": "Bolder", "wrap": True, "text": _teams(title)},
            *({"type": "TextBlock", "wrap": True, "text": _teams(line)} for line in lines),
        ],
        "actions": [{"type": "Action.OpenUrl", "title": "Open", "url": address}] if address else [],
    }
    attached = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    return json.dumps({"type": "message", "attachments": [attached]}).encode()


def _some(title: str, said: Sequence[str]) -> list[str]:
    """The first lines of a list, and how many more there are."""
    more = [f"{title}: and {len(said) - _MOST_LINES} more"] if len(said) > _MOST_LINES else []
    return [*(f"{title}: {each}" for each in said[:_MOST_LINES]), *more]


def _slack(text: str) -> str:
    """Slack reads '&', '<' and '>' as its own."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _teams(text: str) -> str:
    """A text block is Markdown: what would mark is written out."""
    return re.sub(r"([\\*_\[\]()#`~|])", r"\\\1", text)
