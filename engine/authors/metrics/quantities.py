"""The quantities of a metric: the closure of its formulas down to the inputs, for the whole or by group."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping, Sequence, Set
from types import MappingProxyType

from engine.authors.metrics.balances import Ends, balance_arguments, balance_body, balance_sources
from engine.authors.metrics.facts import Facts
from engine.authors.metrics.intent import TIME_GRAINS
from engine.metrics.catalogue import Catalogue, Driver, Input, Metric, names_in
from engine.metrics.mapping import DatabaseMapping, Role, RoleKind, Subset
from engine.products import ParameterPlan, QuantityPlan, SourcePlan
from runtime.parsing import parse

# The average over a cycle of leap years.
DAYS_A_MONTH = 365.25 / 12
NO_SPANS: Mapping[str, int] = MappingProxyType({})
NO_ENDS = Ends("", MappingProxyType({}), MappingProxyType({}))


def available_inputs(catalogue: Catalogue, mapping: DatabaseMapping, grain: str) -> frozenset[str]:
    """The inputs that the mapping can give; by time only what is known of more than one day."""
    found = set()
    for entry in catalogue.entries.values():
        role = mapping.roles.get(entry.role) if isinstance(entry, Input) else None
        single = isinstance(entry, Input) and entry.measure in ("months_left", "date")
        if role is not None and (not grain or (not single and _daily(role, mapping))):
            found.add(entry.name)
    return frozenset(found)


def _daily(role: Role, mapping: DatabaseMapping) -> bool:
    """Whether what a role holds is known of more days than one: what a member has of its own is the same on all."""
    if role.empty or role.held_by or role.free_of:
        return False
    if role.kind is RoleKind.STOCK:
        return role.history is not None or bool(role.start) or role.table == mapping.entity.table
    return role.kind not in (RoleKind.RATE, RoleKind.SERIES)


def closure(
    catalogue: Catalogue, names: Sequence[str], available: Set[str], *, at_base: bool = False
) -> tuple[str, ...]:
    """Every entry that the named ones need, each after what it needs.

    `at_base` leaves out what matters only where a driver is moved: what is multiplied by one that is 0.
    """
    order: list[str] = []

    def visit(name: str) -> None:
        if name in order:
            return
        formula = catalogue.formula(name, available) or "0"
        for used in catalogue.names_at_base(formula) if at_base else names_in(formula):
            visit(used)
        order.append(name)

    for name in names:
        visit(name)
    return tuple(order)


def drivers(catalogue: Catalogue, names: Sequence[str]) -> tuple[Driver, ...]:
    """The drivers among the names."""
    entries = [catalogue.entries[name] for name in names]
    return tuple(entry for entry in entries if isinstance(entry, Driver))


def parameters(found: Sequence[Driver], given: Mapping[str, float]) -> tuple[ParameterPlan, ...]:
    """The drivers as parameters of the script, at the values that are given for them, else at their own."""
    return tuple(
        ParameterPlan(
            name=driver.name,
            label=driver.label,
            default=given.get(driver.name, driver.default),
            low=min(driver.low, given.get(driver.name, driver.low)),
            high=max(driver.high, given.get(driver.name, driver.high)),
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
        if facts.scope.grain and varies(role):
            found.update({source.name: source for source in balance_sources(facts, role, name)})
        elif entry.measure == "months_left":
            found[f"{key}_left"] = facts.terms(role)
        elif role.kind in (RoleKind.STOCK, RoleKind.SERIES):
            if entry.measure != "date":
                stocks.setdefault(key, {})[name] = facts.expression(role)
            read = facts.stock if role.kind is RoleKind.STOCK else facts.series
            found[key] = read(role, stocks.get(key, {}))
        else:
            found[key] = _one_day(facts, role, name)
        if facts.grouped and zero_filled(entry, facts):
            found[facts.groups_name] = facts.groups()
    return tuple(found.values())


def _one_day(facts: Facts, role: Role, name: str) -> SourcePlan:
    match role.kind:
        case RoleKind.LATEST:
            return facts.latest(role, name)
        case RoleKind.SPAN:
            return facts.running(role)
        case RoleKind.RATE:
            return facts.rate(role)
        case _:
            return facts.flow(role)


def varies(role: Role) -> bool:
    """Whether a role is a balance that stands otherwise on other days."""
    if role.kind is RoleKind.STOCK:
        return role.history is not None or bool(role.start)
    return role.kind in (RoleKind.LATEST, RoleKind.SPAN)


def zero_filled(entry: Input, facts: Facts) -> bool:
    """Whether groups without rows have none of it: a property without loans owes 0."""
    return entry.absent == "none" and not facts.over and facts.groupable


class Writer:
    """Writes entries as quantities, for the whole (`group` empty) or as series by group.

    `months` are those that are looked at, `spans` how many of them lie in each period of the time grain; `ends` are
    the ends of those periods; `kept`, where there are some, are all the months whose flows count; `own` are the
    metrics that keep their plain names, though they are of some members alone. Drivers that are `fixed` have that
    value; what depends on them has a name of its own, which ends in `mark`.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        mapping: DatabaseMapping,
        facts: Facts,
        available: Set[str],
        group: tuple[str, ...] = (),
        *,
        months: int = 12,
        spans: Mapping[str, int] = NO_SPANS,
        ends: Ends = NO_ENDS,
        kept: tuple[str, ...] = (),
        own: Set[str] = frozenset(),
        fixed: Mapping[str, float] = MappingProxyType({}),
        mark: str = "",
        tail: str = "",
    ) -> None:
        self.catalogue = catalogue
        self.mapping = mapping
        self.facts = facts
        self.available = available
        self.group = group
        self.months = months
        self.spans = spans
        self.ends = ends
        self.kept = kept
        self.own = own
        self.fixed = fixed
        self.mark = mark
        self.tail = tail

    def name(self, entry: str) -> str:
        """The quantity's name: grouped ones say by what, those of some members alone so where there are others."""
        if isinstance(self.catalogue.entries[entry], Driver):
            return entry
        suffix = self.facts.suffix.removesuffix(f"_by_{self.facts.scope.grain}") if self.group else self.facts.suffix
        own = f"{entry}{self.tail}" if entry in self.own else f"{entry}{suffix}"
        own += self.mark if self.moved(entry) else ""
        return f"{own}_by_{'_and_'.join(self.group)}" if self.group else own

    def moved(self, entry: str) -> bool:
        """Whether an entry depends on a driver that is fixed."""
        return bool(self.fixed) and not self.fixed.keys().isdisjoint(closure(self.catalogue, [entry], self.available))

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
                found += [] if self.group and entry.series else [self._input(entry)]
            elif isinstance(entry, Metric):
                found.append(self._metric(entry))
        return tuple(found)

    def _metric(self, metric: Metric) -> QuantityPlan:
        formula = self.catalogue.formula(metric.name, self.available) or ""
        used = names_in(formula)
        if self.group and any(self._is_series(name) for name in used):
            return self._series_by_group(metric, formula, used)
        arguments = tuple((self.name(name), self._annotation(name)) for name in used if name not in self.fixed)
        text = rename(formula, {name: self._used(name) for name in used})
        body: tuple[str, ...] = (f"return {text}",)
        annual = metric.annual and self._has_flow(metric.name)
        if self.group_by_time and (annual or any(self._is_annual(name) for name in used)):
            series = [name for name, kind in arguments if kind == "pd.Series"]
            body = self._by_share_of_year(text, series, annual=annual)
        elif annual and self.months != 12:
            body = (f"return ({text}) * 12 / {self.months}",)
        return QuantityPlan(
            name=self.name(metric.name),
            arguments=arguments,
            returns=self.kind,
            definition=self._definition(metric),
            body=body,
        )

    def _is_series(self, name: str) -> bool:
        entry = self.catalogue.entries[name]
        return isinstance(entry, Input) and entry.series

    def _series_by_group(self, metric: Metric, formula: str, used: Sequence[str]) -> QuantityPlan:
        """A metric of single values, computed over those of each group."""
        names = {name: f'part["{name}"].astype(float)' for name in used if self._is_series(name)}
        roles = {name: self.mapping.roles[self.catalogue.input(name).role] for name in names}
        names.update({n: 'part["day"]' for n in names if self.catalogue.input(n).measure == "date"})
        source = self.facts.source_name(next(iter(roles.values())))
        rest = [name for name in used if name not in names and name not in self.fixed]
        text = rename(formula, {**{name: self._used(name) for name in used}, **names})
        return QuantityPlan(
            name=self.name(metric.name),
            arguments=((source, "pd.DataFrame"), *((self.name(name), self._annotation(name)) for name in rest)),
            returns=self.kind,
            definition=self._definition(metric),
            body=(
                f"parts = {source}.groupby({json.dumps(self.group[0] if len(self.group) == 1 else list(self.group))})",
                f"return pd.Series({{key: {text} for key, part in parts}}, dtype=float)",
            ),
        )

    def _has_flow(self, name: str) -> bool:
        """Whether an entry is made of what comes in over time."""
        names = closure(self.catalogue, [name], self.available, at_base=True)
        entries = (self.catalogue.entries[each] for each in names)
        return any(isinstance(e, Input) and self.mapping.roles[e.role].kind is RoleKind.FLOW for e in entries)

    def _by_share_of_year(self, text: str, series: Sequence[str], *, annual: bool) -> tuple[str, ...]:
        """The lines of a metric for which it matters how much of a year each period has."""
        first, *rest = series
        index = f"{first}.index" + "".join(f".union({name}.index)" for name in rest)
        grain = self.ends.grain
        return (
            f"index = {index}",
            f'spans = index.get_level_values("{grain}").map({json.dumps(dict(self.spans))})',
            "months = pd.Series(spans, index=index, dtype=float)",
            f"return ({text}) * 12 / months" if annual else f"return {text}",
        )

    def _is_annual(self, name: str) -> bool:
        entry = self.catalogue.entries[name]
        return isinstance(entry, Driver) and entry.annual

    def _used(self, name: str) -> str:
        """What stands in a formula for a name: an annual driver counts for the share of a year that is looked at."""
        written = f"({self.fixed[name]!r})" if name in self.fixed else name
        if self._is_annual(name) and self.group_by_time:
            return f"({written} * months / 12)"
        if self._is_annual(name) and self.months != 12:
            return f"({written} * {self.months} / 12)"
        if name in self.fixed:
            return written
        return self.name(name)

    @property
    def group_by_time(self) -> bool:
        """Whether each group is a stretch of time of its own."""
        return bool(set(self.group) & set(TIME_GRAINS))

    def _annotation(self, name: str) -> str:
        entry = self.catalogue.entries[name]
        if isinstance(entry, Input) and entry.series:
            return "pd.Series"
        return "float" if isinstance(entry, Driver) else self.kind

    def _definition(self, entry: Metric | Input) -> str:
        unit = ", USD" if entry.unit == "USD" else ""
        text = entry.definition.rstrip(".")
        by = f", by {' and '.join(name.replace('_', ' ') for name in self.group)}" if self.group else ""
        return f"{entry.label}{unit}{by}: {text[:1].lower()}{text[1:]}."

    def _input(self, entry: Input) -> QuantityPlan:
        role = self.mapping.roles[entry.role]
        source = self.facts.source_name(role)
        by_time = self.group_by_time and varies(role)
        arguments = balance_arguments(self.facts, role) if by_time else ((source, "pd.DataFrame"),)
        if entry.measure == "months_left":
            arguments = ((f"{source}_left", "pd.DataFrame"),)
        body = self._body(entry, role, source, by_time=by_time)
        if self.group and zero_filled(entry, self.facts):
            *lines, last = body
            more, index = self._every_group()
            arguments = (*arguments, *more)
            body = (
                *lines,
                f"found = {last.removeprefix('return ')}",
                *index,
                "return found.reindex(index).fillna(0.0)",
            )
        return QuantityPlan(
            name=self.name(entry.name),
            arguments=arguments,
            returns="pd.Series" if entry.series else self.kind,
            definition=self._definition(entry),
            body=body,
        )

    def _every_group(self) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
        """The source and the lines that give every group there is, in every period."""
        dims, grain = [name for name in self.group if name not in TIME_GRAINS], self.ends.grain
        periods = json.dumps(list(self.spans))
        if not dims:
            return (), (f'index = pd.Index({periods}, name="{grain}")',)
        source = self.facts.groups_name
        if not self.group_by_time:
            listed = f'pd.Index({source}["{dims[0]}"])'
            whole = f"pd.MultiIndex.from_frame({source}[{json.dumps(dims)}])"
            return ((source, "pd.DataFrame"),), (f"index = {listed if len(dims) == 1 else whole}",)
        lines = (
            f'periods = pd.DataFrame({{"{grain}": {periods}}})',
            f'every = {source}.merge(periods, how="cross")',
            f"index = pd.MultiIndex.from_frame(every[{json.dumps(list(self.group))}])",
        )
        return ((source, "pd.DataFrame"),), lines

    def _body(self, entry: Input, role: Role, source: str, *, by_time: bool) -> tuple[str, ...]:
        if entry.measure == "months_left":
            return self._months_left(f"{source}_left")
        if role.kind is RoleKind.SERIES:
            return (_in_order(entry, role, source),)
        if by_time:
            column = entry.measure if role.kind is RoleKind.SPAN else entry.name
            return balance_body(self.facts, role, column, self.group, self.ends)
        if role == self.facts.apart:
            return self._whole_parts(source)
        if role.kind is RoleKind.RATE:
            return self._rate(source)
        if self.group_by_time and role.kind is RoleKind.STOCK:
            return balance_body(self.facts, role, entry.name, self.group, self.ends)
        column = {RoleKind.FLOW: "amount", RoleKind.SPAN: entry.measure}.get(role.kind, entry.name)
        lines = self._recent(source) if role.kind is RoleKind.FLOW else []
        source = "recent" if lines else source
        values = f'{source}["{column}"]'
        if entry.subset:
            subset = role.subsets.get(entry.subset)
            values = f"{self.facts.source_name(role)}_part"
            lines.append(f"{values} = {part(entry, source, subset)}")
        if not self.group:
            some = "" if entry.absent == "none" and not self.facts.over else "min_count=1"
            return (*lines, f"return float({values}.sum({some}))")
        return (*lines, f"return {values}.groupby({self._keys(source)}).sum(min_count=1)")

    def _keys(self, source: str) -> str:
        keys = [f'{source}["{name}"]' for name in self.group]
        return keys[0] if len(keys) == 1 else f"[{', '.join(keys)}]"

    def _months_left(self, source: str) -> tuple[str, ...]:
        """How many months rows still run, by their weight."""
        day = self.facts.scope.as_of
        lines = (
            f'months = (pd.to_datetime({source}["ends"]) - pd.Timestamp("{day}")).dt.days / {DAYS_A_MONTH}',
            f'weighed = months * {source}["weight"]',
        )
        if not self.group:
            return (*lines, f'return float(weighed.sum(min_count=1) / {source}["weight"].sum(min_count=1))')
        keys = self._keys(source)
        return (*lines, f'return weighed.groupby({keys}).sum() / {source}["weight"].groupby({keys}).sum()')

    def _rate(self, source: str) -> tuple[str, ...]:
        """An average by weight: never a sum, and never an average of averages."""
        if not self.group:
            return (f'return float({source}["weighted"].sum(min_count=1) / {source}["weight"].sum(min_count=1))',)
        keys = self._keys(source)
        return (
            f'weight = {source}["weight"].groupby({keys}).sum(min_count=1)',
            f'return {source}["weighted"].groupby({keys}).sum(min_count=1) / weight',
        )

    def _recent(self, source: str) -> list[str]:
        """The line that keeps the rows of the months that are counted, where more are read."""
        return [f'recent = {source}[{source}["month"].isin({json.dumps(list(self.kept))})]'] if self.kept else []

    def _whole_parts(self, source: str) -> tuple[str, ...]:
        """A flow of each part (the payments of each loan) as if it had come in every month that is looked at."""
        keys = json.dumps([*self.group, "part"])
        lines = self._recent(source)
        source = "recent" if lines else source
        lines += [f'paid = {source}.groupby({keys}).agg(amount=("amount", "sum"), months=("month", "nunique"))']
        time = next((name for name in self.group if name in TIME_GRAINS), "")
        if time:
            lines.append(f"whole = {json.dumps(dict(self.spans))}")
            lines.append(f'months = paid.index.get_level_values("{time}").map(whole)')
        months = "months" if time else str(self.months)
        lines.append(f'whole_amount = paid["amount"] * {months} / paid["months"]')
        if not self.group:
            return (*lines, "return float(whole_amount.sum(min_count=1))")
        return (*lines, f"return whole_amount.groupby(level={json.dumps(list(self.group))}).sum(min_count=1)")


def _in_order(entry: Input, role: Role, source: str) -> str:
    """The line that gives a series: by day, those of one day added, where its rows have one."""
    if entry.measure == "date":
        return f'return pd.Series({source}["day"].drop_duplicates().sort_values().to_numpy())'
    if role.date:
        return f'return {source}.groupby("day")["{entry.name}"].sum().astype(float)'
    return f'return {source}["{entry.name}"].astype(float)'


def part(entry: Input, source: str, subset: Subset | None) -> str:
    """The amounts of a named part of a flow, zero elsewhere, so that every group keeps a row."""
    if subset is None:
        return f'{source}["amount"]' + ("" if entry.except_subset else " * 0.0")
    compare = "!=" if entry.except_subset else "=="
    return f'{source}["amount"].where({source}["{subset.column}"] {compare} "{subset.equals}", 0.0)'


def rename(formula: str, names: Mapping[str, str]) -> str:
    """The formula with its names replaced."""

    class Renamed(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return parse(names.get(node.id, node.id), mode="eval").body

    return ast.unparse(Renamed().visit(parse(formula, mode="eval")))
