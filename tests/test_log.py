"""The log: lines for people or for programs, each with the run it is about."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path

import pytest

from engine import Kit, Request, Settings
from engine.log import about, start_log
from engine.queue import answer_first


@pytest.fixture
def logger() -> logging.Logger:
    return logging.getLogger("engine.test")


def written(tmp_path: Path) -> list[str]:
    return (tmp_path / "engine.log").read_text(encoding="utf-8").splitlines()


def test_json_lines_say_the_run(tmp_path: Path, logger: logging.Logger) -> None:
    start_log(Settings(log_dir=tmp_path, log_format="json"))
    logger.warning("the lease of %s is over", "größe\nx")
    try:
        with about("261130-abcd"):
            raise ValueError("broken")
    except ValueError:
        with about("261130-abcd"):
            logger.exception("it failed")
    first, second = (json.loads(line) for line in written(tmp_path))
    assert (first["run"], first["message"], first["level"]) == (None, "the lease of größe\nx is over", "WARNING")
    assert second["run"] == "261130-abcd"
    assert "ValueError: broken" in second["error"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00", second["at"])


def test_lines_for_people_say_it_too(tmp_path: Path, logger: logging.Logger) -> None:
    start_log(Settings(log_dir=tmp_path))
    with about("261130-abcd"):
        logger.warning("one")
    logger.warning("two")
    assert [line.partition("engine.test ")[2] for line in written(tmp_path)] == ["[261130-abcd] one", "two"]


def test_what_a_run_logs_is_about_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine import pipeline

    def broken(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(pipeline, "_steps", broken)
    settings = Settings(log_dir=tmp_path, log_format="json", store_url=f"sqlite:///{tmp_path}/store.sqlite")
    start_log(settings)
    kit = Kit(settings)
    run = answer_first(Request(text="NOI", database=""), kit, lambda event: None)
    kit.close()
    assert json.loads(written(tmp_path)[-1])["run"] == run.id
