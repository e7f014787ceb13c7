"""Which groups a server has follows from what is declared of that server alone."""

from collections.abc import Mapping
from typing import Any, Final

import pytest
from hypothesis import assume, event, given
from hypothesis import strategies as st

from exchange_ports.topology.groups import GroupKind, retirable_groups
from exchange_ports.topology.inventory import Inventory, neighbors
from tests.support.exchange_versions import VERSIONS, combined, fits, mix_of, roles_of, written
from tests.support.strategies import (
    GONE,
    SMALL,
    WITH_EDGE,
    declared,
    edited,
    site_of,
    topologies,
)

#: EC2's own limit on the groups of a network interface.
MOST: Final = 5


#: The groups of a subscribed Edge server that declares nothing of its own.
ALL_EDGE: Final = ["edge-receiving.hq", "edge-sending.hq", "edge-synced.hq"]
ALONE: Final = "edge-server.edge1"


def attached(data: Mapping[str, Any]) -> dict[str, list[str]]:
    """The keys of every server's groups."""
    return {each.name: [g.key for g in each.groups] for each in Inventory(declared(data)).servers}


def internal(data: Mapping[str, Any]) -> dict[str, list[str]]:
    """The same, of internal servers only."""
    edges: Mapping[str, Any] = data.get("edge_servers", {})
    return {server: keys for server, keys in attached(data).items() if server not in edges}


def with_server(**server: object) -> dict[str, Any]:
    return edited(SMALL, {"sites.hq.servers.this": server})


@pytest.mark.parametrize(
    "roles, groups",
    [
        (["client_access"], ["exchange", "client-access.hq"]),
        (["mailbox"], ["exchange", "mailbox.hq", "edgesync.hq"]),
        (
            ["client_access", "mailbox"],
            ["exchange", "client-access.hq", "mailbox.hq", "edgesync.hq"],
        ),
        (
            ["mailbox", "client_access"],
            ["exchange", "client-access.hq", "mailbox.hq", "edgesync.hq"],
        ),
    ],
)
def test_a_server_has_a_group_for_each_role_at_its_site(
    roles: list[str], groups: list[str]
) -> None:
    assert attached(with_server(roles=roles))["this"] == groups


def test_a_server_with_a_group_of_its_own_has_that_too() -> None:
    assert attached(with_server(roles=["client_access"], own_group=True))["this"] == [
        "exchange",
        "client-access.hq",
        "server.this",
    ]


def test_a_combined_server_keeps_one_group_free() -> None:
    combined = {"roles": ["client_access", "mailbox"]}
    assert len(attached(with_server(**combined))["this"]) == MOST - 1
    assert len(attached(with_server(**combined, own_group=True))["this"]) == MOST


def test_an_edge_server_has_nothing_of_the_inside() -> None:
    assert attached(WITH_EDGE)["edge1"] == [
        "edge.hq",
        "edge-receiving.hq",
        "edge-sending.hq",
        "edge-synced.hq",
    ]


@pytest.mark.parametrize(
    "summary, groups",
    [
        ({"own_group": True}, ["edge-receiving.hq", "edge-sending.hq", "edge-synced.hq", ALONE]),
        ({"receives": False}, ["edge-sending.hq", "edge-synced.hq"]),
        ({"sends": False}, ["edge-receiving.hq", "edge-synced.hq"]),
        ({"delivery_port": 2525}, ["edge-sending.hq", "edge-synced.hq", ALONE]),
        # What it says of delivering matters only where it delivers.
        ({"delivery_port": 2525, "receives": False}, ["edge-sending.hq", "edge-synced.hq"]),
        ({"edgesync_port": 50700}, ["edge-receiving.hq", "edge-sending.hq", ALONE]),
        ({"edgesync_except": ["ex1"]}, ["edge-receiving.hq", "edge-sending.hq", ALONE]),
        ({"delivery_port": 2525, "edgesync_port": 50700}, ["edge-sending.hq", ALONE]),
        (
            {"subscribed_site": GONE, "manual_connectors_site": "hq"},
            ["edge-receiving.hq", "edge-sending.hq"],
        ),
        ({"version": 2010, "address": "10.20.240.5"}, ALL_EDGE),
    ],
)
def test_an_edge_server_leaves_a_group_only_where_it_says_something_else(
    summary: Mapping[str, object], groups: list[str]
) -> None:
    data = edited(WITH_EDGE, {f"edge_servers.edge1.{key}": value for key, value in summary.items()})
    assert attached(data)["edge1"] == ["edge.hq", *groups]


