"""The shape of a contract script: the example passes, and each way of breaking it is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.rules import check

CONTRACT = (Path(__file__).parents[2] / "templates" / "prompts" / "contract.md").read_text("utf-8")
EXAMPLE = CONTRACT.split("```python\n")[1].split("```")[0]
SMALL = '''"""Sales by city."""
import pandas as pd
from runtime import Table, main, sql

SOURCES = {"sales": sql("SELECT city, amount FROM sales")}

def by_city(sales: pd.DataFrame) -> pd.DataFrame:
    """Sales by city, USD."""
    return sales.groupby("city", as_index=False)["amount"].sum()

VIEW = [Table("by_city")]

if __name__ == "__main__":
    main()
'''


def refusals(text):
    return {finding.rule for finding in check(text).refusals}


def advice(text):
    verdict = check(text)
    assert verdict.accepted, verdict.refusals
    return {finding.rule for finding in verdict.findings}


def broken(old, new, text=EXAMPLE):
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize("text", [EXAMPLE, SMALL])
def test_a_contract_script_passes_without_a_word(text):
    assert check(text).findings == ()


REFUSED = {
    "no title": (EXAMPLE[EXAMPLE.index('"""') : EXAMPLE.index("import")], "", "title"),
    "statement": ("# What is shown", "print(1)\n# What is shown", "module-level"),
    "loop": ("# What is shown", "for i in [1]: x = i\n# What is shown", "module-level"),
    "class": ("# What is shown", "class A: pass\n# What is shown", "module-level"),
    "call": ("# What is shown", "main()\n# What is shown", "module-level"),
    "if": ("# What is shown", "if True:\n    X = 1\n# What is shown", "module-level"),
    "try": ("# What is shown", "try:\n    X = 1\nfinally:\n    Y = 1\n# What is shown", "module-level"),
    "no guard": ('if __name__ == "__main__":\n    main()', "", "module-level"),
    "other guard": ("    main()\n", "    main(1)\n", "module-level"),
    "guard does more": ("    main()\n", "    main()\n    print(1)\n", "module-level"),
    "main from elsewhere": ("main, sql", "sql", "module-level"),
    "view twice": ("if __name__", "VIEW = []\nif __name__", "module-level"),
    "unpacked": ("# What is shown", "A, B = 1, 2\n# What is shown", "module-level"),
    "small constant": ("# What is shown", "rate = 0.05\n# What is shown", "constants"),
    "computed constant": ("# What is shown", "RATE = max(1, 2)\n# What is shown", "constants"),
    "sources list": ("SOURCES = {", "SOURCES = [{", "parses"),
    "sources by call": ('SOURCES = {\n    "income"', 'SOURCES = dict() or {\n    "income"', "sources"),
    "source no sql": ('"loans": sql(', '"loans": str(', "sources"),
    "source twice": ('"expenses": sql(', '"income": sql(', "sources"),
    "source name": ('"expenses": sql(', '"my expenses": sql(', "sources"),
    "source computed name": ('"expenses": sql(', '"exp" + "enses": sql(', "sources"),
    "two statements": ("SELECT balance", "SELECT 1; SELECT balance", "queries"),
    "no select": (
        "SELECT balance, annual_payment FROM loans JOIN properties",
        "DELETE FROM loans USING x --",
        "queries",
    ),
    "formatted": ('"SELECT balance', 'f"SELECT {1} balance', "queries"),
    "concatenated": ('"SELECT balance', '"SELECT " + "balance', "queries"),
    "broken sql": ("SELECT balance, annual_payment FROM", "SELECT balance, (annual_payment FROM", "queries"),
    "danger": ("SELECT balance", "SELECT pg_read_file('x') AS balance", "queries"),
    "sleep": ("SELECT balance", "SELECT pg_sleep(1), balance", "queries"),
    "lock": (
        "USING (property_id) WHERE name = :property",
        "USING (property_id) WHERE name = :property FOR UPDATE",
        "queries",
    ),
    "secrets of the server": ("FROM loans JOIN", "FROM pg_authid JOIN", "queries"),
    "unbound": ("WHERE name = :property", "WHERE name = :property AND year = :year", "queries"),
    "unused binding": (
        'property="Orlando Fashion Square",',
        'property="Orlando Fashion Square", year=2026,',
        "queries",
    ),
    "bound by computation": ('property="Orlando Fashion Square",', "property=str(1),", "queries"),
    "parameters tuple call": ("PARAMETERS = [", "PARAMETERS = list([", "parses"),
    "parameter no call": ('Parameter("rate_change", "Interest rate change"', "dict(name=1", "parameters"),
    "parameter twice": ('Parameter("rate_change"', 'Parameter("revenue_change"', "parameters"),
    "parameter named as source": ('Parameter("rate_change"', 'Parameter("income"', "parameters"),
    "parameter name": ('Parameter("rate_change"', 'Parameter("rate change"', "parameters"),
    "unknown field": ("low=-0.02", "minimum=-0.02", "parameters"),
    "low above high": ("low=-0.02, high=0.05", "low=0.5, high=0.05", "parameters"),
    "default outside": ("default=0.0, low=-0.02", "default=3.0, low=-0.02", "parameters"),
    "computed default": ("default=0.0, low=-0.02", "default=float(0), low=-0.02", "parameters"),
    "text for number": ("default=0.0, low=-0.02", 'default="0", low=-0.02', "parameters"),
    "step": ("high=0.05, unit", "high=0.05, step=0, unit", "parameters"),
    "untyped": ("def noi(revenue: float", "def noi(revenue", "signatures"),
    "no return type": ("operating_expenses: float) -> float:", "operating_expenses: float):", "signatures"),
    "default": ("def noi(revenue: float", "def noi(revenue: float = 1", "parses"),
    "defaults": ("operating_expenses: float) -> float:", "operating_expenses: float = 1) -> float:", "signatures"),
    "star": ("def noi(revenue: float,", "def noi(*rest: float, revenue: float,", "signatures"),
    "keyword only": ("def noi(revenue: float,", "def noi(*, revenue: float,", "signatures"),
    "decorator": ("def noi(", "@staticmethod\ndef noi(", "signatures"),
    "returns nothing": ("    return noi / debt_service", "    noi / debt_service", "signatures"),
    "unknown argument": ("def dscr(noi: float", "def dscr(nio: float", "names"),
    "defined twice": ("def noi(", "def revenue(", "names"),
    "named as source": ("def noi(", "def income(", "names"),
    "named as parameter": ("def noi(", "def rate_change(", "names"),
    "named as import": ("def noi(", "def sql(", "names"),
    "itself": ("def revenue(income: pd.DataFrame", "def revenue(revenue: float, income: pd.DataFrame", "no-cycles"),
    "circle": ("def revenue(income: pd.DataFrame", "def revenue(dscr: float, income: pd.DataFrame", "no-cycles"),
    "global": ("    return noi / debt_service", "    global X\n    return noi / debt_service", "pure"),
    "yield": ("    return noi / debt_service", "    yield noi\n    return noi / debt_service", "pure"),
    "inner import": ("    return noi / debt_service", "    import math\n    return noi / debt_service", "pure"),
    "no view": (EXAMPLE[EXAMPLE.index("VIEW") : EXAMPLE.index("if __name__")], "", "view"),
    "empty view": (EXAMPLE[EXAMPLE.index("VIEW") : EXAMPLE.index("if __name__")], "VIEW = []\n", "view"),
    "unknown quantity": ('Metric("dscr"', 'Metric("dcsr"', "view"),
    "source in view": ('Metric("dscr"', 'Metric("income"', "view"),
    "threshold": ('good=">= 1.25"', 'good="above 1.25"', "view"),
    "kind": ('kind="bar"', 'kind="donut"', "view"),
    "view of something": ('Metric("noi"', 'print("noi"', "view"),
    "view computed": ("VIEW = [", "VIEW = [] + [", "view"),
    "unit of its own": ('unit="USD"),\n    Chart', 'unit="![i](http://host/x.png)"),\n    Chart', "view"),
    "column's unit of its own": ('units={"amount": "USD"}', 'units={"amount": "<b>"}', "view"),
    "parameter's unit of its own": ('high=0.5, unit="percent"', 'high=0.5, unit="[a](b)"', "parameters"),
    "unknown view field": ('unit="USD"),\n    Chart', 'units="USD"),\n    Chart', "view"),
    "reads a file": ('income["amount"].sum() *', 'pd.read_csv("a.csv")["amount"].sum() *', "members"),
    "opens a file": ('income["amount"].sum() *', 'float(open("a.txt").read()) *', "builtins"),
    "writes a file": ('income["amount"].sum() *', 'income.to_csv("a.csv") or 1 *', "files"),
    "environment": ("import pandas as pd", "import os\nimport pandas as pd", "imports"),
    "random": ("import pandas as pd", "import random\nimport pandas as pd", "imports"),
    "other of runtime": ("main, sql", "main, sql, loader", "imports"),
    "private": ('income["amount"].sum() *', "income._mgr *", "no-private"),
    "secret": ("# What is shown", 'API_KEY = "k-8f3b2a91"\n# What is shown', "secrets"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_each_break_is_refused_by_its_rule(name):
    old, new, rule = REFUSED[name]
    assert rule in refusals(broken(old, new))


ADVISED = {
    "mutation": ("    table = income.groupby", '    income["x"] = 1\n    table = income.groupby', "no-mutation"),
    "in place": (
        "    table = income.groupby",
        "    income.dropna(inplace=True)\n    table = income.groupby",
        "no-mutation",
    ),
    "undocumented": ('    """Debt service coverage ratio: NOI over annual debt service."""\n', "", "definitions"),
    "unused quantity": ('    Metric("dscr", "DSCR", unit="x", good=">= 1.25", bad="< 1.0"),\n', "", "unused"),
    "printed": ("    return noi / debt_service", "    print(noi)\n    return noi / debt_service", "quiet"),
    "endless": ("    return noi / debt_service", "    while True:\n        pass\n    return noi", "endless-loops"),
    "called": ("    return noi / debt_service", "    return noi / revenue(1, 2)", "asked-not-called"),
}


@pytest.mark.parametrize("name", ADVISED)
def test_each_weakness_is_advice(name):
    old, new, rule = ADVISED[name]
    assert advice(broken(old, new)) == {rule}


ALLOWED = {
    "copy first": (
        "    table = income.groupby",
        '    income = income.copy()\n    income["x"] = 1\n    table = income.groupby',
    ),
    "constant": ("# What is shown", "MONTHS = 12\nRATES = [0.05, 0.06]\nYEAR = 12 * 30\n# What is shown"),
    "helper": ("# What is shown", "def _share(part, whole=1.0):\n    return part / whole\n# What is shown"),
    "query": ("    table = income.groupby", '    income = income.query("amount > 0")\n    table = income.groupby'),
    "lambda": ('table.sort_values("amount"', 'table.assign(x=lambda t: t["amount"] * 2).sort_values("amount"'),
    "text of a frame": ('income["amount"].sum() *', "len(income.to_dict()) *"),
    "numpy": ("import pandas as pd", "import numpy as np\nimport numpy_financial as npf\nimport pandas as pd"),
    "future": ("import pandas as pd", "from __future__ import annotations\n\nimport pandas as pd"),
    "annotated": ("PARAMETERS = [", "PARAMETERS: list[Parameter] = ["),
    "sqlite": ("SELECT balance", "SELECT strftime('%Y-%m', opened_on) AS month, balance"),
    "cast": ("SELECT balance", "SELECT balance::numeric"),
    "union": (
        'WHERE name = :property",\n        property="Orlando Fashion Square",\n    ),\n}',
        'WHERE name = :property UNION ALL SELECT 1, 2",\n        property="Orlando Fashion Square",\n    ),\n}',
    ),
    "with": (
        "SELECT balance, annual_payment FROM loans",
        "WITH l AS (SELECT * FROM loans) SELECT balance, annual_payment FROM l",
    ),
    "colon in text": ("SELECT balance", "SELECT 'at 10:30' AS note, balance"),
}


@pytest.mark.parametrize("name", ALLOWED)
def test_what_the_contract_allows_passes(name):
    assert check(broken(*ALLOWED[name])).refusals == ()


def test_a_near_name_is_offered():
    fixes = [finding.fix for finding in check(broken("def dscr(noi: float", "def dscr(nio: float")).refusals]
    assert any("Did you mean noi?" in fix for fix in fixes)
    fixes = [finding.fix for finding in check(broken('Metric("dscr"', 'Metric("dcsr"')).refusals]
    assert any("Did you mean dscr?" in fix for fix in fixes)


def test_all_findings_come_at_once():
    text = broken("import pandas as pd", "import os\nimport pandas as pd")
    text = broken('Metric("dscr"', 'Metric("dcsr"', text)
    text = broken("def noi(revenue: float", "def noi(revenue", text)
    assert {"imports", "view", "signatures"} <= refusals(text)


def test_the_contract_does_not_bind_fragments():
    assert check("print(sum([1, 2]))\n", fragment=True).accepted
    assert not check("print(sum([1, 2]))\n").accepted
