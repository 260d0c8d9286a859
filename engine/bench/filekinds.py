"""More files with known contents: statements, bank exports, reports of old programs, pages, JSON, packed files.

Each kind is written several times with other figures, so that a reader that knows one file of it does not pass. What
differs from `filecorpus` is where totals, periods, names and marks stand, and what the file is.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

from engine.bench.filecorpus import NUMBER_STYLES, Made

VARIANTS = 5
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_INCOME, _COSTS = ("Rental Income", "Parking", "Vacancy Loss"), ("Repairs", "Taxes", "Insurance")
_PAYEES = ("Stadtwerke", "ACME AG", "Müller GmbH", "EDEKA", "Nordbank", "Kern & Söhne")
_STATEMENT = {"Account": "text", "Period": "date", "Amount": "number"}
_us, _german = NUMBER_STYLES["brackets"], NUMBER_STYLES["german"]
Maker = Callable[[random.Random], Made]


def kinds(variants: int = VARIANTS) -> Iterator[Made]:
    """The files, each kind in several variants."""
    for number in range(variants):
        for at, maker in enumerate(_MAKERS):
            yield maker(random.Random(7_000 + 100 * number + at))


# Statements.


def _accounts(chance: random.Random, periods: int) -> list[tuple[str, list[float]]]:
    signs = {"Vacancy Loss": -1}
    return [
        (name, [round(signs.get(name, 1) * chance.uniform(90, 9_000), 2) for _ in range(periods)])
        for name in (*_INCOME, *_COSTS)
    ]


def _sums(accounts: Sequence[tuple[str, list[float]]]) -> tuple[list[float], list[float], list[float]]:
    income = [round(sum(values), 2) for values in zip(*(values for _, values in accounts[:3]), strict=True)]
    costs = [round(sum(values), 2) for values in zip(*(values for _, values in accounts[3:]), strict=True)]
    return income, costs, [round(a - b, 2) for a, b in zip(income, costs, strict=True)]


def _turned(accounts: Sequence[tuple[str, list[float]]], days: Sequence[date]) -> list[tuple[Any, ...]]:
    return [(name, day, value) for name, values in accounts for day, value in zip(days, values, strict=True)]


def _coded(chance: random.Random) -> Made:
    """Numbers of accounts before their names, totals behind numbers, headings without figures."""
    accounts = _accounts(chance, 4)
    income, costs, net = _sums(accounts)
    lines: list[list[str]] = [["Oak LLC"], ["Income statement"], ["Period = Jan 2024-Apr 2024"], []]
    lines.append(["Account", "Account Name", *(f"{name} 2024" for name in _MONTHS[:4]), "Total"])
    codes = iter(range(4_010, 6_000, 10))

    def add(name: str, values: Sequence[float]) -> None:
        figures = [*values, sum(values)] if values else []
        lines.append([f"{next(codes)}-0000", name, *(_us(each) for each in figures)])

    add("INCOME", ())
    for name, values in accounts[:3]:
        add(name, values)
    add("TOTAL INCOME", income)
    add("EXPENSES", ())
    for name, values in accounts[3:]:
        add(name, values)
    add("TOTAL EXPENSES", costs)
    add("NET OPERATING INCOME", net)
    kinds_ = {"Account Name": "text", "Period": "date", "Amount": "number"}
    days = [date(2024, month, 1) for month in range(1, 5)]
    return Made("coded.csv", _csv(lines), kinds_, _turned(accounts, days), "statement with codes")


def _yearless(chance: random.Random) -> Made:
    """Months without a year under a title that says it."""
    accounts, year = _accounts(chance, 12), chance.randint(2019, 2026)
    lines = [[f"Operating budget {year}"], ["Account", *_MONTHS, "Annual"]]
    lines += [[name, *(_us(value) for value in values), _us(sum(values))] for name, values in accounts]
    days = [date(year, month, 1) for month in range(1, 13)]
    return Made("yearless.csv", _csv(lines), _STATEMENT, _turned(accounts, days), "months without a year")


def _quarters(chance: random.Random) -> Made:
    """Totals of years between the quarters."""
    accounts = _accounts(chance, 8)
    header = ["Account", *(f"Q{q} {y}" if q < 5 else f"FY {y}" for y in (2023, 2024) for q in (1, 2, 3, 4, 5))]
    lines: list[list[Any]] = [header]
    for name, values in accounts:
        lines.append([name, *values[:4], sum(values[:4]), *values[4:], sum(values[4:])])
    days = [date(year, month, 1) for year in (2023, 2024) for month in (1, 4, 7, 10)]
    return Made("quarters.xlsx", _book(lines), _STATEMENT, _turned(accounts, days), "quarters and years")


def _german_statement(chance: random.Random) -> Made:
    """German months, decimals and code page; the last line is the result, by arithmetic alone."""
    accounts = [(name, values) for name, values in _accounts(chance, 5)[:2]]
    accounts[1] = (accounts[1][0], [-value for value in accounts[1][1]])
    result = [round(a + b, 2) for a, b in zip(accounts[0][1], accounts[1][1], strict=True)]
    lines = [["Objekt: Mühlenhof"], ["Konto", "Jan 24", "Feb 24", "Mrz 24", "Apr 24", "Mai 24", "Summe"]]
    for name, values in (*accounts, ("Überschuss", result)):
        lines.append([name, *(_german(value) for value in (*values, sum(values)))])
    kinds_ = {"Konto": "text", "Period": "date", "Amount": "number"}
    days = [date(2024, month, 1) for month in range(1, 6)]
    return Made("bwa.csv", _csv(lines, ";", "cp1252"), kinds_, _turned(accounts, days), "German statement")


def _balance_sheet(chance: random.Random) -> Made:
    """Two dates across, sections, a total of each and their difference."""
    accounts = [
        (name, [round(chance.uniform(100, 900), 2) for _ in range(2)]) for name in ("Bank", "Stock", "Loan", "Tax")
    ]
    assets, debts = (
        [round(a + b, 2) for a, b in zip(x[1], y[1], strict=True)] for x, y in (accounts[:2], accounts[2:])
    )
    lines: list[list[Any]] = [["Balance sheet"], [], ["Account", "31 Dec 2023", "31 Dec 2022"], ["Assets"]]
    lines += [[name, *values] for name, values in accounts[:2]]
    lines += [["Total Assets", *assets], ["Liabilities"], *([name, *values] for name, values in accounts[2:])]
    lines += [
        ["Total Liabilities", *debts],
        ["Net worth", *(round(a - b, 2) for a, b in zip(assets, debts, strict=True))],
    ]
    rows = _turned(accounts, [date(2023, 12, 31), date(2022, 12, 31)])
    return Made("balance.xlsx", _book(lines), _STATEMENT, rows, "balance sheet")


# Lists with totals among them.


def _charges(chance: random.Random) -> Made:
    """A unit's charges below it, with a total in the column of their names."""
    rows: list[tuple[Any, ...]] = []
    lines: list[list[Any]] = [["Lease charges"], ["Unit", "Tenant", "Charge", "Amount"]]
    for unit in range(101, 107):
        charges = [(name, chance.randint(10, 1_900)) for name in ("rent", "pet", "parking")[: chance.randint(1, 3)]]
        for at, (name, amount) in enumerate(charges):
            rows.append((str(unit), name, amount))
            lines.append([str(unit) if not at else None, f"T{unit}" if not at else None, name, amount])
        lines.append([None, None, "Total", sum(amount for _, amount in charges)])
    lines.append(["Total", None, None, sum(row[2] for row in rows)])
    return Made("charges.xlsx", _book(lines), {"Unit": "code", "Charge": "text", "Amount": "number"}, rows, "charges")


