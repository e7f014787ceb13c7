"""The program with interfaces (../attached), but the ids of groups do not wait for the rules.

What ours must never do: a server has a group then before its rules stand.
"""

import os
import runpy
from types import SimpleNamespace
from typing import Any, cast

import pulumi

from exchange_ports.clouds.aws import resources


def every(*several: Any, **named: Any) -> pulumi.Output[Any]:
    named.pop("standing", None)
    return cast(Any, pulumi.Output).all(*several, **named)


hasty = SimpleNamespace(**{**vars(pulumi), "Output": SimpleNamespace(all=every)})
setattr(resources, "pulumi", hasty)  # noqa: B010
# It is copied elsewhere to be run, and the repository is on the path.
root = os.environ["PYTHONPATH"].split(os.pathsep)[0]
runpy.run_path(os.path.join(root, "tests", "programs", "attached", "__main__.py"))
