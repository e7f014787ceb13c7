"""What passes towards the internal network by an Internet alone: the lines of each edit, as a golden."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from exchange_ports.planning import compile_plans
from exchange_ports.proof import prove
from tests.support.strategies import WITH_EDGE, declared, edited

BASE: Final = edited(
    WITH_EDGE,
    {
        "edge_servers.edge1.address": "10.20.240.5",
        "clients.web": {"services": ["https", "http"]},
    },
)
ANY: Final[Mapping[str, Any]] = {"networks.corp.internet": "any"}


def edges(*numbers: int) -> dict[str, Any]:
    return {
        f"edge_servers.edge{n}": {
            "network": "corp",
            "subscribed_site": "hq",
            "address": f"10.20.240.{n}",
        }
        for n in numbers
    }


def flow(to: str, **more: object) -> dict[str, object]:
    asked = {"from": "exchange", "to": to, "ports": ["443/tcp"], "reason": "updates"}
    return {**asked, "accept_risk": True, **more}


EDITS: Final[Mapping[str, Mapping[str, Any]]] = {
    "public addresses": {},
    "any address": ANY,
    "any address, and probes": {**ANY, "sender_reputation": "direct"},
    "any address, and other internal servers": {
        **ANY,
        "sites.hq.lync.addresses": ["10.20.4.0/28"],
        "sites.hq.other_exchange.addresses": ["10.20.5.9"],
        "sites.hq.domain_controllers.accounts_forest": ["10.20.3.10"],
    },
    "any address, and the same domain controllers of two sites": {
        **ANY,
        "sites.paris": {
            "network": "corp",
            "domain_controllers": {"addresses": ["10.20.2.10"]},
        },
        "sites.rome": {
            "network": "corp",
            "domain_controllers": {"addresses": ["10.20.2.10", "10.20.2.11"]},
        },
    },
    "any address, and a site that is not ours": {
        **ANY,
        "networks.lab": {"platform": "external", "internal": ["10.90.0.0/24"]},
        "sites.lab": {
            "network": "lab",
            "servers": {"ex9": {"roles": ["client_access", "mailbox"], "address": "10.90.0.9"}},
        },
    },
    "any address, and four Edge servers": {**ANY, **edges(6, 7, 8)},
    "any address, and five Edge servers": {**ANY, **edges(6, 7, 8, 9)},
    "a flow to all addresses": {"additional_flows": [flow("0.0.0.0/0")]},
    "a flow to half of all addresses": {"additional_flows": [flow("0.0.0.0/1")]},
    "a flow to a wide range that holds nothing of ours": {"additional_flows": [flow("64.0.0.0/3")]},
    "flows from and to half of all addresses": {
        "additional_flows": [
            flow("0.0.0.0/1"),
            {**flow("edge"), "from": "0.0.0.0/1", "reason": "monitoring"},
        ]
    },
    "a flow to the Internet": {"additional_flows": [flow("internet")]},
    "a flow to all addresses, and one to the internal network": {
        "additional_flows": [flow("0.0.0.0/0"), flow("10.0.0.0/8", reason="inside")]
    },
    "a flow to all addresses, and one to a part of it": {
        "additional_flows": [flow("0.0.0.0/0"), flow("10.128.0.0/9", reason="inside")]
    },
    "IPv6": {
        "networks.corp.internal": ["10.20.0.0/20", "2001:db8:20::/64"],
        "networks.corp.perimeter": ["10.20.240.0/24", "2001:db8:f0::/64"],
        "sites.hq.servers.ex1.address": "2001:db8:20::11",
        "edge_servers.edge1.address": ["10.20.240.5", "2001:db8:f0::5"],
        "sender_reputation": "direct",
    },
}


def test_the_lines_of_each_edit_are_those_that_were_read(
    golden: Callable[[str, str], None],
) -> None:
    lines = ["# What passes towards the internal network by an Internet alone", ""]
    for case, edit in EDITS.items():
        proof = prove(compile_plans(declared(edited(BASE, edit))))
        assert proof.holds, case
        lines += [f"## {case}", "", *(f"* {note}" for note in proof.notes), ""]
    golden("proof/exposures.md", "\n".join(lines))
