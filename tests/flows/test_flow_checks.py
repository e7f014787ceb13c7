"""What is found of the flows of a topology once they are planned: for each edit all of it, in words."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from exchange_ports.planning import planned
from tests.support.strategies import GONE, SMALL, WITH_EDGE, declared, edited

Edit = Mapping[str, Any]


def flow(source: object, to: object, *ports: str, **more: object) -> Edit:
    one = {"from": source, "to": to, "ports": [*(ports or ("443/tcp",))], "reason": "r", **more}
    return {"additional_flows": [one]}


def relay(source: object, **more: object) -> Edit:
    return {"mail_flow.relays.printers": {"from": source, **more}}


TRANSLATED: Final[Edit] = {
    "networks.corp.connected_through": "nat",
    "mail_flow.inbound": {"from": "internet", "to": ["hq"]},
}

#: What is edited, with the topology before.
TABLE: Final[Mapping[str, tuple[Mapping[str, Any], Edit]]] = {
    "nothing": (SMALL, {}),
    "nothing, with Edge": (WITH_EDGE, {}),
    "an accepted risk that is none": (
        SMALL,
        flow("10.20.6.0/24", "exchange", accept_risk=True),
    ),
    "an accepted risk that is one": (
        SMALL,
        flow("internet", "mailbox", "3389/tcp", accept_risk=True),
    ),
    "the second of two accepted risks is none": (
        SMALL,
        {
            "additional_flows": [
                {
                    **flow("internet", "mailbox", "22/tcp")["additional_flows"][0],
                    "accept_risk": True,
                },
                {**flow("10.20.6.0/24", "mailbox")["additional_flows"][0], "accept_risk": True},
            ]
        },
    ),
    "a relay's accepted risk that is none": (SMALL, relay(["10.20.7.30"], accept_risk=True)),
    "a relay's accepted risk that is one": (
        SMALL,
        relay(["198.51.100.0/24"], to="mailbox", port=2525, accept_risk=True),
    ),
    "an accepted risk of a field that has none": (
        SMALL,
        {"accept_risk": {"sites.hq.domain_controllers": "because"}},
    ),
    "public domain controllers": (
        SMALL,
        {"sites.hq.domain_controllers.addresses": ["198.51.100.7"]},
    ),
    "public domain controllers, accepted": (
        SMALL,
        {
            "sites.hq.domain_controllers.addresses": ["198.51.100.7"],
            "accept_risk": {"sites.hq.domain_controllers": "a provider"},
        },
    ),
    "a public private block": (SMALL, {"private_blocks": ["10.0.0.0/8", "198.51.100.0/24"]}),
    "a public private block, accepted": (
        SMALL,
        {
            "private_blocks": ["10.0.0.0/8", "198.51.100.0/24"],
            "accept_risk": {"private_blocks": "ours"},
        },
    ),
    "an Edge server by its address as a relay": (
        edited(WITH_EDGE, {"edge_servers.edge1.address": "10.20.240.5"}),
        relay(["10.20.240.5"], accept_risk=True),
    ),
    "an internal server by its address as a relay": (SMALL, relay(["10.20.0.11"])),
    "an Edge server that delivers to a Mailbox server by its address": (
        edited(WITH_EDGE, {"edge_servers.edge1.address": "10.20.240.5"}),
        flow("edge", "10.20.0.11", "2525/tcp", accept_risk=True),
    ),
    "relays of an IP version that no network has": (SMALL, relay(["2001:db8:7::/64"])),
    "relays of both IP versions": (SMALL, relay(["10.20.7.30", "2001:db8:7::/64"])),
    "relays of an IP version that one of two networks has": (
        edited(
            SMALL,
            {
                "networks.north": {
                    "platform": "aws",
                    "internal": ["10.40.0.0/20", "2001:db8:40::/64"],
                },
                "sites.oslo": {
                    "network": "north",
                    "servers": {
                        "ex9": {"roles": ["client_access", "mailbox"], "address": "10.40.0.9"}
                    },
                },
            },
        ),
        relay(["2001:db8:7::/64"]),
    ),
    "mail behind address translation": (SMALL, TRANSLATED),
    "mail from known senders behind address translation": (
        SMALL,
        {**TRANSLATED, "mail_flow.inbound": {"from": ["198.51.100.0/24"], "to": ["hq"]}},
    ),
    "clients behind address translation": (
        SMALL,
        {
            "networks.corp.connected_through": "nat",
            "clients.partner": {"from": ["198.51.100.0/24"], "services": ["https"]},
        },
    ),
    "clients of the organization behind address translation": (
        SMALL,
        {
            "networks.corp.connected_through": "nat",
            "clients.office": {"from": ["10.64.0.0/16"], "services": ["https"]},
        },
    ),
    "a flow from public addresses behind address translation": (
        SMALL,
        {
            "networks.corp.connected_through": "nat",
            **flow("198.51.100.9", "client_access", "8443/tcp", accept_risk=True),
        },
    ),
    "domain controllers without a common IP version": (
        edited(SMALL, {"sites.hq.servers.ex1.address": GONE}),
        {"sites.hq.domain_controllers.addresses": ["2001:db8:2::10"]},
    ),
}


def test_the_words_of_these_findings_are_those_that_were_read(
    golden: Callable[[str, str], None],
) -> None:
    lines = ["# What is found of the flows of each edit of `tests/flows/test_flow_checks.py`", ""]
    for case, (data, edit) in TABLE.items():
        _, found = planned(declared(edited(data, edit)))
        lines += [f"## {case}", ""]
        for each in found:
            path = ".".join(map(str, each.path))
            lines.append(
                f"* {each.kind.severity} {each.kind.code} at {path}: {each.summary} / {each.why} / {each.fix}"
            )
        lines.append("")
    golden("findings/flows.md", "\n".join(lines))
