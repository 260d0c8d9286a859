"""Texts that something else reads as code: formats, queries, formulas, names of methods, sources of programs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from runtime.parsing import parse

from . import doctests
from .base import LONGEST_CHAIN, Check, Remark, Source, argument, arguments, spread, words
from .values import Values

DUNDER_WORD = re.compile(r"__(?!main__)[a-z]+__")
REACHING_FIELD = re.compile(r"\{[^{}]*[.\[]\s{0,3}_")
CODE = re.compile(
    r"__(import|builtins|class|globals|subclasses|mro|base|bases|dict|code|init|reduce|getattribute|loader|spec)__|"
    r"\b(eval|exec|execfile|compile)\s*\(|\bimport\s+(os|sys|subprocess|socket|shutil|pty|ctypes|builtins|pickle)\b|"
    r"\b(os|subprocess|shutil|pty|builtins|posix)\.(system|popen|spawn\w*|exec\w*|run|call|Popen|check_\w+|remove|"
    r"unlink|rmtree|fork|kill|environ)\b|\bmodule://|\banimation\.(ffmpeg|convert)_(path|args)\b|\b(text\.latex|pgf)\.preamble\b|\bfrom\s+(os|subprocess|socket)\s+import\b"
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


LOGS = (
    r"logging\.(Stream|File|Null)Handler|logging\.Formatter|logging\.handlers\.(Timed)?RotatingFileHandler|"
    r"ext://sys\.std(out|err)"
)
# Functions that run or make what texts name.
TOLD_BY_NAME = frozenset({"unittest.main", "logging.config.dictConfig"})
DEEPEST_CLAUSE = 8
CALLING = re.compile(r"\w\s*\(|__")


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


def _is_option(values: Values, node: ast.expr) -> bool:
    """Whether it is what a parser of the command line gave, whose option may be called `format`."""
    bound = values.bindings.of(node) if isinstance(node, ast.Name) else []
    return bool(bound) and all(
        isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.func.attr == "parse_args"
        for each in bound
    )


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
        if not called and _is_option(values, node.value):
            continue
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
    yield from _annotations(source)
    yield from _tests_by_name(source)
    yield from doctests.remarks(source)
    for node in (*source.all(ast.Attribute), *source.all(ast.Name)):
        parent = source.parents[node]
        called = isinstance(parent, ast.Call) and parent.func is node
        if source.dotted(node) in TOLD_BY_NAME and not called:
            yield Remark(node.lineno, f"{source.dotted(node)} is passed on.", "Call it where it stands.")
    for call in source.all(ast.Call):
        if source.called(call) == "logging.config.dictConfig" and not _configures_plainly(source, call):
            fix = "Write the dict out, with handlers and formatters of logging alone."
            yield Remark(call.lineno, "dictConfig makes whatever its texts name.", fix)


def _configures_plainly(source: Source, call: ast.Call) -> bool:
    """Whether a logger is set up by a dict that stands there and names no maker but logging's."""
    given = argument(call, 0, "config")
    bound = Values.of(source).bindings.of(given) if isinstance(given, ast.Name) else [given]
    only = bound[0] if len(bound) == 1 else None
    shared = isinstance(given, ast.Name) and len(source.reads.get(given.id, ())) != 1
    if not isinstance(only, ast.Dict) or spread(call) or shared:
        return False
    for part in ast.walk(only):
        if not isinstance(part, ast.Dict):
            continue
        for key, value in zip(part.keys, part.values, strict=True):
            name = key.value if isinstance(key, ast.Constant) else None
            if name is None or name == "()" or (name in ("class", "stream") and not _of_logging(value)):
                return False
    return not any(isinstance(part, ast.DictComp) for part in ast.walk(only))


def _of_logging(value: ast.expr) -> bool:
    text = value.value if isinstance(value, ast.Constant) else None
    return isinstance(text, str) and re.fullmatch(LOGS, text) is not None


