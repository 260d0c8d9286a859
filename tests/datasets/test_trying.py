"""An API is tried before it is kept: its lists are found, its columns are known, and the form says what YAML does."""

from __future__ import annotations

from typing import Any

import pytest

from engine.datasets.declaration import EXAMPLE, HttpSource, read_declaration, written_declaration
from engine.datasets.hosts import Hosts
from engine.datasets.jsonpath import found_at
from engine.datasets.shelf import Shelf
from engine.datasets.trying import lists_in, shown
from engine.errors import EngineError, SourceError, UsageError
from tests.datasets.conftest import SECRETS, Api
from workbench.apiform import PAIRS, form_of, secret_name, source_of


@pytest.mark.parametrize(
    ("document", "paths"),
    [
        ([{"a": 1}, {"a": 2}], ["$"]),
        ({"data": [{"a": 1}], "errors": []}, ["$.data", "$"]),
        ({"few": [{"a": 1}], "many": [{"b": 1}, {"b": 2}], "tags": ["x", "y"]}, ["$.many", "$.few", "$.tags", "$"]),
        ({"deep": {"two words": {"it's": [{"a": 1}]}}}, ["$.deep['two words'][\"it's\"]", "$"]),
        ({"pages": [{"rows": [{"a": 1}, {"a": 2}]}, {"rows": [{"a": 3}]}]}, ["$.pages", "$.pages[*].rows[*]", "$"]),
        ({"a": 1, "b": {"c": 2}}, ["$"]),
        ([[1, 2], [3]], ["$"]),
        (3, []),
        ({"名": [{"a": 1}], "both'\"": [{"a": 1}]}, ["$['名']", "$"]),
    ],
)  # fmt: skip
def test_the_lists_of_an_answer_are_found_and_their_paths_lead_there(document: Any, paths: list[str]) -> None:
    found = lists_in(document)
    assert [each.path for each in found] == paths
    for each in found:
        assert each.count == (
            1 if isinstance(found_at(document, each.path), dict) else len(found_at(document, each.path))
        )


def test_an_answer_that_is_nested_deeply_is_looked_at_for_a_while() -> None:
    document: Any = [{"a": 1}]
    for _ in range(500):
        document = {"in": [document]} if _ % 2 else {"in": document}
    assert len(lists_in(document)) < 20


def test_what_is_shown_is_what_is_kept(api: Api, shelf: Shelf) -> None:
    source = api.source("rates", rows="$.data")
    document = shelf.try_api(source)
    made = shown(source, document)
    assert [(column.name, column.kind) for column in made.columns] == [
        ("id", "INTEGER"), ("month", "DATE"), ("rate", "REAL"), ("base_code", "TEXT"),
    ]  # fmt: skip
    assert shelf.all() == ()
    kept = shelf.add_api("rates", source)
    table = shelf.connection().schema.tables[0]
    assert [(column.name, column.type) for column in table.columns] == [(c.name, c.kind) for c in made.columns]
    assert kept.rows == made.count == len(made.rows) == 25


def test_one_page_alone_is_asked_with_its_secret(api: Api, hosts: Hosts, shelf: Shelf) -> None:
    paging = {"kind": "page", "parameter": "page", "size_parameter": "size", "size": 10}
    source = api.source("pages", rows="$.data", paging=paging)  # type: ignore[arg-type]
    assert shown(source, shelf.try_api(source)).count == 10
    assert [path for path, _ in api.asked] == ["/pages?size=10&page=1"]
    held = api.source("secret", headers={"Authorization": "Bearer ${RATES_TOKEN}"})
    assert shown(held, shelf.try_api(held)).count == 25
    with pytest.raises(UsageError, match="OTHER is not set"):
        shelf.try_api(api.source("secret", headers={"Authorization": "Bearer ${OTHER}"}))
    with pytest.raises(SourceError, match=r"no rows.*"):
        shown(api.source("rates", rows="$.nothing"), {"data": []})


def test_what_a_host_lacks_is_told(api: Api, tmp_path_factory: pytest.TempPathFactory) -> None:
    known = Hosts(tmp_path_factory.mktemp("hosts") / "hosts.json")
    name, port = api.host.split(":")
    assert known.lacking(name, int(port)) == "approval"
    known.approve(api.host)
    assert known.lacking(name, int(port)) == "private"
    known.approve(api.host, private=True)
    assert known.lacking(name, int(port)) == ""
    known.approve("169.254.1.1", private=True)
    # An approval does not help: the reading itself says why.
    assert known.lacking("169.254.1.1", 80) == ""


FULL = """\
name: rents
url: https://api.example.com/v1/rents
parameters: {base: USD, limit: 5}
headers: {X-Api-Key: "${KEY}", Accept-Language: en}
rows: $.data
format: json
fresh_minutes: 60
paging: {kind: cursor, parameter: after, cursor: $.next, size: 50, size_parameter: n, most_pages: 7}
"""


@pytest.mark.parametrize("text", [EXAMPLE, FULL, "name: a\nurl: http://h/x\nparameters: {k: '${T}'}\nformat: csv\n"])
def test_the_form_says_what_yaml_says(text: str) -> None:
    name, source = read_declaration(text)
    again, filled = source_of(form_of(name, source))
    strings = {key: str(value) for key, value in source.parameters.items()}
    assert (again, filled) == (name, source.model_copy(update={"parameters": strings}))
    assert read_declaration(written_declaration(again, filled)) == (again, filled)


GOOD = {"name": "rates", "url": "https://api.example.com/rates"}


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({}, "The address is missing"),
        ({"url": "https://a.example"}, "The name is missing"),
        ({**GOOD, "name": "Two Words"}, "cannot name a dataset"),
        ({**GOOD, "url": "api.example.com"}, "must start with https"),
        ({**GOOD, "url": "https://me:pw@a.example"}, "holds a login"),
        ({**GOOD, "token_way": "bearer", "token_name": "eyJhbGciOi.x.y"}, "named here, not typed"),
        ({**GOOD, "token_way": "header", "token_name": "KEY"}, "has no name"),
        ({**GOOD, "paging": "page"}, "needs its parameter"),
        ({**GOOD, "paging": "cursor", "parameter": "after"}, "path of the next cursor"),
        ({**GOOD, "header_0_name": "Authorization", "header_0_value": "Bearer abc"}, "looks like a credential"),
        ({**GOOD, "query_0_name": "api_key", "query_0_value": "abc"}, "looks like a credential"),
        ({**GOOD, "query_0_value": "abc"}, "has no name"),
        ({**GOOD, "header_0_name": "Host", "header_0_value": "x"}, "cannot be set"),
    ],
)
def test_a_wrong_field_is_one_sentence(form: dict[str, Any], words: str) -> None:
    with pytest.raises(EngineError) as caught:
        source_of(form)
    assert words in caught.value.message
    assert "\n" not in caught.value.message + caught.value.hint


def test_a_secret_is_named_with_or_without_its_prefix() -> None:
    assert secret_name(" SECRET_RATES_TOKEN ") == secret_name("RATES_TOKEN") == "RATES_TOKEN"
    assert "geheim" not in str(SECRETS.keys())


def test_a_declaration_with_more_than_the_form_has_is_said() -> None:
    source = HttpSource(url="https://a.example", parameters={f"p{at}": "1" for at in range(PAIRS + 1)})
    with pytest.raises(UsageError, match="room for"):
        form_of("a", source)
