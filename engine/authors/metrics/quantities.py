"""The quantities of a metric: the closure of its formulas down to the inputs, for the whole or by group."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence, Set

from engine.authors.metrics.facts import Facts
from engine.catalogue import Catalogue, Driver, Input, Metric, names_in
from engine.mapping import DatabaseMapping, Role, RoleKind, Subset
from engine.products import ParameterPlan, QuantityPlan, SourcePlan
from templates.runtime.parsing import parse


def available_inputs(catalogue: Catalogue, mapping: DatabaseMapping, grain: str) -> frozenset[str]:
    """The inputs that the mapping can give; by time only flows can."""
    found = set()
    for entry in catalogue.entries.values():
        role = mapping.roles.get(entry.role) if isinstance(entry, Input) else None
        if role is not None and (not grain or role.kind is RoleKind.FLOW):
            found.add(entry.name)
    return frozenset(found)


def closure(catalogue: Catalogue, names: Sequence[str], available: Set[str]) -> tuple[str, ...]:
    """Every entry that the named ones need, each after what it needs."""
    order: list[str] = []

    def visit(name: str) -> None:
        if name in order:
            return
        for used in names_in(catalogue.formula(name, available) or "0"):
            visit(used)
        order.append(name)

    for name in names:
        visit(name)
    return tuple(order)


def drivers(catalogue: Catalogue, names: Sequence[str]) -> tuple[Driver, ...]:
    """The drivers among the names."""
    entries = [catalogue.entries[name] for name in names]
    return tuple(entry for entry in entries if isinstance(entry, Driver))


def parameters(found: Sequence[Driver]) -> tuple[ParameterPlan, ...]:
    """The drivers as parameters of the script."""
    return tuple(
        ParameterPlan(
            name=driver.name,
            label=driver.label,
            default=driver.default,
            low=driver.low,
            high=driver.high,
            unit=driver.unit,
            step=driver.step,
            description=driver.definition,
        )
        for driver in found
    )


def sources(
    catalogue: Catalogue, mapping: DatabaseMapping, facts: Facts, names: Sequence[str]
) -> tuple[SourcePlan, ...]:
    """One source for each table and kind that the inputs among the names need."""
    stocks: dict[str, dict[str, str]] = {}
    found: dict[str, SourcePlan] = {}
    for name in names:
        entry = catalogue.entries[name]
        if not isinstance(entry, Input):
            continue
        role = mapping.roles[entry.role]
        key = facts.source_name(role)
        match role.kind:
            case RoleKind.FLOW:
                found[key] = facts.flow(role)
            case RoleKind.LATEST:
                found[key] = facts.latest(role, name)
            case RoleKind.SPAN:
                found[key] = facts.running(role)
            case RoleKind.STOCK:
                stocks.setdefault(key, {})[name] = facts.expression(role)
                found[key] = facts.stock(role, stocks[key])
    return tuple(found.values())


class Writer:
    """Writes entries as quantities, for the whole (`group` empty) or as series by group."""

    def __init__(
        self,
        catalogue: Catalogue,
        mapping: DatabaseMapping,
        facts: Facts,
        available: Set[str],
        group: tuple[str, ...] = (),
    ) -> None:
        self.catalogue = catalogue
        self.mapping = mapping
        self.facts = facts
        self.available = available
        self.group = group

    def name(self, entry: str) -> str:
        """The quantity's name: grouped ones say by what."""
        if not self.group or isinstance(self.catalogue.entries[entry], Driver):
            return entry
        return f"{entry}_by_{'_and_'.join(self.group)}"

    @property
    def kind(self) -> str:
        """The annotation of a quantity."""
        return "pd.Series" if self.group else "float"

    def quantities(self, names: Sequence[str]) -> tuple[QuantityPlan, ...]:
        """A quantity for each metric and input among the names."""
        found = []
        for name in names:
            entry = self.catalogue.entries[name]
            if isinstance(entry, Input):
                found.append(self._input(entry))
            elif isinstance(entry, Metric):
                found.append(self._metric(entry))
        return tuple(found)

    def _metric(self, metric: Metric) -> QuantityPlan:
        formula = self.catalogue.formula(metric.name, self.available) or ""
        used = names_in(formula)
        arguments = tuple((self.name(name), self._annotation(name)) for name in used)
        return QuantityPlan(
            name=self.name(metric.name),
            arguments=arguments,
            returns=self.kind,
            definition=self._definition(metric),
            body=(f"return {rename(formula, {name: self.name(name) for name in used})}",),
        )

    def _annotation(self, name: str) -> str:
        return "float" if isinstance(self.catalogue.entries[name], Driver) else self.kind

    def _definition(self, entry: Metric | Input) -> str:
        unit = ", USD" if entry.unit == "USD" else ""
        text = entry.definition.rstrip(".")
        by = f", by {' and '.join(name.replace('_', ' ') for name in self.group)}" if self.group else ""
        return f"{entry.label}{unit}{by}: {text[:1].lower()}{text[1:]}."

    def _input(self, entry: Input) -> QuantityPlan:
        role = self.mapping.roles[entry.role]
        source = self.facts.source_name(role)
        return QuantityPlan(
            name=self.name(entry.name),
            arguments=((source, "pd.DataFrame"),),
            returns=self.kind,
            definition=self._definition(entry),
            body=self._body(entry, role, source),
        )

    def _body(self, entry: Input, role: Role, source: str) -> tuple[str, ...]:
        column = {RoleKind.FLOW: "amount", RoleKind.SPAN: entry.measure}.get(role.kind, entry.name)
        values = f'{source}["{column}"]'
        lines: list[str] = []
        if entry.subset:
            subset = role.subsets.get(entry.subset)
            values = f"{source}_part"
            lines.append(f"{values} = {part(entry, source, subset)}")
        if not self.group:
            return (*lines, f"return float({values}.sum())")
        keys = [f'{source}["{name}"]' for name in self.group]
        by = keys[0] if len(keys) == 1 else f"[{', '.join(keys)}]"
        return (*lines, f"return {values}.groupby({by}).sum()")


def part(entry: Input, source: str, subset: Subset | None) -> str:
    """The amounts of a named part of a flow, zero elsewhere, so that every group keeps a row."""
    if subset is None:
        return f'{source}["amount"]' + ("" if entry.except_subset else " * 0.0")
    compare = "!=" if entry.except_subset else "=="
    return f'{source}["amount"].where({source}["{subset.column}"] {compare} "{subset.equals}", 0.0)'


def rename(formula: str, names: Mapping[str, str]) -> str:
    """The formula with its names replaced."""
    tree = parse(formula, mode="eval")
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            node.id = names.get(node.id, node.id)
    return ast.unparse(tree)
