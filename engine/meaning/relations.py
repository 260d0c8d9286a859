"""How tables hang together: clusters for a first look, and the neighbourhood of one table for a close one."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

import networkx as nx

from engine.products import Product
from engine.sources.schema import ForeignKey, Schema

MOST_NEAR = 24


class Cluster(Product):
    """Tables that belong together, named by the one that most keys touch."""

    name: str
    tables: tuple[str, ...]


class Overview(Product):
    """All clusters, how many keys lead from one to another, and the tables without any key."""

    clusters: tuple[Cluster, ...]
    ties: dict[str, int]
    alone: tuple[str, ...]


class Neighbourhood(Product):
    """A table and those near it along the keys; `left_out` are as near but too many to draw."""

    focus: str
    tables: tuple[str, ...]
    keys: tuple[ForeignKey, ...]
    left_out: tuple[str, ...] = ()


def overview(schema: Schema) -> Overview:
    """The clusters of a schema."""
    return _overview(
        schema.fingerprint, tuple((key.table, key.refers_table) for key in schema.foreign_keys), tuple(schema.by_key)
    )


@lru_cache(maxsize=16)
def _overview(fingerprint: str, ties: tuple[tuple[str, str], ...], tables: tuple[str, ...]) -> Overview:
    graph = nx.Graph()
    graph.add_nodes_from(tables)
    graph.add_edges_from((one, other) for one, other in ties if one != other)
    alone = tuple(sorted(nx.isolates(graph)))
    graph.remove_nodes_from(alone)
    found = nx.community.louvain_communities(graph, seed=7) if graph.number_of_edges() else []
    degree = dict(graph.degree())
    clusters = [_cluster(members, degree) for members in found]
    clusters.sort(key=lambda cluster: (-len(cluster.tables), cluster.name))
    place = {table: cluster.name for cluster in clusters for table in cluster.tables}
    between = Counter(
        f"{place[one]} -> {place[other]}"
        for one, other in ties
        if one in place and other in place and place[one] != place[other]
    )
    return Overview(clusters=tuple(clusters), ties=dict(between), alone=alone)


def _cluster(members: set[str], degree: dict[str, int]) -> Cluster:
    ordered = sorted(members, key=lambda table: (-degree[table], table))
    return Cluster(name=ordered[0], tables=tuple(ordered))


def neighbourhood(schema: Schema, focus: str, steps: int = 1, most: int = MOST_NEAR) -> Neighbourhood:
    """The tables within so many keys of a table, the nearest and best connected first."""
    near: dict[str, int] = {focus: 0}
    for step in range(1, steps + 1):
        for key in schema.foreign_keys:
            for one, other in ((key.table, key.refers_table), (key.refers_table, key.table)):
                if near.get(one) == step - 1 and other not in near:
                    near[other] = step
    touched = Counter(table for key in schema.foreign_keys for table in (key.table, key.refers_table))
    ordered = sorted(near, key=lambda table: (near[table], -touched[table], table))
    drawn = set(ordered[:most])
    keys = tuple(key for key in schema.foreign_keys if {key.table, key.refers_table} <= drawn)
    return Neighbourhood(focus=focus, tables=tuple(ordered[:most]), keys=keys, left_out=tuple(ordered[most:]))
