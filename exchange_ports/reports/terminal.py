"""Lines on a terminal: coloured by rich, which is loaded only when there is a terminal to colour."""

import os
import sys
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Final, TextIO

from exchange_ports.reports.lines import Line, plain

if TYPE_CHECKING:
    from rich.padding import Padding
    from rich.text import Text

__all__ = ["show", "write"]

#: A column that is no wider keeps its words on one line: directions, ports, networks.
_SHORT: Final = 14


def show(lines: Iterable[Line], stream: TextIO | None = None) -> None:
    """Print lines: plain into a file or pipe or under NO_COLOR, coloured on a terminal.

    There a table that is wider than the terminal is made to fit.
    """
    out = sys.stdout if stream is None else stream
    shown = list(lines)
    # https://no-color.org: present and not empty, whatever its value.
    if not out.isatty() or os.environ.get("NO_COLOR"):
        print(plain(shown), file=out)
        return
    from rich.console import Console

    console = Console(file=out, highlight=False, soft_wrap=True)
    for table, rows in groupby(shown, lambda each: id(getattr(each, "table", None))):
        some = list(rows)
        if table != id(None) and max(map(_width, some)) > console.width:
            console.print(_fitted(some), soft_wrap=False)
        else:
            for each in some:
                console.print(_text(each))


def _width(line: Line) -> int:
    return len("".join(span.text for span in line).rstrip())


def _text(line: Line) -> "Text":
    from rich.text import Text

    return Text.assemble(*((span.text, span.style.value) for span in line))


def _fitted(rows: Sequence[Line]) -> "Padding":
    """The rows of a table that is too wide, with what is long broken inside its column."""
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    indent, *first = rows[0]
    for at in range(len(first)):
        short = max(len(row[at + 1].text.rstrip()) for row in rows) <= _SHORT
        table.add_column(overflow="fold", no_wrap=short)
    for _, *cells in rows:
        table.add_row(*(Text(cell.text.rstrip(), cell.style.value) for cell in cells))
    return Padding(table, (0, 0, 0, len(indent.text)))


def write(text: str) -> None:
    """Put text on standard output as it is, its line ends too."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(newline="")
    sys.stdout.write(text)
