"""What a generated script stands on: the words of its contract, and `main`, which runs, serves and simulates it."""

from .contract import Chart, Metric, Parameter, Sql, Table, dataset, sql

__all__ = ["Chart", "Metric", "Parameter", "Sql", "Table", "dataset", "main", "sql"]


def main() -> None:
    """`python script.py run | serve | simulate FILE`: the command line of every generated script."""
    from .command import main as command

    command()