def _tests_by_name(source: Source) -> Iterator[Remark]:
    """Tests that a text names: unittest would import and call whatever that is."""
    if "unittest" not in {name.partition(".")[0] for name in source.modules.values()}:
        return
    fix = "Call unittest.main() plainly; it finds the script's own tests."
    for call in source.all(ast.Call):
        if source.called(call) == "unittest.main" and (spread(call) or not _plain_main(source, call)):
            yield Remark(call.lineno, "unittest.main is told by name what to run.", fix)
    for node in source.all(ast.Attribute):
        if node.attr == "discover":
            yield Remark(node.lineno, "discover imports files that no rule reads.", fix)


def _plain_main(source: Source, call: ast.Call) -> bool:
    """Whether it is given options alone: `argv=[""]`, `exit=False`."""
    named = {word.arg: word.value for word in call.keywords}
    argv = named.get("argv", ast.List([]))
    items = argv.elts[:] if isinstance(argv, ast.List | ast.Tuple) else [argv]
    options = (item.value if isinstance(item, ast.Constant) else None for item in items[1:])
    plain = isinstance(argv, ast.List | ast.Tuple) and all(str(each).startswith("-") for each in options)
    return not call.args and plain and named.keys() <= {"argv", "exit", "verbosity", "failfast", "buffer", "catchbreak"}


def _annotations(source: Source) -> Iterator[Remark]:
    """Annotations that are texts: some functions of the standard library evaluate them."""
    given = [argument.annotation for function in source.functions for argument in arguments(function)]
    given += [function.returns for function in source.functions if not isinstance(function, ast.Lambda)]
    given += [assign.annotation for assign in source.all(ast.AnnAssign)]
    for annotation in filter(None, given):
        for part in ast.walk(annotation):
            if isinstance(part, ast.Constant) and isinstance(part.value, str) and CALLING.search(part.value):
                yield Remark(part.lineno, "An annotation that is a text calls something.", "Write the type itself.")


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
    expression = argument(call, 0, "expr")
    texts = values.texts(expression)
    if texts is None and _asks_tables(values.source, method, call):
        return
    if texts is None:
        yield Remark(call.lineno, f"The text of {method} cannot be told from the script.", fix)
        return
    for text in texts:
        if reason := reason_against_expression(text):
            yield Remark(call.lineno, f"The text of {method} {reason}.", fix)


def _asks_tables(source: Source, method: str, call: ast.Call) -> bool:
    """Whether `query` is that of a session of SQLAlchemy: it is given classes and their columns, no text."""
    roots = {name.partition(".")[0] for name in source.modules.values()}
    by_session = method == "query" and source.fragment and "sqlalchemy" in roots and "pandas" not in roots
    return by_session and all(_is_table(source, item) for item in call.args)


def _is_table(source: Source, node: ast.AST | None, depth: int = 0) -> bool:
    """Whether an expression is a class, a column of one, or what SQLAlchemy makes of them."""
    if depth > DEEPEST_CLAUSE:
        return False
    match node:
        case ast.Call(func=ast.Attribute(value=value) as method):
            return _of_sqlalchemy(source, method) or _is_table(source, value, depth + 1)
        case ast.Call(func=ast.Name() as function):
            return _of_sqlalchemy(source, function)
        case ast.BinOp(left=left, right=ast.Constant(value=int() | float())):
            return _is_table(source, left, depth + 1)
        case ast.Attribute(value=value):
            own = isinstance(value, ast.Name) and value.id in ("self", "cls")
            return own or _is_table(source, value, depth + 1)
        case ast.Name(id=name):
            bound = Values.of(source).bindings.of(node)[:20]
            known = name in source.class_names or (name in source.modules and not source.is_argument(node))
            return known or name[:1].isupper() or all(_is_table(source, item, depth + 1) for item in bound)
    return False


def _of_sqlalchemy(source: Source, node: ast.AST) -> bool:
    return (source.dotted(node) or "").partition(".")[0] == "sqlalchemy"


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