def test_an_edgesync_exception_gives_the_server_a_group_of_its_own_for_it() -> None:
    """Only the server that the exception names."""
    two = edited(WITH_EDGE, {"sites.hq.servers.mbx2": {"roles": ["mailbox"]}})
    excepted = edited(two, {"edge_servers.edge1.edgesync_except": ["mbx2"]})
    assert attached(excepted)["mbx2"] == ["exchange", "mailbox.hq", "edgesync-server.mbx2"]
    assert attached(excepted)["ex1"] == attached(two)["ex1"]


def test_an_exception_at_another_site_changes_no_group_here() -> None:
    paris = {
        "sites.paris": {
            "network": "corp",
            "servers": {
                "cas3": {"roles": ["client_access"]},
                "mbx3": {"roles": ["mailbox"]},
            },
        },
        "edge_servers.edge2": {
            "network": "corp",
            "subscribed_site": "paris",
            "edgesync_except": ["mbx3"],
        },
    }
    assert attached(edited(WITH_EDGE, paris))["ex1"] == attached(WITH_EDGE)["ex1"]


def test_neighbors_are_named_by_their_field_and_the_identity_of_their_site() -> None:
    edit = {
        "sites.hq.id": "main",
        "sites.hq.lync.addresses": ["10.20.4.0/28"],
        "sites.hq.domain_controllers.accounts_forest": ["10.20.3.10"],
        "sites.paris": {"network": "corp", "servers": {"cas3": {"roles": ["client_access"]}}},
        "sites.paris.other_exchange.addresses": ["10.20.5.0/28"],
        "witness_servers.fsw1.address": "10.20.7.60",
    }
    assert neighbors(declared(edited(SMALL, edit))) == (
        "accounts-domain-controllers.main",
        "domain-controllers.main",
        "lync.main",
        "other-exchange.paris",
        "witness.fsw1",
    )
    assert neighbors(declared(SMALL)) == ("domain-controllers.hq",)


def test_a_group_is_the_same_whatever_else_its_members_are_in() -> None:
    """A server with a group of its own that takes another role stays in that group."""
    before, after = (
        Inventory(declared(with_server(roles=roles, own_group=True))).by_name["this"].groups[-1]
        for roles in (["mailbox"], ["client_access"])
    )
    assert before.implied_groups != after.implied_groups
    assert before == after
    assert len({before, after}) == 1


def test_a_server_has_its_edgesync_group_before_there_is_any_edge() -> None:
    assert internal(SMALL) == internal(WITH_EDGE)


@pytest.mark.slow
@given(topologies())
def test_no_server_has_more_groups_than_an_interface_takes(data: dict[str, Any]) -> None:
    for server, keys in attached(data).items():
        assert 0 < len(keys) <= MOST
        assert len(set(keys)) == len(keys), server


def stem(data: Mapping[str, Any], network: str) -> str:
    """The first two numbers of the addresses of a network."""
    internal: str = data["networks"][network]["internal"][0]
    return ".".join(internal.split(".")[:2])


@pytest.mark.slow
@given(topologies(edge=False), st.data())
def test_adding_edge_moves_no_internal_server(data: dict[str, Any], draw: st.DataObject) -> None:
    sites = [
        key
        for key, site in data["sites"].items()
        if any("mailbox" in roles_of(data, each) for each in site.get("servers", {}).values())
    ]
    site = draw.draw(st.sampled_from(sites))
    network = data["sites"][site]["network"]
    with_edge = edited(
        data,
        {
            f"networks.{network}.perimeter": [f"{stem(data, network)}.240.0/24"],
            "edge_servers.added": {
                "network": network,
                "subscribed_site": site,
                "address": f"{stem(data, network)}.240.5",
            },
            "name_servers.edge": "cloud_resolver",
            "mail_flow": {},
        },
    )
    assert internal(with_edge) == internal(data)


