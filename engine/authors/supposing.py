"""What a request supposes of a plain answer: a change of what the answer adds up or counts, as a scenario beside it."""

from __future__ import annotations

import re

from engine.authors.asking import Understood, make_plan
from engine.authors.base import Declined, Ground
from engine.errors import UsageError
from engine.language.following import Said
from engine.products import ParameterPlan, ParameterValue, Plan, WhatIf
from engine.scenarios.sentence import scenario_of

_SUPPOSING = re.compile(
    r"^(?:and\s+)?(?:what\s+(?:happens\s+)?if|if|assuming(?:\s+that)?|suppos(?:e|ing)(?:\s+that)?|in\s+case)\s+(?P<rest>.+)$",
    re.IGNORECASE,
)
_NAME_CAP = 60


def supposes(text: str) -> bool:
    """Whether a request only supposes something."""
    return _SUPPOSING.match(text.strip()) is not None


def suppose_of(said: Said, earlier: Understood, ground: Ground) -> Understood | Declined:
    """The answer before with a scenario beside it; those it had stay where more are added."""
    found = _SUPPOSING.match(said.text.strip())
    plan = make_plan(said.text, earlier, ground)
    if isinstance(plan, Declined):
        return plan
    if found is None:
        return Declined(reason="It is not clear what is supposed.")
    words = found["rest"].strip(" ?.!")
    try:
        scenario = scenario_of(words, [_value(each) for each in plan.parameters])
    except UsageError as error:
        names = ", ".join(each.label.lower() for each in plan.parameters) or "nothing"
        return Declined(reason=f"{error.message} What this answer can suppose a change of: {names}.")
    named = scenario.model_copy(update={"name": f"{words[:1].upper()}{words[1:]}"[:_NAME_CAP]})
    before = earlier.what_if.scenarios if said.adds else ()
    kept = tuple(each for each in before if each.name != named.name)
    told = f"{'also supposing' if kept else 'supposing'} {words}"
    return earlier.model_copy(
        update={"what_if": WhatIf(scenarios=(*kept, named)), "edit": f"{told[:1].upper()}{told[1:]}"}
    )


def with_scenarios(plan: Plan, what_if: WhatIf) -> Plan:
    """The plan with what is supposed; a scenario that moves nothing of it any more is left out, and that is said."""
    known = {each.name for each in plan.parameters}
    kept = tuple(each for each in what_if.scenarios if set(each.values) <= known)
    left = [each.name for each in what_if.scenarios if each not in kept]
    said = tuple(f"the scenario “{name}” is left out: it moves nothing of this answer" for name in left)
    return plan.model_copy(update={"what_if": WhatIf(scenarios=kept), "assumptions": (*plan.assumptions, *said)})


def _value(each: ParameterPlan) -> ParameterValue:
    step = each.step or (each.high - each.low) / 100
    kept = each.model_dump(include={"name", "label", "default", "low", "high", "unit", "description"})
    return ParameterValue(**kept, step=step)
