"""Pictures of the pages: every page is among them, and they are taken of the real workbench."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from engine.bench import screens
from tests.conftest import ROOT


def test_every_page_is_taken() -> None:
    pages = {path.stem for path in (ROOT / "pages").glob("*.py")}
    assert pages <= {view.name for view in screens.views("one", "two", "three")}
    assert [name for name, _ in screens.SHAPES] == ["light", "dark", "phone"]
    assert screens.FOLDER.relative_to(ROOT).parts[0] in (ROOT / ".gitignore").read_text("utf-8")


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_a_picture_is_as_high_as_its_page(tmp_path: Path, sample_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screens, "SHAPES", screens.SHAPES[:1])
    monkeypatch.setattr(
        screens, "views", lambda answer, ranking, service: [screens.View("results", f"results?run={answer}")]
    )
    environment = {
        "DATABASE_URL": sample_url,
        "EXECUTOR": "local",
        "LLM_BASE_URL": "none",
        "OUTPUT_DIR": f"{tmp_path}/runs",
        "LOG_DIR": f"{tmp_path}/logs",
        "VAR_DIR": f"{tmp_path}/var",
        "STORE_URL": f"sqlite:///{tmp_path}/store.sqlite",
    }
    (made,) = screens.take(tmp_path / "pictures", environment)
    assert made.name == "results-light.png"
    with Image.open(made) as picture:
        assert picture.width == 1440
        assert picture.height > 1000