@pytest.mark.slow
@given(topologies())
def test_sites_clients_mail_and_flows_change_no_group(data: dict[str, Any]) -> None:
    network = next(iter(data["networks"]))
    new = {**combined(data), "address": f"{stem(data, network)}.0.200"}
    more = edited(
        data,
        {
            "sites.added": {
                "network": network,
                "servers": {"new1": new},
                "lync": {"addresses": ["10.20.11.0/28"]},
            },
            "clients.added": {"services": ["https", "pop"]},
            "mail_flow": {
                "inbound": {"from": "internet", "to": ["added"]},
                "relays": {"added": {"from": ["10.20.7.5"]}},
            },
            "witness_servers": {"added": {"address": "10.20.7.61"}},
            "additional_flows": [
                {"from": "10.20.6.0/24", "to": "exchange", "ports": ["any"], "reason": "backup"}
            ],
        },
    )
    assume(all("address" in each for each in servers_of(data)))
    after = attached(more)
    assert after.pop("new1")
    assert after == attached(data)


def servers_of(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every internal server."""
    sites: Mapping[str, Any] = data["sites"]
    return [server for site in sites.values() for server in site.get("servers", {}).values()]


@pytest.mark.slow
@given(topologies(), st.data())
def test_a_server_has_what_it_would_have_if_the_others_were_gone(
    data: dict[str, Any], draw: st.DataObject
) -> None:
    """But for the Edge servers of its site: an exception there is declared of the server itself."""
    before = internal(data)
    server = draw.draw(st.sampled_from(sorted(before)))
    (site,) = (key for key, each in data["sites"].items() if server in each.get("servers", {}))
    alone = edited(
        data, {"clients": {}, "mail_flow": {}, "additional_flows": [], "witness_servers": {}}
    )
    # Both name sites and servers that are gone.
    alone.pop("hybrid", None)
    alone.pop("unified_messaging", None)
    for network in alone["networks"].values():
        # Groups of sites that are gone.
        network.pop("retired_groups", None)
    here = data["sites"][site]
    beside = {**combined(data), "address": f"{stem(data, here['network'])}.0.200"}
    alone["sites"] = {
        site: {
            **here,
            "servers": {server: here["servers"][server], "beside": beside},
            "domain_controllers": {"addresses": ["10.20.2.9"]},
        }
    }
    edges = {
        key: {
            **edge,
            "edgesync_except": [name for name in edge.get("edgesync_except", []) if name == server],
        }
        for key, edge in data.get("edge_servers", {}).items()
        if site_of(edge) == site
    }
    alone["edge_servers"] = edges
    if not edges:
        alone.pop("sender_reputation", None)
    assert internal(alone)[server] == before[server]


plain_with_edge = topologies(edge=True).map(
    lambda data: edited(data, {"mail_flow": {}, "additional_flows": []})
)


@pytest.mark.slow
@given(plain_with_edge, st.data())
def test_what_an_edge_server_says_of_itself_moves_no_other_one(
    plain: dict[str, Any], draw: st.DataObject
) -> None:
    """Nor any internal server: only an exception names one."""
    edges: dict[str, Any] = plain["edge_servers"]
    key = draw.draw(st.sampled_from(sorted(edges)))
    flag = draw.draw(st.sampled_from([*FLAGS]))
    value = FLAGS[flag]
    if flag == "version":
        others = mix_of({**plain, "edge_servers": {k: e for k, e in edges.items() if k != key}})
        value = written(next(each for each in VERSIONS if fits(each, others)))
    changed = edited(plain, {f"edge_servers.{key}.{flag}": value})
    # Hybrid mail by any Edge server needs one that receives and one that sends.
    if plain.get("hybrid", {}).get("mail") == "edge" and flag in ("receives", "sends"):
        assume(any(each.get(flag, True) for each in changed["edge_servers"].values()))
    named = plain.get("hybrid", {}).get("mail")
    if (
        changed["edge_servers"][key].get("receives")
        is changed["edge_servers"][key].get("sends")
        is False
    ):
        # Neither is for an Edge server alone that is named for hybrid mail.
        assume(isinstance(named, list) and key in named)
    before, after = attached(plain), attached(changed)
    event(f"{flag} moves it" if before[key] != after[key] else f"{flag} leaves it")
    assert {**before, key: None} == {**after, key: None}


FLAGS: Final[Mapping[str, object]] = {
    "own_group": True,
    "receives": False,
    "sends": False,
    "delivery_port": 2525,
    "edgesync_port": 50700,
    # The oldest that can be there.
    "version": None,
}


@pytest.mark.slow
@given(plain_with_edge, st.data())
def test_an_exception_from_edgesync_moves_the_two_that_it_names(
    plain: dict[str, Any], draw: st.DataObject
) -> None:
    subscribed = [key for key, e in plain["edge_servers"].items() if "subscribed_site" in e]
    assume(subscribed)
    key = draw.draw(st.sampled_from(subscribed))
    edge = plain["edge_servers"][key]
    edge.pop("edgesync_except", None)
    site = plain["sites"][edge["subscribed_site"]]
    name = draw.draw(
        st.sampled_from(
            [n for n, each in site["servers"].items() if "mailbox" in roles_of(plain, each)]
        )
    )
    before = attached(plain)
    after = attached(edited(plain, {f"edge_servers.{key}.edgesync_except": [name]}))
    moved = {each for each in before if before[each] != after[each]}
    assert moved <= {key, name}
    identity = site["servers"][name].get("id", name)
    assert f"edgesync-server.{identity}" in after[name]
    assert f"edge-server.{edge.get('id', key)}" in after[key]


RENAMED: Final[Mapping[str, Any]] = edited(
    WITH_EDGE,
    {
        "networks": {"head": {**WITH_EDGE["networks"]["corp"], "id": "corp"}},
        "sites": {
            "berlin": {
                **WITH_EDGE["sites"]["hq"],
                "network": "head",
                "id": "hq",
                "servers": {
                    "mail1": {
                        "roles": ["client_access", "mailbox"],
                        "own_group": True,
                        "id": "ex1",
                    }
                },
            }
        },
        "edge_servers": {
            "gate1": {
                "network": "head",
                "subscribed_site": "berlin",
                "own_group": True,
                "id": "edge1",
            }
        },
    },
)


def test_renaming_with_an_id_keeps_every_group() -> None:
    before = edited(
        WITH_EDGE,
        {"sites.hq.servers.ex1.own_group": True, "edge_servers.edge1.own_group": True},
    )
    keys = {"ex1": "mail1", "edge1": "gate1"}
    assert attached(RENAMED) == {
        keys[server]: groups for server, groups in attached(before).items()
    }
    descriptions = [
        {
            (g.network, g.key, g.summary)
            for each in Inventory(declared(data)).servers
            for g in each.groups
        }
        for data in (before, RENAMED)
    ]
    assert descriptions[0] == descriptions[1]


def test_renaming_without_an_id_is_another_server() -> None:
    renamed = edited(RENAMED, {"sites.berlin.id": GONE})
    assert "mailbox.berlin" in attached(renamed)["mail1"]


def test_every_kind_of_group_has_a_member() -> None:
    data = edited(
        WITH_EDGE,
        {
            "sites.hq.servers.ex1.own_group": True,
            "sites.hq.servers.mbx2": {"roles": ["mailbox"]},
            "sites.hq.servers.ex3": {"roles": ["client_access"], "published": False},
            "edge_servers.edge1.edgesync_except": ["mbx2"],
            "edge_servers.edge2": {"network": "corp", "subscribed_site": "hq"},
        },
    )
    kinds = {g.kind for each in Inventory(declared(data)).servers for g in each.groups}
    assert kinds == set(GroupKind)


def test_whoever_may_be_in_a_retired_group_is_in_these_groups_too() -> None:
    data = edited(
        WITH_EDGE,
        {
            "sites.hq.id": "main",
            "edge_servers.edge1.id": "e",
            "sites.hq.servers.ex1.id": "x",
        },
    )
    found = retirable_groups(declared(data), "corp")
    assert {key: sorted(each.implied_groups) for key, each in found.items()} == {
        "exchange": [],
        "client-access.main": ["exchange"],
        "unpublished.main": ["exchange"],
        "mailbox.main": ["exchange"],
        "edgesync.main": ["exchange", "mailbox.main"],
        "edge.main": [],
        "edge-receiving.main": ["edge.main"],
        "edge-sending.main": ["edge.main"],
        "edge-synced.main": ["edge.main"],
        "server.x": ["exchange"],
        "edgesync-server.x": ["exchange", "mailbox.main"],
        "edge-server.e": ["edge.main"],
    }