def _pivot(chance: random.Random) -> Made:
    """Groups above their members, with their sums, as a pivot table sets them."""
    groups: dict[str, list[tuple[Any, ...]]] = {
        name: [(f"{name} {at}", chance.randint(10, 900), chance.randint(1, 9)) for at in (1, 2, 3)] for name in "ABC"
    }
    lines: list[list[Any]] = [["Row Labels", "Sum of Amount", "Count"]]
    for name, members in groups.items():
        lines.append([name, *(sum(each[place] for each in members) for place in (1, 2))])
        lines += [list(each) for each in members]
    rows = [each for members in groups.values() for each in members]
    lines.append(["Grand Total", *(sum(each[place] for each in rows) for place in (1, 2))])
    return Made(
        "pivot.xlsx", _book(lines), {"Row Labels": "text", "Sum of Amount": "number", "Count": "number"}, rows, "pivot"
    )


def _figures_below(chance: random.Random) -> Made:
    """Sub-totals in the second column, and below the total the average and a figure about the whole."""
    rows = [(region, f"{region} {at}", chance.randint(10, 900)) for region in ("East", "West") for at in (1, 2, 3)]
    lines: list[list[str]] = [["Region", "Store", "Sales"]]
    for region in ("East", "West"):
        own = [row for row in rows if row[0] == region]
        lines += [[str(cell) for cell in row] for row in own]
        lines.append(["", f"{region} subtotal", str(sum(row[2] for row in own))])
    total = sum(row[2] for row in rows)
    lines += [["", "Grand total", str(total)], ["", "Average", f"{total / len(rows):.2f}"]]
    return Made(
        "figures.csv", _csv(lines), {"Region": "text", "Store": "text", "Sales": "number"}, rows, "figures below"
    )


# Exports of banks and programs.


