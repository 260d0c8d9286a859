"""The parts of documents that the code knows. `python -m tests.documents` writes them; a test compares."""

from __future__ import annotations

from pathlib import Path

from engine.metrics.catalogue import FOLDER, Driver, Metric, load_catalogue
from runtime.units import write

ROOT = Path(__file__).resolve().parents[1]


def metrics() -> str:
    """A table of the metrics, then one for each pack."""
    entries = [entry for entry in load_catalogue().entries.values() if isinstance(entry, Metric)]
    packs = sorted({entry.pack for entry in entries})
    return "\n\n".join(filter(None, (_metrics(pack, [e for e in entries if e.pack == pack]) for pack in packs)))


def _metrics(pack: str, entries: list[Metric]) -> str:
    lines = [f"Pack `{pack}`:\n"] if pack else []
    lines += ["| metric | is | formula |", "| --- | --- | --- |"]
    lines += [
        f"| {m.short} | {m.definition} | `{m.formulas[0]}` |" for m in sorted(entries, key=lambda m: m.short.lower())
    ]
    return "\n".join(lines)


def drivers() -> str:
    """A table of the drivers."""
    entries = [entry for entry in load_catalogue().entries.values() if isinstance(entry, Driver)]
    lines = ["| driver | name | from | to | is |", "| --- | --- | --- | --- | --- |"]
    lines += [
        f"| {d.label} | `{d.name}` | {write(d.low, d.unit)} | {write(d.high, d.unit)} | {d.definition} |"
        for d in sorted(entries, key=lambda d: d.label)
    ]
    return "\n".join(lines)


def mapping() -> str:
    """The sample's mapping."""
    return f"```yaml\n{(ROOT / 'sample' / 'mapping.yaml').read_text(encoding='utf-8').rstrip()}\n```"


def metric() -> str:
    """One metric's file."""
    return f"```yaml\n{(FOLDER / 'dscr.yaml').read_text(encoding='utf-8').rstrip()}\n```"


BLOCKS = {"metrics": metrics, "drivers": drivers, "mapping": mapping, "metric": metric}
FILES = {"docs/using.md": ("metrics", "drivers"), "docs/mapping.md": ("mapping", "metric")}


def rendered(text: str, names: tuple[str, ...]) -> str:
    """The document with its known parts written anew."""
    for name in names:
        opening, closing = f"<!-- {name} -->", f"<!-- /{name} -->"
        before, _, rest = text.partition(opening)
        after = rest.partition(closing)[2] if closing in rest else rest.lstrip("\n")
        separator = "" if closing in rest else "\n\n"
        text = f"{before}{opening}\n{BLOCKS[name]()}\n{closing}{separator}{after}"
    return text


def main() -> None:
    """Write every known part."""
    for file, names in FILES.items():
        path = ROOT / file
        path.write_text(rendered(path.read_text(encoding="utf-8"), names), encoding="utf-8")


if __name__ == "__main__":
    main()
