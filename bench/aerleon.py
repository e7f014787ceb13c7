"""Aerleon, run as its documentation runs it: `api.Generate` on plain data.

The one place that imports it. It is loaded by name: its annotations are partial, and it is installed
for `make bench` alone, so that the checks of types go without it.
"""

import logging
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import version
from typing import Any, Final

from bench.policy import TARGET, policy
from bench.workload import AddressFlow

__all__ = ["NAME", "generating"]

_api: Any = import_module("aerleon.api")
_naming: Any = import_module("aerleon.lib.naming")

NAME: Final = f"Aerleon {version('aerleon')}"


def generating(flows: Iterable[AddressFlow], *, shade_check: bool = False) -> Callable[[], str]:
    """A run from the plain data of these flows to the text of one target.

    Making the plain data is not part of the run; giving names to Aerleon is.
    """
    reported, definitions = policy(flows)
    wanted = len(reported["filters"][0]["terms"])

    def run() -> str:
        with _quiet():
            names = _naming.Naming()
            names.ParseDefinitionsObject(definitions, "")
            made: dict[str, str] = _api.Generate([reported], names, shade_check=shade_check)
        text = "".join(made.values())
        if text.count("accept") < wanted:
            raise RuntimeError(f"Aerleon wrote fewer than {wanted} rules for {TARGET[0]}")
        return text

    return run


@contextmanager
def _quiet() -> Generator[None, None, None]:
    """Without the warnings of its shade check: hundreds of lines, one for each covered flow."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
