"""What the names of a query mean to a PostgreSQL server: decoded as its own lexer does, then its catalog is asked.

A name that the server does not know is harmless: the query fails. A name that it knows as a function or as one of its
own tables must be among those that are allowed. `(x).f` and `t.f` call functions too, without a bracket.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from engine.errors import RefusedError
from engine.sources.allowed_functions import folded_name, postgresql_computes

# As PostgreSQL's scanner reads with standard_conforming_strings on, which the session sets. Numbers are kept so short
# that a name right behind one is still seen.
_LEXEMES = re.compile(
    r"""
    (?P<blank>[ \t\n\r\f\v]+|--[^\n\r]*) | (?P<open>/\*) | (?P<encoded>[uU]&["'])
    | (?P<escaped>[eE]'(?:[^'\\]|\\.|'')*') | (?P<string>(?:[bBxXnN])?'(?:[^']|'')*') | (?P<quoted>"(?:[^"]|"")*")
    | (?P<dollar>\$(?P<tag>(?:[A-Za-z_\x80-\U0010ffff][\w\x80-\U0010ffff]*)?)\$.*?\$(?P=tag)\$)
    | (?P<name>[A-Za-z_\x80-\U0010ffff](?:[A-Za-z0-9_$]|[\x80-\U0010ffff])*) | (?P<digits>\d+) | (?P<sign>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_LONGEST_NAME = 63

SYSTEM_TABLES = frozenset(
    """
    pg_am pg_attrdef pg_attribute pg_class pg_collation pg_constraint pg_depend pg_description pg_enum pg_index
    pg_indexes pg_inherits pg_matviews pg_namespace pg_partitioned_table pg_proc pg_range pg_roles pg_sequence
    pg_sequences pg_tables pg_timezone_abbrevs pg_timezone_names pg_trigger pg_type pg_views attributes character_sets
    check_constraints collations column_privileges columns constraint_column_usage constraint_table_usage domains
    element_types information_schema_catalog_name key_column_usage referential_constraints role_table_grants schemata
    sequences table_constraints table_privileges tables view_column_usage view_table_usage views
    """.split()
)  # fmt: skip

# Functions: in the schema that the query names, else wherever the session looks. A `field` must take one value, a
# `row` one row of a table that has no such column. Then the server's own tables among all names.
_LOOKED_UP = """
WITH asked AS (SELECT * FROM unnest(:names::text[], :places::text[], :forms::text[]) AS a(name, place, form))
SELECT DISTINCT a.name, n.nspname::text, own.builtin,
       (SELECT bool_or(v.provolatile = 'v') FROM pg_catalog.pg_proc AS v
        WHERE v.proname = a.name AND v.oid < 16384 AND v.pronamespace = 'pg_catalog'::regnamespace),
       p.provolatile = 'v',
       EXISTS (SELECT FROM pg_catalog.pg_depend AS d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid
                  AND d.deptype = 'e')
FROM asked AS a
JOIN pg_catalog.pg_proc AS p ON p.proname = a.name
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
CROSS JOIN LATERAL (SELECT n.nspname = 'pg_catalog' AND p.oid < 16384 AS builtin) AS own
LEFT JOIN pg_catalog.pg_type AS t ON t.oid = p.proargtypes[0]
WHERE CASE WHEN a.place = '' THEN n.nspname = ANY (current_schemas(true)) ELSE n.nspname = a.place END
  AND (a.form = 'call' OR (p.pronargs >= 1 AND p.pronargs - p.pronargdefaults <= 1))
  AND (a.form <> 'row' OR t.typname = 'record' OR (t.typtype = 'c' AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_attribute AS c WHERE c.attrelid = t.typrelid AND c.attname = a.name)))
UNION ALL
SELECT c.relname::text, NULL, NULL, NULL, NULL, NULL
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relname = ANY (:tables::text[]) AND c.relkind IN ('r', 'v', 'm', 'f', 'p', 't')
  AND (n.nspname = ANY (:schemas::text[])
       OR (n.nspname = 'information_schema' AND n.nspname = ANY (current_schemas(false))))
"""


class Reader(Protocol):
    """What reads rows of a statement of ours."""

    def __call__(self, sql: str, bound: dict[str, object]) -> list[tuple[object, ...]]:
        """All rows."""
        ...


@dataclass(frozen=True)
class Lexeme:
    """A name (decoded, folded when it was not quoted) or one other sign of a query."""

    text: str
    is_name: bool = False


@dataclass(frozen=True)
class Use:
    """A name that may call a function: `call` before a bracket, `field` of a value, `row` of a table."""

    name: str
    place: str
    form: str


def refuse_by_catalog(read: Reader, sql: str, named: frozenset[str]) -> None:
    """Refuse a query that calls a function which does more than compute, or reads the server's own tables.

    `named` are functions that the settings allow, with or without their schema.
    """
    lexemes = list(lexed(sql))
    uses = sorted(set(_uses(lexemes)), key=lambda use: (use.name, use.place, use.form))
    names = sorted({lexeme.text for lexeme in lexemes if lexeme.is_name})
    found = read(
        _LOOKED_UP,
        {
            "names": [use.name for use in uses],
            "places": [use.place for use in uses],
            "forms": [use.form for use in uses],
            "tables": names,
            "schemas": ["pg_catalog", "pg_toast", *({"information_schema"} & set(names))],
        },
    )
    for name, place, builtin, any_volatile, volatile, extension in found:
        if place is None:
            if name not in SYSTEM_TABLES:
                hint = "Queries read the tables and views of the business only."
                raise RefusedError(f"{name} may not be read.", hint)
            continue
        known = any_volatile is not None and postgresql_computes(str(name), bool(any_volatile))
        # An extension may bring another version of a function that is allowed: max() of its own type.
        allowed = known and (builtin or (extension and not volatile))
        if not allowed and not {str(name), f"{place}.{name}"} & named:
            raise _refused(str(name), "" if builtin else str(place))


def _refused(name: str, place: str) -> RefusedError:
    if place:
        return RefusedError(
            f"The function {place}.{name}() is not one of the server's own, and may not be used in a query.",
            f"Leave it out, or allow it by its name: ALLOWED_FUNCTIONS={place}.{name} in the settings. "
            f"A function of the server that has the same name is called pg_catalog.{name}().",
        )
    return RefusedError(
        f"The function {name}() may not be used in a query.",
        "Queries read tables and views, and call functions that only compute.",
    )


def _uses(lexemes: list[Lexeme]) -> Iterator[Use]:
    for position, (lexeme, following) in enumerate(pairwise([*lexemes, Lexeme("")])):
        if not lexeme.is_name:
            continue
        start = _start_of_path(lexemes, position)
        if following == Lexeme("("):
            place = lexemes[position - 2] if position - start >= 2 else Lexeme("")
            yield Use(lexeme.text, place.text if place.is_name else "", "call")
        elif position > start:
            yield Use(lexeme.text, "", "row" if lexemes[start].is_name else "field")


def _start_of_path(lexemes: list[Lexeme], position: int) -> int:
    """Where the path of names and dots that ends with a name begins: at a name, or at what the first dot is of."""
    while position >= 2 and lexemes[position - 1] == Lexeme("."):
        position -= 2
        if not lexemes[position].is_name:
            break
    return position


def lexed(sql: str) -> Iterator[Lexeme]:
    """The names and signs of a query, without comments and texts.

    Raises:
        RefusedError: a name or text is written so that its letters do not stand there.
    """
    position, escaped_before = 0, False
    while position < len(sql):
        match = _LEXEMES.match(sql, position)
        assert match is not None  # `sign` takes any letter
        position = match.end()
        if match["open"]:
            position = _comment_end(sql, position)
        elif match["encoded"]:
            raise RefusedError(
                f"The query writes a name or text in code: {match[0]}...{match[0][-1]}.",
                "Write the letters themselves; U& is not taken.",
            )
        elif match["string"] and escaped_before:
            raise RefusedError(
                "The query goes on with a text of escapes on another line.", "Write such a text in one piece."
            )
        elif match["name"] or match["quoted"]:
            text = folded_name(match[0]) if match["name"] else match[0][1:-1].replace('""', '"')
            yield Lexeme(text.encode()[:_LONGEST_NAME].decode("utf-8", "ignore"), True)
        elif not match["blank"]:
            yield Lexeme(match[0] if match["sign"] else "0")
        if not (match["blank"] or match["open"]):
            escaped_before = bool(match["escaped"])


def refuse_codes(sql: str) -> None:
    """Refuse names and texts whose letters do not stand there."""
    for _ in lexed(sql):
        pass


def _comment_end(sql: str, position: int) -> int:
    """Comments nest."""
    depth = 1
    while depth and (edge := _COMMENT_EDGE.search(sql, position)):
        depth += 1 if edge[0] == "/*" else -1
        position = edge.end()
    return len(sql) if depth else position


def named_functions(text: str) -> frozenset[str]:
    """The functions that a setting allows, parted by commas or blanks."""
    return frozenset(_folded(re.split(r"[,\s]+", text)))


def _folded(names: Iterable[str]) -> Iterator[str]:
    return (folded_name(name.removesuffix("()")) for name in names if name)
