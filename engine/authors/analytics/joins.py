"""How tables hang together: shortest paths along the keys, and whether a step multiplies rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, product

import networkx as nx

from engine.authors.analytics.query import Join
from engine.sources.schema import ForeignKey, Schema

Path = tuple[Join, ...]
LONGEST = 4


@dataclass(frozen=True)
class Tie(Exception):
    """Several shortest paths lead from one table to another: a person must choose."""

    start: str
    goal: str
    paths: tuple[Path, ...]


@dataclass(frozen=True)
class KeyGraph:
    """The tables of a schema joined by their keys, declared and inferred."""

    schema: Schema

    @cached_property
    def graph(self) -> nx.MultiGraph:
        """Tables as nodes, keys as edges."""
        graph = nx.MultiGraph()
        graph.add_nodes_from(table.key for table in self.schema.tables)
        for key in self.schema.foreign_keys:
            if key.table != key.refers_table and {key.table, key.refers_table} <= set(graph):
                graph.add_edge(key.table, key.refers_table, via=key)
        return graph

    @cached_property
    def simple(self) -> nx.Graph:
        """The same with one edge between two tables, for finding ways."""
        return nx.Graph(self.graph)

    def step(self, key: ForeignKey, start: str) -> Join:
        """One join along a key, from either of its ends."""
        if start == key.table:
            return Join(left=start, left_columns=key.columns, right=key.refers_table, right_columns=key.refers_columns)
        table = self.schema.by_key[key.table]
        return Join(
            left=start,
            left_columns=key.refers_columns,
            right=key.table,
            right_columns=key.columns,
            many=set(table.primary_key) != set(key.columns),
        )

    def paths(self, start: str, goal: str) -> tuple[Path, ...]:
        """Every shortest path; none when the tables are not connected or too far apart."""
        if start == goal:
            return ((),)
        simple = self.simple
        if start not in simple or goal not in simple or not nx.has_path(simple, start, goal):
            return ()
        found: list[Path] = []
        for nodes in nx.all_shortest_paths(simple, start, goal):
            if len(nodes) - 1 > LONGEST:
                return ()
            edges = [[data["via"] for data in self.graph[a][b].values()] for a, b in pairwise(nodes)]
            for keys in product(*edges):
                found.append(tuple(self.step(key, node) for key, node in zip(keys, nodes, strict=False)))
        return _plainest(found)

    def path(self, start: str, goal: str, hints: Iterable[str] = ()) -> Path | None:
        """The one shortest path, told apart by key columns that are named in `hints`; a `Tie` when several remain."""
        found = self.paths(start, goal)
        if len(found) > 1:
            named = [path for path in found if set(hints) & {name for join in path for name in _columns(join)}]
            through = [path for path in found if set(hints) & {join.right for join in path[:-1]}]
            found = tuple(named) or tuple(through) or found
        if len(found) > 1:
            raise Tie(start, goal, tuple(found))
        return found[0] if found else None

    def distance(self, start: str, goal: str) -> int:
        """Joins between two tables; 99 when there is no way."""
        found = self.paths(start, goal)
        return len(found[0]) if found else 99

    def looks_up(self, start: str, goal: str) -> bool:
        """Whether each row of `start` has at most one row of `goal`."""
        found = self.paths(start, goal)
        return len(found) == 1 and not any(join.many for join in found[0])


def _plainest(paths: list[Path]) -> tuple[Path, ...]:
    """Paths that only look up a parent are preferred to those that pass through rows in between."""
    lookups = [path for path in paths if not any(join.many for join in path)]
    return tuple(lookups or paths)


def _columns(join: Join) -> tuple[str, ...]:
    return (
        *(f"{join.left}.{name}" for name in join.left_columns),
        *(f"{join.right}.{name}" for name in join.right_columns),
    )


def merged(paths: Sequence[Path]) -> Path:
    """The joins of several paths from one base, each once."""
    joins: list[Join] = []
    for path in paths:
        for join in path:
            if join.right not in {known.right for known in joins}:
                joins.append(join)
    return tuple(joins)


def described(path: Path) -> str:
    """A path in words."""
    if not path:
        return "the same table"
    steps = [f"{join.right} ({', '.join(join.left_columns)})" for join in path]
    return f"{path[0].left} to " + " to ".join(steps)


def ancestors(schema: Schema, tables: Sequence[str]) -> tuple[str, ...]:
    """The tables that each row of those given looks up along its keys, nearest first, at most LONGEST steps away."""
    found: dict[str, None] = {}
    nearest = list(tables)
    for _ in range(LONGEST):
        nearest = sorted({key.refers_table for key in schema.foreign_keys if key.table in nearest})
        nearest = [key for key in nearest if key not in found and key not in tables and key in schema.by_key]
        found.update(dict.fromkeys(nearest))
    return tuple(found)