def _bank(chance: random.Random) -> Made:
    """A German bank's export: facts above, quotes, a code page, short years."""
    rows = [
        (date(2024, 10, 30 - 3 * at), payee, round(chance.uniform(-2_000, 3_000), 2))
        for at, payee in enumerate(_PAYEES)
    ]
    lines = ['"Girokonto";"DE02120300000000202051"', '"Kontostand vom 31.10.2024:";"5.432,10 €"', '""']
    lines.append('"Buchungsdatum";"Empfänger";"Betrag (€)"')
    lines += [f'"{day:%d.%m.%y}";"{payee}";"{_german(amount)}"' for day, payee, amount in rows]
    kinds_ = {"Buchungsdatum": "date", "Empfänger": "text", "Betrag (€)": "number"}
    return Made("bank.csv", "\n".join(lines).encode("cp1252"), kinds_, rows, "German bank")


def _french_bank(chance: random.Random) -> Made:
    """Facts above with decimal commas, so that the comma splits more lines than the mark of the table."""
    rows = [
        (date(2024, 10, 28 - 3 * at), payee, round(chance.uniform(-2_000, 3_000), 2))
        for at, payee in enumerate(_PAYEES)
    ]
    lines = ["Code de la banque : 30004", "Numéro de compte : 00001234567", "Solde (EUROS) : 1 234,56", ""]
    lines.append("Date;Libellé;Montant")
    lines += [f"{day:%d/%m/%Y};{payee};{amount:.2f}".replace(".", ",") for day, payee, amount in rows]
    kinds_ = {"Date": "date", "Libellé": "text", "Montant": "number"}
    return Made("releve.csv", "\n".join(lines).encode("cp1252"), kinds_, rows, "French bank")


def _mainframe(chance: random.Random) -> Made:
    """Pages of fixed width with titles, rules, a form feed and a starred total."""
    rows = [(f"{chance.randint(10**6, 10**7):012}", name, round(chance.uniform(900, 99_000), 2)) for name in _PAYEES]
    head = " LOAN NO       BORROWER             PRINCIPAL\n ------------  ----------------  -----------\n"
    pages = []
    for number, part in enumerate((rows[:3], rows[3:]), 1):
        body = "".join(f" {loan}  {name:<16}  {amount:>11,.2f}\n" for loan, name, amount in part)
        pages.append(f"1REPORT LN42        TRIAL BALANCE   PAGE {number}\n AS OF 10/31/2024\n\n{head}{body}")
    text = "\x0c".join(pages) + f" ** TOTAL **                     {sum(row[2] for row in rows):>11,.2f}\n"
    return Made(
        "trial.txt", text.encode(), {"LOAN NO": "code", "BORROWER": "text", "PRINCIPAL": "number"}, rows, "mainframe"
    )


def _console(chance: random.Random) -> Made:
    """What a database's console prints, with the count of its rows."""
    rows = [(at, name, round(chance.uniform(1, 900), 2)) for at, name in enumerate(_PAYEES, 1)]
    body = "".join(f" {at:>2} | {name:<14} | {amount:>8}\n" for at, name, amount in rows)
    text = f" no | name           | amount\n----+----------------+---------\n{body}({len(rows)} rows)\n"
    return Made("out.txt", text.encode(), {"no": "code", "name": "text", "amount": "number"}, rows, "console")


def _nulls(chance: random.Random) -> Made:
    """Zeros in the place of dates, nines in the place of scores, words in the place of rents."""
    days = [date(2020 + at % 5, 1 + at, 15) for at in range(6)]
    scores = [chance.randint(600, 800) for _ in days]
    lines = [["LOAN_ID", "PAID_DT", "FICO", "RATE"]]
    rows: list[tuple[Any, ...]] = []
    for at, (day, score) in enumerate(zip(days, scores, strict=True)):
        rows.append((f"{at + 11:07}", None if at == 2 else day, None if at == 4 else score, 0.04 + at / 800))
        paid = "00000000" if at == 2 else f"{day:%Y%m%d}"
        lines.append([f"{at + 11:07}", paid, "9999" if at == 4 else str(score), f"{4 + at // 8} {at}/8%"])
    kinds_ = {"LOAN_ID": "code", "PAID_DT": "date", "FICO": "number", "RATE": "number"}
    return Made("tape.csv", _csv(lines), kinds_, rows, "nulls and eighths", [(1, "00000000"), (2, "9999")])


