"""What looks renamed without an `id`: each kind of key that has one, and near misses."""

from collections.abc import Mapping
from typing import Any, Final

import pytest

from exchange_ports.topology.inventory import Inventory
from exchange_ports.topology.renames import renamed_without_id
from tests.support.strategies import GONE, WITH_EDGE, declared, edited

BASE: Final = edited(
    WITH_EDGE,
    {
        "sites.hq.servers": {
            "ex1": {"roles": ["client_access", "mailbox"], "address": "10.20.0.11"},
            "ex2": {
                "roles": ["client_access", "mailbox"],
                "address": "10.20.0.12",
                "own_group": True,
            },
        },
        "edge_servers.edge1.address": "10.20.240.5",
        "edge_servers.edge1.own_group": True,
    },
)
HQ: Final = BASE["sites"]["hq"]
EX1, EX2 = HQ["servers"]["ex1"], HQ["servers"]["ex2"]
EDGE1: Final = BASE["edge_servers"]["edge1"]
CORP: Final = BASE["networks"]["corp"]
#: The network under another key, everywhere.
MAIN: Final = {
    "networks": {"main": CORP},
    "sites.hq.network": "main",
    "edge_servers.edge1.network": "main",
}
MAIN_SITE: Final = {
    "sites": {"main": HQ},
    "edge_servers.edge1.subscribed_site": "main",
}


@pytest.mark.parametrize(
    "edit, found",
    [
        # Each kind of key, alone.
        (MAIN, ["network corp -> main"]),
        (MAIN_SITE, ["site hq -> main"]),
        ({"sites.hq.servers": {"ex1": EX1, "mbx2": EX2}}, ["server ex2 -> mbx2"]),
        ({"edge_servers": {"edge9": EDGE1}}, ["server edge1 -> edge9"]),
        # With `id` it is no other thing.
        ({**MAIN, "networks": {"main": {**CORP, "id": "corp"}}}, []),
        ({**MAIN_SITE, "sites": {"main": {**HQ, "id": "hq"}}}, []),
        ({"sites.hq.servers": {"ex1": EX1, "mbx2": {**EX2, "id": "ex2"}}}, []),
        ({"edge_servers": {"edge9": {**EDGE1, "id": "edge1"}}}, []),
        # Another `id` is another thing, and so a rename as well.
        ({"sites.hq.id": "main"}, ["site hq -> hq"]),
        # Several at once: the site is recognized by its addresses, the server within it.
        (
            {
                **MAIN_SITE,
                "sites": {"main": {**HQ, "servers": {"a": EX1, "b": EX2}}},
            },
            ["site hq -> main", "server ex2 -> b"],
        ),
        # A server without a group of its own keeps its groups under any name.
        ({"sites.hq.servers": {"mbx1": EX1, "ex2": EX2}}, []),
        # Another server, another network, another site: nothing is the same but the kind.
        ({"sites.hq.servers": {"ex1": EX1, "mbx2": {**EX2, "address": "10.20.0.13"}}}, []),
        (
            {
                **MAIN,
                "networks": {"main": {"platform": "aws", "internal": ["10.30.0.0/20"]}},
                "sites.hq.servers": {"ex9": {**EX1, "address": "10.30.0.9"}},
                "edge_servers": GONE,
                "name_servers.edge": GONE,
                "sender_reputation": GONE,
            },
            [],
        ),
        (
            {
                **MAIN_SITE,
                "sites": {
                    "main": {**HQ, "servers": {"ex9": {**EX1, "address": "10.20.0.19"}}},
                },
                "edge_servers": {
                    "edge9": {**EDGE1, "subscribed_site": "main", "address": "10.20.240.9"}
                },
            },
            [],
        ),
        # Without addresses: the same roles at the same site.
        (
            {
                "sites.hq.servers": {
                    "ex1": EX1,
                    "mbx2": {"roles": ["client_access", "mailbox"], "own_group": True},
                }
            },
            [],
        ),
        # Added or removed alone.
        ({"sites.hq.servers.ex3": {**EX2, "address": "10.20.0.13"}}, []),
        ({"sites.hq.servers": {"ex1": EX1}}, []),
    ],
)
def test_what_looks_renamed_without_an_id(edit: Mapping[str, Any], found: list[str]) -> None:
    old, new = (Inventory(declared(each)) for each in (BASE, edited(BASE, edit)))
    reported = [f"{each.what} {each.old} -> {each.new}" for each in renamed_without_id(old, new)]
    assert reported == found


def test_of_two_sites_that_become_one_only_that_with_more_of_its_servers_is_renamed() -> None:
    ex3 = {"roles": ["client_access", "mailbox"], "address": "10.20.0.13"}
    several = {"hq": HQ, "paris": {"network": "corp", "servers": {"ex3": ex3}}}
    all_three = {"ex1": EX1, "ex2": EX2, "ex3": ex3}
    one = {"main": {**HQ, "servers": all_three}}
    subscribed = {"edge_servers.edge1.subscribed_site": "main"}
    two = Inventory(declared(edited(BASE, {"sites": several})))
    single = Inventory(declared(edited(BASE, {"sites": one, **subscribed})))
    for old, new, expected in ((two, single, ("hq", "main")), (single, two, ("main", "hq"))):
        (found,) = renamed_without_id(old, new)
        assert (found.what, found.old, found.new) == ("site", *expected)


def test_servers_without_addresses_are_recognized_by_their_roles_and_site() -> None:
    def with_server(name: str) -> Inventory:
        alone = {"roles": ["mailbox"], "own_group": True}
        return Inventory(declared(edited(BASE, {f"sites.hq.servers.{name}": alone})))

    (found,) = renamed_without_id(with_server("a"), with_server("b"))
    assert (found.old, found.new, found.identity) == ("a", "b", "a")


def test_what_is_to_be_written_is_the_identity_and_not_the_key() -> None:
    """A site that was renamed before: its `id` is written again."""
    old = edited(BASE, {**MAIN_SITE, "sites": {"main": {**HQ, "id": "hq"}}})
    third = {"sites": {"third": HQ}, "edge_servers.edge1.subscribed_site": "third"}
    (found,) = renamed_without_id(
        *(Inventory(declared(each)) for each in (old, edited(BASE, third)))
    )
    assert found.text() == (
        "site main looks renamed to third: add id: hq to sites.third to keep its groups, which are "
        "replaced otherwise"
    )


def test_sites_with_other_servers_without_addresses_are_no_rename() -> None:
    def with_site(name: str, server: str) -> Inventory:
        alone = {"network": "corp", "servers": {server: {"roles": ["client_access", "mailbox"]}}}
        return Inventory(declared(edited(BASE, {f"sites.{name}": alone})))

    assert renamed_without_id(with_site("paris", "a"), with_site("rome", "b")) == ()
    (found,) = renamed_without_id(with_site("paris", "a"), with_site("rome", "a"))
    assert (found.what, found.old, found.new) == ("site", "paris", "rome")


def test_a_server_with_an_id_is_named_by_its_key_before_and_kept_by_its_identity() -> None:
    """Two servers change places with their ids: neither key is an identity."""
    before = {"sites.hq.servers.ex2.id": "old2"}
    renamed = {"sites.hq.servers": {"ex1": EX1, "mbx2": {**EX2, "id": "new2"}}}
    old, new = (Inventory(declared(edited(BASE, each))) for each in (before, renamed))
    (found,) = renamed_without_id(old, new)
    assert (found.what, found.old, found.new, found.identity) == ("server", "ex2", "mbx2", "old2")
