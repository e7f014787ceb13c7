"""Which findings an edit of a small topology adds: a table, with a near miss beside every finding."""

from collections.abc import Mapping
from typing import Any, Final

import pytest

from exchange_ports.topology.validate import parse_topology
from tests.support.strategies import GONE, SMALL, WITH_EDGE, edited

Edit = Mapping[str, Any]

FLOW: Final = {"ports": ["443/tcp"], "reason": "updates"}
#: A second network with a site of its own; the addresses of both sites' servers are declared.
NORTH: Final[Edit] = {
    "networks.north": {"platform": "aws", "internal": ["10.40.0.0/20"]},
    "sites.oslo": {
        "network": "north",
        "servers": {"ex9": {"roles": ["client_access", "mailbox"], "address": "10.40.0.9"}},
    },
}
#: An Edge server in a network without internal servers, beside a Mailbox server without an address.
APART: Final[Edit] = {
    "networks.dmz": {
        "platform": "aws",
        "internal": ["10.30.0.0/24"],
        "perimeter": ["10.30.1.0/24"],
    },
    "edge_servers.edge1.network": "dmz",
    "edge_servers.edge1.address": "10.30.1.5",
    "sites.hq.servers.ex1.address": GONE,
}
BY_HAND: Final[Edit] = {
    "edge_servers.edge1.subscribed_site": GONE,
    "edge_servers.edge1.mail_site": "hq",
}
#: Mail of every site leaves by its Client Access servers, and that of hq by Edge as well.
PROXIED: Final[Edit] = {"mail_flow.outbound": {"through": "client_access"}}


def found(data: Mapping[str, Any]) -> set[str]:
    """The findings, each as its code and the field where it is."""
    _, findings = parse_topology(dict(data), ())
    return {f"{each.kind.code} at {'.'.join(map(str, each.path))}" for each in findings}


def outgoing(to: str) -> Edit:
    return {"additional_flows": [{"from": "exchange", "to": to, **FLOW}]}


#: AWS lets no mail out at first.
BLOCKED: Final = "port-25-blocked at mail_flow.outbound"
RISK: Final = "needs-accept-risk at additional_flows.0"

#: What is edited, the topology, the edits in their order, and the findings that it has not without them.
TABLE: Final[Mapping[str, tuple[Mapping[str, Any], tuple[Edit, ...], set[str]]]] = {
    "a flow to a range inside the perimeter": (WITH_EDGE, (outgoing("10.20.240.0/28"),), {RISK}),
    "a flow to a range that holds the perimeter": (WITH_EDGE, (outgoing("10.20.0.0/16"),), {RISK}),
    "a flow to a range beside the perimeter": (WITH_EDGE, (outgoing("10.20.241.0/24"),), set()),
    "mail proxied past an Edge server that sends": (
        WITH_EDGE,
        (PROXIED,),
        {BLOCKED, "proxied-past-edge at mail_flow.outbound.through"},
    ),
    "mail proxied past an Edge server that does not send": (
        WITH_EDGE,
        (PROXIED, {"edge_servers.edge1.sends": False}),
        {BLOCKED},
    ),
    "an accounts forest in the perimeter": (
        SMALL,
        ({"sites.hq.domain_controllers.accounts_forest": ["10.20.240.10"]},),
        {"fabric-in-perimeter at sites.hq.domain_controllers.accounts_forest.0"},
    ),
    "an accounts forest beside the perimeter": (
        SMALL,
        ({"sites.hq.domain_controllers.accounts_forest": ["10.20.3.10"]},),
        set(),
    ),
    "no address, and a subscribed Edge server in another network": (
        WITH_EDGE,
        (APART,),
        {"address-needed at sites.hq.servers.ex1"},
    ),
    "no address, and an Edge server with connectors made by hand in another network": (
        WITH_EDGE,
        (APART, BY_HAND),
        {"address-needed at sites.hq.servers.ex1"},
    ),
    "no address, and no Edge server of its site in another network": (
        WITH_EDGE,
        ({"sites.hq.servers.ex1.address": GONE},),
        set(),
    ),
}


@pytest.mark.parametrize("case", TABLE)
def test_an_edit_adds_these_findings_and_no_others(case: str) -> None:
    data, edits, expected = TABLE[case]
    without = found(data)
    for edit in edits:
        data = edited(data, edit)
    assert found(data) - without == expected
