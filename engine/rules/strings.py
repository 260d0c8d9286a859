"""Texts that something else reads as code: formats, queries, formulas, names of methods, sources of programs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from templates.runtime.parsing import parse

from .base import LONGEST_CHAIN, Check, Remark, Source, argument, spread, words
from .values import Values

DUNDER_WORD = re.compile(r"__(?!main__)[a-z]+__")
REACHING_FIELD = re.compile(r"\{[^{}]*[.\[]\s{0,3}_")
CODE = re.compile(
    r"__(import|builtins|class|globals|subclasses|mro|base|bases|dict|code|init|reduce|getattribute|loader|spec)__|"
    r"\b(eval|exec|execfile|compile)\s*\(|\bimport\s+(os|sys|subprocess|socket|shutil|pty|ctypes|builtins|pickle)\b|"
    r"\b(os|subprocess|shutil|pty|builtins|posix)\.(system|popen|spawn\w*|exec\w*|run|call|Popen|check_\w+|remove|"
    r"unlink|rmtree|fork|kill|environ)\b|\bmodule://|\bfrom\s+(os|subprocess|socket)\s+import\b"
)
QUERY_CALLS = words(
    "C I Q abs log log1p log2 log10 exp expm1 sqrt sin cos tan power bs cr cc center standardize scale poly "
    "Treatment Sum Poly Diff Helmert isin isnull notnull isna notna contains startswith endswith between lower "
    "upper len year month round mean sum max min median std lag diff floor ceil any all str dt strip square "
    "maximum minimum"
)
QUERY_NODES = (
    ast.Expression, ast.BoolOp, ast.BinOp, ast.UnaryOp, ast.Compare, ast.Name, ast.Constant, ast.List, ast.Tuple,
    ast.Attribute, ast.Call, ast.keyword, ast.Load, ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.Set,
)  # fmt: skip
MOST_TEXT = 20_000
WRITING_KEYWORDS = frozenset({"args", "path", "path_or_buf", "buf", "con", "excel_writer"})
QUERY_KEYWORDS = frozenset({"local_dict", "global_dict", "resolvers", "level", "target"})
FORMULA_CALLS = words(
    "ols wls gls glm logit probit poisson mixedlm mnlogit negativebinomial quantreg rlm gee phreg from_formula "
    "dmatrix dmatrices glsar ordinal_gee nominal_gee conditional_logit"
)
BY_NAME = frozenset({"agg", "aggregate", "apply", "transform", "pivot_table", "crosstab", "pipe", "map", "groupby"})
METHODS_BY_NAME = re.compile(r"to_\w+|eval|query|pipe|read_\w+|apply|agg|aggregate|_\w*|tofile|dump\w*|save\w*|set\w*")
CONVERSIONS = frozenset({"to_numpy", "to_frame", "to_list", "to_datetime", "to_numeric", "to_period", "to_timestamp"})


def _formats(source: Source) -> Iterator[Remark]:
    fix = "Use an f-string."
    yield from _taken_formats(source, fix)
    for line, text in source.strings:
        if REACHING_FIELD.search(text[:MOST_TEXT]):
            yield Remark(line, "A format that reaches into private attributes.", fix)
    values = Values.of(source)
    for node in source.all(ast.BinOp):
        texts = values.texts(node) if isinstance(node.op, ast.Add) else None
        if any(DUNDER_WORD.search(text) or REACHING_FIELD.search(text) for text in texts or ()):
            yield Remark(node.lineno, "A text joined from parts names a part of the interpreter.", fix)


def _taken_formats(source: Source, fix: str) -> Iterator[Remark]:
    """Uses of the method format whose text is hidden or reaches."""
    values = Values.of(source)
    for node in source.all(ast.Attribute):
        if node.attr not in ("format", "format_map"):
            continue
        parent = source.parents[node]
        called = isinstance(parent, ast.Call) and parent.func is node
        if source.dotted(node) or _formats_cells(node):
            continue
        if isinstance(node.value, ast.Constant):
            continue  # a literal format; what it reaches is looked at below
        if not called or (isinstance(node.value, ast.Name) and node.value.id == "str"):
            yield Remark(node.lineno, f"The method {node.attr} is taken without its format.", fix)
            continue
        texts = values.texts(node.value)
        if texts is None and not _texts_of_parts(values, node.value):
            yield Remark(node.lineno, "A format that is computed can reach any attribute.", fix)
        elif any(REACHING_FIELD.search(text) for text in texts or ()):
            yield Remark(node.lineno, "A format that reaches into private attributes.", fix)


def _formats_cells(node: ast.Attribute) -> bool:
    """Whether it is pandas' Styler that formats."""
    part: ast.AST = node.value
    for _ in range(LONGEST_CHAIN):
        if isinstance(part, ast.Attribute) and part.attr == "style":
            return True
        part = part.func if isinstance(part, ast.Call) else part.value if isinstance(part, ast.Attribute) else part
    return False


def _texts_of_parts(values: Values, node: ast.AST) -> bool:
    """Whether every constant part of the format is free of fields with attributes and no part is computed."""
    parts = [part for part in ast.walk(node) if isinstance(part, ast.Call | ast.Name | ast.Attribute | ast.Subscript)]
    return not parts or all(values.texts(part) is not None for part in parts)


def _code(source: Source) -> Iterator[Remark]:
    for line, text in source.strings:
        if found := CODE.search(text[:MOST_TEXT]):
            yield Remark(
                line, f"A text that holds code: {found[0]!r}.", "Write code as code, and nothing that runs others."
            )


