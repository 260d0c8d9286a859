"""Replies in every form that models give them, and what is left of each."""

from __future__ import annotations

import json

import pytest

from engine.authors.select.reply import Reply, read_reply

SQL = "SELECT a, b FROM t WHERE c = 'x'"


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"sql": SQL}),
        json.dumps({"sql": f"{SQL};"}),
        f"Here it is:\n```json\n{json.dumps({'sql': SQL})}\n```",
        '{"reading": "so", "sql": "' + SQL + '",}',
        '{"sql": "' + SQL.replace(" FROM", "\n FROM") + '"}',
        f"```sql\n{SQL}\n```",
        f"```sql\n{SQL};\n```\nThis reads t.",
        SQL,
        json.dumps({"sql": f"```sql\n{SQL}\n```"}),
        json.dumps([{"sql": SQL}]),
        '{"sql": "' + SQL + '", "assumptions": ["one"',
    ],
)
def test_a_select_is_found_in_whatever_form(text: str) -> None:
    assert " ".join(read_reply(text).sql.split()) == SQL


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"cannot": "No costs are kept.", "sql": ""}', "No costs are kept."),
        ('{"cannot": "No costs are kept.", "sql": null}', "No costs are kept."),
        ("CANNOT: no costs are kept", "no costs are kept"),
    ],
)
def test_a_refusal_keeps_its_reason(text: str, reason: str) -> None:
    found = read_reply(text)
    assert (found.cannot, found.sql) == (reason, "")


@pytest.mark.parametrize(
    "text", ["", "Sure!", "{}", '{"sql": ""}', "The SELECT would be long", '{"cannot": null}', "[1, 2"]
)
def test_what_says_nothing_says_nothing(text: str) -> None:
    assert not read_reply(text).says_something


def test_the_other_fields_are_read_where_they_can_be() -> None:
    found = read_reply(
        json.dumps(
            {
                "reading": " one \n line ",
                "assumptions": "only this",
                "sql": SQL,
                "columns": [{"name": "a", "show": "percent"}, "b", {"label": "no name"}],
                "chart": "BAR",
                "suppose": [
                    {"name": "Up", "column": "t.a", "change": "10%"},
                    {"column": "t.a", "change": "much"},
                    {"column": "t.a", "change": -5},
                ],
                "question": {"text": "Which?", "options": ["x", "y", None]},
            }
        )
    )
    assert found.reading == "one line"
    assert found.assumptions == ("only this",)
    assert [column.name for column in found.columns] == ["a"]
    assert found.chart == "bar"
    assert [(each.column, each.change) for each in found.suppose] == [("t.a", 0.1)]
    assert found.question == "", "an answer is an answer, whatever is asked beside it"


def test_the_rules_are_agreed_with_only_without_an_answer_of_its_own() -> None:
    assert read_reply('{"rules": "right", "sql": ""}').agrees
    assert not read_reply(json.dumps({"rules": "right", "sql": SQL})).agrees


def test_any_prefix_of_a_reply_gives_a_verdict_and_never_an_exception() -> None:
    whole = json.dumps({"reading": "so", "sql": SQL, "columns": [{"name": "a", "show": "text"}], "question": None})
    for end in range(len(whole)):
        assert isinstance(read_reply(whole[:end]), Reply)
