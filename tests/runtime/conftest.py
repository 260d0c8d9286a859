"""A script with its snapshot, opened once: the runtime under test is the package as a bundle holds it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from engine.bench.dashboard import served
from runtime.server import make_app
from runtime.workspace import Workspace

SCRIPT = (Path(__file__).parent / "example_script.py.txt").read_text(encoding="utf-8")
MARKUP = "<img src=x onerror=alert(1)> & Söhne €"


def rows() -> pd.DataFrame:
    """Two years of income and cost lines, one category of which is hostile text."""
    months = pd.date_range("2024-11-01", periods=24, freq="MS")
    lines = [
        (month, kind, category, amount * (1 + 0.01 * number))
        for number, month in enumerate(months)
        for kind, category, amount in (
            ("income", "Base rent", 182_000.0),
            ("income", "Recoveries", 41_500.0),
            ("income", MARKUP, 12_250.0),
            ("income", "=1+1", 3_900.0),
            ("cost", "Repairs", 38_000.0),
            ("cost", "Property tax", 52_000.0),
        )
    ]
    return pd.DataFrame(lines, columns=["period", "kind", "category", "amount"])


def write_folder(folder: Path, script: str = SCRIPT, frames: dict[str, pd.DataFrame] | None = None) -> Path:
    """The folder of a script with its data."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    (folder / "script.py").write_text(script, encoding="utf-8")
    for name, frame in (frames or {"lines": rows()}).items():
        frame.to_parquet(folder / "data" / f"{name}.parquet")
    return folder


@pytest.fixture
def open_script(tmp_path: Path) -> Callable[..., Workspace]:
    """Opens a script's text over frames, in a folder of its own."""

    def open_(script: str, frames: dict[str, pd.DataFrame] | None = None) -> Workspace:
        return Workspace(write_folder(tmp_path / "bundle", script, frames))

    return open_


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The example, opened."""
    return Workspace(write_folder(tmp_path_factory.mktemp("example")))


@pytest.fixture(scope="session")
def document(workspace: Workspace) -> dict[str, Any]:
    """The example's results document."""
    return workspace.results()


@pytest.fixture(scope="session")
def address(workspace: Workspace) -> Iterator[str]:
    """The example served by waitress on a port of its own."""
    with served(make_app(workspace)) as found:
        yield found
