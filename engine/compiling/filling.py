"""A plan with other values bound: the same SELECTs and quantities for another property or region. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from engine.compiling.script import write_script
from engine.products import Plan, Script, SourcePlan


def filled(plan: Plan, values: Mapping[str, str]) -> Plan:
    """The plan with each bound value replaced by another, also where words of the plan say it.

    `values` are new values by those they replace. SQL and the bodies of quantities stay as they are.
    """

    def bound(source: SourcePlan) -> SourcePlan:
        changed = {
            name: values.get(value, value) if isinstance(value, str) else value for name, value in source.bound.items()
        }
        return source.model_copy(update={"bound": changed, "reads": said(source.reads, values)})

    return plan.model_copy(
        update={
            "title": said(plan.title, values),
            "summary": said(plan.summary, values),
            "assumptions": tuple(said(each, values) for each in plan.assumptions),
            "sources": tuple(map(bound, plan.sources)),
            "check": bound(plan.check) if plan.check else None,
            "quantities": tuple(
                each.model_copy(update={"definition": said(each.definition, values)}) for each in plan.quantities
            ),
            "view": tuple(each.model_copy(update={"options": _options(each.options, values)}) for each in plan.view),
        }
    )


def script_of(plan: Plan, script: Script, request: str) -> Script:
    """The script of a plan in place of another of the same author."""
    return script.model_copy(
        update={"text": write_script(plan, request=request, author=author_of(script)), "title": plan.title}
    )


def author_of(script: Script) -> str:
    """Who a script says has written it."""
    found = re.search(r"^Author: (.*)$", script.text, re.MULTILINE)
    return found[1] if found else script.author


def said(text: str, values: Mapping[str, str]) -> str:
    """A text that speaks of the new values."""
    for old, new in values.items():
        text = re.sub(rf"(?<!\w){re.escape(old)}(?!\w)", lambda _, new=new: " ".join(new.split()), text)  # type: ignore[misc]
    return text


def _options(options: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    return {name: said(value, values) if isinstance(value, str) else value for name, value in options.items()}
