"""`./run sbom`: every installed package is in the document, which follows CycloneDX's schema."""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from engine.__main__ import main
from engine.commands.sbom import NAME, document
from engine.version import VERSION


def test_every_installed_package_is_in_the_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "sbom.json"
    assert main(["sbom", str(file)]) == 0
    made = json.loads(file.read_text("utf-8"))
    assert (made["bomFormat"], made["specVersion"]) == ("CycloneDX", "1.6")
    assert (made["metadata"]["component"]["name"], made["metadata"]["component"]["version"]) == (NAME, VERSION)
    listed = {(each["name"], each["version"]) for each in made["components"]}
    names = {each.metadata["Name"].lower() for each in metadata.distributions()}
    assert {name.lower() for name, _ in listed} == names
    assert ("pandas", metadata.version("pandas")) in listed
    assert main(["sbom"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert len(printed["components"]) == len(made["components"])


def test_a_package_has_its_address_licence_and_needs() -> None:
    made = json.loads(document(metadata.distributions()))
    pandas = next(each for each in made["components"] if each["name"] == "pandas")
    assert pandas["purl"] == f"pkg:pypi/pandas@{metadata.version('pandas')}"
    assert "BSD" in json.dumps(pandas["licenses"])
    (needs,) = [each["dependsOn"] for each in made["dependencies"] if each["ref"] == pandas["bom-ref"]]
    assert f"numpy=={metadata.version('numpy')}" in needs
    unlicensed = [each["name"] for each in made["components"] if not each.get("licenses")]
    assert len(unlicensed) < len(made["components"]) / 10


def test_the_document_follows_the_schema() -> None:
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    assert validator.validate_str(document(metadata.distributions())) is None
    assert validator.validate_str('{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{}]}') is not None


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert main(["sbom", str(tmp_path / "file" / "sbom.json")]) == 1
    assert "sbom.json" in capsys.readouterr().err
