"""The engine: a request becomes a readable model, an isolated run, results and reports. Knows no web framework.

What it offers is loaded when it is first named: a process that reads one file needs none of it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.errors import EngineError
    from engine.kit import Kit
    from engine.products import Request, Run, Status
    from engine.queue import Workers, answer, submit
    from engine.settings import Settings, read_settings
    from engine.version import VERSION

_HOMES = {
    "VERSION": "version",
    "EngineError": "errors",
    "Kit": "kit",
    "Request": "products",
    "Run": "products",
    "Settings": "settings",
    "Status": "products",
    "Workers": "queue",
    "answer": "queue",
    "read_settings": "settings",
    "submit": "queue",
}

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


def __getattr__(name: str) -> Any:
    """Load what is named from its module."""
    if name not in _HOMES:
        raise AttributeError(f"module 'engine' has no attribute {name!r}")
    return getattr(import_module(f"engine.{_HOMES[name]}"), name)
