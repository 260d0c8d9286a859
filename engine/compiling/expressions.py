"""What SQL computes from columns that are there already, as Python over a frame or over single numbers. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlglot import exp

from engine.compiling.statement import called

# Small functions of the script that do what SQL does where pandas does otherwise, for columns and for numbers.
HELPERS = {
    "_divided": (
        "def _divided(top, bottom):",
        '    """A quotient; nothing where it would be divided by zero."""',
        "    return top / np.where(bottom == 0, np.nan, bottom)",
    ),
    "_rounded": (
        "def _rounded(value, places=0):",
        '    """The value rounded half away from zero, as databases round."""',
        "    return np.sign(value) * np.floor(np.abs(value) * 10.0**places + 0.5) / 10.0**places",
    ),
    "_first": (
        "def _first(value, other):",
        '    """The value; the other one where there is none."""',
        "    if isinstance(value, pd.Series):",
        "        return value.where(value.notna(), other)",
        "    return other if pd.isna(value) else value",
    ),
    "_unless": (
        "def _unless(value, other):",
        '    """The value; nothing where it is the other one."""',
        "    if isinstance(value, pd.Series):",
        "        return value.where(value != other)",
        "    return float('nan') if value == other else value",
    ),
    "_chosen": (
        "def _chosen(cases, otherwise):",
        '    """The value of the first case that holds, as CASE gives it."""',
        "    frames = [each for case in cases for each in case if isinstance(each, pd.Series)]",
        "    if not frames:",
        "        return next((value for test, value in cases if test), otherwise)",
        "    result = pd.Series([otherwise] * len(frames[0]), index=frames[0].index, dtype=object)",
        "    for test, value in reversed(cases):",
        "        result = result.where(~np.asarray(test, dtype=bool), value)",
        "    return result.infer_objects()",
    ),
}
_COMPARISONS = {exp.EQ: "==", exp.NEQ: "!=", exp.GT: ">", exp.GTE: ">=", exp.LT: "<", exp.LTE: "<="}
_ARITHMETIC = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*"}


class NotLifted(Exception):
    """A part of a statement that is left to the database."""


@dataclass
class Writer:
    """Writes expressions. `known` gives what stands for a part that is computed already, or None; `frame`: whole
    columns rather than single numbers; `cuts` says whether the database cuts off a quotient of whole numbers.
    """

    known: Callable[[exp.Expr], str | None]
    frame: bool
    cuts: Callable[[exp.Div], bool] = lambda node: False
    used: set[str] = field(default_factory=set)

    def write(self, node: exp.Expr) -> str:
        """The Python of an expression.

        Raises:
            NotLifted: it holds what has no counterpart here.
        """
        if (text := self.known(node)) is not None:
            return text
        kind = type(node)
        if kind in _ARITHMETIC:
            return f"({self.write(node.this)} {_ARITHMETIC[kind]} {self.write(node.expression)})"
        if kind in _COMPARISONS:
            return f"({self.write(node.this)} {_COMPARISONS[kind]} {self.write(node.expression)})"
        for family in (self._plain, self._functions, self._tests):
            if (text := family(node)) is not None:
                return text
        raise NotLifted(f"{called(node)} is left to the database")

    def _plain(self, node: exp.Expr) -> str | None:
        match node:
            case exp.Literal():
                return repr(node.name) if node.is_string else node.name
            case exp.Boolean():
                return str(bool(node.this))
            case exp.Null():
                return "float('nan')"
            case exp.Paren():
                return self.write(node.this)
            case exp.Neg():
                return f"(-{self.write(node.this)})"
            case exp.Div():
                return self._quotient(node)
        return None

    def _quotient(self, node: exp.Div) -> str:
        bottom = node.expression
        while isinstance(bottom, exp.Paren):
            bottom = bottom.this
        if isinstance(bottom, exp.Nullif) and bottom.expression.name in ("0", "0.0"):
            bottom = bottom.this
        top, under = self.write(node.this), self.write(bottom)
        if isinstance(bottom, exp.Literal) or not self.frame:
            text = f"({top} / {under})"
        else:
            text = f"{self._use('_divided')}({top}, {under})"
        return f"np.trunc({text})" if self.cuts(node) else text

    def _functions(self, node: exp.Expr) -> str | None:
        match node:
            case exp.Round():
                places = node.args.get("decimals")
                given = [self.write(node.this), *([self.write(places)] if places is not None else [])]
                return f"{self._use('_rounded')}({', '.join(given)})"
            case exp.Abs():
                return f"abs({self.write(node.this)})"
            case exp.Coalesce():
                text = self.write(node.this)
                for other in node.expressions:
                    text = f"{self._use('_first')}({text}, {self.write(other)})"
                return text
            case exp.Nullif():
                return f"{self._use('_unless')}({self.write(node.this)}, {self.write(node.expression)})"
            case exp.Case():
                return self._case(node)
            case exp.If():
                otherwise = self.write(node.args["false"]) if node.args.get("false") is not None else "None"
                test, value = self.write(node.this), self.write(node.args["true"])
                return f"{self._use('_chosen')}([({test}, {value})], {otherwise})"
            case exp.Cast():
                return self._cast(node)
        return None

    def _case(self, node: exp.Case) -> str:
        tests = []
        for each in node.args["ifs"]:
            test = exp.EQ(this=node.this.copy(), expression=each.this.copy()) if node.this is not None else each.this
            tests.append(f"({self.write(test)}, {self.write(each.args['true'])})")
        default = node.args.get("default")
        return f"{self._use('_chosen')}([{', '.join(tests)}], {self.write(default) if default is not None else 'None'})"

    def _cast(self, node: exp.Cast) -> str:
        if node.to.is_type(*exp.DataType.FLOAT_TYPES, "decimal", "numeric", "real", "double"):
            return f"({self.write(node.this)} * 1.0)"
        if node.to.is_type(*exp.DataType.INTEGER_TYPES):
            return f"np.trunc({self.write(node.this)})"
        raise NotLifted(f"a cast to {node.to.sql()} is left to the database")

    def _tests(self, node: exp.Expr) -> str | None:
        match node:
            case exp.And():
                return f"({self.write(node.this)} {'&' if self.frame else 'and'} {self.write(node.expression)})"
            case exp.Or():
                return f"({self.write(node.this)} {'|' if self.frame else 'or'} {self.write(node.expression)})"
            case exp.Not(this=exp.Is(this=value, expression=exp.Null())):
                return f"pd.notna({self.write(value)})"
            case exp.Not():
                return f"(~{self.write(node.this)})" if self.frame else f"(not {self.write(node.this)})"
            case exp.Is(this=value, expression=exp.Null()):
                return f"pd.isna({self.write(value)})"
            case exp.Between():
                value, low, high = self.write(node.this), self.write(node.args["low"]), self.write(node.args["high"])
                joined = "&" if self.frame else "and"
                return f"(({value} >= {low}) {joined} ({value} <= {high}))"
            case exp.In() if node.expressions and not node.args.get("query"):
                listed = ", ".join(self.write(each) for each in node.expressions)
                text = self.write(node.this)
                return f"{text}.isin([{listed}])" if self.frame else f"({text} in ({listed},))"
        return None

    def _use(self, helper: str) -> str:
        self.used.add(helper)
        return helper
