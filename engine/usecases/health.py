"""What is installed, reachable and enforced here: the checks behind `doctor` and the Settings page."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from engine.errors import EngineError
from engine.executors import EXECUTORS
from engine.executors.base import Property
from engine.executors.proof import stress
from engine.foundation.files import own_folder
from engine.kit import Kit
from engine.products import Product
from engine.sources.address import public_address

FREE_MB = 200


class Check(Product):
    """One thing looked at. `needed` ones must be well for the main job to run."""

    name: str
    well: bool
    detail: str
    hint: str = ""
    needed: bool = True
    properties: tuple[tuple[str, bool, str], ...] = ()


def examine(kit: Kit, *, thorough: bool = False) -> Iterator[Check]:
    """Every check, one after the other; a thorough look also tries what takes seconds."""
    yield _python()
    yield _guarded("Database", lambda: _database(kit))
    yield _guarded("Run store", lambda: _store(kit))
    yield _folder(Path(kit.settings.output_dir))
    yield from _executors(kit, thorough)
    yield _model(kit, thorough)
    yield _guarded("Name, logo and colours", lambda: _brand(kit))


def fit(checks: list[Check]) -> bool:
    """Whether the main job can run."""
    executors = [check for check in checks if check.name.startswith("Executor")]
    return all(check.well for check in checks if check.needed) and any(check.well for check in executors)


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    return Check(
        name="Python", well=sys.version_info >= (3, 11), detail=version, hint="Python 3.11 or newer is needed."
    )


def _guarded(name: str, look: Callable[[], Check]) -> Check:
    try:
        return look()
    except EngineError as error:
        return Check(name=name, well=False, detail=error.message, hint=error.hint)


def _database(kit: Kit) -> Check:
    from engine.metrics.mapping import find_mapping

    address = kit.remember(kit.settings.database)
    connection = kit.connection(address)
    mapping = find_mapping(connection.schema, kit.settings.mapping_folders)
    metrics = f"metrics by the mapping '{mapping.name}'" if mapping else "no mapping, so plain questions only"
    sample = " (sample data)" if kit.settings.uses_sample else ""
    detail = f"{public_address(address)}{sample}: {len(connection.schema.tables)} tables, {metrics}"
    return Check(name="Database", well=True, detail=detail)


def _store(kit: Kit) -> Check:
    return Check(name="Run store", well=True, detail=f"{public_address(kit.settings.store)}: {kit.store.count()} runs")


def _folder(folder: Path) -> Check:
    try:
        own_folder(folder)
        with tempfile.NamedTemporaryFile(dir=folder):
            pass
        free = shutil.disk_usage(folder).free >> 20
    except OSError as error:
        return Check(name="Output folder", well=False, detail=f"{folder}: {error.strerror}", hint="Set OUTPUT_DIR.")
    hint = "" if free >= FREE_MB else f"Less than {FREE_MB} MB are free."
    return Check(name="Output folder", well=free >= FREE_MB, detail=f"{folder}: {free:,} MB free", hint=hint)


def _executors(kit: Kit, thorough: bool) -> Iterator[Check]:
    limits = kit.settings.limits
    for name, make in EXECUTORS.items():
        executor = make(limits, kit.settings.isolation, kit.settings.sandbox_runtime)
        try:
            ready = executor.readiness()
            tried = ready.properties
            if thorough and ready.isolated:
                tried = (*tried, *stress.run(executor.run, limits))
        finally:
            executor.close()
        failed = [item.name for item in tried if not item.enforced]
        whole = "fully isolated" if ready.isolated and not failed else f"isolated in part; not: {', '.join(failed)}"
        detail = "; ".join(part for part in (ready.reason, ready.notice, whole if ready.available else "") if part)
        yield Check(
            name=f"Executor {name}",
            well=ready.available,
            detail=detail,
            hint=ready.hint,
            needed=False,
            properties=tuple(map(_property, tried)),
        )


def _property(item: Property) -> tuple[str, bool, str]:
    return item.name, item.enforced, item.detail


def _brand(kit: Kit) -> Check:
    found = kit.brands.current()
    brand = found.brand
    parts = [brand.name or "no company name", "a logo" if brand.logo else "no logo", brand.primary, brand.accent]
    wrong = "; ".join(f"{problem.setting}: {problem.message}" for problem in found.problems)
    return Check(
        name="Name, logo and colours",
        well=not found.problems,
        detail=wrong or ", ".join(parts),
        hint=" ".join(f"{problem.setting}: {problem.hint}" for problem in found.problems),
        needed=False,
    )


def _model(kit: Kit, thorough: bool) -> Check:
    """The language model that would be asked; a thorough look asks it something."""
    name, without = "Language model", "the catalogue answers without one"
    try:
        endpoint = kit.models.endpoint()
        if endpoint is None:
            detail = f"none set and none found on this machine's usual ports; {without}"
            return Check(name=name, well=True, detail=detail, needed=False)
        from engine.language_model.discovery import LEAST_WINDOW, look, probe

        if thorough:
            tried = f"{probe(endpoint).words}; {_asked_how(kit, thorough)}"
            return Check(name=name, well=True, detail=tried, needed=False)
        found = look(endpoint)
    except EngineError as error:
        return Check(name=name, well=False, detail=f"{error.message} ({without})", hint=error.hint, needed=False)
    window = f"window {found.window:,} tokens" if found.window else f"window not told, {LEAST_WINDOW:,} tokens assumed"
    detail = f"{found.endpoint.model} at {endpoint.url}, {window}; {_asked_how(kit, thorough)}"
    return Check(name=name, well=True, detail=detail, needed=False)


def _asked_how(kit: Kit, thorough: bool) -> str:
    """In which way the model is asked, and why; a thorough look tries one that was not tried yet."""
    from engine.authors.select.probing import AUTO, kept_trial, route_of, try_unknown

    route = kit.settings.llm_route
    if route != AUTO:
        return f"asked by {route}, as LLM_ROUTE says"
    ready = kit.models.client()
    if ready is None:
        return "not asked"
    trial = try_unknown(kit) if thorough else kept_trial(ready.client.endpoint, kit.store)
    if trial is None or not trial.decides:
        way = route_of(route, ready.client.endpoint, kit.store)
        return f"not tried yet with the six questions, so its name decides: {way}"
    return trial.words
