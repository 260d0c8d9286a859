"""The company's name, logo and colours on the dashboard's page, readable on light and dark ground."""

from __future__ import annotations

from html import escape

from .brand import ACCENT, PAPER, PRIMARY, Brand, mixed, readable, text_on

# Where the page has its place for them.
MASTHEAD = "<!-- masthead -->"
LIGHT_CARD, DARK_CARD = PAPER, "#18202b"


def masthead(brand: Brand) -> str:
    """The bar over the page: logo, and the name beside it; nothing when there is neither."""
    if not brand.shown:
        return ""
    # The name stands beside the logo, so that the picture itself needs no words.
    words = "" if brand.name else "Company logo"
    logo = f'<img src="brand/logo.png" alt="{words}">' if brand.logo else ""
    name = f"<span>{escape(brand.name)}</span>" if brand.name else ""
    return f'<div class="masthead"><div class="masthead-inner">{logo}{name}</div></div>'


def stylesheet(brand: Brand) -> str:
    """The page's colours where the brand's differ from the usual ones; each keeps its contrast on its ground."""
    light, dark = _colors(brand, LIGHT_CARD), _colors(brand, DARK_CARD)
    if not light:
        return ""
    return f":root {{ {light} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"


def _colors(brand: Brand, card: str) -> str:
    found: dict[str, str] = {}
    if brand.primary != PRIMARY:
        found["brand"] = readable(brand.primary, card, 1.6)
        found["heading"] = readable(brand.primary, card)
    if brand.accent != ACCENT:
        accent = readable(brand.accent, card)
        found |= {"accent": accent, "accent-soft": mixed(card, accent, 0.12), "on-accent": text_on(accent)}
    return " ".join(f"--{name}: {color};" for name, color in found.items())
