"""Lines on a terminal: coloured by rich, which is loaded only when there is a terminal to colour."""

import os
import sys
from collections.abc import Iterable
from typing import TextIO

from exchange_ports.reports.lines import Line, plain

__all__ = ["show", "write"]


def show(lines: Iterable[Line], stream: TextIO | None = None) -> None:
    """Print lines: plain into a file or pipe or under NO_COLOR, coloured on a terminal."""
    out = sys.stdout if stream is None else stream
    shown = list(lines)
    # https://no-color.org: present and not empty, whatever its value.
    if not out.isatty() or os.environ.get("NO_COLOR"):
        print(plain(shown), file=out)
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(file=out, highlight=False, soft_wrap=True)
    for each in shown:
        console.print(Text.assemble(*((span.text, span.style.value) for span in each)))


def write(text: str) -> None:
    """Put text on standard output as it is, its line ends too."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(newline="")
    sys.stdout.write(text)
