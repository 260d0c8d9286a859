"""Step 5: the run's folder, rendered first, written after; a folder is there whole or not at all."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from engine.compiling.declared import declared_sources
from engine.errors import StoreError
from engine.executors.base import BASE_IMAGE
from engine.executors.outside.owner import HOST, OWNER, alive
from engine.foundation.files import OWN_FILE, OWN_FOLDER, OWN_PROGRAM, own_folder, place_below, put_files
from engine.products import Bundle, Limits, Plan, Run, Script
from engine.version import VERSION
from runtime.brand import FILES as BRAND_FILES
from runtime.brand import PLAIN, Brand

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
BY_DIGEST = f"{BASE_IMAGE}, by the digest that its registry gave. Another: docker build --build-arg BASE_IMAGE=..."
BY_NAME = f"No registry gave a digest where this was made. To pin: --build-arg BASE_IMAGE={BASE_IMAGE}@sha256:..."
RENDERED = ("Dockerfile", "docker-compose.yml", "deploy.sh", ".env.example", "README.md")
COPIED = ("requirements.txt",)
# A folder that is being written: by which process of which machine stands in its name.
MAKING = ".making-"
FOLDERS = ("brand", "data", "results", "logs", "exports/reports", "exports/data")
PROGRAMS = frozenset({"deploy.sh", "script.py"})


def containerize(
    run: Run, script: Script, plan: Plan | None, limits: Limits, brand: Brand = PLAIN, base: str = BASE_IMAGE
) -> Bundle:
    """The files of the bundle, as text; pure. A logo is put beside them when they are written.

    `base` is the image that its own is built from, by digest where the engine knows one.
    """
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
        "base": base,
        "base_note": BY_DIGEST if "@sha256:" in base else BY_NAME,
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
        RefusedError: a name of the bundle leads out of its folder.
    """
    target = place_below(output, bundle.folder)
    try:
        own_folder(output)
        sweep(output)
        making = Path(tempfile.mkdtemp(prefix=f"{MAKING}{HOST}-{OWNER}-", dir=output))
    except OSError as error:
        raise _cannot_write(output, error) from error
    try:
        _fill(making, bundle)
        if logo:
            put_files(making, {BRAND_FILES[1]: logo})
        if target.exists():
            shutil.rmtree(target)
        os.replace(making, target)
    except OSError as error:
        raise _cannot_write(target, error) from error
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return target


def sweep(output: Path) -> None:
    """Remove what processes that were killed left half written; only this machine's, and never a living one's."""
    for left in output.glob(f"{MAKING}{HOST}-*"):
        owner = left.name.removeprefix(f"{MAKING}{HOST}-").rpartition("-")[0]
        if owner and not alive(owner):
            shutil.rmtree(left, ignore_errors=True)


def _fill(folder: Path, bundle: Bundle) -> None:
    for name in FOLDERS:
        own_folder(place_below(folder, name))
    files = {name: text.encode() for name, text in bundle.files.items()}
    put_files(folder, files, dict.fromkeys(PROGRAMS & files.keys(), OWN_PROGRAM))
    for name in bundle.copied:
        copied = folder / name
        shutil.copytree(ROOT / name, copied, ignore=shutil.ignore_patterns("__pycache__"))
        for path in (copied, *copied.rglob("*")):
            path.chmod(OWN_FOLDER if path.is_dir() else OWN_FILE)


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
