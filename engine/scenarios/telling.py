"""What an answer says of itself, in sentences that pages, reports and programs share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.products import MetricValue, Results
from engine.scenarios.whatif import supposed_lines
from runtime.reports import headline


def told(results: Results) -> Mapping[str, Any]:
    """The results as the runtime's words take them; the rows of tables are those of the results, not copied."""
    return {
        "title": results.title,
        "period": results.period,
        "metrics": [metric.model_dump() for metric in results.metrics],
        "quantities": [{"name": each.name, "inputs": each.inputs} for each in results.quantities],
        "charts": [chart.model_dump() for chart in results.charts],
        "tables": {
            name: {
                "label": table.label,
                "columns": table.columns,
                "units": table.units,
                "rows": table.rows,
                "total": table.total,
            }
            for name, table in results.tables.items()
        },
        "sources": [],
    }


def sentence(results: Results) -> str:
    """The answer in one sentence; of a request that supposes or aims at something, what that comes to."""
    if lines := supposed_lines(results):
        return lines[0]
    return headline.headline(told(results))


def figures(results: Results) -> list[tuple[MetricValue, list[MetricValue]]]:
    """Each figure that the answer is about, with the figures shown that it is made of."""
    document = told(results)
    by_name = {metric.name: metric for metric in results.metrics}
    return [
        (by_name[head["name"]], [by_name[part["name"]] for part in headline.parts(document, head)])
        for head in headline.leading(document)
    ]
