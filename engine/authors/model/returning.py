"""What a function gives back, told from its text: a number, a text or a table; and how to make sure of it. Pure."""

from __future__ import annotations

import ast
from dataclasses import dataclass

TABLE, NUMBER, TEXT = "pd.DataFrame", "float", "str"
AS_TABLE = '''
def _table(value):
    """The value as a table; an index that carries meaning becomes columns."""
    if isinstance(value, dict):
        many = any(isinstance(part, list | tuple | pd.Series) for part in value.values())
        value = pd.DataFrame(value if many else [value])
    elif isinstance(value, pd.Series):
        value = value.rename(value.name if value.name is not None else "value").to_frame()
    elif not isinstance(value, pd.DataFrame):
        many = pd.api.types.is_list_like(value) and not isinstance(value, tuple)
        value = pd.DataFrame(list(value) if many else [value])
    names = [name for name in value.index.names if name is not None]
    telling = bool(names) or not pd.api.types.is_integer_dtype(value.index.dtype)
    clash = not set(names).isdisjoint(value.columns)
    value = value.reset_index(drop=clash or not telling)
    value.columns = ["_".join(map(str, name)).strip("_") if isinstance(name, tuple) else str(name) for name in value]
    return value
'''.strip()
AS_LISTED = '''
def _listed(table, names):
    """The columns that were asked for, in their order, where the table has them all."""
    return table[names] if set(names) <= set(table.columns) else table
'''.strip()
AS_NAMED = '''
def _named(table, everything, names):
    """The columns that the request names, where the table has everything that was read."""
    return table[names] if list(table.columns) == everything else table
'''.strip()
AS_NUMBER = '''
def _number(value):
    """The one number in a value."""
    if isinstance(value, pd.DataFrame):
        value = value.to_numpy().ravel()
    if pd.api.types.is_list_like(value):
        if isinstance(value, dict) or len(value) != 1:
            raise TypeError(f"{len(value)} values were returned where one number is wanted")
        return list(value)[0]
    return value
'''.strip()
_ONE = frozenset("sum mean median min max std var nunique count item prod idxmax idxmin".split())
_CALLS = frozenset("float int len round abs sum min max bool".split())
_TEXTS = frozenset("str".split())
_MANY = frozenset(
    "reset_index sort_values head tail merge assign drop rename agg aggregate pivot_table drop_duplicates nlargest"
    " nsmallest value_counts to_frame DataFrame concat groupby melt copy fillna query round".split()
)
_NUMBERS = frozenset({"float", "int", "number", "np.float64", "Decimal", "bool", "np.number"})


@dataclass(frozen=True)
class Returned:
    """The annotation of what is given back, and the helper that makes it so where the text does not show it."""

    annotation: str
    wrap: str = ""

    @property
    def helper(self) -> str:
        """The helper's text."""
        return {"_table": AS_TABLE, "_number": AS_NUMBER}.get(self.wrap, "")

    def wrapped(self, statement: ast.stmt) -> ast.stmt:
        """A statement with its returns led through the helper; inner functions keep theirs."""
        wrap = self.wrap

        class Lead(ast.NodeTransformer):
            def visit_Return(self, node: ast.Return) -> ast.AST:
                if node.value is not None:
                    node.value = ast.Call(ast.Name(wrap, ast.Load()), [node.value], [])
                return node

            def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
                return node

            def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
                return node

        made: ast.stmt = Lead().visit(statement)
        return made


def returned(function: ast.FunctionDef, numbers: frozenset[str]) -> Returned:
    """What a function gives back, by its text first and by its annotation where the text leaves it open."""
    values = _returns(function)
    names = _assigned(function)
    said = ast.unparse(function.returns) if function.returns is not None else ""
    if values and all(_one(value, names, numbers, 0) for value in values):
        return Returned(NUMBER)
    if said in _TEXTS or (values and all(_text(value) for value in values)):
        return Returned(TEXT)
    tables = values and all(_many(value, names, 0) for value in values)
    if said in _NUMBERS and not tables:
        return Returned(NUMBER, "_number")
    return Returned(TABLE, "_table")


def mend_rows(function: ast.FunctionDef, numbers: frozenset[str], fixes: list[str]) -> None:
    """A table that is made of single values is one row of them."""
    names = _assigned(function)
    for node in ast.walk(function):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "DataFrame"):
            continue
        given = node.args[0] if len(node.args) == 1 and not node.keywords else None
        if isinstance(given, ast.Dict) and given.values and all(_single(v, names, numbers) for v in given.values):
            node.args = [ast.List([given], ast.Load())]
            fixes.append("single values as one row")


