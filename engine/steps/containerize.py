"""Step 5: the run's folder, rendered first, written after; a folder is there whole or not at all."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from engine.declared import declared_sources
from engine.errors import StoreError
from engine.products import Bundle, Limits, Plan, Run, Script
from engine.version import VERSION
from templates.runtime.brand import FILES as BRAND_FILES
from templates.runtime.brand import PLAIN, Brand

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
RENDERED = ("Dockerfile", "docker-compose.yml", "deploy.sh", ".env.example", "README.md")
COPIED = ("requirements.txt",)
FOLDERS = ("brand", "data", "results", "logs", "exports/reports", "exports/data")
PROGRAMS = frozenset({"deploy.sh", "script.py"})


def containerize(run: Run, script: Script, plan: Plan | None, limits: Limits, brand: Brand = PLAIN) -> Bundle:
    """The files of the bundle, as text; pure. A logo is put beside them when they are written."""
    folder = f"{run.created_at:%Y%m%d-%H%M%S}-{slug(script.title)}-{run.id[-4:]}"
    facts = {
        "title": script.title,
        "request": run.request.text,
        "author": script.author,
        "run": run.id,
        "slug": slug(script.title),
        "image": f"dashboard-{run.id.replace('/', '-')}",
        "limits": limits,
        "plan": plan,
        "version": VERSION,
    }
    files = {name: _environment().get_template(f"{name}.j2").render(facts) for name in RENDERED}
    files |= {name: (TEMPLATES / "bundle" / name).read_text(encoding="utf-8") for name in COPIED}
    files["script.py"] = script.text
    files[BRAND_FILES[0]] = brand.facts
    logo = BRAND_FILES[1:] if brand.logo else ()
    files["manifest.json"] = manifest(run, script, plan, sorted([*files, *logo, "manifest.json"]))
    return Bundle(folder=folder, files=files)


def manifest(run: Run, script: Script, plan: Plan | None, files: list[str]) -> str:
    """What the bundle is and what it was made from, as JSON."""
    facts = {
        "run": run.id,
        "title": script.title,
        "request": run.request.text,
        "author": script.author,
        "created_at": run.created_at.isoformat(),
        "version": VERSION,
        "sources": [s.model_dump(include={"name", "sql", "bound", "place"}) for s in declared_sources(script.text)],
        "assumptions": list(plan.assumptions) if plan else [],
        "files": files,
    }
    return json.dumps(facts, indent=2, ensure_ascii=False, default=str) + "\n"


def write_bundle(bundle: Bundle, output: Path, logo: bytes = b"") -> Path:
    """Write the folder under `output`: beside it first, then renamed, so that no half of it is ever seen.

    `logo` is a PNG that reports and the dashboard show.

    Raises:
        StoreError: the disk is full or the folder cannot be written; nothing is left behind.
    """
    target = output / bundle.folder
    try:
        output.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(prefix=".making-", dir=output))
    except OSError as error:
        raise _cannot_write(output, error) from error
    try:
        _fill(making, bundle)
        if logo:
            (making / BRAND_FILES[1]).write_bytes(logo)
        if target.exists():
            shutil.rmtree(target)
        os.replace(making, target)
    except OSError as error:
        shutil.rmtree(making, ignore_errors=True)
        raise _cannot_write(target, error) from error
    return target


def _fill(folder: Path, bundle: Bundle) -> None:
    folder.chmod(0o755)
    for name in FOLDERS:
        (folder / name).mkdir(parents=True)
    for name, text in bundle.files.items():
        file = folder / name
        file.write_text(text, encoding="utf-8")
        if name in PROGRAMS:
            file.chmod(0o755)
    for name in bundle.copied:
        shutil.copytree(TEMPLATES / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))


def put_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a run's folder, each whole or not at all."""
    try:
        for name, content in files.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            making = file.with_name(f".{file.name}.part")
            try:
                making.write_bytes(content)
                os.replace(making, file)
            finally:
                making.unlink(missing_ok=True)
    except OSError as error:
        raise _cannot_write(folder, error) from error


def _cannot_write(where: Path, error: OSError) -> StoreError:
    return StoreError(
        f"{where} cannot be written: {error.strerror or error}.",
        "Free some disk space, or set OUTPUT_DIR to a folder that can be written.",
    )


def slug(text: str) -> str:
    """The text as a part of a file name."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60].strip("-") or "request"


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES / "bundle"),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,
    )