def _queries(source: Source) -> Iterator[Remark]:
    values = Values.of(source)
    for node in source.all(ast.Attribute):
        if node.attr not in ("query", "eval"):
            continue
        parent = source.parents[node]
        called = isinstance(parent, ast.Call) and parent.func is node
        call = parent if called and isinstance(parent, ast.Call) else None
        if call is None:
            if node.attr == "eval" or not source.fragment:
                yield Remark(
                    node.lineno, f"{node.attr} is taken without its text.", "Filter with df[df['column'] > 1]."
                )
        elif call.args or call.keywords:
            yield from _query(values, call, node.attr)


def _query(values: Values, call: ast.Call, method: str) -> Iterator[Remark]:
    fix = "Filter with df[df['column'] > limit] and compute with df['a'] + df['b']."
    named = {keyword.arg for keyword in call.keywords}
    if named & QUERY_KEYWORDS or spread(call):
        yield Remark(call.lineno, f"{method} is given names of its own.", fix)
        return
    texts = values.texts(argument(call, 0, "expr"))
    if texts is None:
        yield Remark(call.lineno, f"The text of {method} cannot be told from the script.", fix)
        return
    for text in texts:
        if reason := reason_against_expression(text):
            yield Remark(call.lineno, f"The text of {method} {reason}.", fix)


def reason_against_expression(text: str, own: frozenset[str] = frozenset()) -> str | None:
    """Why an expression that a library will evaluate is refused; None when it is harmless."""
    plain = re.sub(r"`[^`]*`", "name", text)
    if re.search(r"@\s*\w+\s*[.(\[]|@\s*_|@\s*(pd|np|os|sys)\b", plain):
        return "reaches through a name of the script"
    for part in re.split(r"[;\n]", plain.replace("@", "").replace("&&", "&")):
        statement = re.sub(r"^\s*\w+\s*=(?!=)", "", part).strip()
        if statement and (reason := _against_statement(statement, own)):
            return reason
    return None


def _against_statement(text: str, own: frozenset[str]) -> str | None:
    try:
        tree = parse(text[:5000], mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "cannot be read as an expression"
    for node in ast.walk(tree):
        if not isinstance(node, QUERY_NODES):
            return "holds more than comparisons and arithmetic"
        name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
        if name.startswith("__") or name in ("os", "sys", "eval", "exec", "open", "io", "builtins"):
            return f"names {name}"
        if isinstance(node, ast.Call):
            function = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if function not in QUERY_CALLS | own:
                return f"calls {function or 'something computed'}"
    return None


def _formulas(source: Source) -> Iterator[Remark]:
    values = Values.of(source)
    for call in source.all(ast.Call):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        formula = argument(call, 0, "formula", "formula_like")
        if name not in FORMULA_CALLS or formula is None:
            continue
        for text in values.texts(formula) or ():
            sides = re.split(r"[~|]", text.replace(":", "+").replace("\n", " "))
            for reason in filter(None, (reason_against_expression(side, source.function_names) for side in sides)):
                yield Remark(
                    call.lineno, f"The formula {reason}.", "Compute columns first, then name them in the formula."
                )


def _methods_by_name(source: Source) -> Iterator[Remark]:
    values = Values.of(source)
    for call in source.all(ast.Call):
        if not isinstance(call.func, ast.Attribute) or call.func.attr not in BY_NAME:
            continue
        for text in _method_names(values, call):
            if METHODS_BY_NAME.fullmatch(text) and text not in CONVERSIONS:
                yield Remark(call.lineno, f"{call.func.attr} is given the method {text!r} by name.", "Call the method.")
        if _computed_with_arguments(source, values, call):
            yield Remark(
                call.lineno, f"{call.func.attr} is given a computed method with arguments.", "Call the method."
            )


def _computed_with_arguments(source: Source, values: Values, call: ast.Call) -> bool:
    """Whether something that may be any method's name is given together with arguments for it."""
    extra = {word.arg for word in call.keywords} - {"axis", "func", "result_type", "raw", "group_keys", "na_action"}
    function = argument(call, 0, "func")
    by_name = isinstance(call.func, ast.Attribute) and call.func.attr in ("agg", "aggregate", "apply")
    loose = by_name and (len(call.args) > 2 or None in extra)
    if function is None or not (loose or extra & WRITING_KEYWORDS):
        return False
    if isinstance(function, ast.Name):
        bound = values.bindings.of(function)[:50]
        known = function.id in source.function_names or function.id in source.modules
        if known or all(isinstance(item, ast.Lambda) for item in bound):
            return False
    plain = isinstance(function, ast.Lambda | ast.Dict | ast.List) or source.dotted(function) is not None
    return not plain and values.texts(function) is None


def _method_names(values: Values, call: ast.Call) -> Iterator[str]:
    functions = [item for item in call.args[:1] if not isinstance(item, ast.Dict)]
    functions += [value for item in call.args[:1] if isinstance(item, ast.Dict) for value in item.values]
    functions += [word.value for word in call.keywords if word.arg in ("func", "aggfunc")]
    if isinstance(call.func, ast.Attribute) and call.func.attr in ("agg", "aggregate"):
        named = [word.value for word in call.keywords if isinstance(word.value, ast.Tuple)]
        functions += [item.elts[-1] for item in named if isinstance(item, ast.Tuple) and item.elts]
    if isinstance(call.func, ast.Attribute) and call.func.attr == "groupby":
        return
    for function in functions:
        yield from values.texts(function) or ()


RULES = (
    Check("formats", "Formats are f-strings or literal texts, without attributes of what they format.", _formats),
    Check("no-code-in-text", "No text holds code for something to run.", _code),
    Check("expressions", "Texts for query and eval are literal comparisons and arithmetic.", _queries),
    Check("formulas", "Formulas of statistics libraries name columns and plain functions.", _formulas),
    Check(
        "methods-by-name", "agg, apply and their like are given functions or names of aggregations.", _methods_by_name
    ),
)
