"""In a phase of a rollout the diff shows what the rules of the phase allow at the servers as they are attached then."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, Final

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from exchange_ports.differences import Standing
from exchange_ports.planning import Plans, compile_plans
from exchange_ports.rollout import Phase, ServersIn, plan_rollout, standing_after
from tests.differences.checker import assert_exact_at
from tests.support.edits import edited_plans
from tests.support.strategies import GONE, WITH_EDGE, declared, edited

ADMINS: Final = {
    "from": "10.20.6.0/24",
    "to": "exchange",
    "ports": ["3389/tcp"],
    "reason": "administration",
}
TWO: Final = edited(
    WITH_EDGE,
    {
        "sites.hq.servers.ex2": {"roles": ["client_access", "mailbox"], "address": "10.20.1.11"},
        "sites.paris": {
            "network": "corp",
            "servers": {"ex3": {"roles": ["client_access", "mailbox"], "address": "10.20.2.11"}},
        },
        "additional_flows": [ADMINS],
    },
)
NORTH: Final = {"networks.north": {"platform": "aws", "internal": ["10.30.0.0/16"]}}
#: A site in another network, whose rules know the servers of the first by their addresses.
FAR: Final = edited(
    TWO,
    {
        **NORTH,
        "sites.oslo": {
            "network": "north",
            "servers": {"ex9": {"roles": ["client_access", "mailbox"], "address": "10.30.2.9"}},
        },
    },
)

#: Edits that are offered in phases somewhere, with the topology before them.
EDITS: Final[dict[str, tuple[Mapping[str, Any], Mapping[str, Any]]]] = {
    "a server comes while a flow to its like is closed": (
        TWO,
        {
            "sites.hq.servers.ex4": {"roles": ["mailbox"], "address": "10.20.1.12"},
            "additional_flows": [],
        },
    ),
    "a server comes and is known by its address elsewhere, while a flow is closed": (
        FAR,
        {
            "sites.hq.servers.ex4": {"roles": ["mailbox"], "address": "10.20.1.12"},
            "additional_flows": [],
        },
    ),
    "a site moves to another network": (
        TWO,
        {
            **NORTH,
            "sites.paris.network": "north",
            "sites.paris.servers.ex3.address": "10.30.2.11",
        },
    ),
    "a server takes another role, another one comes, and one goes": (
        FAR,
        {
            "sites.hq.servers.ex2.roles": ["mailbox"],
            "sites.hq.servers.ex4": {"roles": ["client_access"], "address": "10.20.1.12"},
            "sites.paris.servers": {
                "ex5": {"roles": ["client_access", "mailbox"], "address": "10.20.2.15"}
            },
            "additional_flows": [{**ADMINS, "to": "mailbox"}],
        },
    ),
    "a server without an address takes another role": (
        edited(TWO, {"sites.hq.servers.ex2.address": GONE}),
        {
            "sites.hq.servers.ex2.roles": ["mailbox"],
            "additional_flows": [{**ADMINS, "to": "mailbox"}],
        },
    ),
    "an Edge server goes while another one comes": (
        FAR,
        {
            "edge_servers": {
                "edge2": {"network": "corp", "subscribed_site": "paris", "address": "10.20.240.9"}
            },
            "additional_flows": [],
        },
    ),
    "a server gets another address, and a flow is closed": (
        FAR,
        {
            "sites.hq.servers.ex2.address": "10.20.1.99",
            "sites.hq.servers.ex2.roles": ["mailbox"],
            "additional_flows": [{**ADMINS, "to": "client_access"}],
        },
    ),
}


def planned(data: Mapping[str, Any], platform: str) -> Plans:
    networks = {f"networks.{key}.platform": platform for key in data["networks"]}
    return compile_plans(declared(edited(data, networks)))


def phases(
    old: Plans, new: Plans, servers_in: ServersIn
) -> Iterator[tuple[Phase | None, Standing]]:
    """What stands before an update and after each of its phases."""
    yield None, Standing.of(old)
    for step in plan_rollout(old, new, servers_in).steps or ():
        yield step.phase, standing_after(old, new, step)


@pytest.mark.slow
@pytest.mark.parametrize("servers_in", ServersIn)
@pytest.mark.parametrize("platform", ["aws", "azure"])
@pytest.mark.parametrize("case", EDITS)
def test_each_phase_of_an_edit_is_shown_exactly(
    case: str, platform: str, servers_in: ServersIn
) -> None:
    before, edit = EDITS[case]
    old, new = planned(before, platform), planned(edited(before, edit), platform)
    several = [standing for _, standing in phases(old, new, servers_in)]
    for number, one in enumerate(several):
        for other in several[number:]:
            assert_exact_at(one, other)
            assert_exact_at(other, one)


@pytest.mark.slow
@given(st.data())
def test_each_phase_of_any_edit_is_shown_exactly(draw: st.DataObject) -> None:
    old, new, _ = edited_plans(draw)
    servers_in = draw.draw(st.sampled_from(ServersIn))
    several = [standing for _, standing in phases(old, new, servers_in)]
    # Of about one pair in seven there are several.
    event(f"{len(several) - 1} phases")
    for one, other in pairwise(several):
        assert_exact_at(one, other)
