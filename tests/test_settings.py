"""Settings: the environment before the file, wrong values named, secrets never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import UsageError
from engine.settings import CONSENT, read_settings


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("PORT=9000\nEXECUTOR=local\nUNKNOWN=1\n")
    settings = read_settings({"PORT": "9001", "EXECUTOR": ""}, file)
    assert (settings.port, settings.executor) == (9001, "")


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "many"), ("PORT", "0"), ("EXECUTOR", "ssh"), ("LIMIT_MEMORY_MB", "1"), ("LOG_LEVEL", "LOUD")],
)
def test_a_wrong_value_is_named(name: str, value: str) -> None:
    with pytest.raises(UsageError, match=name):
        read_settings({name: value})


def test_secrets_are_not_in_the_repr() -> None:
    settings = read_settings({"DATABASE_URL": "postgresql://u:geheim@h/d", "LLM_API_KEY": "geheim"})
    assert "geheim" not in repr(settings)
    assert "geheim" not in str(settings)


def test_consent_must_be_in_writing() -> None:
    assert read_settings({"ALLOW_UNISOLATED": "yes"}).accepts_unisolated is False
    assert read_settings({"ALLOW_UNISOLATED": CONSENT}).accepts_unisolated is True
