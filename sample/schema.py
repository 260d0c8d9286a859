"""The tables of the sample database, with a comment on every table and column."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
)
from sqlalchemy.types import TypeEngine

# Every table comment begins with it: that is how the loader knows a table it may replace.
MARK: Final = "Sample data: fictional."

metadata: Final = MetaData()
_MONEY: Final = Numeric(14, 2)


def _key(name: str, comment: str) -> Column[Any]:
    """The primary key; the rows bring their own identifiers."""
    return Column(name, Integer, primary_key=True, autoincrement=False, comment=comment)


def _ref(target: str, comment: str) -> Column[Any]:
    """A foreign key named like the key it points to."""
    return Column(target.split(".")[1], Integer, ForeignKey(target), nullable=False, index=True, comment=comment)


def _col(name: str, kind: TypeEngine[Any] | type[TypeEngine[Any]], comment: str) -> Column[Any]:
    """A column that is always filled."""
    return Column(name, kind, nullable=False, comment=comment)


Table(
    "owners",
    metadata,
    _key("owner_id", "Identifier of the owner"),
    _col("name", Text, "Name of the owner"),
    _col("kind", Text, "Fund, REIT, Partnership, Family trust, Pension fund, Insurer, Company or Endowment"),
    _col("city", Text, "City the owner is based in"),
    _col("state", Text, "State the owner is based in, two letters"),
    _col("contact_email", Text, "E-mail address for investor questions"),
    comment=f"{MARK} Legal owners of the properties, one row per owner",
)
Table(
    "properties",
    metadata,
    _key("property_id", "Identifier of the property"),
    Column("name", Text, nullable=False, unique=True, comment="Name of the property, unique"),
    _col("property_type", Text, "Retail, Office, Multifamily, Industrial or Hotel"),
    _col("address", Text, "Street address"),
    _col("city", Text, "City"),
    _col("state", Text, "State, two letters"),
    _col("region", Text, "Region: Southeast, Southwest, Midwest, Northeast or West"),
    _col("year_built", Integer, "Year the building was completed"),
    _col("leasable_area_sqft", Integer, "Leasable area in square feet, equal to the sum over its units"),
    _col("unit_count", Integer, "Number of units"),
    _col("acquired_on", Date, "Date the property was bought"),
    _col("acquisition_price", _MONEY, "Purchase price in US dollars"),
    _ref("owners.owner_id", "Owner of the property"),
    comment=f"{MARK} Properties of the company, one row per property",
)
Table(
    "units",
    metadata,
    _key("unit_id", "Identifier of the unit"),
    _ref("properties.property_id", "Property the unit is in"),
    _col("unit_number", Text, "Number or name of the unit within its property"),
    _col("area_sqft", Integer, "Area of the unit in square feet"),
    _col("market_rent_monthly", _MONEY, "Rent per month the unit would fetch in October 2026, US dollars"),
    comment=f"{MARK} Rentable units, one row per unit; the rooms of a hotel are one unit",
)
Table(
    "tenants",
    metadata,
    _key("tenant_id", "Identifier of the tenant"),
    _col("name", Text, "Name of the tenant; residents carry a number instead of a name"),
    _col("industry", Text, "Line of business, or Residential"),
    _col("credit_rating", Text, "Internal credit rating: A, BBB, BB, B or Not rated"),
    comment=f"{MARK} Tenants, one row per tenant; a company may rent in several properties",
)
Table(
    "leases",
    metadata,
    _key("lease_id", "Identifier of the lease"),
    _ref("units.unit_id", "Unit that is let"),
    _ref("tenants.tenant_id", "Tenant who rents"),
    _col("start_date", Date, "First day of the lease"),
    _col("end_date", Date, "Last day of the lease, inclusive: current from start_date to end_date"),
    _col("area_sqft", Integer, "Area let in square feet, always the whole unit"),
    _col("monthly_rent", _MONEY, "Base rent per month in US dollars, level over the lease"),
    _col("lease_type", Text, "Triple net, Modified gross, Full service gross, Percentage or Residential"),
    Index("ix_leases_start_date_end_date", "start_date", "end_date"),
    comment=f"{MARK} Leases, past and current, one row per lease; leases of one unit never overlap",
)
Table(
    "rent_payments",
    metadata,
    _key("payment_id", "Identifier of the payment"),
    _ref("leases.lease_id", "Lease the rent is due under"),
    Column("due_on", Date, nullable=False, index=True, comment="Day the rent is due, the first of a month"),
    Column("paid_on", Date, comment="Day the rent was received; null while unpaid at the end of October 2026"),
    _col("amount", _MONEY, "Rent due in US dollars"),
    comment=f"{MARK} Base rent due, November 2023 to October 2026, one row per lease and month",
)
Table(
    "income_lines",
    metadata,
    _key("line_id", "Identifier of the line"),
    _ref("properties.property_id", "Property that earned the income"),
    Column("period", Date, nullable=False, index=True, comment="Month of the income, as its first day"),
    _col("category", Text, "base rent, expense recoveries, parking, percentage rent or other"),
    _col("amount", _MONEY, "Income earned in the month in US dollars, accrual basis, positive"),
    comment=f"{MARK} Operating income, November 2023 to October 2026, one row per property, month, category",
)
Table(
    "expense_lines",
    metadata,
    _key("line_id", "Identifier of the line"),
    _ref("properties.property_id", "Property that bore the expense"),
    Column("period", Date, nullable=False, index=True, comment="Month of the expense, as its first day"),
    _col(
        "category",
        Text,
        "property taxes, insurance, repairs and maintenance, utilities, management fee, payroll,"
        " marketing, cleaning and security or professional fees",
    ),
    Column(
        "behaviour",
        Text,
        CheckConstraint("behaviour IN ('fixed', 'variable')", name="ck_expense_lines_behaviour"),
        nullable=False,
        comment="fixed, or variable with how full the property is",
    ),
    _col("amount", _MONEY, "Expense of the month in US dollars, accrual basis, positive"),
    comment=f"{MARK} Operating expenses only (no debt service, capital spending or depreciation),"
    " November 2023 to October 2026, one row per property, month, category",
)
Table(
    "loans",
    metadata,
    _key("loan_id", "Identifier of the loan"),
    _ref("properties.property_id", "Property that secures the loan"),
    _col("lender", Text, "Name of the lender"),
    _col("original_amount", _MONEY, "Amount lent in US dollars"),
    _col("interest_rate", Numeric(7, 5), "Fixed annual interest rate as a fraction, 0.0575 for 5.75 percent"),
    _col("term_months", Integer, "Months until the loan matures"),
    _col("amortization_months", Integer, "Months over which the level payment would repay the loan"),
    _col("originated_on", Date, "Date the loan was made"),
    _col("matures_on", Date, "Date the remaining balance falls due"),
    _col("current_balance", _MONEY, "Balance owed at the end of October 2026 in US dollars"),
    comment=f"{MARK} Mortgage loans, one row per loan; a property has none, one or two",
)
Table(
    "loan_payments",
    metadata,
    _key("payment_id", "Identifier of the payment"),
    _ref("loans.loan_id", "Loan that is paid"),
    Column("paid_on", Date, nullable=False, index=True, comment="Day of the payment"),
    _col("principal", _MONEY, "Part of the payment that repays principal, US dollars"),
    _col("interest", _MONEY, "Part of the payment that is interest, US dollars"),
    _col("balance_after", _MONEY, "Balance owed after the payment, US dollars"),
    comment=f"{MARK} Monthly loan payments since origination; debt service is principal plus interest",
)
Table(
    "valuations",
    metadata,
    _key("valuation_id", "Identifier of the valuation"),
    _ref("properties.property_id", "Property that was valued"),
    _col("valued_on", Date, "Date of the valuation"),
    _col("method", Text, "income capitalization, discounted cash flow or sales comparison"),
    _col("cap_rate", Numeric(6, 4), "Capitalization rate as a fraction, 0.0675 for 6.75 percent"),
    _col("value", _MONEY, "Market value in US dollars"),
    comment=f"{MARK} Yearly valuations, three or four per property; the latest one is the present value",
)
Table(
    "capital_projects",
    metadata,
    _key("project_id", "Identifier of the project"),
    _ref("properties.property_id", "Property the project is for"),
    _col("name", Text, "Name of the project"),
    _col("category", Text, "Roof, Mechanical, Parking, Interior, Energy, Life safety, Exterior or Elevator"),
    _col("started_on", Date, "Date the work started; of a planned project the date it is to start"),
    Column("completed_on", Date, comment="Date the work was completed; null while it is not"),
    _col("budget", _MONEY, "Approved budget in US dollars"),
    _col("spent", _MONEY, "Spent to the end of October 2026 in US dollars"),
    _col("status", Text, "completed, in progress, planned or on hold"),
    comment=f"{MARK} Capital projects, not part of operating expenses, one row per project",
)
