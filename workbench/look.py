"""The colours of charts and verdicts, for light and for dark pages; those of series are the theme's own."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st


@dataclass(frozen=True)
class Look:
    """A page's colours: of series in their order, of the three verdicts, and of what stands back."""

    tints: tuple[str, ...]
    good: str
    short: str
    breach: str
    quiet: str

    def rated(self, word: str) -> str:
        """The colour of a verdict; empty where there is none."""
        return {"good": self.good, "short": self.short, "breach": self.breach}.get(word, "")


LIGHT = Look(
    ("#0f766e", "#4f46e5", "#d97706", "#be123c", "#64748b", "#0891b2", "#65a30d", "#7c3aed", "#c2410c", "#334155"),
    good="#0f766e",
    short="#b45309",
    breach="#b4232a",
    quiet="#5b6675",
)
DARK = Look(
    ("#2dd4bf", "#a5b4fc", "#fbbf24", "#fb7185", "#94a3b8", "#22d3ee", "#a3e635", "#c4b5fd", "#fb923c", "#cbd5e1"),
    good="#2dd4bf",
    short="#fbbf24",
    breach="#fb7185",
    quiet="#a9b2be",
)


def look() -> Look:
    """The colours for the page as it is shown."""
    return DARK if st.context.theme.type == "dark" else LIGHT
