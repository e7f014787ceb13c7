"""`diagram`: what passes, as a picture."""

import argparse
import sys
from pathlib import PurePath

from exchange_ports.cli.exit_codes import FINE
from exchange_ports.cli.stacks import compiled, read
from exchange_ports.reports.diagram import as_json, draw_picture, mermaid, svg


def diagram(asked: argparse.Namespace) -> int:
    """The picture of a stack file, or of what changes in it from another one."""
    before = None if asked.against is None else compiled(read(asked.against))[0]
    now, _ = compiled(read(asked.file))
    name = PurePath(asked.file).stem.removeprefix("Pulumi.")
    write = {"svg": svg, "mermaid": mermaid, "json": as_json}[asked.format]
    # Not by print: a picture has the same bytes wherever it is drawn.
    sys.stdout.flush()
    sys.stdout.buffer.write(write(draw_picture(now, before), name).encode())
    return FINE
