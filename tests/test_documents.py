"""Facts that documents state and the code knows: they agree."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest

from engine.__main__ import COMMANDS, parser
from engine.rules import RULES
from engine.settings import NAMES, read_settings
from engine.steps.containerize import FOLDERS
from engine.version import VERSION
from tests import documents
from tests.conftest import ROOT

DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "sample" / "README.md", ROOT / "templates/prompts/contract.md"]
)


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("file", documents.FILES)
def test_generated_parts_are_up_to_date(file: str) -> None:
    assert read(file) == documents.rendered(read(file), documents.FILES[file]), "run: python -m tests.documents"


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_is_documented(name: str) -> None:
    assert re.search(rf"^{name}=", read(".env.example"), re.MULTILINE)
    assert f"`{name}`" in read("docs/settings.md")


def test_no_document_names_a_setting_that_is_not_there() -> None:
    assert set(re.findall(r"^([A-Z_]+)=", read(".env.example"), re.MULTILINE)) == set(NAMES)


def test_the_example_settings_are_accepted(tmp_path: Path) -> None:
    settings = read_settings({}, ROOT / ".env.example")
    defaults = read_settings({}, None)
    assert settings == defaults


def test_every_command_and_option_is_documented() -> None:
    text = read("docs/commands.md")
    actions = [action for action in parser()._actions if isinstance(action, argparse._SubParsersAction)]
    names = dict(actions[0].choices)
    assert len(names) >= len(COMMANDS)
    for name, command in names.items():
        line = " ".join(line for line in text.splitlines() if line.startswith(f"./run {name}"))
        assert line, f"./run {name} is not in docs/commands.md"
        options = {option for action in command._actions for option in action.option_strings if option.startswith("--")}
        missing = [option for option in options - {"--help"} if option not in line]
        assert missing == [], f"{name}: {missing}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", document.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (document.parent / target).exists(), target


def test_the_bundles_files_are_documented() -> None:
    text = read("docs/bundle.md")
    for name in ("script.py", "runtime/", "requirements.txt", "Dockerfile", "deploy.sh", "manifest.json", *FOLDERS):
        assert name.split("/")[0] in text, name


def test_the_version_is_in_the_changelog() -> None:
    assert f"## {VERSION}" in read("CHANGELOG.md")


def test_every_rule_is_in_the_contract() -> None:
    text = read("templates/prompts/contract.md")
    assert [name for name in RULES if name not in text] == []


def test_every_rule_has_its_reason() -> None:
    """In one place: why it is there although the sandbox stands behind it."""
    table = "".join(line for line in read("docs/security-checks.md").splitlines() if line.startswith("| `"))
    assert sorted(re.findall(r"`([a-z][a-z-]*)`", "".join(re.findall(r"\| (`[^|]*) \|", table)))) == sorted(RULES)


def test_architecture_names_what_is_there() -> None:
    for name in re.findall(
        r"`((?:engine|runtime|templates|workbench|pages|sample|var)[\w/.-]*)`", read("ARCHITECTURE.md")
    ):
        assert name.startswith("var") or (ROOT / name.rstrip("/")).exists(), name
