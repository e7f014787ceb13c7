"""What `diff` says of small edits: each is exact by the independent checker, and these are its lines."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import pytest

from exchange_ports.differences import Change, Gate, diff_plans, held_by
from exchange_ports.planning import Plans, compile_plans
from tests.differences.change_lines import row, where
from tests.differences.checker import assert_exact
from tests.support.strategies import GONE, WITH_EDGE, declared, edited

Edit = Mapping[str, Any]

BASE: Final = edited(
    WITH_EDGE,
    {
        "sites.hq.servers": {
            "cas1": {"roles": ["client_access"], "address": "10.20.0.11"},
            "mbx1": {"roles": ["mailbox"], "address": "10.20.0.12"},
            "mbx2": {"roles": ["mailbox"], "address": "10.20.0.13"},
        },
        "edge_servers.edge1.address": "10.20.240.5",
        "clients.office": {"from": ["10.64.0.0/16"], "services": ["https"]},
    },
)


class Case(NamedTuple):
    """An edit, what it opens, cuts and does for another reason, and what it says of servers and names."""

    edit: Edit
    changes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    base: Edit | None = None


def flow(**more: object) -> dict[str, object]:
    return {"from": "10.20.6.0/24", "to": "mailbox", "ports": ["3389/tcp"], "reason": "rdp", **more}


RISKY: Final = {"reason": "r", "accept_risk": True}

EDITS: Final[Mapping[str, Case]] = {
    "nothing": Case({}),
    "a service more, and one less": Case(
        {"clients.office.services": ["imap"]},
        (
            "allowed, declared: 10.64.0.0/16 (outside) -> cas1 (inside) 143,993/tcp in: C3",
            "blocked, declared: 10.64.0.0/16 (outside) -> cas1 (inside) 443/tcp in: C1",
        ),
    ),
    "clients of a wider range": Case(
        {"clients.office.from": ["10.64.0.0/15"]},
        ("allowed, declared: 10.65.0.0/16 (outside) -> cas1 (inside) 443/tcp in: C1",),
    ),
    "flows that differ in one end": Case(
        {
            "additional_flows": [
                {"from": "10.20.6.0/24", "to": "mailbox", "ports": ["22/tcp"], "reason": "a"},
                {"from": "10.20.6.0/24", "to": "client_access", "ports": ["81/tcp"], "reason": "b"},
                {"from": "mailbox", "to": "10.20.6.0/24", "ports": ["22/tcp"], "reason": "c"},
                {"from": "client_access", "to": "10.20.6.0/24", "ports": ["81/tcp"], "reason": "d"},
            ]
        },
        (
            "allowed, declared: 10.20.6.0/24 (outside) -> cas1 (inside) 81/tcp in: b",
            "allowed, declared: 10.20.6.0/24 (outside) -> mbx1 mbx2 (inside) 22/tcp in: a",
            "allowed, declared: cas1 (inside) -> 10.20.6.0/24 (outside) 81/tcp out: d",
            "allowed, declared: mbx1 mbx2 (inside) -> 10.20.6.0/24 (outside) 22/tcp out: c",
        ),
    ),
    "risky flows beside others": Case(
        {
            "additional_flows": [
                {**RISKY, "from": "198.51.100.0/24", "to": "client_access", "ports": ["any"]},
                {**RISKY, "from": "edge", "to": "10.20.6.0/24", "ports": ["any"]},
                {**RISKY, "from": "10.20.6.0/24", "to": "edge", "ports": ["22/tcp"]},
                {**RISKY, "from": "10.20.6.0/24", "to": "edge", "ports": ["8443/tcp"]},
                {"from": "10.20.6.0/24", "to": "mailbox", "ports": ["any"], "reason": "r"},
                {"from": "mailbox", "to": "198.51.100.0/24", "ports": ["8443/tcp"], "reason": "r"},
            ]
        },
        (
            "allowed, declared: 10.20.6.0/24 (outside) -> edge1 (perimeter) 22,8443/tcp in: r",
            "allowed, declared: 10.20.6.0/24 (outside) -> mbx1 mbx2 (inside) all protocols in: r",
            "allowed, declared: 198.51.100.0/24 (Internet) -> cas1 (inside) all protocols in: r",
            "allowed, declared: edge1 (perimeter) -> 10.20.6.0/24 (outside) all protocols out: r",
            "allowed, declared: mbx1 mbx2 (inside) -> 198.51.100.0/24 (Internet) 8443/tcp out: r",
        ),
    ),
    "a server more": Case(
        {"sites.hq.servers.mbx3": {"roles": ["mailbox"], "address": "10.20.0.14"}},
        (
            "allowed, server_added mbx3: 10.20.2.10 (outside) -> mbx3 (inside) all protocols in: R3",
            "allowed, server_added mbx3: cas1 mbx1 mbx2 mbx3 (inside) -> mbx3 (inside) all protocols out/in: R1",
            "allowed, server_added mbx3: edge1 (perimeter) -> mbx3 (inside) 25/tcp out/in: E2",
            "allowed, server_added mbx3: mbx3 (inside) -> 10.20.2.10 (outside) all protocols out: R3",
            "allowed, server_added mbx3: mbx3 (inside) -> cas1 mbx1 mbx2 (inside) all protocols out/in: R1",
            "allowed, server_added mbx3: mbx3 (inside) -> edge1 (perimeter) 25/tcp out/in: E3",
            "allowed, server_added mbx3: mbx3 (inside) -> edge1 (perimeter) 50636/tcp out/in: E5",
        ),
        ("comes mbx3: Mailbox, corp",),
    ),
    "a server less": Case(
        {"sites.hq.servers.mbx2": GONE},
        (
            "blocked, server_removed mbx2: 10.20.2.10 (outside) -> mbx2 (inside) all protocols in: R3",
            "blocked, server_removed mbx2: cas1 mbx1 mbx2 (inside) -> mbx2 (inside) all protocols out/in: R1",
            "blocked, server_removed mbx2: edge1 (perimeter) -> mbx2 (inside) 25/tcp out/in: E2",
            "blocked, server_removed mbx2: mbx2 (inside) -> 10.20.2.10 (outside) all protocols out: R3",
            "blocked, server_removed mbx2: mbx2 (inside) -> cas1 mbx1 (inside) all protocols out/in: R1",
            "blocked, server_removed mbx2: mbx2 (inside) -> edge1 (perimeter) 25/tcp out/in: E3",
            "blocked, server_removed mbx2: mbx2 (inside) -> edge1 (perimeter) 50636/tcp out/in: E5",
        ),
        ("goes mbx2: Mailbox, corp",),
    ),
    "a server more whose address clients from anywhere had": Case(
        {"sites.hq.servers.cas2": {"roles": ["client_access"], "address": "10.20.0.14"}},
        (
            "allowed, server_added cas2: 0.0.0.0/0 (Internet) -> cas2 (inside) 443/tcp in: C1",
            "allowed, server_added cas2: 10.20.2.10 (outside) -> cas2 (inside) all protocols in: R3",
            "allowed, server_added cas2: 10.64.0.0/16 (outside) -> cas2 (inside) 443/tcp in: C1",
            "allowed, server_added cas2: cas1 cas2 mbx1 mbx2 (inside) -> cas2 (inside) all protocols out/in: R1",
            "allowed, server_added cas2: cas2 (inside) -> 10.20.2.10 (outside) all protocols out: R3",
            "allowed, server_added cas2: cas2 (inside) -> cas1 mbx1 mbx2 (inside) all protocols out/in: R1",
        ),
        ("comes cas2: Client Access, corp",),
        {"clients.world": {"services": ["https"]}},
    ),
    "another address": Case(
        {"sites.hq.servers.mbx2.address": "10.20.0.23"},
        (
            "blocked, address_changed mbx2: cas1 mbx1 (inside) -> mbx2 (inside) all protocols out: R1",
            "blocked, address_changed mbx2: edge1 (perimeter) -> mbx2 (inside) 25/tcp out: E2",
            "blocked, address_changed mbx2: mbx2 (inside) -> cas1 mbx1 (inside) all protocols in: R1",
            "blocked, address_changed mbx2: mbx2 (inside) -> edge1 (perimeter) 25/tcp in: E3",
            "blocked, address_changed mbx2: mbx2 (inside) -> edge1 (perimeter) 50636/tcp in: E5",
            "blocked, address_changed mbx2: mbx2 (inside) -> mbx2 (inside) all protocols out/in: R1",
            "allowed, address_changed mbx2: cas1 mbx1 (inside) -> mbx2 (inside) all protocols out: R1",
            "allowed, address_changed mbx2: edge1 (perimeter) -> mbx2 (inside) 25/tcp out: E2",
            "allowed, address_changed mbx2: mbx2 (inside) -> cas1 mbx1 (inside) all protocols in: R1",
            "allowed, address_changed mbx2: mbx2 (inside) -> edge1 (perimeter) 25/tcp in: E3",
            "allowed, address_changed mbx2: mbx2 (inside) -> edge1 (perimeter) 50636/tcp in: E5",
            "allowed, address_changed mbx2: mbx2 (inside) -> mbx2 (inside) all protocols out/in: R1",
        ),
        ("moves mbx2: 10.20.0.13 -> 10.20.0.23",),
    ),
    "an address that is declared at last": Case(
        {"sites.hq.servers.mbx2.address": "10.20.0.23"},
        (),
        (),
        {"sites.hq.servers.mbx2.address": GONE},
    ),
    "an address that is declared at last, and another service": Case(
        {"sites.hq.servers.cas1.address": "10.20.0.11", "clients.office.services": ["imap"]},
        (
            "allowed, declared: 10.64.0.0/16 (outside) -> cas1 (inside) 143,993/tcp in: C3",
            "blocked, declared: 10.64.0.0/16 (outside) -> cas1 (inside) 443/tcp in: C1",
        ),
        (),
        {"sites.hq.servers.cas1.address": GONE},
    ),
    "an address that is no longer declared, and another service": Case(
        {"sites.hq.servers.cas1.address": GONE, "clients.office.services": ["imap"]},
        (
            "allowed, declared: 10.64.0.0/16 (outside) -> cas1 (inside) 143,993/tcp in: C3",
            "blocked, declared: 10.64.0.0/16 (outside) -> cas1 (inside) 443/tcp in: C1",
        ),
    ),
    "another role": Case(
        {"sites.hq.servers.mbx2.roles": ["client_access"]},
        (
            "blocked, declared mbx2: edge1 (perimeter) -> mbx2 (inside) 25/tcp out/in: E2",
            "blocked, declared mbx2: mbx2 (inside) -> edge1 (perimeter) 25/tcp out/in: E3",
            "blocked, declared mbx2: mbx2 (inside) -> edge1 (perimeter) 50636/tcp out/in: E5",
            "allowed, declared mbx2: 10.64.0.0/16 (outside) -> mbx2 (inside) 443/tcp in: C1",
        ),
        ("regrouped mbx2",),
    ),
    "another key at the same address": Case(
        {
            "sites.hq.servers.mbx2": GONE,
            "sites.hq.servers.mbx9": {"roles": ["mailbox"], "address": "10.20.0.13"},
        },
        (),
        ("server mbx2 is mbx9",),
    ),
    "another key with the `id` of before": Case(
        {
            "sites.hq.servers.mbx2": GONE,
            "sites.hq.servers.mbx9": {"id": "mbx2", "roles": ["mailbox"], "address": "10.20.0.13"},
        },
        (),
        ("server mbx2 is mbx9",),
    ),
    "another key, and the same `id` as before": Case(
        {
            "sites.hq.servers.mbx2": GONE,
            "sites.hq.servers.mbx9": {"id": "old", "roles": ["mailbox"], "address": "10.20.0.13"},
        },
        (),
        ("server mbx2 is mbx9",),
        {"sites.hq.servers.mbx2.id": "old", "sites.hq.servers.cas1.id": "front"},
    ),
    "an exception from EdgeSync": Case(
        {"edge_servers.edge1.edgesync_except": ["mbx2"]},
        ("blocked, declared edge1 mbx2: mbx2 (inside) -> edge1 (perimeter) 50636/tcp out/in: E5",),
        (
            "regrouped edge1",
            "regrouped mbx2",
        ),
    ),
    "administration": Case(
        {
            "additional_flows": [
                {"from": "10.20.6.0/24", "to": "mailbox", "ports": ["3389/tcp"], "reason": "rdp"}
            ]
        },
        ("allowed, declared: 10.20.6.0/24 (outside) -> mbx1 mbx2 (inside) 3389/tcp in: rdp",),
    ),
    "every protocol": Case(
        {
            "additional_flows": [
                {"from": "10.20.6.0/24", "to": "mailbox", "ports": ["any"], "reason": "rdp"}
            ]
        },
        (
            "allowed, declared: 10.20.6.0/24 (outside) -> mbx1 mbx2 (inside) all protocols except 3389/tcp in: rdp",
        ),
        (),
        {
            "additional_flows": [
                {"from": "10.20.6.0/24", "to": "mailbox", "ports": ["3389/tcp"], "reason": "rdp"}
            ]
        },
    ),
    "another reason": Case(
        {
            "additional_flows": [
                {"from": "10.20.6.0/24", "to": "mailbox", "ports": ["3389/tcp"], "reason": "copies"}
            ]
        },
        (
            "reason, declared: 10.20.6.0/24 (outside) -> mbx1 mbx2 (inside) 3389/tcp in: copies, not rdp",
        ),
        (),
        {
            "additional_flows": [
                {"from": "10.20.6.0/24", "to": "mailbox", "ports": ["3389/tcp"], "reason": "rdp"}
            ]
        },
    ),
    "a second reason": Case(
        {
            "additional_flows": [
                {
                    "from": "10.20.6.0/24",
                    "to": "mailbox",
                    "ports": ["3389/tcp"],
                    "reason": "copies",
                },
                {"from": "10.20.6.0/24", "to": "mailbox", "ports": ["3389/tcp"], "reason": "rdp"},
            ]
        },
        ("reason, declared: 10.20.6.0/24 (outside) -> mbx1 mbx2 (inside) 3389/tcp in: copies",),
        (),
        {
            "additional_flows": [
                {"from": "10.20.6.0/24", "to": "mailbox", "ports": ["3389/tcp"], "reason": "rdp"}
            ]
        },
    ),
    "clients from anywhere": Case(
        {"clients.world": {"services": ["https"]}},
        (
            "allowed, declared: others (Internet) -> cas1 (inside) 443/tcp in: C1",
            "reason, declared: 10.20.0.11-10.20.0.13, 10.20.2.10 (outside) -> cas1 (inside) 443/tcp in: C1",
        ),
    ),
    "administration of Edge": Case(
        {
            "additional_flows": [
                {
                    "from": "10.20.6.0/24",
                    "to": "edge",
                    "ports": ["3389/tcp"],
                    "reason": "rdp",
                    "accept_risk": True,
                }
            ]
        },
        ("allowed, declared: 10.20.6.0/24 (outside) -> edge1 (perimeter) 3389/tcp in: rdp",),
    ),
    "one domain controller more": Case(
        {"sites.hq.domain_controllers.addresses": ["10.20.2.10", "10.20.2.11"]},
        (
            "allowed, declared: 10.20.2.11 (outside) -> cas1 mbx1 mbx2 (inside) all protocols in: R3",
            "allowed, declared: cas1 mbx1 mbx2 (inside) -> 10.20.2.11 (outside) all protocols out: R3",
        ),
    ),
    "an accounts forest": Case(
        {"sites.hq.domain_controllers.accounts_forest": ["10.20.3.10"]},
        (
            "allowed, declared: 10.20.3.10 (outside) -> cas1 mbx1 mbx2 (inside) all protocols in: R3",
            "allowed, declared: cas1 mbx1 mbx2 (inside) -> 10.20.3.10 (outside) all protocols out: R3",
        ),
    ),
    "no inbound mail": Case(
        {"mail_flow.inbound": "none"},
        (
            "blocked, declared: 0.0.0.0-9.255.255.255, 11.0.0.0-223.255.255.255 (Internet) -> edge1 (perimeter) 25/tcp in: E1",
            "blocked, declared: edge1 (perimeter) -> mbx1 mbx2 (inside) 25/tcp out/in: E2",
        ),
    ),
    "no Edge server": Case(
        {"edge_servers": GONE, "name_servers.edge": GONE, "sender_reputation": GONE},
        (
            "blocked, server_removed edge1: 0.0.0.0-9.255.255.255, 11.0.0.0-223.255.255.255 (Internet) -> edge1 (perimeter) 25/tcp in: E1",
            "blocked, server_removed edge1: edge1 (perimeter) -> 0.0.0.0-9.255.255.255, 11.0.0.0-223.255.255.255 (Internet) 25/tcp out: E4",
            "blocked, server_removed edge1: edge1 (perimeter) -> mbx1 mbx2 (inside) 25/tcp out/in: E2",
            "blocked, server_removed edge1: mbx1 mbx2 (inside) -> edge1 (perimeter) 25/tcp out/in: E3",
            "blocked, server_removed edge1: mbx1 mbx2 (inside) -> edge1 (perimeter) 50636/tcp out/in: E5",
        ),
        ("goes edge1: Edge Transport, perimeter",),
    ),
    "the Internet as any address": Case(
        {"networks.corp.internet": "any"},
        (
            "allowed, declared: edge1 (perimeter) -> others (perimeter) 25/tcp out: E4",
            "allowed, declared: others (perimeter) -> edge1 (perimeter) 25/tcp in: E1",
            "reason, declared: 10.20.0.12/31 (outside) -> edge1 (perimeter) 25/tcp in: E1",
            "reason, declared: edge1 (perimeter) -> 10.20.0.12/31 (outside) 25/tcp out: E4",
        ),
    ),
    "on Azure, a server more": Case(
        {"sites.hq.servers.mbx3": {"roles": ["mailbox"], "address": "10.20.0.14"}},
        (
            "allowed, server_added mbx3: 10.20.2.10 (outside) -> mbx3 (inside) all protocols in: R3",
            "allowed, server_added mbx3: 168.63.129.16 (outside) -> mbx3 (inside) all protocols in: health probes of Azure load balancers",
            "allowed, server_added mbx3: cas1 mbx1 mbx2 mbx3 (inside) -> mbx3 (inside) all protocols out/in: R1",
            "allowed, server_added mbx3: edge1 (perimeter) -> mbx3 (inside) 25/tcp out/in: E2",
            "allowed, server_added mbx3: mbx3 (inside) -> 10.20.2.10 (outside) all protocols out: R3",
            "allowed, server_added mbx3: mbx3 (inside) -> cas1 mbx1 mbx2 (inside) all protocols out/in: R1",
            "allowed, server_added mbx3: mbx3 (inside) -> edge1 (perimeter) 25/tcp out/in: E3",
            "allowed, server_added mbx3: mbx3 (inside) -> edge1 (perimeter) 50636/tcp out/in: E5",
        ),
        ("comes mbx3: Mailbox, corp",),
        {"networks.corp.platform": "azure"},
    ),
    "from AWS to Azure": Case(
        {"networks.corp.platform": "azure"},
        (
            "allowed, declared: 168.63.129.16 (outside) -> cas1 mbx1 mbx2 (inside) all protocols in: health probes of Azure load balancers",
            "allowed, declared: 168.63.129.16 (outside) -> edge1 (perimeter) all protocols except 25/tcp in: health probes of Azure load balancers",
            "reason, declared: 168.63.129.16 (outside) -> edge1 (perimeter) 25/tcp in: health probes of Azure load balancers",
        ),
    ),
    "a network that becomes ours": Case(
        {"networks.corp.platform": "aws"},
        (
            "allowed, server_added cas1 mbx1 mbx2: 10.20.2.10 (outside) -> cas1 mbx1 mbx2 (inside) all protocols in: R3",
            "allowed, server_added cas1 mbx1 mbx2: cas1 mbx1 mbx2 (inside) -> 10.20.2.10 (outside) all protocols out: R3",
            "allowed, server_added cas1 mbx1 mbx2: cas1 mbx1 mbx2 (inside) -> cas1 mbx1 mbx2 (inside) all protocols out/in: R1",
            "allowed, server_added cas1 mbx1 mbx2: cas1 mbx1 mbx2 (inside) -> ex5 (inside) all protocols out: R1",
            "allowed, server_added cas1 mbx1 mbx2: ex5 (inside) -> cas1 mbx1 mbx2 (inside) all protocols in: R1",
            "allowed, server_added cas1: 10.64.0.0/16 (outside) -> cas1 (inside) 443/tcp in: C1",
            "allowed, server_added edge1 mbx1 mbx2: edge1 (perimeter) -> mbx1 mbx2 (inside) 25/tcp out/in: E2",
            "allowed, server_added edge1 mbx1 mbx2: mbx1 mbx2 (inside) -> edge1 (perimeter) 25/tcp out/in: E3",
            "allowed, server_added edge1 mbx1 mbx2: mbx1 mbx2 (inside) -> edge1 (perimeter) 50636/tcp out/in: E5",
            "allowed, server_added edge1: 0.0.0.0-9.255.255.255, 11.0.0.0-223.255.255.255 (Internet) -> edge1 (perimeter) 25/tcp in: E1",
            "allowed, server_added edge1: edge1 (perimeter) -> 0.0.0.0-9.255.255.255, 11.0.0.0-223.255.255.255 (Internet) 25/tcp out: E4",
        ),
        (),
        {
            "networks.corp.platform": "external",
            "networks.other": {"platform": "aws", "internal": ["10.50.0.0/24"]},
            "sites.rome": {
                "network": "other",
                "servers": {"ex5": {"roles": ["client_access", "mailbox"], "address": "10.50.0.9"}},
            },
        },
    ),
    "a site with another key": Case(
        {
            "sites.hq": GONE,
            "sites.paris": {
                "network": "corp",
                "servers": {
                    "cas1": {"roles": ["client_access"], "address": "10.20.0.11"},
                    "mbx1": {"roles": ["mailbox"], "address": "10.20.0.12"},
                    "mbx2": {"roles": ["mailbox"], "address": "10.20.0.13"},
                },
                "domain_controllers": {"addresses": ["10.20.2.10"]},
                "id": "hq",
            },
            "edge_servers.edge1.subscribed_site": "paris",
        },
        (),
        ("site hq is paris",),
    ),
    "a flow from a server that is not ours": Case(
        {
            "additional_flows": [
                {
                    "from": "exchange@lab",
                    "to": "edge",
                    "ports": ["3389/tcp"],
                    "reason": "rdp",
                    "accept_risk": True,
                }
            ]
        },
        (
            "allowed, declared: ex9 (inside) -> edge1 (perimeter) 3389/tcp in: rdp",
            "allowed, declared: ex9 (inside) -> edge1 (perimeter) 3389/tcp in: rdp",
        ),
        (),
        {
            "networks.lab": {"platform": "external", "internal": ["10.90.0.0/24"]},
            "sites.lab": {
                "network": "lab",
                "servers": {"ex9": {"roles": ["client_access", "mailbox"], "address": "10.90.0.9"}},
            },
        },
    ),
    "a server that is not ours, less": Case(
        {
            "sites.lab.servers.ex9": GONE,
            "sites.lab.servers.ex8": {
                "roles": ["client_access", "mailbox"],
                "address": "10.90.0.8",
            },
        },
        (
            "blocked, server_removed ex9: cas1 mbx1 mbx2 (inside) -> ex9 (inside) all protocols out: R1",
            "blocked, server_removed ex9: ex9 (inside) -> cas1 mbx1 mbx2 (inside) all protocols in: R1",
            "allowed, server_added ex8: cas1 mbx1 mbx2 (inside) -> ex8 (inside) all protocols out: R1",
            "allowed, server_added ex8: ex8 (inside) -> cas1 mbx1 mbx2 (inside) all protocols in: R1",
        ),
        (
            "comes ex8: Client Access and Mailbox, lab",
            "goes ex9: Client Access and Mailbox, lab",
        ),
        {
            "networks.lab": {"platform": "external", "internal": ["10.90.0.0/24"]},
            "sites.lab": {
                "network": "lab",
                "servers": {"ex9": {"roles": ["client_access", "mailbox"], "address": "10.90.0.9"}},
            },
        },
    ),
    "another key, and no address": Case(
        {"sites.hq.servers.mbx2": GONE, "sites.hq.servers.mbx9": {"roles": ["mailbox"]}},
        (
            "blocked, server_removed mbx2: 10.20.2.10 (outside) -> mbx2 (inside) all protocols in: R3",
            "blocked, server_removed mbx2: cas1 mbx1 mbx2 (inside) -> mbx2 (inside) all protocols out/in: R1",
            "blocked, server_removed mbx2: edge1 (perimeter) -> mbx2 (inside) 25/tcp out/in: E2",
            "blocked, server_removed mbx2: mbx2 (inside) -> 10.20.2.10 (outside) all protocols out: R3",
            "blocked, server_removed mbx2: mbx2 (inside) -> cas1 mbx1 (inside) all protocols out/in: R1",
            "blocked, server_removed mbx2: mbx2 (inside) -> edge1 (perimeter) 25/tcp out/in: E3",
            "blocked, server_removed mbx2: mbx2 (inside) -> edge1 (perimeter) 50636/tcp out/in: E5",
            "allowed, server_added mbx9: 10.20.2.10 (outside) -> mbx9 (inside) all protocols in: R3",
            "allowed, server_added mbx9: cas1 mbx1 mbx9 (inside) -> mbx9 (inside) all protocols out/in: R1",
            "allowed, server_added mbx9: edge1 (perimeter) -> mbx9 (inside) 25/tcp out/in: E2",
            "allowed, server_added mbx9: mbx9 (inside) -> 10.20.2.10 (outside) all protocols out: R3",
            "allowed, server_added mbx9: mbx9 (inside) -> cas1 mbx1 (inside) all protocols out/in: R1",
            "allowed, server_added mbx9: mbx9 (inside) -> edge1 (perimeter) 25/tcp out/in: E3",
            "allowed, server_added mbx9: mbx9 (inside) -> edge1 (perimeter) 50636/tcp out/in: E5",
        ),
        (
            "comes mbx9: Mailbox, corp",
            "goes mbx2: Mailbox, corp",
        ),
        {"sites.hq.servers.mbx2.address": GONE},
    ),
    "two adapters in place of one": Case(
        {"edge_servers.edge1.address": ["10.20.240.5", "10.20.240.6"]},
        (
            "allowed, address_changed edge1: edge1 (perimeter) -> mbx1 mbx2 (inside) 25/tcp in: E2",
            "allowed, address_changed edge1: mbx1 mbx2 (inside) -> edge1 (perimeter) 25/tcp out: E3",
            "allowed, address_changed edge1: mbx1 mbx2 (inside) -> edge1 (perimeter) 50636/tcp out: E5",
        ),
        ("moves edge1: 10.20.240.5 -> 10.20.240.5, 10.20.240.6",),
    ),
    "another network and address": Case(
        {
            "networks.north": {"platform": "aws", "internal": ["10.40.0.0/20"]},
            "sites.oslo": {
                "network": "north",
                "servers": {
                    "mbx2": {"roles": ["mailbox"], "address": "10.40.0.9"},
                    "cas8": {"roles": ["client_access"], "address": "10.40.0.8"},
                },
            },
            "sites.hq.servers.mbx2": GONE,
        },
        (
            "blocked, address_changed mbx2: cas1 mbx1 (inside) -> mbx2 (inside) all protocols out: R1",
            "blocked, address_changed mbx2: edge1 (perimeter) -> mbx2 (inside) 25/tcp out/in: E2",
            "blocked, address_changed mbx2: mbx2 (inside) -> cas1 mbx1 (inside) all protocols in: R1",
            "blocked, address_changed mbx2: mbx2 (inside) -> edge1 (perimeter) 25/tcp out/in: E3",
            "blocked, address_changed mbx2: mbx2 (inside) -> edge1 (perimeter) 50636/tcp out/in: E5",
            "blocked, address_changed mbx2: mbx2 (inside) -> mbx2 (inside) all protocols out/in: R1",
            "allowed, address_changed mbx2: cas1 mbx1 (inside) -> mbx2 (inside) all protocols out: R1",
            "allowed, address_changed mbx2: mbx2 (inside) -> cas1 mbx1 (inside) all protocols in: R1",
            "allowed, address_changed mbx2: mbx2 (inside) -> mbx2 (inside) all protocols out/in: R1",
            "allowed, server_added cas8: 10.20.2.10 (outside) -> cas8 (inside) all protocols in: R3",
            "allowed, server_added cas8: 10.64.0.0/16 (outside) -> cas8 (inside) 443/tcp in: C1",
            "allowed, server_added cas8: cas1 cas8 mbx1 mbx2 (inside) -> cas8 (inside) all protocols out/in: R1",
            "allowed, server_added cas8: cas8 (inside) -> 10.20.2.10 (outside) all protocols out: R3",
            "allowed, server_added cas8: cas8 (inside) -> cas1 mbx1 mbx2 (inside) all protocols out/in: R1",
        ),
        (
            "comes cas8: Client Access, north",
            "moves mbx2: 10.20.0.13 -> 10.40.0.9",
            "regrouped mbx2",
        ),
    ),
    "another key, the `id` of before and another role": Case(
        {
            "sites.hq.servers.mbx2": GONE,
            "sites.hq.servers.mbx9": {
                "id": "mbx2",
                "roles": ["client_access"],
                "address": "10.20.0.13",
            },
        },
        (
            "blocked, declared mbx2: edge1 (perimeter) -> mbx2 (inside) 25/tcp out/in: E2",
            "blocked, declared mbx2: mbx2 (inside) -> edge1 (perimeter) 25/tcp out/in: E3",
            "blocked, declared mbx2: mbx2 (inside) -> edge1 (perimeter) 50636/tcp out/in: E5",
            "allowed, declared mbx9: 10.64.0.0/16 (outside) -> mbx9 (inside) 443/tcp in: C1",
        ),
        (
            "server mbx2 is mbx9",
            "regrouped mbx9",
        ),
    ),
}


def plans(data: Mapping[str, Any]) -> Plans:
    return compile_plans(declared(data))


@pytest.mark.parametrize("case", EDITS)
def test_an_edit_is_these_changes_and_the_independent_checker_says_the_same(case: str) -> None:
    edit, changes, notes, base = EDITS[case]
    old = edited(BASE, base or {})
    found = assert_exact(plans(old), plans(edited(old, edit)))
    assert sorted(map(row, found.all)) == sorted(changes)
    reported = [
        *(f"comes {each.name}: {each.summary}" for each in found.comes),
        *(f"goes {each.name}: {each.summary}" for each in found.goes),
        *(f"moves {each.name}: {each.summary}" for each in found.moves),
        *(f"{each.what} {each.old} is {each.new}" for each in found.renamed),
        *(f"regrouped {each.name}" for each in found.regrouped),
    ]
    assert tuple(reported) == notes


@pytest.mark.parametrize("case", EDITS)
def test_an_edit_taken_back_opens_what_it_cut(case: str) -> None:
    edit, _, _, base = EDITS[case]
    data = edited(BASE, base or {})
    old, new = plans(data), plans(edited(data, edit))
    forth, back = diff_plans(old, new), diff_plans(new, old)
    assert_exact(new, old)
    assert {_boxes(each) for each in forth.opened} == {_boxes(each) for each in back.cut}
    assert {_boxes(each) for each in forth.cut} == {_boxes(each) for each in back.opened}


def _boxes(change: Change) -> tuple[object, ...]:
    return (change.source.addresses, change.destination.addresses, change.services, change.ways)


def test_a_topology_that_is_new_is_opened_whole_and_one_that_goes_is_cut_whole() -> None:
    there = plans(BASE)
    comes, goes = diff_plans(None, there), diff_plans(there, None)
    assert [each.name for each in comes.comes] == ["cas1", "edge1", "mbx1", "mbx2"]
    assert [each.name for each in goes.goes] == ["cas1", "edge1", "mbx1", "mbx2"]
    assert not comes.cut
    assert not goes.opened
    assert {_boxes(each) for each in comes.opened} == {_boxes(each) for each in goes.cut}
    assert diff_plans(None, None).same_traffic


def test_the_words_of_these_changes_are_those_that_were_read(
    golden: Callable[[str, str], None],
) -> None:
    lines: list[str] = ["# What is said of each edit of `tests/differences/test_edits.py`", ""]
    for case, (edit, _, _, base) in EDITS.items():
        data = edited(BASE, base or {})
        found = diff_plans(plans(data), plans(edited(data, edit)))
        lines += [f"## {case}", ""]
        for each in found.all:
            ends = f"{each.source} -> {each.destination} {each.services}"
            inward = " (inward)" if each.inward else ""
            asked = ", ".join(".".join(map(str, path)) for path in each.asked)
            lines.append(f"* {each.effect}, rank {each.rank}{inward}: {ends}; {asked}")
            lines.append(f"  * {where(each.source)} -> {where(each.destination)}")
            gates = ", ".join(gate for gate in Gate if held_by(gate, [each]))
            risks = "; ".join(map(str, each.risks))
            lines.append(f"  * gates: {gates or 'none'}. Risks: {risks or 'none'}")
            lines += [
                f"  * {one.way} before: {one.sources} -> {one.destinations} {one.services}"
                for one in each.already
            ]
        for note in (*found.comes, *found.goes, *found.moves, *found.regrouped):
            lines.append(f"* {note.name} at {'.'.join(map(str, note.path))}: {note.summary}")
        lines += [
            f"* {each.what} {each.old} is {each.new} at {'.'.join(map(str, each.path))}"
            for each in found.renamed
        ]
        lines.append("")
    golden("differences/edits.md", "\n".join(lines))


def test_a_server_that_is_upgraded_and_renamed_is_named_as_afterwards() -> None:
    before = edited(BASE, {"version": 2016, "sites.hq.servers": {"a": {"address": "10.20.0.11"}}})
    server = {"id": "a", "version": 2019, "address": "10.20.0.11"}
    after = edited(BASE, {"version": 2016, "sites.hq.servers": {"b": server}})
    (note,) = diff_plans(plans(before), plans(after)).upgraded
    assert (note.name, note.path) == ("b", ("sites", "hq", "servers", "b"))
    assert note.summary.startswith("Exchange 2016 -> ")


def test_a_server_that_is_added_or_removed_is_named_by_its_key() -> None:
    server = {"id": "old3", "roles": ["mailbox"], "address": "10.20.0.14"}
    with_one = plans(edited(BASE, {"sites.hq.servers.mbx3": server}))
    assert [each.name for each in diff_plans(plans(BASE), with_one).comes] == ["mbx3"]
    assert [each.name for each in diff_plans(with_one, plans(BASE)).goes] == ["mbx3"]
