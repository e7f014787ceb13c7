"""What the repository's own program registers for a stack, on either cloud.

Knows: how a stack file becomes Pulumi's configuration, and which one field makes it the other
cloud's. Must not know: what comes out of it.
"""

import copy
import json
from collections.abc import Mapping
from functools import cache
from typing import Any, Final, Literal, cast

from exchange_ports.offline import ProgramFailed, Recording, record
from exchange_ports.stackfile.stack_file import NAMESPACE, StackFile, read_stack_file
from tests.support.paths import ROOT

__all__ = ["PLATFORMS", "Platform", "declared", "recorded", "run_with"]

Platform = Literal["aws", "azure"]
PLATFORMS: Final[tuple[Platform, ...]] = ("aws", "azure")
#: Where a network is in its cloud. The ids are made up: nothing asks the cloud for them.
_IDS: Final[dict[Platform, dict[str, str]]] = {
    "aws": {"vpc_id": "vpc-0123456789abcdef0"},
    "azure": {"resource_group_name": "rg-x", "location": "westeurope"},
}


def declared(stack: str, platform: Platform) -> dict[str, Any]:
    """The topology of `stacks/Pulumi.<stack>.yaml` with each network of it on `platform`."""
    topology = copy.deepcopy(cast("dict[str, Any]", _read(stack).config["topology"]))
    for network in topology["networks"].values():
        network["platform"] = platform
    return topology


def recorded(stack: str, platform: Platform) -> Recording:
    """One run of `__main__.py` with that topology; the same recording for whoever asks again.

    :raises ProgramFailed: every time, when that run failed.
    """
    outcome = _run(stack, platform)
    if isinstance(outcome, ProgramFailed):
        raise outcome
    return outcome


@cache
def _run(stack: str, platform: Platform) -> Recording | ProgramFailed:
    try:
        return run_with(declared(stack, platform), stack, _read(stack).config)
    except ProgramFailed as failed:
        return failed


def run_with(
    topology: Mapping[str, Any], stack: str, others: Mapping[str, object] | None = None
) -> Recording:
    """One run of `__main__.py` with a topology; every network is somewhere in its cloud.

    :raises ProgramFailed: the program stopped.
    """
    places = {
        name: _IDS[network["platform"]]
        for name, network in topology["networks"].items()
        if network["platform"] in _IDS
    }
    settings = {**(others or {}), "topology": topology, "networks": places}
    config = {
        f"{NAMESPACE}:{name}": value if isinstance(value, str) else json.dumps(value)
        for name, value in settings.items()
    }
    return record(ROOT, project=NAMESPACE, stack=stack, config=config)


@cache
def _read(stack: str) -> StackFile:
    path = ROOT / "stacks" / f"Pulumi.{stack}.yaml"
    return read_stack_file(path.read_bytes(), str(path.relative_to(ROOT)))
