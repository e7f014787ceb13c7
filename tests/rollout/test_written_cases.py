"""The edits that people make most, each with what one step would do and how many steps it needs."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import pytest

from exchange_ports.planning import Plans, compile_plans
from exchange_ports.rollout import (
    Does,
    Rollout,
    ServersIn,
    network_pairs,
    operations,
    plan_rollout,
)
from tests.rollout.programs import TIME
from tests.support.strategies import GONE, SMALL, WITH_EDGE, declared, edited

ADMINS: Final = {
    "from": "10.20.6.0/24",
    "to": "exchange",
    "ports": ["3389/tcp"],
    "reason": "administration",
}
BACKUP: Final = {
    "from": "client_access@hq",
    "to": "10.20.7.40",
    "ports": ["9000/tcp"],
    "reason": "backup",
}
TWO: Final = edited(
    WITH_EDGE,
    {
        "sites.hq.servers.ex2": {"roles": ["client_access", "mailbox"], "address": "10.20.1.11"},
        "sites.paris": {
            "network": "corp",
            "servers": {"ex3": {"roles": ["client_access", "mailbox"], "address": "10.20.2.11"}},
        },
        "clients.internet": {"services": ["https"]},
        "mail_flow.outbound": {"through": "edge"},
        "additional_flows": [ADMINS, BACKUP],
    },
)


class Case(NamedTuple):
    """One edit. `cuts` and `opens` are what doing it at once does in passing, for each cloud."""

    edit: Mapping[str, Any]
    aws: int
    azure: int
    before: Mapping[str, Any] = TWO


#: How many steps each cloud needs where servers take their groups in the same program.
CASES: Final[Mapping[str, Case]] = {
    "nothing": Case({}, 1, 1),
    "a server is added": Case(
        {"sites.hq.servers.ex4": {"roles": ["mailbox"], "address": "10.20.1.12"}}, 1, 1
    ),
    "a server is removed": Case({"sites.hq.servers.ex2": GONE}, 1, 1),
    # Azure deletes the perimeter's security group when no server has it any more.
    "the only Edge server is removed": Case(
        {
            "edge_servers": {},
            "mail_flow": {},
            "name_servers": {"internal": "domain_controllers"},
            "sender_reputation": GONE,
        },
        1,
        1,
    ),
    "a server is added while a flow to its like is closed": Case(
        {
            "sites.hq.servers.ex4": {"roles": ["mailbox"], "address": "10.20.1.12"},
            "additional_flows": [BACKUP],
        },
        # On AWS the old rule stands until the end, and the new server is there before that.
        2,
        1,
    ),
    "a server loses the Client Access role": Case(
        {"sites.hq.servers.ex2.roles": ["mailbox"]}, 1, 1
    ),
    "a site is renamed and keeps its id": Case(
        {
            "sites.paris": GONE,
            "sites.lutetia": {**TWO["sites"]["paris"], "id": "paris"},
        },
        1,
        1,
    ),
    "Edge is added to a running organization": Case(
        {
            "edge_servers": WITH_EDGE["edge_servers"],
            "mail_flow": {"outbound": {"through": "edge"}},
            "sender_reputation": "disabled",
            "name_servers.edge": "cloud_resolver",
        },
        1,
        1,
        edited(
            SMALL,
            {
                "mail_flow": {"inbound": {"from": "internet"}, "outbound": {"through": "mailbox"}},
            },
        ),
    ),
    "the proxy of sender reputation gets another port": Case(
        {
            "sender_reputation": {
                "proxy": {"address": "10.20.240.9", "port": 8080, "type": "socks5"}
            }
        },
        1,
        1,
        edited(
            TWO,
            {
                "sender_reputation": {
                    "proxy": {"address": "10.20.240.9", "port": 1080, "type": "socks5"}
                }
            },
        ),
    ),
    "a server gets another address": Case({"sites.hq.servers.ex2.address": "10.20.1.99"}, 1, 1),
    "the list of ranges of the Internet is replaced": Case(
        {"private_blocks": ["10.0.0.0/8", "172.16.0.0/12"]}, 1, 1
    ),
    "the list of ranges of the Internet is replaced while a flow to the Internet is closed": Case(
        {
            "private_blocks": ["10.0.0.0/8", "100.64.0.0/10"],
            "additional_flows": [ADMINS, BACKUP],
        },
        # AWS has a prefix list, which is edited while the old rule still names it.
        2,
        1,
        edited(
            TWO,
            {
                "private_blocks": ["10.0.0.0/8", "172.16.0.0/12"],
                "additional_flows": [ADMINS, BACKUP, TIME],
            },
        ),
    ),
    "a site moves to another network": Case(
        {
            "networks.north": {"platform": "aws", "internal": ["10.30.0.0/16"]},
            "sites.paris.network": "north",
            "sites.paris.servers.ex3.address": "10.30.2.11",
        },
        # It is there and not yet gone here, as far as anybody can say beforehand.
        3,
        3,
    ),
    "a site is renamed and moves to another network": Case(
        {
            "networks.north": {"platform": "aws", "internal": ["10.30.0.0/16"]},
            "sites.paris": GONE,
            "sites.oslo": {
                **TWO["sites"]["paris"],
                "id": "paris",
                "network": "north",
                "servers": {
                    "ex3": {"roles": ["client_access", "mailbox"], "address": "10.30.2.11"}
                },
            },
        },
        3,
        3,
    ),
}


def planned(data: Mapping[str, Any], platform: str) -> Plans:
    networks = {f"networks.{key}.platform": platform for key in data["networks"]}
    return compile_plans(declared(edited(data, networks)))


def updated(case: Case, platform: str, servers_in: ServersIn = ServersIn.THIS_STACK) -> Rollout:
    old, new = (planned(data, platform) for data in (case.before, edited(case.before, case.edit)))
    return plan_rollout(old, new, servers_in)


@pytest.mark.slow
@pytest.mark.parametrize("platform", ["aws", "azure"])
@pytest.mark.parametrize("name", CASES)
def test_an_edit_needs_as_many_steps_as_are_written_here(name: str, platform: str) -> None:
    case = CASES[name]
    found = updated(case, platform)
    assert found.steps is not None
    assert (len(found.steps), found.stepwise.clean) == (getattr(case, platform), True)
    assert found.clean == (len(found.steps) == 1), [str(t) for t in found.at_once.issues]


@pytest.mark.parametrize("platform", ["aws", "azure"])
@pytest.mark.parametrize("name", CASES)
def test_no_edit_replaces_what_may_be_attached(name: str, platform: str) -> None:
    case = CASES[name]
    old, new = (planned(data, platform) for data in (case.before, edited(case.before, case.edit)))
    for pair in network_pairs(old, new):
        assert [each for each in operations(pair.old, pair.new) if each.does is Does.REPLACE] == []


@pytest.mark.parametrize("platform", ["aws", "azure"])
def test_a_rename_that_keeps_its_id_changes_nothing_in_the_cloud(platform: str) -> None:
    case = CASES["a site is renamed and keeps its id"]
    old, new = (planned(data, platform) for data in (case.before, edited(case.before, case.edit)))
    assert [operations(pair.old, pair.new) for pair in network_pairs(old, new)] == [()]


def test_a_flow_that_is_closed_while_a_server_comes_is_open_to_it_in_passing() -> None:
    case = CASES["a server is added while a flow to its like is closed"]
    reported = [str(trouble) for trouble in updated(case, "aws").at_once.issues]
    assert reported == [
        "10.20.6.1 -> ex4 3389/tcp: allowed when every rule is added and servers change their groups"
    ]
