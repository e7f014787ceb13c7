"""An upgrade in steps (docs/upgrading.md): new servers beside the old ones, names moved, old servers removed.

Groups and rules name no version, so a step changes the same for every pair of versions: one pair is evaluated
state by state on both clouds, and the others are compared with it.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from typing import Any, Final

import pytest

from exchange_ports.planning import Plans, compile_plans
from exchange_ports.rollout import Phase, ServersIn, network_pairs, operations, plan_rollout
from tests.support.strategies import GONE, SMALL, Data, declared, edited

BOTH: Final = ["client_access", "mailbox"]
BASE: Final[Mapping[str, Any]] = edited(
    SMALL,
    {
        "sites.hq.servers": {},
        "clients.internet": {"services": ["https"]},
        "mail_flow": {
            "inbound": {"from": "internet"},
            "outbound": {"through": "mailbox"},
            "relays": {"scanners": {"from": ["10.20.7.0/28"]}},
        },
    },
)
#: The servers of the version that an organization starts with, by whether each role has its own servers.
FIRST: Final[Mapping[str, Mapping[str, Data]]] = {
    "combined roles": {
        "ex1": {"roles": BOTH, "address": "10.20.0.11"},
        "ex2": {"roles": BOTH, "address": "10.20.0.12"},
    },
    "separate roles": {
        "cas1": {"roles": ["client_access"], "address": "10.20.0.11"},
        "mbx1": {"roles": ["mailbox"], "address": "10.20.0.12"},
    },
}
#: Each version after the one before, with the address of its server.
LATER: Final = {2016: "10.20.0.21", 2019: "10.20.0.31", "se": "10.20.0.41"}
STEPS: Final = ("installed", "published", "closed", "removed")


def steps(first: str) -> Iterator[tuple[str, Data]]:
    """Every state that is deployed, from 2013 to SE, by what was done."""
    data = edited(BASE, {"version": 2013, "sites.hq.servers": FIRST[first]})
    yield "2013", data
    for version, address in LATER.items():
        old = data["sites"]["hq"]["servers"]
        new = f"sites.hq.servers.of{version}"
        data = edited(data, {new: {"version": version, "address": address, "published": False}})
        yield f"{version} installed", data
        data = edited(data, {f"{new}.published": GONE})
        yield f"{version} published", data
        published = [key for key, server in old.items() if server.get("roles") != ["mailbox"]]
        data = edited(data, {f"sites.hq.servers.{key}.published": False for key in published})
        yield f"{version} closed", data
        alone = {"version": version, f"{new}.version": GONE}
        data = edited(data, {**{f"sites.hq.servers.{key}": GONE for key in old}, **alone})
        yield f"{version} removed", data


@cache
def upgrade(first: str, platform: str) -> Mapping[str, Plans]:
    return {
        done: compile_plans(declared(edited(data, {"networks.corp.platform": platform})))
        for done, data in steps(first)
    }


def published(plans: Plans) -> set[str]:
    """The servers that clients and inbound mail reach."""
    (plan,) = plans.networks.values()
    return {server for server, groups in plan.memberships.items() if "client-access.hq" in groups}


def phases(old: Plans, new: Plans, servers_in: ServersIn) -> list[Phase]:
    """The phases in which no traffic is blocked or opened that both, or neither, require."""
    found = plan_rollout(old, new, servers_in)
    assert found.steps is not None
    assert found.stepwise.clean
    return [step.phase for step in found.steps]


IN_PHASES: Final = [Phase.ADD_RULES, Phase.SWITCH_GROUPS, Phase.REMOVE_RULES]


AT_ONCE: Final = [Phase.AT_ONCE]
#: The phases of each step. Azure writes all rules of a zone in one call, before servers change their groups: while
#: the last unpublished server becomes published, the rule that relays need names a group that it still has not.
HERE: Final = {
    "aws": [AT_ONCE, AT_ONCE, AT_ONCE, AT_ONCE],
    "azure": [AT_ONCE, IN_PHASES, AT_ONCE, AT_ONCE],
}
#: A group is deleted when its last server leaves it: servers of another stack leave it before that.
ELSEWHERE: Final = [AT_ONCE, IN_PHASES, AT_ONCE, IN_PHASES]


@pytest.mark.parametrize("platform", ["aws", "azure"])
@pytest.mark.parametrize("first", FIRST)
def test_each_step_of_an_upgrade_blocks_and_opens_nothing_on_the_way(
    first: str, platform: str
) -> None:
    plans = list(upgrade(first, platform).values())[: len(STEPS) + 1]
    pairs = list(pairwise(plans))
    found = {servers_in: [phases(*pair, servers_in) for pair in pairs] for servers_in in ServersIn}
    assert found == {ServersIn.THIS_STACK: HERE[platform], ServersIn.OTHER_STACK: ELSEWHERE}


@pytest.mark.parametrize("first", FIRST)
def test_an_upgrade_changes_the_same_whatever_the_versions(first: str) -> None:
    done = upgrade(first, "aws")
    pairs = dict(zip(list(done)[1:], pairwise(done.values()), strict=True))
    for step in STEPS:
        (one,), *others = ([changed(*pairs[f"{version} {step}"])] for version in LATER)
        assert all(other == [one] for other in others)
        # A step that changes no resource changes memberships.
        assert one or step == "removed"


def changed(old: Plans, new: Plans) -> list[tuple[object, ...]]:
    """What the engine does."""
    return [operations(pair.old, pair.new) for pair in network_pairs(old, new)]


@pytest.mark.parametrize("first", FIRST)
def test_a_server_that_clients_reach_before_each_step_is_reached_after_it(first: str) -> None:
    """A name is at an address for as long as clients have it in their cache."""
    done = upgrade(first, "aws")
    for old, new in pairwise(done.values()):
        assert published(old) & published(new)
    for version in LATER:
        # What closing the old servers in the step that publishes the new ones does.
        assert not published(done[f"{version} installed"]) & published(done[f"{version} closed"])
        assert published(done[f"{version} removed"]) == {f"of{version}"}


def test_a_server_may_change_its_version_in_place() -> None:
    """Exchange 2019 is updated to SE like by a cumulative update."""
    old = edited(BASE, {"version": 2019, "sites.hq.servers": {"ex1": {"address": "10.20.0.11"}}})
    plans = [compile_plans(declared(edited(old, {"version": each}))) for each in (2019, "se")]
    (pair,) = network_pairs(*plans)
    assert operations(pair.old, pair.new) == ()


EDGE: Final[Mapping[str, Any]] = {
    "version": 2016,
    "edge_servers.edge1": {"network": "corp", "address": "10.20.240.5", "subscribed_site": "hq"},
    "name_servers.edge": "cloud_resolver",
    "sender_reputation": "disabled",
    "mail_flow": {"outbound": {"through": "edge"}},
    "sites.hq.servers": {"ex1": {"address": "10.20.0.11"}},
}


@pytest.mark.parametrize("platform, expected", [("aws", AT_ONCE), ("azure", IN_PHASES)])
def test_a_new_server_takes_part_in_edgesync_after_the_edge_server_is_subscribed_again(
    platform: str, expected: list[Phase]
) -> None:
    first = edited(BASE, {**EDGE, "networks.corp.platform": platform})
    new = {"version": 2019, "address": "10.20.0.21", "published": False}
    second = edited(first, {"sites.hq.servers.ex2": new})
    apart = edited(second, {"edge_servers.edge1.edgesync_except": ["ex2"]})
    before, without, excepted = (compile_plans(declared(each)) for each in (first, second, apart))
    assert phases(before, without, ServersIn.THIS_STACK) == AT_ONCE
    assert phases(before, excepted, ServersIn.THIS_STACK) == expected
    assert phases(excepted, without, ServersIn.THIS_STACK) == expected
