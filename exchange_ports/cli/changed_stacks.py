"""`exchange-ports-changed-stacks FILE...`: plan and prove stack files. It is the hook of .pre-commit-hooks.yaml.

`exchange-ports` takes one file at a time, and pre-commit gives all that changed.
"""

import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

from exchange_ports.cli.main import main as command
from exchange_ports.stackfile.stack_file import NAMESPACE


def main(files: Sequence[str] | None = None) -> int:
    """Plan and prove each file. The exit code is the highest of them.

    Stack files of other Pulumi projects are left out. Plans are not printed: a hook shows what is wrong.
    """
    code = 0
    for file in sys.argv[1:] if files is None else files:
        if f"{NAMESPACE}:" not in Path(file).read_text("utf-8", "replace"):
            continue
        with redirect_stdout(StringIO()):
            planned = command(["plan", file])
        code = max(code, planned or command(["prove", "--quiet", file]))
    return code
