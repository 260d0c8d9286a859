"""Where the pages lie: Streamlit looks from the router's folder, so they are named by their whole path."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def page(name: str) -> Path:
    """The file of a page."""
    return ROOT / "pages" / f"{name}.py"