def _single(value: ast.expr, names: dict[str, list[ast.expr]], numbers: frozenset[str]) -> bool:
    """Whether an expression is surely one value: a number, or what stands at one place of a column."""
    if isinstance(value, ast.Name) and len(given := names.get(value.id, [])) == 1:
        value = given[0]
    placed = isinstance(value, ast.Subscript) and isinstance(value.value, ast.Attribute)
    if placed and isinstance(value, ast.Subscript) and isinstance(value.value, ast.Attribute):
        return value.value.attr in ("iloc", "at", "iat", "values") and isinstance(value.slice, ast.Constant | ast.Tuple)
    return _text(value) or _one(value, names, numbers, 0)


def as_table(annotation: str) -> Returned:
    """What to use when a run showed that a function gives a table after all."""
    return Returned(TABLE, "_table") if annotation != TABLE else Returned(NUMBER, "_number")


def _returns(function: ast.FunctionDef) -> list[ast.expr]:
    found: list[ast.expr] = []
    stack: list[ast.AST] = list(function.body)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Return) and node.value is not None:
            found.append(node.value)
        elif not isinstance(node, ast.FunctionDef | ast.Lambda):
            stack.extend(ast.iter_child_nodes(node))
    return found


def _assigned(function: ast.FunctionDef) -> dict[str, list[ast.expr]]:
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    found.setdefault(target.id, []).append(node.value)
        elif isinstance(node, ast.AugAssign | ast.For) and isinstance(node.target, ast.Name):
            found.setdefault(node.target.id, []).append(ast.Constant(None))
    return found


def _one(  # noqa: C901 (a case for each kind of expression)
    value: ast.expr, names: dict[str, list[ast.expr]], numbers: frozenset[str], depth: int
) -> bool:
    """Whether an expression is surely one number."""
    if depth > 8:
        return False
    match value:
        case ast.Constant():
            return isinstance(value.value, int | float)
        case ast.BinOp():
            return _one(value.left, names, numbers, depth + 1) and _one(value.right, names, numbers, depth + 1)
        case ast.UnaryOp():
            return _one(value.operand, names, numbers, depth + 1)
        case ast.IfExp():
            return _one(value.body, names, numbers, depth + 1) and _one(value.orelse, names, numbers, depth + 1)
        case ast.Name():
            given = names.get(value.id)
            if given is None:
                return value.id in numbers
            return all(_one(each, names, numbers, depth + 1) for each in given)
        case ast.Call(func=ast.Name()):
            return isinstance(value.func, ast.Name) and value.func.id in _CALLS
        case ast.Call(func=ast.Attribute()):
            return isinstance(value.func, ast.Attribute) and _reduces(value, value.func, names)
        case ast.Subscript(value=ast.Attribute()):
            taken = value.value.attr if isinstance(value.value, ast.Attribute) else ""
            return taken == "shape" and isinstance(value.slice, ast.Constant)
        case _:
            return False


def _reduces(call: ast.Call, called: ast.Attribute, names: dict[str, list[ast.expr]]) -> bool:
    """Whether a call adds one column up: not several columns, not groups, not along an axis."""
    if called.attr not in _ONE or call.args or any(k.arg in ("axis", "level") for k in call.keywords):
        return False
    inner = ast.walk(called.value)
    grouped = any(isinstance(node, ast.Attribute) and node.attr in ("groupby", "resample", "rolling") for node in inner)
    column = called.value
    while isinstance(column, ast.Call) and isinstance(column.func, ast.Attribute):
        column = column.func.value
    one = isinstance(column, ast.Subscript) and isinstance(column.slice, ast.Constant)
    named = isinstance(column, ast.Subscript) and isinstance(column.value, ast.Attribute) and column.value.attr == "loc"
    return (one or named) and not grouped


def _text(value: ast.expr) -> bool:
    return isinstance(value, ast.JoinedStr) or (isinstance(value, ast.Constant) and isinstance(value.value, str))


def _many(value: ast.expr, names: dict[str, list[ast.expr]], depth: int) -> bool:
    """Whether an expression is surely a table."""
    if depth > 8:
        return False
    match value:
        case ast.Call(func=ast.Attribute()):
            return isinstance(value.func, ast.Attribute) and value.func.attr in _MANY
        case ast.Subscript():
            return isinstance(value.slice, ast.List | ast.Compare)
        case ast.Name():
            given = names.get(value.id, [])
            return bool(given) and any(_many(each, names, depth + 1) for each in given)
        case ast.Dict() | ast.List() | ast.Tuple() | ast.ListComp():
            return True
        case _:
            return False
