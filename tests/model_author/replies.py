"""Replies as models really write them, each with what must become of it.

fix: put right without asking the model again, and the result is right · ask: the model is told what is wrong ·
refuse: never run and not asked about · user: words for the person
"""

from __future__ import annotations

import json

GOOD = '''def revenue_by_customer(rows: pd.DataFrame, price_change: float) -> pd.DataFrame:
    """Revenue of each customer, largest first."""
    table = rows.groupby("customer_name", as_index=False)["amount"].sum()
    table["amount"] = table["amount"] * (1 + price_change)
    return table.sort_values("amount", ascending=False)
'''


def fence(code: str, label: str = "python") -> str:
    return f"```{label}\n{code}```"


def changed(*pairs: tuple[str, str]) -> str:
    code = GOOD
    for old, new in pairs:
        assert old in code, old
        code = code.replace(old, new)
    return fence(code)


SIGNATURE = "(rows: pd.DataFrame, price_change: float) -> pd.DataFrame:"
FIRST = '    table = rows.groupby("customer_name", as_index=False)["amount"].sum()\n'
LAST = '    return table.sort_values("amount", ascending=False)\n'
before = FIRST

REPLIES: dict[str, tuple[str, str]] = {
    # the envelope
    "good": ("fix", fence(GOOD)),
    "prose around": ("fix", f"Sure! Here it is:\n\n{fence(GOOD)}\n\nIt groups the rows. Let me know!"),
    "no fence": ("fix", GOOD),
    "no fence, prose after": ("fix", GOOD + "\nThis function groups the rows by customer and adds up.\n"),
    "wrong label": ("fix", fence(GOOD, "json")),
    "label py": ("fix", fence(GOOD, "py")),
    "windows lines and tabs": ("fix", fence(GOOD.replace("    ", "\t")).replace("\n", "\r\n")),
    "typographic quotes": ("fix", changed(('"amount", ascending', "\u201camount\u201d, ascending"))),
    "no-break spaces": ("fix", changed(("    table = rows", "\u00a0   table = rows"))),
    "zero-width letters": ("fix", changed(("table = rows", "table\u200b = rows"))),
    "minus sign": ("fix", changed(("(1 + price_change)", "(1 + price_change \u2212 0)"))),
    "two blocks": ("fix", fence("pip install pandas\n", "bash") + "\nThen:\n" + fence(GOOD)),
    "usage block": ("fix", fence(GOOD) + "\nUsage:\n" + fence("import pandas as pd\nprint(1)\n" * 40)),
    "thinking": ("fix", "<think>\nMaybe ```python\ndef x(rows):\n    return {}\n``` no.\n</think>\n" + fence(GOOD)),
    "end of thinking only": ("fix", "first I group, then sort.\n</think>\n\n" + fence(GOOD)),
    "JSON": ("fix", json.dumps({"code": GOOD, "explanation": "groups"})),
    "JSON in a fence": ("fix", fence(json.dumps({"code": GOOD}) + "\n", "json")),
    "indented block": ("fix", "```python\n" + "".join(f"    {line}\n" for line in GOOD.splitlines()) + "```"),
    "end token": ("fix", fence(GOOD) + "<|im_end|>"),
    "thinking without end": ("ask", "<think>\nLet me consider the dates. " * 30),
    "empty": ("ask", ""),
    "blanks": ("ask", "  \n \n"),
    "cut off": ("ask", "```python\n" + GOOD[: GOOD.index("    return")] + "    return table["),
    "repetition": ("ask", "```python\n" + "import numpy as np\n" * 200),
    "prose only": ("user", "To compute the revenue I need to know which year you mean and whether refunds count."),
    # the shape
    "imports of the usual": ("fix", fence("import pandas as pd\nimport numpy as np\n\n" + GOOD)),
    "imports inside": ("fix", changed((before, "    import numpy as np\n" + before))),
    "missing numpy": ("fix", changed(("(1 + price_change)", "np.float64(1 + price_change)"))),
    "missing math": ("fix", changed(("(1 + price_change)", "math.fsum([1, price_change])"))),
    "no annotations": ("fix", changed((SIGNATURE, "(rows, price_change):"))),
    "frame named df": ("fix", changed(("rows: pd.DataFrame", "df"), ("rows.groupby", "df.groupby"))),
    "parameters as a dict": (
        "fix",
        changed(("price_change: float", "params"), ("(1 + price_change)", '(1 + params["price_change"])')),
    ),
    "parameters by get": (
        "fix",
        changed(("price_change: float", "params"), ("(1 + price_change)", '(1 + params.get("price_change", 0))')),
    ),
    "default of a parameter": ("fix", changed(("price_change: float", "price_change: float = 0.0"))),
    "argument of its own": ("fix", changed(("price_change: float)", "price_change: float, places: int = 2)"))),
    "parameter not declared": ("fix", changed((", price_change: float", ""))),
    "star arguments": ("fix", changed(("price_change: float)", "price_change: float, **kwargs)"))),
    "decorator": ("fix", fence("@staticmethod\n" + GOOD)),
    "camel case": ("fix", changed(("revenue_by_customer", "RevenueByCustomer"))),
    "named like the frame": ("fix", changed(("revenue_by_customer", "rows"))),
    "main block": ("fix", fence(GOOD + '\n\nif __name__ == "__main__":\n    print(revenue_by_customer(None, 0))\n')),
    "example data": ("fix", fence("rows = pd.DataFrame({'amount': [1]})\n" + GOOD)),
    "sources and view": ("fix", fence("SOURCES = {}\nVIEW = []\n" + GOOD)),
    "imports of the runtime": ("fix", fence("from runtime import main, sql\n" + GOOD + "\nmain()\n")),
    "prints": ("fix", changed((LAST, "    print(table)\n" + LAST))),
    "changes the frame": ("fix", changed((before, '    rows["amount"] = rows["amount"] * 1.0\n' + before))),
    "in place": ("fix", changed((before, '    rows.fillna({"amount": 0}, inplace=True)\n' + before))),
    "helper called": (
        "fix",
        fence(
            "def factor(change):\n    return 1 + change\n\n\n"
            + GOOD.replace("(1 + price_change)", "factor(price_change)")
        ),
    ),
    "class": ("ask", fence("class Revenue:\n    def total(self, rows):\n        return 1\n")),
    "placeholder": ("ask", fence(f"def revenue_by_customer{SIGNATURE}\n    # ... existing code ...\n    pass\n")),
    "only statements": ("ask", fence('table = rows.groupby("customer_name")["amount"].sum()\n')),
    "print instead of return": ("ask", changed((LAST, "    print(table)\n"))),
    "syntax": ("ask", changed(('["amount"].sum()', '["amount".sum()'))),
    "unknown argument": ("ask", changed(("price_change: float)", "price_change: float, exchange: float)"))),
    "unknown parameter": (
        "ask",
        changed(("price_change: float", "params"), ("(1 + price_change)", '(1 + params["growth"])')),
    ),
    # the content
    "old append": ("fix", changed((LAST, "    table = table.append(table.iloc[:0])\n" + LAST))),
    "group by tuple": (
        "fix",
        changed(('["amount"].sum()', '["amount", "quantity"].sum()[["customer_name", "amount"]]')),
    ),
    "whole group added up": (
        "fix",
        changed(
            (
                '.groupby("customer_name", as_index=False)["amount"].sum()',
                '.groupby("customer_name").sum().reset_index()',
            ),
            (LAST, '    table = table[["customer_name", "amount"]]\n' + LAST),
        ),
    ),
    "names taken from a group": (
        "fix",
        changed(
            ('groupby("customer_name", as_index=False)["amount"].sum()', 'groupby("customer_name")["amount"].sum()'),
            (LAST[4:], 'table = table[["customer_name", "amount"]]\n' + LAST),
        ),
    ),
    "old fillna": ("fix", changed((LAST, '    table = table.fillna(method="ffill")\n' + LAST))),
    "applymap": ("fix", changed((LAST, "    table = table.applymap(lambda value: value)\n" + LAST))),
    "old numpy name": ("fix", changed((LAST, '    table["amount"] = table["amount"].astype(np.float)\n' + LAST))),
    "column in capitals": ("fix", changed(('"customer_name"', '"Customer_Name"'))),
    "column with blanks": ("fix", changed(('"customer_name"', '"customer name"'))),
    "series with an index": (
        "fix",
        fence(
            f"def revenue{SIGNATURE}\n"
            '    total = rows.groupby("customer_name")["amount"].sum() * (1 + price_change)\n'
            "    return total.sort_values(ascending=False)\n"
        ),
    ),
    "records": ("fix", changed((LAST, LAST.replace("ascending=False)", 'ascending=False).to_dict("records")')))),
    "declared as a number": ("fix", changed(("-> pd.DataFrame", "-> float"))),
    "unknown column": (
        "ask",
        changed(
            ('["amount"].sum()', '["total_amount"].sum()'),
            (before[:10], '    x = rows["total_amount"]\n' + before[:10]),
        ),
    ),
    "unknown package": ("ask", fence("from realestate import dscr\n" + GOOD)),
    "network": ("ask", fence("import requests\n" + GOOD)),
    "plot": ("ask", fence("import matplotlib.pyplot as plt\n" + GOOD)),
    "own database": (
        "ask",
        changed((before, '    rows = pd.read_sql("SELECT 1", "postgresql://me:hunter2@db/x")\n' + before)),
    ),
    "password": ("ask", changed((before, '    password = "hunter2-secret"\n' + before))),
    "reads a file": ("ask", changed((before, '    rows = pd.read_csv("data.csv")\n' + before))),
    "opens a file": ("ask", changed((before, '    open("data.csv")\n' + before))),
    "asks the user": ("ask", changed((before, "    input()\n" + before))),
    "endless": ("ask", changed((before, "    while True:\n        pass\n" + before))),
    "random": ("ask", changed(("(1 + price_change)", "np.random.uniform(0, price_change)"))),
    "clock": ("fix", changed((before, "    today = datetime.now()\n" + before))),
    "invented data": (
        "ask",
        fence(
            "def revenue(price_change: float) -> pd.DataFrame:\n"
            '    return pd.DataFrame({"a": [1350000 * (1 + price_change)]})\n'
        ),
    ),
    "global state": ("ask", changed((before, "    global total\n    total = 1\n" + before))),
    "escape": ("refuse", changed((before, "    ().__class__.__base__.__subclasses__()\n" + before))),
    "eval": ("refuse", changed((before, "    eval(\"__import__('os').system('id')\")\n" + before))),
    "getattr": ("refuse", changed((before, '    getattr(pd, "read_" + "csv")("x")\n' + before))),
    "exec": ("refuse", changed((before, '    exec("import os")\n' + before))),
}
