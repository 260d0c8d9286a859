"""The one join finder: ways from a table to others along the keys, by how many rows meet how many. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from engine.semantics.model import Relation, SemanticModel

LONGEST = 4


@dataclass(frozen=True)
class Step:
    """One key taken: from the row that holds it to the one it refers to, or `back` to those that refer to it."""

    relation: Relation
    back: bool = False

    @property
    def start(self) -> str:
        """The table it leads from."""
        return self.relation.refers_table if self.back else self.relation.table

    @property
    def end(self) -> str:
        """The table it leads to."""
        return self.relation.table if self.back else self.relation.refers_table

    @property
    def many(self) -> bool:
        """Whether one row can meet several."""
        return self.back and not self.relation.one_to_one


Way = tuple[Step, ...]


class Ways:
    """The ways through one semantic model."""

    def __init__(self, model: SemanticModel) -> None:
        self.model = model
        self._up: dict[str, dict[str, list[Way]]] = {}
        self._any: dict[tuple[str, str], list[Way]] = {}

    def up(self, home: str, table: str, via: tuple[str, ...] = ()) -> list[Way]:
        """The shortest ways on which each row of `home` meets at most one of `table`, taking the keys in `via`."""
        if home == table and not via:
            return [()]
        found = self._ups(home).get(table, [])
        if via:
            found = [way for way in found if set(via) <= {step.relation.name for step in way}]
        least = min((len(way) for way in found), default=0)
        return [way for way in found if len(way) == least]

    def _ups(self, home: str) -> dict[str, list[Way]]:
        if home not in self._up:
            found: dict[str, list[Way]] = {}
            edge: list[Way] = [()]
            for _ in range(LONGEST):
                edge = [(*way, step) for way in edge for step in self._steps(way[-1].end if way else home, up=True)]
                edge = [
                    way for way in edge if len({home, *(s.end for s in way)}) == len(way) + 1 or way[-1].end == home
                ]
                for way in edge:
                    found.setdefault(way[-1].end, []).append(way)
            self._up[home] = found
        return self._up[home]

    def _steps(self, table: str, up: bool) -> list[Step]:
        out = [Step(each) for each in self.model.outgoing.get(table, ())]
        back = [Step(each, True) for each in self.model.incoming.get(table, ())]
        live = [step for step in back if not self.model.entities[step.end].copy_of]
        return out + [step for step in live if not up or step.relation.one_to_one]

    def across(self, home: str, table: str, via: tuple[str, ...] = ()) -> list[Way]:
        """The shortest ways of any kind from a row of `home` to rows of `table`."""
        place = (home, table)
        if place not in self._any:
            found: list[Way] = []
            edge: list[Way] = [()]
            for _ in range(LONGEST):
                edge = [(*way, step) for way in edge for step in self._steps(way[-1].end if way else home, up=False)]
                edge = [way for way in edge if len({home, *(s.end for s in way)}) == len(way) + 1]
                found += [way for way in edge if way[-1].end == table]
                if len(found) > 0 and not via:
                    break
            self._any[place] = found
        found = [way for way in self._any[place] if set(via) <= {step.relation.name for step in way}]
        # Rows that only have a parent in common do not belong to each other: orders of the supplier of a product.
        found = [way for way in found if way[0].back] or found
        least = min((len(way) for way in found), default=0)
        return [way for way in found if len(way) == least]

    def distance(self, home: str, table: str) -> int | None:
        """How many keys a row of `home` is from its row of `table`; None where there is no such row."""
        found = self.up(home, table)
        return len(found[0]) if found else None
