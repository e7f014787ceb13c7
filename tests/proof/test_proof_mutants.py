"""Every small fault in the plans of the five stacks, on both clouds, is found by the proof.

A mutant that the proof does not find must permit what the plan permits, packet for packet: it is
equivalent. The quick profile takes every third mutant of a kind. Run with `-s` to see how many of each
kind were killed.
"""

from collections import Counter
from dataclasses import replace
from typing import Final, Literal

import pytest
from hypothesis import settings

from exchange_ports.flows.flow_index import WAYS
from exchange_ports.planning import Plans, compile_plans
from exchange_ports.proof import prove
from exchange_ports.proof.network_model import NetworkModel
from exchange_ports.topology.validate import load_topology
from tests.support.mutants import mutants
from tests.support.recordings import declared
from tests.support.rule_sets import networks_of

pytestmark = pytest.mark.slow

EVERY: Final = 1 if settings().max_examples > 100 else 3

STACKS: Final = ("both", "dev", "prod-aws", "prod-azure", "proxied")
Place = Literal["aws", "azure", "azure subnets"]
PLACES: Final[tuple[Place, ...]] = ("aws", "azure", "azure subnets")
_AT_SUBNETS: Final = (
    "drop a deny",
    "a deny for everyone",
    "an allow for everyone",
    "hung elsewhere",
)


# ---- AWS ----


# ---- Azure ----


# ---- both ----


def _permit_the_same(one: Plans, other: Plans) -> bool:
    scenes = (NetworkModel(one), NetworkModel(other))
    return all(
        scenes[0].permitted(server, way, own)
        == scenes[1].permitted(scenes[1].servers[server.name], way, own)
        for server in scenes[0].managed()
        for way in WAYS
        for own in server.addresses
    )


def on(stack: str, place: Place) -> Plans:
    """The plans of a stack, in a cloud or at the subnets of Azure."""
    topology = declared(stack, "aws" if place == "aws" else "azure")
    for network in topology["networks"].values():
        if place == "azure subnets":
            network["attach_to"] = "subnets"
    return compile_plans(load_topology(topology)[0])


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("stack", STACKS)
def test_every_mutant_is_found_or_permits_the_same(stack: str, place: Place) -> None:
    plans = on(stack, place)
    assert prove(plans).holds
    killed, equivalent = Counter[str](), Counter[str]()
    survivors: list[str] = []
    seen = Counter[str]()
    for key, plan in networks_of(plans).items():
        for mutant in mutants(plan):
            seen[mutant.kind] += 1
            if (seen[mutant.kind] - 1) % EVERY:
                continue
            mutated = replace(plans, networks={**networks_of(plans), key: mutant.plan})
            if not prove(mutated).holds:
                killed[mutant.kind] += 1
            elif _permit_the_same(plans, mutated):
                equivalent[mutant.kind] += 1
            else:
                survivors.append(f"{mutant.kind}: {mutant.what}")
    total = killed.total() + equivalent.total() + len(survivors)
    print(f"\n{stack} on {place}: {killed.total()}/{total} mutants killed", end="")
    print(f", {equivalent.total()} equivalent: {dict(equivalent)}" if equivalent else "")
    assert survivors == []
    # Nothing is written about the group, or another range of the same rule held the rest already.
    # At subnets an allow for everyone may be for those who have the group already, and open to a
    # neighbor what the default rules open; the law of neighbors has held, so it opens no more.
    assert set(equivalent) <= {
        *("one group too many", "one group too few", "widen a peer by one bit"),
        "an allow for everyone",
    }
    if place == "azure subnets":
        assert min(killed[kind] for kind in _AT_SUBNETS) > 0, killed
    assert killed.total() >= 0.7 * total
