"""One script over the data of many members: each is computed alone, and one that cannot be says why."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .batch import Batch, batch
from .evaluate import Evaluator, scalar
from .failures import RuntimeFailure, UsageFailure
from .model import Model
from .model import load as load_model
from .results import metric
from .snapshot import from_files
from .whatif.fields import listed


def over_members(folder: Path, count: int) -> dict[str, Any]:
    """The metrics of each member, in the base and in each scenario of `scenarios.json`.

    `folder` holds `script.py` and `members/<place>/data/`. Gives `figures` (name, label, unit, good, bad) and for
    each member `values` (metric: the base, then each scenario, None where it has none) or its `reason` and `hint`.

    Raises:
        UsageFailure: a scenario names an unknown driver or a value out of range.
    """
    model = load_model(folder / "script.py")
    asked = batch([{"name": "Base"}, *json.loads((folder / "scenarios.json").read_text(encoding="utf-8"))])
    model.check_columns(asked.columns)
    told = [_told(model, folder / "members" / str(place) / "data", asked) for place in range(count)]
    shown: list[dict[str, Any]] = next((item["figures"] for item in told if "figures" in item), [])
    return {"figures": shown, "members": [{k: v for k, v in item.items() if k != "figures"} for item in told]}


def _told(model: Model, data: Path, asked: Batch) -> dict[str, Any]:
    try:
        return _member(model, data, asked)
    except UsageFailure:
        raise
    except RuntimeFailure as failure:
        return {"reason": failure.message, "hint": failure.hint}


def _member(model: Model, data: Path, asked: Batch) -> dict[str, Any]:
    frames = from_files(data, model.sources).frames
    empty = [name for name, frame in frames.items() if frame.dropna(how="all").empty]
    if frames and len(empty) == len(frames):
        raise RuntimeFailure(
            f"Its queries find nothing to compute from: {', '.join(empty)} give no rows for it.",
            "There is nothing to add.",
        )
    evaluator = Evaluator(model, frames)
    shown = [metric(model, entry, evaluator.base) for entry in model.metrics]
    numbers = [item for item in shown if isinstance(scalar(item["value"]), float)]
    found = evaluator.sweep_batch(asked, [item["name"] for item in numbers]).values
    return {
        "figures": [_figure(item) for item in numbers],
        "values": {name: listed(values) for name, values in found.items()},
    }


def _figure(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: item[name] for name in ("name", "label", "unit", "good", "bad")}
