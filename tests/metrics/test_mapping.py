"""Mappings apply only where every table and column they name exists."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import UsageError
from engine.metrics.mapping import find_mapping, load_mapping, read_mapping
from engine.sources.connection import open_connection
from tests.conftest import ROOT


def test_the_samples_mapping_fits_the_sample_on_both_databases(
    sample_url: str, postgresql_url: str, tmp_path: Path
) -> None:
    for url in (sample_url, postgresql_url):
        schema = open_connection(url, tmp_path).schema
        mapping = find_mapping(schema, [ROOT / "sample"])
        assert mapping is not None
        assert mapping.missing(schema) == ()


def test_a_mapping_with_a_missing_column_does_not_apply(sample_url: str, tmp_path: Path) -> None:
    schema = open_connection(sample_url, tmp_path).schema
    text = (ROOT / "sample" / "mapping.yaml").read_text().replace("current_balance", "owed")
    (tmp_path / "m.yaml").write_text(text)
    assert load_mapping(tmp_path / "m.yaml").missing(schema) == ("loans.owed",)
    assert find_mapping(schema, [tmp_path]) is None


def test_a_mapping_that_is_none_says_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text("name: x\nentity: {}\n")
    with pytest.raises(UsageError, match=r"m\.yaml"):
        load_mapping(tmp_path / "m.yaml")


@pytest.mark.slow
@pytest.mark.parametrize("text", ["[" * 5000, "a: 2026-99-99", "{" * 5000])
def test_a_mapping_that_is_nested_deeply_or_holds_no_date_is_one_sentence(text: str) -> None:
    with pytest.raises(UsageError, match="is no YAML"):
        read_mapping(text)
