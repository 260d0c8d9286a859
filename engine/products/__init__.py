"""Every product that passes between steps, frozen, a module for each step.

A step takes products and gives one; none changes what it was given. All of them turn into JSON and back
(`model_dump_json`, `model_validate_json`), which is how the store keeps a run.
"""

from engine.products.base import Place, Product, Status, Step
from engine.products.execution import Bundle, Execution, Limits, SourceData
from engine.products.plan import Goal, ParameterPlan, Plan, QuantityPlan, Scenario, SourcePlan, ViewPlan, WhatIf
from engine.products.request import Gathered, Option, Output, Part, Question, Request, TaskKind
from engine.products.results import (
    ChartSpec,
    ExportedFile,
    MetricValue,
    ParameterValue,
    Quantity,
    Reached,
    Results,
    Supposed,
    TableData,
)
from engine.products.run import Cancelled, Event, Failure, ModelCall, Run, Tell, Writing
from engine.products.script import Finding, Script, Severity, Verdict
from engine.products.task import Reading, Task

__all__ = [
    "Bundle",
    "Cancelled",
    "ChartSpec",
    "Event",
    "Execution",
    "ExportedFile",
    "Failure",
    "Finding",
    "Gathered",
    "Goal",
    "Limits",
    "MetricValue",
    "ModelCall",
    "Option",
    "Output",
    "ParameterPlan",
    "ParameterValue",
    "Part",
    "Place",
    "Plan",
    "Product",
    "Quantity",
    "QuantityPlan",
    "Question",
    "Reached",
    "Reading",
    "Request",
    "Results",
    "Run",
    "Scenario",
    "Script",
    "Severity",
    "SourceData",
    "SourcePlan",
    "Status",
    "Step",
    "Supposed",
    "TableData",
    "Task",
    "TaskKind",
    "Tell",
    "Verdict",
    "ViewPlan",
    "WhatIf",
    "Writing",
]
