"""A kit over the sample, with the local sandbox, and a finished run of the request that all know."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import Kit, Request, Settings, answer
from engine.products import Run


@pytest.fixture(scope="package")
def kit(sample_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kit]:
    """Nothing in it writes to the sample."""
    made = kit_over(sample_url, tmp_path_factory.mktemp("whatif"))
    yield made
    made.close()


def kit_over(url: str, folder: Path) -> Kit:
    """A kit over a database, with folders of its own."""
    settings = Settings(
        database_url=url,
        executor="local",
        store_url=f"sqlite:///{folder}/store.sqlite",
        output_dir=folder / "runs",
        var_dir=folder / "var",
    )
    return Kit(settings)


def asked(kit: Kit, text: str, **fields: object) -> Run:
    """The run of a request."""
    request = Request(text=text, database=kit.remember(kit.settings.database), executor="local", **fields)
    run = answer(request, kit, lambda event: None)
    assert run.results is not None, run.failure
    return run


@pytest.fixture(scope="package")
def seed_run(kit: Kit) -> Run:
    return asked(kit, "DSCR for Orlando Fashion Square")
