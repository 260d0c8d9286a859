"""Functions that formulas of metrics may use beside numpy's; a script that needs one gets its text."""

import pandas as pd


def _xirr(flows, dates):  # noqa: ANN001, ANN202
    """The yearly rate at which dated cash flows are worth nothing on their first day; a year has 365 days."""
    amounts = pd.Series(flows).astype(float).to_numpy()
    days = pd.to_datetime(pd.Series(dates))
    years = ((days - days.min()).dt.days / 365).to_numpy()
    low, high = -0.9999, 100.0
    at_low = (amounts / (1 + low) ** years).sum()
    if at_low * (amounts / (1 + high) ** years).sum() > 0:
        return float("nan")
    for _ in range(200):
        middle = (low + high) / 2
        worth = (amounts / (1 + middle) ** years).sum()
        low, high = (middle, high) if worth * at_low > 0 else (low, middle)
    return (low + high) / 2