def _ledger(chance: random.Random) -> Made:
    """A bank statement with what the account held before and after, and texts that go on on a second line."""
    rows: list[tuple[Any, ...]] = []
    lines = [["Date", "Description", "Out", "In", "Balance"], ["01 Oct 2024", "Opening balance", "", "", "5,000.00"]]
    held = 5_000.0
    for at, name in enumerate(_PAYEES):
        out, into = (round(chance.uniform(10, 400), 2), None) if at % 2 else (None, round(chance.uniform(10, 900), 2))
        held = round(held - (out or 0) + (into or 0), 2)
        rows.append((date(2024, 10, 3 + at), name, out, into))
        figures = (_us(each) if each is not None else "" for each in (out, into, held))
        lines.append([f"{3 + at:02} Oct 2024", name, *figures])
    lines.append(["31 Oct 2024", "Closing balance", "", "", _us(held)])
    kinds_ = {"Date": "date", "Description": "text", "Out": "number", "In": "number"}
    return Made("ledger.csv", _csv(lines), kinds_, rows, "ledger")


# What a file is.


def _sold(chance: random.Random) -> list[tuple[Any, ...]]:
    return [
        (city, chance.randint(10, 9_000), date(2024, at, 28)) for at, city in enumerate(("Rome", "Oslo", "Köln"), 1)
    ]


_SOLD = {"City": "text", "Sales": "number", "Day": "date"}


def _page(chance: random.Random) -> Made:
    """A web page that is called a workbook, with a layout around its table."""
    rows = _sold(chance)
    body = "".join(f"<tr><td>{city}<td>{sales:,}<td>{day}" for city, sales, day in rows)
    page = f"<html><table><tr><td><table><tr><th>City<th>Sales<th>Day{body}</table></table></html>"
    return Made("report.xls", page.encode(), _SOLD, rows, "web page")


def _objects(chance: random.Random) -> Made:
    """JSON of objects in objects."""
    rows = _sold(chance)
    items = [{"City": city, "of": {"Sales": sales, "on": {"Day": f"{day}"}}} for city, sales, day in rows]
    kinds_ = {"City": "text", "of_Sales": "number", "of_on_Day": "date"}
    return Made("rows.json", json.dumps({"status": "ok", "data": {"items": items}}).encode(), kinds_, rows, "JSON")


def _packed(chance: random.Random) -> Made:
    """A text in an archive."""
    rows, buffer = _sold(chance), io.BytesIO()
    content = _csv([list(_SOLD), *([str(cell) for cell in row] for row in rows)])
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr("data.csv", content)
    name, packed_content = (
        ("data.zip", buffer.getvalue()) if chance.random() < 0.5 else ("data.csv.gz", gzip.compress(content))
    )
    return Made(name, packed_content, _SOLD, rows, "packed")


def _across(chance: random.Random) -> Made:
    """Records across, with the names of their fields down the first column."""
    rows = _sold(chance)
    lines = [[name, *(row[at] for row in rows)] for at, name in enumerate(_SOLD)]
    return Made("across.xlsx", _book(lines), _SOLD, rows, "records across")


def _reordered(chance: random.Random) -> Made:
    """Sheets of one shape whose columns stand in another order, beside a summary and a note."""
    rows = _sold(chance)
    sheets: dict[str, list[list[Any]]] = {"Summary": [["What", "Count"], ["Cities", 3], ["Sheets", 2]]}
    sheets["North"] = [list(_SOLD), list(rows[0]), list(rows[1])]
    sheets["South"] = [["Day", "City", "Sales "], [rows[2][2], rows[2][0], rows[2][1]]]
    return Made("sheets.xlsx", _sheets(sheets), _SOLD, rows, "sheets in another order")


def _wrapped(chance: random.Random) -> Made:
    """Each line in quotes as a whole."""
    rows = _sold(chance)
    lines = [list(_SOLD), *([f'""{city}, old""', str(sales), f"{day}"] for city, sales, day in rows)]
    text = "".join(f'"{",".join(line)}"\n' for line in lines)
    return Made("wrapped.csv", text.encode(), _SOLD, [(f"{row[0]}, old", *row[1:]) for row in rows], "lines in quotes")


def _csv(lines: Sequence[Sequence[str]], mark: str = ",", encoding: str = "utf-8") -> bytes:
    quoted = ([f'"{cell}"' if mark in cell else cell for cell in line] for line in lines)
    return "".join(mark.join(line) + "\n" for line in quoted).encode(encoding)


def _book(lines: Sequence[Sequence[Any]]) -> bytes:
    return _sheets({"Sheet1": lines})


def _sheets(sheets: dict[str, Any]) -> bytes:
    from openpyxl import Workbook

    book, buffer = Workbook(), io.BytesIO()
    book.remove(book.worksheets[0])
    for title, lines in sheets.items():
        sheet = book.create_sheet(title)
        for line in lines:
            sheet.append(list(line))
    book.save(buffer)
    return buffer.getvalue()


_MAKERS: tuple[Maker, ...] = (
    _coded, _yearless, _quarters, _german_statement, _balance_sheet, _charges, _pivot, _figures_below, _bank,
    _french_bank, _mainframe, _console, _nulls, _ledger, _page, _objects, _packed, _across, _reordered, _wrapped,
)  # fmt: skip
