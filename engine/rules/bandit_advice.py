"""What bandit says, as advice: `# nosec` switches nothing off, and its files and command line stay out of it."""

from __future__ import annotations

import ast
import io
import logging
import warnings
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from engine.products import Severity

from .base import Check, Remark, Source

# Said by other rules already (and the last three repeat the secret), or noise in analysts' scripts: random, assert.
LEFT_OUT = frozenset({"B101", "B311", "B404", "B105", "B106", "B107"})
MOST_NODES = 4_000


@lru_cache(maxsize=1)
def _parts() -> tuple[Any, Any, Any, Any]:
    """Bandit's visitor, metrics, path helper and test set, loaded on first use."""
    logging.getLogger("bandit").setLevel(logging.CRITICAL)
    with warnings.catch_warnings(action="ignore"):  # of bandit's own libraries
        from bandit.core import config, meta_ast, metrics, node_visitor, test_set

        tests = test_set.BanditTestSet(config.BanditConfig())
    return node_visitor.BanditNodeVisitor, metrics.Metrics, meta_ast.BanditMetaAst, tests


def _advice(source: Source) -> Iterator[Remark]:
    if source.problem or len(source.nodes) > MOST_NODES:
        return
    for issue in _issues(source):
        if issue.test_id not in LEFT_OUT:
            first = issue.text.strip().splitlines()[0]
            yield Remark(issue.lineno, f"{issue.test_id}: {first}", "Look whether this is meant.")


def _issues(source: Source) -> list[Any]:
    return issues_in(source.text, source.tree)


def issues_in(text: str, tree: ast.Module) -> list[Any]:
    """What bandit says of a script; its nodes are marked by that."""
    visitor_class, metrics_class, meta_class, tests = _parts()
    metrics = metrics_class()
    metrics.begin("script.py")
    data = text.encode("utf-8", "replace")
    visitor = visitor_class("script.py", io.BytesIO(data), meta_class(), tests, False, {}, metrics)
    try:
        # The tree is parsed already; bandit marks its nodes, which is why this rule comes last.
        visitor.generic_visit(tree)
    except Exception:
        # Advice must never stop a verdict, and bandit's plugins raise on code that they did not foresee.
        return []
    issues: list[Any] = visitor.tester.results
    return issues


RULES = (Check("bandit", "Nothing that the scanner bandit warns of (advice only).", _advice, Severity.ADVICE),)
