"""The firewall of an Exchange organization: declared once, the same on AWS and Azure.

>>> from exchange_ports import load, plan, prove
>>> loaded = load("stacks/Pulumi.dev.yaml")
>>> proof = prove(plan(loaded.usable()))
>>> proof.holds
True

Every name is loaded when it is first used, so that the import costs nothing, and only `ExchangeFirewall`
loads Pulumi.
"""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from exchange_ports.api import Loaded as Loaded
    from exchange_ports.api import diff as diff
    from exchange_ports.api import load as load
    from exchange_ports.api import plan as plan
    from exchange_ports.api import prove as prove
    from exchange_ports.component import ExchangeFirewall as ExchangeFirewall
    from exchange_ports.topology.models import Topology as Topology

__version__ = "0.1.0"

#: The public names, and the module that has each.
_MODULES: Final = {
    "ExchangeFirewall": "component",
    "Loaded": "api",
    "Topology": "topology.models",
    "diff": "api",
    "load": "api",
    "plan": "api",
    "prove": "api",
}

__all__ = ["ExchangeFirewall", "Loaded", "Topology", "diff", "load", "plan", "prove"]


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found = globals()[name] = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    return found


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
