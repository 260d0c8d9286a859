"""Steps 5 and 6: the bundle, what was read for it, and what happened in the sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import Field

from engine.products.base import Product


class Bundle(Product):
    """Step 5: the run's folder. `files` are relative path: text; `copied` are folders of ours taken as they are."""

    folder: str
    files: Mapping[str, str]
    copied: tuple[str, ...] = ("runtime",)


class SourceData(Product):
    """What one source gave: its shape, not its rows (those lie beside, as Parquet)."""

    name: str
    sql: str
    bound: Mapping[str, Any]
    columns: tuple[str, ...]
    rows: int
    read_at: datetime
    seconds: float
    origin: str = Field(default="", description="for datasets: the files and GETs that the rows came from")


class Limits(Product):
    """What one run may use. Beyond any of them it ends with the limit named."""

    memory_mb: int = 512
    cpus: float = 1.0
    wall_seconds: float = 60.0
    processes: int = 256
    result_mb: int = 64


class Execution(Product):
    """Step 6: how the run in the sandbox went."""

    executor: str
    snapshot: tuple[SourceData, ...] = ()
    seconds: float = 0.0
    load_seconds: float = 0.0
    log: str = ""
    limits: Limits = Limits()
    usage: Mapping[str, float] = Field(
        default_factory=dict, description="seconds, cpu_seconds, peak_memory_mb, sent_bytes, result_bytes"
    )
    notice: str = ""
    agreement: str = Field(default="", description="where the plan has a check: that its rows are the script's")
    document: Mapping[str, Any] = Field(default_factory=dict, description="the runtime's results document")

    @property
    def used(self) -> str:
        """What the sandbox used, in words; empty when nothing was measured."""
        words = {
            "seconds": "{:.2f} s",
            "cpu_seconds": "{:.2f} s of processor time",
            "peak_memory_mb": "at most {:,.0f} MB of memory",
        }
        said = [text.format(self.usage[name]) for name, text in words.items() if name in self.usage]
        for name, way in (("sent_bytes", "in"), ("result_bytes", "out")):
            if name in self.usage:
                said.append(f"{self.usage[name] / 1000:,.1f} kB {way}")
        return ", ".join(said)
