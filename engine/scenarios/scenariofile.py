"""Scenarios from a file, for the command line and the workbench: read as a run's own dashboard reads them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.errors import UsageError
from engine.products import ParameterValue, Scenario
from runtime import scenariofile
from runtime.failures import UsageFailure


def load_scenarios(path: Path, parameters: Sequence[ParameterValue]) -> tuple[Scenario, ...]:
    """The scenarios of a file; one that ends in .csv or .tsv is a table, any other is JSON.

    Raises:
        UsageError: the file cannot be read, or `read_scenarios` refuses it.
    """
    try:
        return _named(scenariofile.load(path, parameters))
    except UsageFailure as failure:
        raise UsageError(failure.message, failure.hint) from None


def read_scenarios(text: str, name: str, parameters: Sequence[ParameterValue]) -> tuple[Scenario, ...]:
    """The scenarios in a file's text, as `runtime.scenariofile.read` takes them.

    Raises:
        UsageError: no scenario, an unknown driver, no number, or a value out of bounds; the place is in the message.
    """
    try:
        return _named(scenariofile.read(text, name, parameters))
    except UsageFailure as failure:
        raise UsageError(failure.message, failure.hint) from None


def asked_scenarios(wanted: Mapping[str, Any], parameters: Sequence[ParameterValue]) -> tuple[Scenario, ...]:
    """The `scenarios` of a question asked over HTTP, as a file would name them; none where it names none.

    Raises:
        UsageError: one of them is wrong.
    """
    listed = wanted.get("scenarios")
    return read_scenarios(json.dumps(listed), "scenarios", parameters) if listed else ()


def _named(found: scenariofile.Named) -> tuple[Scenario, ...]:
    return tuple(Scenario(name=name, values=values) for name, values in found.items())
