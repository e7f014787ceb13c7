"""The clouds that networks can be in: each is found by its platform and loaded when a network needs it.

A new cloud is a folder here with the parts of `base.Cloud` and one more member of `Platform`.
"""

from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final

from exchange_ports.clouds.base import Cloud, PlatformTraffic, RuleSet
from exchange_ports.flows import Reason
from exchange_ports.topology.models import Platform

__all__ = [
    "declared_by_platform",
    "cloud",
    "cloud_of",
    "platform_traffic",
    "platforms",
    "registered",
]

#: The module of each cloud, which has it as `CLOUD`. The import contract allows no other way to them.
_MODULES: Final = {
    platform: f"{__name__}.{platform}" for platform in Platform if platform is not Platform.EXTERNAL
}
_registered: Final[dict[Platform, Cloud[Any]]] = {}


def platforms() -> tuple[Platform, ...]:
    """The platforms that have a cloud: all but `external`."""
    return tuple(_MODULES)


def cloud(platform: Platform) -> Cloud[Any]:
    """The cloud of a platform; loads its package at the first call.

    :raises ValueError: the platform is `external`, which has none.
    """
    found = _registered.get(platform)
    if found is None:
        if platform not in _MODULES:
            raise ValueError(f"{platform} has no cloud")
        found = _registered[platform] = import_module(_MODULES[platform]).CLOUD
    return found


def cloud_of(rules: RuleSet) -> Cloud[Any]:
    """The cloud that a rule set is for."""
    return cloud(rules.platform)


def platform_traffic() -> tuple[PlatformTraffic, ...]:
    """What the platforms of all clouds need servers to accept, flow or no flow."""
    return tuple(each for platform in _MODULES for each in cloud(platform).platform_traffic)


def declared_by_platform(reason: Reason) -> PlatformTraffic | None:
    """What a platform needs for this reason; none where a flow has it."""
    return next((each for each in platform_traffic() if each.reason == reason), None)


@contextmanager
def registered(platform: Platform, instead: Cloud[Any]) -> Generator[None]:
    """Have another cloud in the place of a platform's own: for tests of new clouds."""
    before = cloud(platform)
    _registered[platform] = instead
    try:
        yield
    finally:
        _registered[platform] = before
