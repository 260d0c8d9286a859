"""A mapping proposed from names, comments, keys and values, with the evidence for each line; a person confirms it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import yaml

from engine.authors.analytics.lexicon import lexicon_of
from engine.errors import UsageError
from engine.language.words import stem, stems
from engine.meaning.packroles import pack_roles
from engine.meaning.senses import ColumnSense, Sense, senses_of
from engine.metrics.mapping import DatabaseMapping, Dimension, Entity, History, Role, RoleKind, reached
from engine.products import Product
from engine.sources.naming import singular, words
from engine.sources.schema import Kind, Schema, Table
from engine.sources.values import ValueIndex


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in text.split())


@dataclass(frozen=True)
class Hint:
    """How a role is called: words of its table (one of each group), of its value, and words that speak against it."""

    role: str
    kind: RoleKind
    tables: tuple[frozenset[str], ...]
    values: frozenset[str]
    against: frozenset[str] = frozenset()


_LOANS = _stems("loan loans mortgage debt note financing facility")
_AMOUNTS = _stems("amount total value payment paid received gross net sum usd")
HINTS = (
    Hint("income", RoleKind.FLOW, (_stems("income revenue receipt collection earning turnover"),),
         _AMOUNTS | _stems("income revenue rent collected"), _stems("expense cost loan")),
    Hint("operating_expenses", RoleKind.FLOW, (_stems("expense cost opex spending expenditure bill outgoing"),),
         _AMOUNTS | _stems("expense cost"), _stems("income revenue loan capital capex")),
    Hint("debt_service", RoleKind.FLOW, (_LOANS, _stems("payment service installment instalment schedule")),
         _AMOUNTS | _stems("service installment")),
    Hint("loan_balance", RoleKind.STOCK, (_LOANS,), _stems("balance outstanding owed unpaid upb"),
         _stems("payment schedule installment original")),
    Hint("original_loan", RoleKind.STOCK, (_LOANS,), _stems("original principal funded face borrowed"),
         _stems("payment schedule installment balance outstanding")),
    Hint("property_value", RoleKind.LATEST, (_stems("valuation appraisal assessment"),),
         _stems("value appraised assessed price amount")),
)  # fmt: skip
_BALANCES, _ORIGINAL = _stems("balance outstanding upb"), _stems("original funded borrowed face")
_BEGINNING = _stems("originated origination opened funded issued start started")
_ENTITIES = _stems("property properties asset building site facility project premises estate")
_PURCHASE, _PRICE = _stems("acquisition purchase acquired bought"), _stems("price cost amount value")
_AREA = _stems("sqft area gla nra rsf sf")
_LEASES = _stems("lease tenancy rental letting")
_STARTS, _ENDS = _stems("start commencement begin from"), _stems("end expiry expiration expire expires termination to")
_IN, _OUT = _stems("income revenue receipt"), _stems("expense cost expenditure")


class Proposal(Product):
    """A mapping where one could be made, the evidence by part, and what was looked for and not found."""

    mapping: DatabaseMapping | None
    evidence: dict[str, str]
    lacking: tuple[str, ...]


@dataclass(frozen=True)
class _Found:
    role: Role
    why: str


class _Reader:
    """Looks for roles in one schema."""

    def __init__(self, schema: Schema, values: ValueIndex) -> None:
        self.schema, self.values = schema, values
        self.lexicon = lexicon_of(schema)
        self.senses = senses_of(schema, values)
        self.tables = [table for table in schema.tables if not table.view]

    def roles(self) -> dict[str, _Found]:
        """The best table for each role."""
        found: dict[str, _Found] = {}
        for hint in HINTS:
            candidates = [each for table in self.tables if (each := self._role(hint, table))]
            if candidates:
                found[hint.role] = max(candidates, key=lambda each: each[0])[1]
        if "income" not in found or "operating_expenses" not in found:
            for name, ledger in self._ledger().items():
                found.setdefault(name, ledger)
        if leases := self._leases():
            found["leases"] = leases
        if "loan_balance" in found:
            found["loan_balance"] = self._with_history(found["loan_balance"])
            found.update(self._begun(found["loan_balance"].role, found.get("original_loan")))
        for name, (role, why) in pack_roles(self.tables, self._tenant, found).items():
            found.setdefault(name, _Found(role, why))
        return found

    def _begun(self, balance: Role, original: _Found | None) -> dict[str, _Found]:
        """An original amount that counts from the day on which its balance begins."""
        since = balance.history.since if balance.history is not None else ""
        if not since or original is None or original.role.table != balance.table:
            return {}
        role = original.role.model_copy(update={"start": since})
        return {"original_loan": _Found(role, f"{original.why}; it counts from {since}")}

    def _with_history(self, balance: _Found) -> _Found:
        """A balance with the table that holds it after each payment, where there is one."""
        table = self.schema.by_key[balance.role.table]
        keys = (key for key in self.schema.foreign_keys if key.refers_table == table.key and len(key.columns) == 1)
        for child in (self.schema.by_key[key.table] for key in keys):
            values = [c.name for c in child.columns if c.kind is Kind.NUMBER and set(stems(c.name)) & _BALANCES]
            if not values or not (date := self._date(child)):
                continue
            before = [c.name for c in table.columns if c.kind is Kind.NUMBER and set(stems(c.name)) & _ORIGINAL]
            since = [c.name for c in table.columns if c.kind is Kind.DATE and set(stems(c.name)) & _BEGINNING]
            history = History(
                table=child.key,
                value=values[0],
                date=date,
                before=before[0] if before else "",
                since=since[0] if since else "",
            )
            why = f"{balance.why}; {child.key}.{values[0]} holds it on earlier days"
            return _Found(balance.role.model_copy(update={"history": history}), why)
        return balance

    def _role(self, hint: Hint, table: Table) -> tuple[int, _Found] | None:
        said = set(stems(table.name))
        if not all(said & group for group in hint.tables) or said & hint.against:
            return None
        value, why = self._value(hint, table)
        if not value:
            return None
        date = self._date(table) if hint.kind in (RoleKind.FLOW, RoleKind.LATEST) else ""
        if hint.kind in (RoleKind.FLOW, RoleKind.LATEST) and not date:
            return None
        category = self._category(table) if hint.kind is RoleKind.FLOW else ""
        role = Role(kind=hint.kind, table=table.key, value=value, date=date, category=category)
        parts = [f"the table {table.key} is called so", why, *([f"{date} is its date"] if date else [])]
        return (table.rows or 0), _Found(role, "; ".join(parts))

    def _value(self, hint: Hint, table: Table) -> tuple[str, str]:
        numbers = [c.name for c in table.columns if self._sense(table, c.name).sense in (Sense.MONEY, Sense.MEASURE)]
        by_stem = {name: set(stems(name)) for name in numbers}
        if hint.role == "debt_service":
            parts = [name for name in numbers if by_stem[name] in ({"princip"}, {"interest"})]
            if len(parts) == 2:
                return " + ".join(parts), "principal and interest together are the payment"
        fitting = [name for name in numbers if by_stem[name] & hint.values and not by_stem[name] & hint.against]
        money = [name for name in fitting if self._sense(table, name).sense is Sense.MONEY] or fitting
        if len(money) == 1 or (money and hint.kind is RoleKind.STOCK):
            return money[0], f"{money[0]} is its amount"
        return "", ""

    def _sense(self, table: Table, column: str) -> ColumnSense:
        return self.senses[table.key, column]

    def _date(self, table: Table) -> str:
        dates = self.lexicon.dates(table.key)
        return (
            dates[0]
            if len(dates) == 1
            else next(iter(d for d in dates if set(stems(d)) & _stems("paid period date on month")), "")
        )

    def _category(self, table: Table) -> str:
        found = [c.name for c in table.columns if self._sense(table, c.name).sense is Sense.CATEGORY]
        named = [name for name in found if set(stems(name)) & _stems("category type account kind class")]
        return (named or found or [""])[0]

    def _ledger(self) -> dict[str, _Found]:
        """Income and expense in one table, told apart by a category."""
        for table in self.tables:
            money, date = self.lexicon.money(table.key), self._date(table)
            if len(money) != 1 or not date:
                continue
            for column in table.columns:
                held = self.values.of_column(table.key, column.name)
                inward = [value for value in held if set(stems(value)) & _IN]
                outward = [value for value in held if set(stems(value)) & _OUT]
                if inward and outward and len(held) <= 12:
                    return {
                        name: self._part(table, money[0], date, column.name, listed)
                        for name, listed in (("income", inward), ("operating_expenses", outward))
                    }
        return {}

    def _part(self, table: Table, money: str, date: str, column: str, listed: Sequence[str]) -> _Found:
        held = ", ".join("'" + value.replace("'", "''") + "'" for value in listed)
        value = f'CASE WHEN "{column}" IN ({held}) THEN "{money}" ELSE 0 END'
        role = Role(kind=RoleKind.FLOW, table=table.key, value=value, date=date, category=column)
        return _Found(role, f"{table.key}.{column} holds {', '.join(listed)}; {money} is its amount; {date} its date")

    def _leases(self) -> _Found | None:
        for table in self.tables:
            if not set(stems(table.name)) & _LEASES:
                continue
            dates = [c.name for c in table.columns if c.kind is Kind.DATE]
            start = next((name for name in dates if set(stems(name)) & _STARTS), "")
            end = next((name for name in dates if set(stems(name)) & _ENDS), "")
            numbers = [c.name for c in table.columns if c.kind is Kind.NUMBER]
            area = next((name for name in numbers if set(stems(name)) & _AREA), "")
            rent = next((name for name in numbers if "rent" in stems(name)), "")
            if start and end and area and rent:
                role = Role(
                    kind=RoleKind.SPAN,
                    table=table.key,
                    start=start,
                    end=end,
                    area=area,
                    rent=rent,
                    tenant=self._tenant(table),
                )
                return _Found(role, f"the table {table.key} is called so and has start, end, area and rent")
        return None

    def _tenant(self, table: Table) -> str:
        for key in self.schema.foreign_keys:
            if key.table == table.key and set(stems(key.refers_table)) & _stems("tenant lessee customer occupant"):
                named = self.lexicon.naming(key.refers_table)
                if len(named) == 1:
                    return f"{key.refers_table}.{named[0]}"
        return ""

    def entity(self, roles: dict[str, _Found]) -> tuple[Table, str] | None:
        """The table that most roles lead to, one called like a property before others."""
        tables_of = {name: set(reached(self.schema, found.role.table)) for name, found in roles.items()}
        best: tuple[tuple[int, int], Table] | None = None
        for table in self.tables:
            if len(table.primary_key) != 1 or len(self.lexicon.naming(table.key)) != 1:
                continue
            # The rows of a flow are events: they happen to an entity and are none.
            if any(found.role.kind is RoleKind.FLOW and found.role.table == table.key for found in roles.values()):
                continue
            count = sum(table.key in tables for tables in tables_of.values())
            score = (count + 3 * bool(set(stems(table.name)) & _ENTITIES), table.rows or 0)
            if count and (best is None or score > best[0]):
                best = score, table
        if best is None:
            return None
        table = best[1]
        count = sum(table.key in tables for tables in tables_of.values())
        called = "it is called like one, and " if set(stems(table.name)) & _ENTITIES else ""
        return table, f"{called}{count} of {len(roles)} roles lead to it along the keys"

    def more(self, entity: Table) -> Iterator[tuple[str, _Found]]:
        """Roles that columns of the entity itself play."""
        for column in entity.columns:
            said = set(stems(column.name))
            if column.kind is Kind.NUMBER and said & _PURCHASE and said & _PRICE:
                role = Role(kind=RoleKind.STOCK, table=entity.key, value=column.name)
                yield "purchase_price", _Found(role, f"{entity.key}.{column.name} is called so")
            if column.kind is Kind.NUMBER and said & _AREA:
                role = Role(kind=RoleKind.STOCK, table=entity.key, value=column.name)
                yield "leasable_area", _Found(role, f"{entity.key}.{column.name} is an area")

    def dimensions(self, entity: Table) -> dict[str, Dimension]:
        """Categories of the entity, and the names of what it belongs to."""
        found = {}
        for column in entity.columns:
            if (
                self._sense(entity, column.name).sense is Sense.CATEGORY
                and not self._sense(entity, column.name).personal
            ):
                name = words(column.name)
                found[name] = Dimension(label=_label(column.name), column=f"{entity.key}.{column.name}")
        for key in self.schema.foreign_keys:
            named = self.lexicon.naming(key.refers_table) if key.table == entity.key else ()
            if len(named) == 1:
                name = singular(key.refers_table.rpartition(".")[2])
                found.setdefault(name, Dimension(label=_label(name), column=f"{key.refers_table}.{named[0]}"))
        return found


def propose(schema: Schema, values: ValueIndex) -> Proposal:
    """Which columns may play which role. Nothing is proposed that the keys do not tie to one entity."""
    reader = _Reader(schema, values)
    roles = reader.roles()
    entity = reader.entity(roles)
    wanted = [hint.role for hint in HINTS]
    if entity is None:
        return Proposal(mapping=None, evidence={}, lacking=("entity", *(name for name in wanted if name not in roles)))
    table, why = entity
    tied = {name: found for name, found in roles.items() if table.key in reached(schema, found.role.table)}
    for name, found in reader.more(table):
        tied.setdefault(name, found)
    own = singular(table.name)
    plural = words(table.name) if words(table.name) != own else f"{own}s"
    mapping = DatabaseMapping(
        name=f"Proposed for {table.key}",
        entity=Entity(
            name=own,
            plural=plural,
            table=table.key,
            key=table.primary_key[0],
            label=reader.lexicon.naming(table.key)[0],
        ),
        dimensions=reader.dimensions(table),
        roles={name: found.role for name, found in tied.items()},
    )
    evidence = {"entity": why, **{name: found.why for name, found in tied.items()}}
    return Proposal(mapping=mapping, evidence=evidence, lacking=tuple(name for name in wanted if name not in tied))


def as_yaml(proposal: Proposal) -> str:
    """A proposal as the text a person reviews: the mapping, and above it what each part rests on.

    Raises:
        UsageError: nothing could be proposed.
    """
    if proposal.mapping is None:
        raise UsageError(
            "No mapping can be proposed: no table was found to which incomes, expenses or loans lead by keys.",
            "Write one by hand (docs/mapping.md shows the form), or declare the foreign keys.",
        )
    lines = ["# Proposed from names, comments, keys and values. Check each line before you rely on it."]
    lines += [f"# {name}: {why}." for name, why in proposal.evidence.items()]
    if proposal.lacking:
        lines.append(f"# Not found: {', '.join(proposal.lacking)}.")
    content = proposal.mapping.model_dump(mode="json", exclude_defaults=True)
    return "\n".join(lines) + "\n" + yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110)


def _label(name: str) -> str:
    return words(name).replace("_", " ").capitalize()
