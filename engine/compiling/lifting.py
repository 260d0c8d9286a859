"""A SELECT as a model: its aggregates become quantities over rows, so that scenarios, lineage and formulas work. Pure.

Where the rows come from is left to the database: joins, conditions, subqueries, and whatever is computed of one row.
What is computed of many rows is lifted: sums, counts, averages, ratios, shares, ranks, running totals, first rows.
`sum(fee) / sum(km)` by region gives rows of region, fee and km, two sums by region, and their quotient.
What has no counterpart raises `NotLifted`, and the SELECT is shown as the database answers it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from engine.compiling.aggregates import (
    Aggregate,
    adds_up,
    aggregates_in,
    name_of,
    parts_of_one_row,
    stands_in_subquery,
    stands_within,
    taken_by,
)
from engine.compiling.drivers import Driver, drivers_of, is_measure, own_driver, slug
from engine.compiling.expressions import HELPERS, NotLifted, Writer
from engine.compiling.parts import FRAME, Output, Parts, Relation, reads_of, sorted_lines
from engine.compiling.statement import columns_in, is_integer, origin, sources_of, spell_out_aliases
from engine.compiling.windows import write_window
from engine.products import Place, QuantityPlan, SourcePlan
from engine.sources.schema import Schema

_CUTTING = ("sqlite", "postgresql", "mssql")


@dataclass(frozen=True)
class Lifted:
    """A statement as the parts of a plan. `overall` are quantities that show a grouped answer as one number."""

    sources: tuple[SourcePlan, ...]
    drivers: tuple[Driver, ...]
    quantities: tuple[QuantityPlan, ...]
    helpers: tuple[str, ...]
    outputs: tuple[Output, ...]
    table: str
    overall: Mapping[str, str] = field(default_factory=dict)
    ordered: bool = False
    limited: bool = False


def lift(tree: exp.Query, names: Sequence[str], schema: Schema, place: Place) -> Lifted:
    """The model of a qualified SELECT whose output columns are called so.

    Raises:
        NotLifted: some part of it has no counterpart.
    """
    if not isinstance(tree, exp.Select) or len(tree.selects) != len(names):
        raise NotLifted("its rows are put together from several queries")
    return _Lift(schema, place).whole(tree, names)


class _Lift(Parts):
    """Takes one statement apart, and makes its parts."""

    def whole(self, tree: exp.Select, names: Sequence[str]) -> Lifted:
        """The whole statement."""
        slugs: list[str] = []
        for name in names:
            slugs.append(slug(name, slugs))
        self.taken.update(slugs)
        relation = self.relation(tree, "result", slugs)
        outputs = []
        for node, name in zip(tree.selects, slugs, strict=True):
            measure, temporal = self.shape(node, tree)
            if relation.numbers:
                outputs.append(Output(name, measure, relation.numbers[name], temporal))
            else:
                outputs.append(Output(name, measure, temporal=temporal))
        return Lifted(
            sources=tuple(self.sources),
            drivers=tuple(self.drivers.values()),
            quantities=tuple(self.quantities),
            helpers=tuple("\n".join(HELPERS[name]) for name in HELPERS if name in self.helpers),
            outputs=tuple(outputs),
            table=relation.table,
            overall=self.overall,
            ordered=tree.args.get("order") is not None,
            limited=tree.args.get("limit") is not None or tree.args.get("having") is not None,
        )

    def shape(self, node: exp.Expr, select: exp.Select) -> tuple[bool, bool]:
        """Whether an output is computed of many rows, and whether it is a time."""
        plain = node.unalias()
        if next(aggregates_in(plain), None) is not None or plain.find(exp.Window):
            return True, False
        below = [found for column in columns_in(plain) if (found := self.below(column, select)) is not None]
        if any(self.shape(picked, inner)[0] for inner, picked in below):
            return True, False
        if any(True for _ in plain.find_all(exp.Subquery)):
            return True, False
        return False, False

    def relation(self, select: exp.Select, name: str, slugs: Sequence[str] | None = None) -> Relation:
        """What a SELECT becomes. The same part is made once, however often it is named."""
        if id(select) in self.made:
            return self.made[id(select)]
        names = list(slugs) if slugs is not None else []
        for each in select.selects if slugs is None else ():
            names.append(slug(each.alias_or_name, names))
        if select.find(exp.Star) and any(isinstance(each, exp.Star) for each in select.selects):
            raise NotLifted("its columns are not written out")
        if adds_up(select):
            made = self.grouped(select, name, names)
        elif any((query := self.query_of(each, select)) and self.lifts(query) for each in sources_of(select)):
            made = self.over(select, name, names)
        elif not sources_of(select):
            made = self.bare(select, names)
        else:
            made = self.listed(select, name, names)
        self.made[id(select)] = made
        return made

    def lifts(self, select: exp.Select) -> bool:
        """Whether a SELECT adds up rows, itself or in what it reads."""
        inner = (self.query_of(each, select) for each in sources_of(select))
        return adds_up(select) or any(query is not None and self.lifts(query) for query in inner)

    def listed(self, select: exp.Select, name: str, names: Sequence[str]) -> Relation:
        """Rows as they are, their amounts open to a change."""
        columns = {key: node.unalias() for key, node in zip(names, select.selects, strict=True)}
        if any(value.find(exp.Window) for value in columns.values()):
            raise NotLifted("a window over single rows is left to the database")
        source = self.source(select, columns, "rows" if name == "result" else f"{name}_rows", whole=True)
        drivers: dict[str, Driver] = {}
        for key, value in columns.items():
            place = origin(value, select, self.schema) if isinstance(value, exp.Column) else None
            if place is not None and is_measure(*place, self.schema):
                drivers[key] = self.keep(drivers_of(value, select, self.schema, key))[0]
        body = [f"table = {source}.copy()"] if drivers else []
        body += [f'table["{key}"] = table["{key}"] * (1 + {each.name})' for key, each in drivers.items()]
        if drivers and select.args.get("order") is not None and name == "result":
            body += self.sorted(select, names, columns)
        body.append(f"return {'table' if drivers else source}")
        arguments = [(source, FRAME), *((each.name, "float") for each in dict.fromkeys(drivers.values()))]
        return self.add_table(name, arguments, body, names, reads_of(select))

    def sorted(self, select: exp.Select, names: Sequence[str], columns: Mapping[str, exp.Expr]) -> list[str]:
        """The rows in order again, by the outputs that they are ordered by."""
        by = []
        for each in select.args["order"].expressions:
            known = next((key for key, value in columns.items() if value == each.this), None)
            by.append((known or self.output_named(each.this, select, names) or "", not each.args.get("desc")))
        if any(not key for key, _ in by):
            return []
        return [sorted_lines(by)]

    def output_named(self, node: exp.Expr, select: exp.Select, names: Sequence[str]) -> str | None:
        """The output that an ORDER BY names by its alias or its number."""
        for position, (name, output) in enumerate(zip(names, select.selects, strict=True), 1):
            alias = isinstance(node, exp.Column) and not node.table and node.name == output.alias_or_name
            if alias or (isinstance(node, exp.Literal) and node.name == str(position)) or node == output.unalias():
                return name
        return None

    def bare(self, select: exp.Select, names: Sequence[str]) -> Relation:
        """Numbers that are computed of subqueries alone."""
        writer = self.writer(select, lambda node: None, frame=False)
        numbers = {}
        for name, node in zip(names, select.selects, strict=True):
            numbers[name] = self.add_number(name, writer, node.unalias(), select)
        return Relation(numbers=numbers)

    def grouped(self, select: exp.Select, name: str, names: Sequence[str]) -> Relation:
        """One row for each group, or single numbers where there are no groups."""
        group = select.args.get("group")
        if group is not None and any(group.args.get(each) for each in ("cube", "rollup", "grouping_sets", "totals")):
            raise NotLifted("groupings of several levels are left to the database")
        outputs = {key: node.unalias() for key, node in zip(names, select.selects, strict=True)}
        spell_out_aliases(select)
        parts = [*outputs.values(), *(self.clause(select, each) for each in ("having", "order"))]
        keys = self.keys(select, outputs, [part for part in parts if part is not None])
        columns: dict[str, exp.Expr] = dict(keys)
        aggregates: dict[str, Aggregate] = {}
        for part in parts:
            for node in aggregates_in(part) if part is not None else ():
                if node.sql() not in aggregates:
                    aggregates[node.sql()] = self.aggregate(node, select, outputs, columns)
        if not columns:
            columns["one"] = exp.Literal.number(1)
        source = self.source(select, columns, "rows" if name == "result" else f"{name}_rows")
        if group is None:
            return self.numbers(select, outputs, aggregates, source)
        body = self.groups(source, keys, aggregates)
        known = {value.sql(): f'table["{key}"]' for key, value in keys.items()}
        known |= {sql: f'table["{each.name}"]' for sql, each in aggregates.items()}
        writer = self.writer(select, lambda node: known.get(node.sql()), frame=True)
        lines, used = self.projected(select, outputs, writer)
        scaling = [driver for each in aggregates.values() for driver in each.drivers]
        arguments = [(source, FRAME), *((each.name, "float") for each in dict.fromkeys(scaling)), *used]
        made = self.add_table(name, arguments, [*body, *lines], names, reads_of(select))
        if name == "result" and select.args.get("limit") is None and select.args.get("having") is None:
            self.all_together(select, outputs, aggregates, source)
        return made

    def clause(self, select: exp.Select, name: str) -> exp.Expr | None:
        found = select.args.get(name)
        return found if isinstance(found, exp.Expr) else None

    def keys(
        self, select: exp.Select, outputs: Mapping[str, exp.Expr], parts: Sequence[exp.Expr]
    ) -> dict[str, exp.Expr]:
        """What the groups are told apart by: what is grouped by, and what else of a row is shown with it."""
        group = select.args.get("group")
        wanted: list[exp.Expr] = []
        for each in group.expressions if group is not None else ():
            by_number = isinstance(each, exp.Literal) and each.name.isdecimal()
            listed = list(outputs.values())
            wanted.append(listed[int(each.name) - 1] if by_number else each)
        if group is None:
            return {}
        for output in parts:
            for part in parts_of_one_row(output):
                wanted.append(part)
        found: dict[str, exp.Expr] = {}
        for each in dict.fromkeys(wanted):
            if isinstance(each, exp.Column) and not each.table:
                continue  # an alias in an ORDER BY
            named = next((key for key, value in outputs.items() if value == each), None)
            fresh = slug(each.alias_or_name or each.key, {*found, *outputs, *self.taken})
            found[named if named and named not in found else fresh] = each
        return found

    def aggregate(
        self, node: exp.Expr, select: exp.Select, outputs: Mapping[str, exp.Expr], columns: dict[str, exp.Expr]
    ) -> Aggregate:
        """An aggregate, and the column of a row that it takes."""
        function, value = taken_by(node)
        output = next((key for key, made in outputs.items() if made == node), None)
        used = {*columns, *outputs, *self.taken}
        name = output or slug(name_of(function, value, select), used)
        self.taken.add(name)
        column = ""
        if value is not None:
            column = next((key for key, known in columns.items() if known == value), "")
            if not column:
                wanted = value.name if isinstance(value, exp.Column) else name
                column = slug(wanted, set(columns))
                columns[column] = value
        counted = function in ("size", "count", "nunique")
        if value is not None and function in ("min", "max") and not self.is_number(value, select):
            return Aggregate(name, function, column, ())
        if counted or value is None:
            return Aggregate(name, function, column, self.keep((own_driver(name),)))
        found = drivers_of(value, select, self.schema, name, spoken=bool(output))
        return Aggregate(name, function, column, self.keep(found))

    def is_number(self, value: exp.Expr, select: exp.Select) -> bool:
        """Whether a value that the greatest or least is taken of is an amount, as far as the schema tells."""
        columns = list(columns_in(value))
        places = [origin(column, select, self.schema) for column in columns]
        return bool(places) and all(place is not None and is_measure(*place, self.schema) for place in places)

    def groups(self, source: str, keys: Mapping[str, exp.Expr], aggregates: Mapping[str, Aggregate]) -> list[str]:
        """The lines that add up the rows by group."""
        listed = ", ".join(f'"{key}"' for key in keys)
        if not aggregates:
            return [f"table = {source}[[{listed}]].drop_duplicates(ignore_index=True)"]
        lines = [f"groups = {source}.groupby([{listed}], dropna=False)", "table = pd.DataFrame(", "    {"]
        lines += [f'        "{each.name}": {each.over("groups")},' for each in aggregates.values()]
        return [*lines, "    }", ").reset_index()"]

    def numbers(
        self, select: exp.Select, outputs: Mapping[str, exp.Expr], aggregates: Mapping[str, Aggregate], source: str
    ) -> Relation:
        """Each aggregate a quantity, and each output that is computed of them."""
        if select.args.get("having") is not None:
            raise NotLifted("a condition on single numbers is left to the database")
        known = {sql: self.add_aggregate(each, source, each.name, outputs) for sql, each in aggregates.items()}
        writer = self.writer(select, lambda node: known.get(node.sql()), frame=False)
        made = {}
        for name, value in outputs.items():
            done = known.get(value.sql())
            made[name] = done if done == name else self.add_number(name, writer, value, select)
        return Relation(numbers=made)

    def all_together(
        self, select: exp.Select, outputs: Mapping[str, exp.Expr], aggregates: Mapping[str, Aggregate], source: str
    ) -> None:
        """The same measures over all rows: of a ratio the ratio of the sums, never the sum of the ratios."""
        known: dict[str, str] = {}
        for name, value in outputs.items():
            inside = [each.sql() for each in aggregates_in(value)]
            if not inside or value.find(exp.Window) or value.find(exp.Query):
                continue
            if any(isinstance(each, exp.Column) and not stands_within(each, value) for each in columns_in(value)):
                continue
            try:
                for sql in inside:
                    each = aggregates[sql]
                    known.setdefault(sql, f"all_{each.name}")
                whole = f"all_{name}"
                for sql in inside:
                    if not any(made.name == known[sql] for made in self.quantities):
                        self.add_aggregate(aggregates[sql], source, known[sql], {})
                if not any(made.name == whole for made in self.quantities):
                    writer = self.writer(select, lambda node: known.get(node.sql()), frame=False)
                    self.add_number(whole, writer, value, select)
                self.overall[name] = whole
            except NotLifted:
                continue

    def over(self, select: exp.Select, name: str, names: Sequence[str]) -> Relation:
        """A SELECT over parts that add up: joined, computed, filtered and ordered here."""
        tables: dict[str, Relation] = {}
        for source in sources_of(select):
            tables[source.alias_or_name] = self.part(source, select)
        known: dict[str, str] = {}
        if all(each.numbers for each in tables.values()):
            return self.over_numbers(select, names, tables)
        frames = [alias for alias, each in tables.items() if not each.numbers]
        body, used = self.joined(select, tables, frames)
        for alias, each in tables.items():
            for column, key in each.numbers.items():
                known[exp.column(column, table=alias).sql()] = key
        columns = {alias: each.columns for alias, each in tables.items()}

        def resolve(node: exp.Expr) -> str | None:
            if not isinstance(node, exp.Column):
                return None
            text = known.get(exp.column(node.name, table=node.table).sql())
            if text is not None:
                numbers.add(text)
                return text
            if node.table in columns and node.name in columns[node.table]:
                return f'table["{node.table}__{columns[node.table][node.name]}"]'
            return None

        numbers: set[str] = set()
        writer = self.writer(select, resolve, frame=True)
        where = select.args.get("where")
        if where is not None:
            body.append(f"table = table[{writer.write(where.this)}]")
        outputs = {key: node.unalias() for key, node in zip(names, select.selects, strict=True)}
        lines, more = self.projected(select, outputs, writer)
        arguments = dict.fromkeys([*((each, FRAME) for each in used), *((each, "float") for each in sorted(numbers))])
        return self.add_table(name, list(dict.fromkeys([*arguments, *more])), [*body, *lines], names, reads_of(select))

    def part(self, source: exp.Expr, select: exp.Select) -> Relation:
        """One thing in a FROM: a SELECT that was lifted, or rows of a table, of which only what is used is read."""
        alias = source.alias_or_name
        query = self.query_of(source, select)
        if query is not None:
            return self.relation(query, slug(alias, self.taken))
        if not isinstance(source, exp.Table):
            raise NotLifted("what stands in its FROM is left to the database")
        used = list(dict.fromkeys(each.name for each in select.find_all(exp.Column) if each.table == alias))
        made = exp.Select(expressions=[exp.column(each, table=alias) for each in used])
        made.set("from_", exp.From(this=source.copy()))
        columns = {slug(each): exp.column(each, table=alias) for each in used}
        name = self.source(made, columns, f"{slug(alias)}_rows")
        return Relation(table=name, columns={each: slug(each) for each in used})

    def over_numbers(self, select: exp.Select, names: Sequence[str], tables: Mapping[str, Relation]) -> Relation:
        """Single numbers computed of single numbers."""
        if any(select.args.get(each) is not None for each in ("where", "distinct")):
            raise NotLifted("a condition on single numbers is left to the database")

        def resolve(node: exp.Expr) -> str | None:
            if isinstance(node, exp.Column) and node.table in tables:
                return tables[node.table].numbers.get(slug(node.name)) or tables[node.table].numbers.get(node.name)
            return None

        writer = self.writer(select, resolve, frame=False)
        made = {}
        for name, node in zip(names, select.selects, strict=True):
            known = resolve(node.unalias())
            made[name] = known if known == name else self.add_number(name, writer, node.unalias(), select)
        return Relation(numbers=made)

    def joined(
        self, select: exp.Select, tables: Mapping[str, Relation], frames: Sequence[str]
    ) -> tuple[list[str], list[str]]:
        """The lines that join tables by equal columns; the tables that they use."""
        first = frames[0]
        if sources_of(select)[0].alias_or_name != first:
            raise NotLifted("a table joined to single numbers is left to the database")
        lines = [f'table = {tables[first].table}.add_prefix("{first}__")']
        used = [tables[first].table]
        for join in select.args.get("joins") or ():
            alias = join.this.alias_or_name
            if tables[alias].numbers:
                if join.args.get("on") is not None or join.side:
                    raise NotLifted("a condition on single numbers is left to the database")
                continue
            left, right = self.pairs(join, alias, tables)
            how = {"LEFT": "left", "RIGHT": "right", "FULL": "outer", "": "inner"}.get(join.side)
            if how is None or join.kind == "CROSS":
                raise NotLifted("a join of this kind is left to the database")
            lines.append(
                f'table = table.merge({tables[alias].table}.add_prefix("{alias}__"), how="{how}",'
                f" left_on={left!r}, right_on={right!r})".replace("'", '"')
            )
            used.append(tables[alias].table)
        return lines, used

    def pairs(self, join: exp.Join, alias: str, tables: Mapping[str, Relation]) -> tuple[list[str], list[str]]:
        """The columns by which a join compares, of what stands left of it and of the table itself."""
        left, right = [], []
        condition = join.args.get("on")
        tests = list(condition.flatten()) if isinstance(condition, exp.And) else [condition]
        for test in tests:
            if not (isinstance(test, exp.EQ) and all(isinstance(e, exp.Column) for e in (test.this, test.expression))):
                raise NotLifted("a join that is no comparison of columns is left to the database")
            sides = [test.this, test.expression]
            own = next((each for each in sides if each.table == alias), None)
            other = next((each for each in sides if each.table != alias), None)
            if own is None or other is None or other.table not in tables or tables[other.table].numbers:
                raise NotLifted("a join that is no comparison of two tables is left to the database")
            left.append(f"{other.table}__{tables[other.table].columns.get(other.name, slug(other.name))}")
            right.append(f"{alias}__{tables[alias].columns.get(own.name, slug(own.name))}")
        return left, right

    def projected(
        self, select: exp.Select, outputs: Mapping[str, exp.Expr], writer: Writer
    ) -> tuple[list[str], list[tuple[str, str]]]:
        """The lines from the rows that are there to the rows that are shown, and the numbers that they use."""
        lines: list[str] = []
        having = select.args.get("having")
        if having is not None:
            lines.append(f"table = table[{self.windowed(having.this, writer, lines)}]")
        shown: dict[str, str] = {}
        texts = {name: self.windowed(value, writer, lines) for name, value in outputs.items()}
        for name, text in texts.items():
            shown[name] = name if text == f'table["{name}"]' else f"shown_{name}"
            if shown[name] != name:
                lines.append(f"table = table.assign(shown_{name}={text})")
        lines += self.ordered(select, list(outputs), shown, writer)
        lines.append(f"return {self.cut(select, shown)}.reset_index(drop=True)")
        numbers = [(text, "float") for text in self.subqueries]
        self.subqueries = []
        return lines, numbers

    def ordered(
        self, select: exp.Select, outputs: Sequence[str], shown: Mapping[str, str], writer: Writer
    ) -> list[str]:
        """The lines that put the rows in order."""
        lines: list[str] = []
        by = []
        order = select.args.get("order")
        for at, each in enumerate(order.expressions if order is not None else ()):
            key = self.output_named(each.this, select, outputs)
            if key is None:
                lines.append(f"table = table.assign(order_{at}={self.windowed(each.this, writer, lines)})")
            by.append((shown[key] if key else f"order_{at}", not each.args.get("desc")))
        return [*lines, *([sorted_lines(by)] if by else [])]

    def cut(self, select: exp.Select, shown: Mapping[str, str]) -> str:
        """The columns and rows of a table that are shown."""
        renamed = ", ".join(f'"{each}": "{name}"' for name, each in shown.items() if each != name)
        listed = ", ".join(f'"{each}"' for each in shown.values())
        text = f"table[[{listed}]]" + (f".rename(columns={{{renamed}}})" if renamed else "")
        text += ".drop_duplicates()" if select.args.get("distinct") is not None else ""
        for clause, way in (("offset", ".iloc[{}:]"), ("limit", ".head({})")):
            node = select.args.get(clause)
            if node is not None and not isinstance(node.expression, exp.Literal):
                raise NotLifted(f"a {clause} that is computed is left to the database")
            text += way.format(int(node.expression.name)) if node is not None else ""
        return text

    def windowed(self, node: exp.Expr, writer: Writer, lines: list[str]) -> str:
        """An expression whose windows are computed first, a line each."""
        known = writer.known
        made: dict[str, str] = {}
        for window in list(node.find_all(exp.Window)):
            if window.sql() in made or stands_in_subquery(window, node):
                continue
            name = slug("window", self.taken)
            self.taken.add(name)
            for line in write_window(window, writer, name):
                lines.append(line)
            made[window.sql()] = f'table["{name}"]'
        if not made:
            return writer.write(node)
        outer = Writer(lambda each: made.get(each.sql()) or known(each), writer.frame, writer.cuts, writer.used)
        return outer.write(node)

    def writer(self, select: exp.Select, known: object, *, frame: bool) -> Writer:
        """A writer that also knows the subqueries that give one number."""
        self.subqueries = []

        def resolve(node: exp.Expr) -> str | None:
            text = known(node) if callable(known) else None
            if text is None and isinstance(node, exp.Subquery) and isinstance(node.this, exp.Select):
                text = self.single(node.this, select)
                self.subqueries.append(text)
            return text

        def cuts(node: exp.Div) -> bool:
            if self.schema.dialect not in _CUTTING:
                return False
            return is_integer(node.this, select, self.schema) and is_integer(node.expression, select, self.schema)

        return Writer(resolve, frame, cuts, self.helpers)

    def single(self, query: exp.Select, select: exp.Select) -> str:
        """The quantity that a subquery of one number is."""
        inside = {each.alias_or_name for scope in query.find_all(exp.Select) for each in sources_of(scope)}
        if any(column.table and column.table not in inside for column in query.find_all(exp.Column)):
            raise NotLifted("a subquery about each row is left to the database")
        if len(query.selects) != 1:
            raise NotLifted("a subquery of several columns is left to the database")
        before = self.subqueries
        name = slug(query.selects[0].alias or "whole", self.taken)
        self.taken.add(name)
        relation = self.relation(query, name, [name])
        self.subqueries = before
        if not relation.numbers:
            raise NotLifted("a subquery of several rows is left to the database")
        return relation.numbers[name]
