"""`python -m exchange_ports`, and the command that an installation makes.

A command lives for a fifth of a second, and nearly all that it makes stays until it ends: to look for
garbage takes a tenth of its time and finds none, and so does it to take everything apart at the end.
Another tenth is Pydantic's search of every installed package for plugins of it. A command has no use
for any, and runs no code of other packages.
"""

import gc
import os
import sys
from types import ModuleType
from typing import NoReturn

gc.disable()

# The environment variable that disables plugins does not spare the imports of the search.
_no_plugins = ModuleType("pydantic.plugin._loader")
_no_plugins.__dict__["get_plugins"] = tuple
sys.modules.setdefault(_no_plugins.__name__, _no_plugins)

from exchange_ports.cli import main  # noqa: E402
from exchange_ports.cli.console import outlive_readers  # noqa: E402


def command() -> NoReturn:
    """Run the command that the process was started with, and end the process with its exit code."""
    outlive_readers()
    code = main()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    command()
