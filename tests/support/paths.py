"""Where things of the repository are, and how long a test waits, for every test."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
TESTS: Final = ROOT / "tests"
PROGRAMS: Final = TESTS / "programs"
#: The files of the repository's stacks, as `Pulumi.dev.yaml`, and one of them from the root.
STACKS: Final = sorted(path.name for path in (ROOT / "stacks").glob("Pulumi.*.yaml"))
DEV: Final = "stacks/Pulumi.dev.yaml"
#: The switch that writes goldens anew (tests/conftest.py).
UPDATE: Final = "--update-goldens"
#: Seconds that a test waits for what is to come: long after any busy machine has come to it.
PATIENCE: Final = 600
