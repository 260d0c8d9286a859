"""The engine: a request becomes a readable model, an isolated run, results and reports. Knows no web framework."""

from engine.errors import EngineError
from engine.kit import Kit
from engine.products import Request, Run, Status
from engine.queue import Workers, answer, submit
from engine.settings import Settings, read_settings
from engine.version import VERSION

__all__ = [
    "VERSION",
    "EngineError",
    "Kit",
    "Request",
    "Run",
    "Settings",
    "Status",
    "Workers",
    "answer",
    "read_settings",
    "submit",
]
