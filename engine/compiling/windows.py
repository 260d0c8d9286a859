"""Window functions over a frame: shares of a whole, running totals, ranks, the row before. Pure."""

from __future__ import annotations

from sqlglot import exp

from engine.compiling.expressions import NotLifted, Writer

_WHOLE: dict[type[exp.Expr], str] = {
    exp.Sum: "sum",
    exp.Avg: "mean",
    exp.Min: "min",
    exp.Max: "max",
    exp.Count: "count",
}
_RUNNING: dict[type[exp.Expr], str] = {
    exp.Sum: "cumsum()",
    exp.Avg: "expanding().mean()",
    exp.Min: "cummin()",
    exp.Max: "cummax()",
}
_ROLLING: dict[type[exp.Expr], str] = {exp.Sum: "sum()", exp.Avg: "mean()", exp.Min: "min()", exp.Max: "max()"}


def write_window(window: exp.Window, writer: Writer, name: str) -> list[str]:
    """The lines that give a frame named table the column of a window.

    Raises:
        NotLifted: it is of a kind that has no counterpart.
    """
    lines: list[str] = []
    parts = []
    for at, each in enumerate(window.args.get("partition_by") or ()):
        lines.append(f"table = table.assign({name}_part_{at}={writer.write(each)})")
        parts.append(f"{name}_part_{at}")
    if not parts:
        lines.append(f"table = table.assign({name}_part_0=0)")
        parts = [f"{name}_part_0"]
    by: list[tuple[str, bool]] = []
    order = window.args.get("order")
    for at, each in enumerate(order.expressions if order is not None else ()):
        lines.append(f"table = table.assign({name}_by_{at}={writer.write(each.this)})")
        by.append((f"{name}_by_{at}", not each.args.get("desc")))
    return [*lines, *_computed(window, writer, name, parts, by)]


def _computed(window: exp.Window, writer: Writer, name: str, parts: list[str], by: list[tuple[str, bool]]) -> list[str]:
    function = window.this
    listed = ", ".join(f'"{part}"' for part in parts)
    ordered = "table"
    if by:
        columns, ways = ", ".join(f'"{key}"' for key, _ in by), ", ".join(str(up) for _, up in by)
        ordered = f'table.sort_values([{columns}], ascending=[{ways}], kind="stable")'
    grouped = f"{ordered}.groupby([{listed}], dropna=False)"
    kind = type(function)
    if kind is exp.RowNumber:
        return [f"table = table.assign({name}={grouped}.cumcount() + 1)"]
    if kind in (exp.Rank, exp.DenseRank):
        return _ranked(name, listed, by, "dense" if kind is exp.DenseRank else "min")
    if kind in (exp.Lag, exp.Lead):
        steps = int(function.args["offset"].name) if function.args.get("offset") is not None else 1
        if function.args.get("default") is not None:
            raise NotLifted("a default of the row before is left to the database")
        return [
            f"table = table.assign({name}_of={writer.write(function.this)})",
            f'table = table.assign({name}={grouped}["{name}_of"].shift({steps if kind is exp.Lag else -steps}))',
        ]
    if kind not in _WHOLE or isinstance(function.this, exp.Distinct):
        raise NotLifted(f"{function.key} over a window is left to the database")
    counted = isinstance(function.this, exp.Star | exp.Literal)
    lines = [f"table = table.assign({name}_of={'1' if counted else writer.write(function.this)})"]
    if not by:
        return [*lines, f'table = table.assign({name}={grouped}["{name}_of"].transform("{_WHOLE[kind]}"))']
    return [
        *lines,
        f"table = table.assign({name}={_running(kind, window.args.get('spec'), grouped, name, len(parts))})",
    ]


def _running(kind: type[exp.Expr], frame: exp.Expr | None, grouped: str, name: str, parts: int) -> str:
    """A value over the rows up to this one, or over the last few."""
    of, drop = f'{grouped}["{name}_of"]', f"reset_index(level={list(range(parts))}, drop=True)"
    if (back := _preceding(frame)) is not None:
        if kind not in _ROLLING:
            raise NotLifted("a count over some rows is left to the database")
        return f"{of}.rolling({back + 1}, min_periods=1).{_ROLLING[kind]}.{drop}"
    if kind is exp.Count:
        return f"{grouped}.cumcount() + 1"
    return f"{of}.{_RUNNING[kind]}" + (f".{drop}" if kind is exp.Avg else "")


def _ranked(name: str, listed: str, by: list[tuple[str, bool]], method: str) -> list[str]:
    if len(by) != 1:
        raise NotLifted("a rank by several columns is left to the database")
    key, up = by[0]
    ranked = f'table.groupby([{listed}], dropna=False)["{key}"].rank(method="{method}", ascending={up})'
    return [f"table = table.assign({name}={ranked})"]


def _preceding(frame: exp.Expr | None) -> int | None:
    """How many rows before the current one a window takes in; None where it takes in all of them."""
    if frame is None:
        return None
    start, end = frame.args.get("start"), frame.args.get("end")
    if frame.args.get("kind") not in ("ROWS", "RANGE") or end not in ("CURRENT ROW", None):
        raise NotLifted("a window of this kind is left to the database")
    if start == "UNBOUNDED" and frame.args.get("start_side") == "PRECEDING":
        return None
    if isinstance(start, exp.Literal) and frame.args.get("start_side") == "PRECEDING" and frame.args["kind"] == "ROWS":
        return int(start.name)
    raise NotLifted("a window of this kind is left to the database")
