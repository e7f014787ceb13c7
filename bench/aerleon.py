"""Aerleon, run as its documentation runs it: `api.Generate` on plain data.

The one place that imports it. Its annotations are partial, so what it returns is checked here.
"""

# Aerleon ships `py.typed`, but leaves parameters and members without types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

import logging
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any, Final

from aerleon import api
from aerleon.lib.naming import Naming

from bench.policy import TARGET, policy
from bench.workload import AddressFlow

__all__ = ["NAME", "generating"]

NAME: Final = f"Aerleon {version('aerleon')}"


def generating(flows: Iterable[AddressFlow], *, shade_check: bool = False) -> Callable[[], str]:
    """A run from the plain data of these flows to the text of one target.

    Making the plain data is not part of the run; giving names to Aerleon is.
    """
    said, definitions = policy(flows)
    wanted = len(said["filters"][0]["terms"])

    def run() -> str:
        with _quiet():
            naming = Naming()
            naming.ParseDefinitionsObject(definitions, "")
            made = api.Generate([_policy(said)], naming, shade_check=shade_check)
        text = "".join((made or {}).values())
        if text.count("accept") < wanted:
            raise RuntimeError(f"Aerleon wrote fewer than {wanted} rules for {TARGET[0]}")
        return text

    return run


def _policy(said: dict[str, Any]) -> Any:
    # A TypedDict of Aerleon's that it does not export in full.
    return said


@contextmanager
def _quiet():
    """Without the warnings of its shade check: hundreds of lines, one for each covered flow."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
