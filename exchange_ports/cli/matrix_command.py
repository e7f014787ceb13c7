"""`matrix`: who may talk to whom, as a table."""

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from exchange_ports.cli.console import doing
from exchange_ports.cli.exit_codes import FINE
from exchange_ports.cli.stacks import compiled, read
from exchange_ports.reports.matrix_report import (
    Row,
    matrix,
    matrix_csv,
    matrix_data,
    matrix_lines,
    matrix_markdown,
)
from exchange_ports.reports.terminal import show

__all__ = ["as_table"]

_WRITTEN: Final[Mapping[str, Callable[[Sequence[Row]], str]]] = {
    "markdown": matrix_markdown,
    "csv": matrix_csv,
    "json": lambda rows: json.dumps(matrix_data(rows), indent=2),
}


def as_table(asked: argparse.Namespace) -> int:
    """Who may talk to whom, in the format that is asked for."""
    plans, _ = compiled(read(asked.file))
    with doing("gathering who may talk to whom"):
        rows = matrix(plans)
    if asked.format == "text":
        show(matrix_lines(rows))
    else:
        print(_WRITTEN[asked.format](rows))
    return FINE
