"""Follow docs/start.md with an installed `exchange-ports`: each command is run, and shows what the page shows.

Usage: .venv/bin/python -m scripts.tutorial COMMAND

COMMAND is the path of the installed command. The tests run the same page in one process; this is for the files
that are released (scripts/packages.sh).
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.support.repository import Repository
from tests.support.transcripts import apply, as_arguments, blocks, missing, steps

ROOT: Final = Path(__file__).parent.parent
PAGE: Final = "docs/start.md"


def main() -> int:
    """Run all transcripts of the page."""
    (command,) = sys.argv[1:]
    done = 0
    for block in blocks((ROOT / PAGE).read_text("utf-8")):
        if block.language != "console":
            continue
        with tempfile.TemporaryDirectory() as folder:
            project = Path(folder)
            for name in ("Pulumi.yaml", "__main__.py"):
                shutil.copy(ROOT / name, project)
            for name in ("stacks", "tests/fixtures/diagram"):
                shutil.copytree(ROOT / name, project / name)
            Repository(project).commit({})
            apply(block.edits, project)
            code = 0
            for step in steps(block.lines):
                if step.command == "echo $?":
                    shown, real = (str(code),), str(code)
                    if shown != step.shown:
                        print(f"{PAGE}:{block.at}: exit code {real}", file=sys.stderr)
                        return 1
                    continue
                arguments = as_arguments(step.command)
                if arguments is None:
                    print(f"{PAGE}:{block.at}: unknown command {step.command}", file=sys.stderr)
                    return 1
                ran = subprocess.run(
                    [command, *arguments],
                    cwd=project,
                    env={**os.environ, "NO_COLOR": "1"},
                    capture_output=True,
                    text=True,
                    check=False,
                )
                code = ran.returncode
                if gone := missing(step.shown, ran.stdout + ran.stderr):
                    text = "\n".join(gone)
                    print(
                        f"{PAGE}:{block.at}: {step.command} does not show:\n{text}", file=sys.stderr
                    )
                    print(ran.stdout, ran.stderr, file=sys.stderr)
                    return 1
                done += 1
    print(f"{PAGE}: {done} commands show what the page shows")
    return 0 if done else 1


if __name__ == "__main__":
    sys.exit(main())
