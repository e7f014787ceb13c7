"""What each check of a topology reports: a case, what is declared, and the findings."""

from collections.abc import Mapping
from typing import Any, Final

from exchange_ports.topology.validate import parse_topology
from tests.support.strategies import GONE, SMALL, WITH_EDGE

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
    "edge_servers.edge1.manual_connectors_site": "hq",
}
#: Mail of every site leaves by its Client Access servers, and that of hq by Edge as well.
PROXIED: Final[Edit] = {"mail_flow.outbound": {"through": "client_access"}}


EXTERNAL: Final[Edit] = {
    "networks.lab": {"platform": "external", "internal": ["10.90.0.0/24"]},
    "sites.lab": {
        "network": "lab",
        "servers": {"ex9": {"roles": ["client_access", "mailbox"], "address": "10.90.0.9"}},
    },
}
SPLIT: Final[Edit] = {
    "sites.hq.servers": {"cas1": {"roles": ["client_access"]}, "mbx1": {"roles": ["mailbox"]}}
}
AT_SUBNETS: Final[Edit] = {
    "networks.corp.platform": "azure",
    "networks.corp.attach_to": "subnets",
}
PARIS: Final[Edit] = {
    "sites.paris": {
        "network": "corp",
        "servers": {"cas3": {"roles": ["client_access"]}, "mbx3": {"roles": ["mailbox"]}},
    }
}


def asked(source: str = "10.20.6.0/24", to: object = "exchange", **more: object) -> Edit:
    """One additional flow."""
    flow = {"from": source, "to": to, "ports": ["443/tcp"], "reason": "r", **more}
    return {"additional_flows": [flow]}


def found(data: Mapping[str, Any]) -> set[str]:
    """The findings, each as its code and the field where it is."""
    _, findings = parse_topology(dict(data), ())
    return {f"{each.kind.code} at {'.'.join(map(str, each.path))}" for each in findings}


def outgoing(to: str) -> Edit:
    return {"additional_flows": [{"from": "exchange", "to": to, **FLOW}]}


#: What is edited, the topology, the edits in their order, and the findings more (+) and less (-) than without.
TABLE: Final[Mapping[str, tuple[Mapping[str, Any], tuple[Edit, ...], list[str]]]] = {
    "a flow to a range inside the perimeter": (
        WITH_EDGE,
        (outgoing("10.20.240.0/28"),),
        ["+ risky-traffic at additional_flows.0", "- no-updates at sites"],
    ),
    "a flow to a range that holds the perimeter": (
        WITH_EDGE,
        (outgoing("10.20.0.0/16"),),
        ["+ risky-traffic at additional_flows.0", "- no-updates at sites"],
    ),
    "a flow to a range beside the perimeter": (
        WITH_EDGE,
        (outgoing("10.20.241.0/24"),),
        ["- no-updates at sites"],
    ),
    "mail proxied past an Edge server that sends": (
        WITH_EDGE,
        (PROXIED,),
        [
            "+ port-25-blocked at mail_flow.outbound",
            "+ proxy-bypasses-edge at mail_flow.outbound.through",
            "- port-25-blocked at edge_servers",
        ],
    ),
    "mail proxied past an Edge server that does not send": (
        WITH_EDGE,
        (PROXIED, {"edge_servers.edge1.sends": False}),
        ["+ port-25-blocked at mail_flow.outbound", "- port-25-blocked at edge_servers"],
    ),
    "an accounts forest in the perimeter": (
        SMALL,
        ({"sites.hq.domain_controllers.accounts_forest": ["10.20.240.10"]},),
        ["+ neighbor-in-perimeter at sites.hq.domain_controllers.accounts_forest.0"],
    ),
    "an accounts forest beside the perimeter": (
        SMALL,
        ({"sites.hq.domain_controllers.accounts_forest": ["10.20.3.10"]},),
        [],
    ),
    "no address, and a subscribed Edge server in another network": (
        WITH_EDGE,
        (APART,),
        ["+ address-needed at sites.hq.servers.ex1"],
    ),
    "no address, and an Edge server with connectors made by hand in another network": (
        WITH_EDGE,
        (APART, BY_HAND),
        [
            "+ address-needed at sites.hq.servers.ex1",
            "+ edge-unsubscribed at edge_servers.edge1.manual_connectors_site",
        ],
    ),
    "no address, and no Edge server of its site in another network": (
        WITH_EDGE,
        ({"sites.hq.servers.ex1.address": GONE},),
        [],
    ),
    "first usable address": (SMALL, ({"sites.hq.servers.ex1.address": "10.20.0.4"},), []),
    "a reserved address at the start": (
        SMALL,
        ({"sites.hq.servers.ex1.address": "10.20.0.3"},),
        ["+ reserved-address at sites.hq.servers.ex1.address"],
    ),
    "the last address but one": (SMALL, ({"sites.hq.servers.ex1.address": "10.20.15.254"},), []),
    "the last address": (
        SMALL,
        ({"sites.hq.servers.ex1.address": "10.20.15.255"},),
        ["+ reserved-address at sites.hq.servers.ex1.address"],
    ),
    "a reserved address in a network that is not ours": (
        SMALL,
        (
            EXTERNAL,
            {"sites.lab.servers.ex9.address": "10.90.0.2"},
        ),
        [],
    ),
    "an IPv6 address at the start of its zone": (
        SMALL,
        (
            {
                "networks.corp.internal": ["10.20.0.0/20", "2001:db8:20::/64"],
                "sites.hq.servers.ex1.address": "2001:db8:20::1",
            },
        ),
        ["+ ipv6-internet-covers-zones at networks.corp"],
    ),
    "an internal server in the perimeter": (
        SMALL,
        ({"sites.hq.servers.ex1.address": "10.20.240.9"},),
        ["+ internal-server-in-perimeter at sites.hq.servers.ex1.address"],
    ),
    "an internal server outside its zone": (
        SMALL,
        ({"sites.hq.servers.ex1.address": "10.21.0.9"},),
        ["+ address-outside-zone at sites.hq.servers.ex1.address"],
    ),
    "an Edge server in the perimeter": (
        WITH_EDGE,
        ({"edge_servers.edge1.address": "10.20.240.5"},),
        [],
    ),
    "an Edge server in the internal zone": (
        WITH_EDGE,
        ({"edge_servers.edge1.address": "10.20.0.50"},),
        ["+ edge-outside-perimeter at edge_servers.edge1.address"],
    ),
    "an Edge server with an adapter in each zone": (
        WITH_EDGE,
        ({"edge_servers.edge1.address": ["10.20.240.5", "10.20.0.50"]},),
        [],
    ),
    "an Edge server outside both zones": (
        WITH_EDGE,
        ({"edge_servers.edge1.address": "10.30.0.50"},),
        ["+ address-outside-zone at edge_servers.edge1.address"],
    ),
    "an Edge server in a network without a perimeter": (
        WITH_EDGE,
        ({"networks.corp.perimeter": GONE},),
        ["+ edge-outside-perimeter at edge_servers.edge1.network"],
    ),
    "an Edge server outside the only zone": (
        WITH_EDGE,
        (
            {"networks.corp.perimeter": GONE},
            {"edge_servers.edge1.address": "10.30.0.5"},
        ),
        [
            "+ address-outside-zone at edge_servers.edge1.address",
            "+ edge-outside-perimeter at edge_servers.edge1.network",
        ],
    ),
    "one address twice": (
        SMALL,
        ({"sites.hq.servers.ex2": {"roles": ["mailbox"], "address": "10.20.0.11"}},),
        ["+ address-used-twice at sites.hq.servers.ex2.address"],
    ),
    "an Edge server at the address of another": (
        WITH_EDGE,
        (
            {
                "sites.hq.servers.ex1.address": "10.20.0.11",
                "edge_servers.edge1.address": "10.20.240.5",
                "edge_servers.edge2": {
                    "network": "corp",
                    "subscribed_site": "hq",
                    "address": "10.20.240.5",
                },
            },
        ),
        ["+ address-used-twice at edge_servers.edge2.address"],
    ),
    "zones that overlap": (
        SMALL,
        ({"networks.corp.perimeter": ["10.20.8.0/24"]},),
        ["+ zones-overlap at networks.corp.perimeter.0"],
    ),
    "zones side by side": (SMALL, ({"networks.corp.perimeter": ["10.20.16.0/24"]},), []),
    "zones of two networks that overlap": (
        SMALL,
        (
            NORTH,
            {"networks.north.internal": ["10.40.0.0/20", "10.20.15.0/24"]},
        ),
        ["+ zones-overlap at networks.north.internal.1"],
    ),
    "a zone outside the private blocks": (
        SMALL,
        ({"networks.corp.perimeter": ["192.168.0.0/24"]},),
        ["+ zone-outside-private-blocks at networks.corp.perimeter.0"],
    ),
    "an IPv6 zone": (
        SMALL,
        ({"networks.corp.internal": ["10.20.0.0/20", "2001:db8:20::/64"]},),
        ["+ ipv6-internet-covers-zones at networks.corp"],
    ),
    "a private IPv6 zone": (
        SMALL,
        ({"networks.corp.internal": ["10.20.0.0/20", "fd00:20::/64"]},),
        [],
    ),
    "a private block of IPv6": (
        SMALL,
        ({"private_blocks": ["10.0.0.0/8", "fd00::/8"]},),
        ["+ private-block-not-ipv4 at private_blocks.1"],
    ),
    "private blocks that leave no Internet": (
        SMALL,
        ({"private_blocks": ["0.0.0.0/1", "128.0.0.0/1"]},),
        ["+ no-public-addresses at private_blocks"],
    ),
    "clients from multicast": (
        SMALL,
        ({"clients.c": {"from": ["224.1.0.0/16"], "services": ["https"]}},),
        ["+ unusable-range at clients.c.from.0"],
    ),
    "clients from loopback and a real range": (
        SMALL,
        ({"clients.c": {"from": ["10.64.0.0/16", "127.0.0.0/8"], "services": ["https"]}},),
        ["+ unusable-range at clients.c.from.1"],
    ),
    "mail from link-local addresses": (
        SMALL,
        ({"mail_flow.inbound": {"from": ["169.254.1.0/24"]}},),
        ["+ unusable-range at mail_flow.inbound.from.0"],
    ),
    "a relay from link-local IPv6": (
        SMALL,
        ({"mail_flow.relays.s": {"from": ["fe80::/64"]}},),
        ["+ unusable-range at mail_flow.relays.s.from.0"],
    ),
    "two relays of the same range": (
        SMALL,
        (
            {
                "mail_flow.relays.a": {"from": ["10.20.7.0/28", "10.20.7.64/28"]},
                "mail_flow.relays.b": {"from": ["10.20.7.32/28", "10.20.7.0/28"]},
            },
        ),
        ["+ receive-connectors-conflict at mail_flow.relays.b"],
    ),
    "two relays of different ranges": (
        SMALL,
        (
            {
                "mail_flow.relays.a": {"from": ["10.20.7.0/28"]},
                "mail_flow.relays.b": {"from": ["10.20.7.32/28"]},
            },
        ),
        [],
    ),
    "two relays of the same range on different ports": (
        SMALL,
        (
            {
                "mail_flow.relays.a": {"from": ["10.20.7.0/28"]},
                "mail_flow.relays.b": {"from": ["10.20.7.0/28"], "port": 2525},
            },
        ),
        [],
    ),
    "two relays of the same range at different sites": (
        SMALL,
        (
            PARIS,
            {
                "mail_flow.relays.a": {"from": ["10.20.7.0/28"], "sites": ["hq"]},
                "mail_flow.relays.b": {"from": ["10.20.7.0/28"], "sites": ["paris"]},
            },
        ),
        [],
    ),
    "an Edge server with a NIC in each zone, and groups at subnets": (
        WITH_EDGE,
        (
            AT_SUBNETS,
            {"edge_servers.edge1.address": ["10.20.240.5", "10.20.0.5"]},
        ),
        [
            "+ azure-without-smart-host at edge_servers",
            "+ cannot-attach-to-subnets at edge_servers.edge1.address",
            "+ subnet-attachment at networks.corp.attach_to",
        ],
    ),
    "an Edge server with a NIC in each zone, and groups at interfaces": (
        WITH_EDGE,
        ({"edge_servers.edge1.address": ["10.20.240.5", "10.20.0.5"]},),
        [],
    ),
    "an Edge server in the perimeter, and groups at subnets": (
        WITH_EDGE,
        (AT_SUBNETS, {"edge_servers.edge1.address": ["10.20.240.5"]}),
        [
            "+ azure-without-smart-host at edge_servers",
            "+ subnet-attachment at networks.corp.attach_to",
        ],
    ),
    "a network with an Edge server alone, and groups at subnets": (
        WITH_EDGE,
        (
            {
                "networks.dmz": {
                    "platform": "azure",
                    "internal": ["10.30.0.0/20"],
                    "perimeter": ["10.30.240.0/24"],
                    "attach_to": "subnets",
                },
                "edge_servers.edge1": {
                    "network": "dmz",
                    "address": "10.30.240.5",
                    "subscribed_site": "hq",
                },
            },
        ),
        [
            "+ azure-without-smart-host at edge_servers",
            "+ subnet-attachment at networks.dmz.attach_to",
        ],
    ),
    "an Edge server inside, and groups at subnets": (
        WITH_EDGE,
        (AT_SUBNETS, {"edge_servers.edge1.address": ["10.20.0.5"]}),
        [
            "+ azure-without-smart-host at edge_servers",
            "+ edge-outside-perimeter at edge_servers.edge1.address",
            "+ subnet-attachment at networks.corp.attach_to",
        ],
    ),
    "three servers, one of another IP version": (
        SMALL,
        (
            {
                "networks.corp.internal": ["10.20.0.0/20", "2001:db8:20::/64"],
                "sites.hq.servers.ex0": {"roles": ["mailbox"], "address": "2001:db8:20::5"},
                "sites.hq.servers.ex2": {"roles": ["mailbox"], "address": "10.20.0.12"},
            },
        ),
        [
            "+ ipv6-internet-covers-zones at networks.corp",
            "+ no-common-ip-version at sites.hq.servers.ex1.address",
            "+ no-common-ip-version at sites.hq.servers.ex2.address",
        ],
    ),
    "risky traffic from any address": (
        SMALL,
        (asked("0.0.0.0/0", "mailbox", ports=["3389/tcp"]),),
        ["+ risky-traffic at additional_flows.0", "- no-administration at sites"],
    ),
    "risky traffic from one public address": (
        SMALL,
        (asked("198.51.100.7", "mailbox", ports=["3389/tcp"]),),
        ["+ risky-traffic at additional_flows.0", "- no-administration at sites"],
    ),
    "risky traffic to any address": (
        WITH_EDGE,
        (asked("edge", "0.0.0.0/0", ports=["any"]),),
        ["+ risky-traffic at additional_flows.0", "- no-updates at edge_servers"],
    ),
    "mail of one site proxied, and an Edge server of another one": (
        WITH_EDGE,
        (PARIS, {"mail_flow.outbound": {"through": "client_access", "sites": ["paris"]}}),
        ["+ port-25-blocked at mail_flow.outbound", "- port-25-blocked at edge_servers"],
    ),
    "mail of a server of another site proxied": (
        WITH_EDGE,
        (PARIS, {"mail_flow.outbound": {"through": "client_access", "servers": ["mbx3"]}}),
        ["+ port-25-blocked at mail_flow.outbound", "- port-25-blocked at edge_servers"],
    ),
    "mail of a server of that site proxied": (
        WITH_EDGE,
        (PARIS, {"mail_flow.outbound": {"through": "client_access", "servers": ["ex1"]}}),
        [
            "+ port-25-blocked at mail_flow.outbound",
            "+ proxy-bypasses-edge at mail_flow.outbound.through",
            "- port-25-blocked at edge_servers",
        ],
    ),
    "clients in a range that holds the perimeter": (
        WITH_EDGE,
        ({"clients.c": {"from": ["10.20.0.0/16"]}},),
        ["+ range-covers-perimeter at clients.c.from.0"],
    ),
    "clients in the perimeter": (WITH_EDGE, ({"clients.c": {"from": ["10.20.240.0/28"]}},), []),
    "mail to Edge servers from a range that holds the perimeter": (
        WITH_EDGE,
        ({"mail_flow.inbound": {"from": ["10.20.0.0/16"]}},),
        [],
    ),
    "mail to a site from a range that holds the perimeter": (
        WITH_EDGE,
        ({"mail_flow.inbound": {"from": ["10.20.0.0/16"], "to": ["hq"]}},),
        ["+ range-covers-perimeter at mail_flow.inbound.from.0"],
    ),
    "mail from a range that holds the perimeter without Edge servers": (
        SMALL,
        ({"mail_flow.inbound": {"from": ["10.20.0.0/16"]}},),
        ["+ range-covers-perimeter at mail_flow.inbound.from.0"],
    ),
    "a relay in a range that holds the perimeter": (
        WITH_EDGE,
        ({"mail_flow.relays.r": {"from": ["10.20.7.0/28", "10.20.0.0/16"]}},),
        ["+ range-covers-perimeter at mail_flow.relays.r.from.1"],
    ),
    "domain controllers in the perimeter": (
        SMALL,
        ({"sites.hq.domain_controllers.addresses": ["10.20.2.10", "10.20.240.0/28"]},),
        ["+ neighbor-in-perimeter at sites.hq.domain_controllers.addresses.1"],
    ),
    "Lync in the perimeter": (
        SMALL,
        ({"sites.hq.lync.addresses": ["10.20.240.0/28"]},),
        ["+ neighbor-in-perimeter at sites.hq.lync.addresses.0"],
    ),
    "other Exchange in a range that holds the perimeter": (
        SMALL,
        ({"sites.hq.other_exchange.addresses": ["10.20.128.0/17"]},),
        ["+ neighbor-in-perimeter at sites.hq.other_exchange.addresses.0"],
    ),
    "a domain controller twice": (
        SMALL,
        ({"sites.hq.domain_controllers.addresses": ["10.20.2.10", "10.20.2.10"]},),
        ["+ neighbor-listed-twice at sites.hq.domain_controllers.addresses.1"],
    ),
    "a domain controller where a server is": (
        SMALL,
        ({"sites.hq.domain_controllers.addresses": ["10.20.2.10", "10.20.0.11"]},),
        ["+ neighbor-contains-server at sites.hq.domain_controllers.addresses.1"],
    ),
    "translated, alone": (SMALL, ({"networks.corp.connected_through": "nat"},), []),
    "translated, beside another network": (
        SMALL,
        (
            NORTH,
            {"networks.corp.connected_through": "nat"},
        ),
        ["+ internal-traffic-translated at networks.corp.connected_through"],
    ),
    "inspected, beside another network": (
        SMALL,
        (
            NORTH,
            {"networks.corp.connected_through": "inspection"},
        ),
        ["+ internal-traffic-inspected at networks.corp.connected_through"],
    ),
    "translated, with a domain controller elsewhere": (
        SMALL,
        (
            {
                "networks.corp.connected_through": "nat",
                "sites.hq.domain_controllers.addresses": ["10.99.0.10"],
            },
        ),
        ["+ internal-traffic-translated at networks.corp.connected_through"],
    ),
    "no address beside another network": (
        SMALL,
        (
            NORTH,
            {"sites.hq.servers.ex1.address": GONE},
        ),
        ["+ address-needed at sites.hq.servers.ex1"],
    ),
    "an Edge server without an address in another network": (
        WITH_EDGE,
        (
            APART,
            {"sites.hq.servers.ex1.address": "10.20.0.11", "edge_servers.edge1.address": GONE},
        ),
        ["+ address-needed at edge_servers.edge1"],
    ),
    "an Edge server by hand without an address in another network": (
        WITH_EDGE,
        (
            APART,
            BY_HAND,
            {"sites.hq.servers.ex1.address": "10.20.0.11", "edge_servers.edge1.address": GONE},
        ),
        [
            "+ address-needed at edge_servers.edge1",
            "+ edge-unsubscribed at edge_servers.edge1.manual_connectors_site",
        ],
    ),
    "a Client Access server without an address, Edge elsewhere": (
        WITH_EDGE,
        (
            APART,
            {
                "sites.hq.servers.cas1": {"roles": ["client_access"]},
                "sites.hq.servers.ex1.address": "10.20.0.11",
            },
        ),
        [],
    ),
    "a flow across networks to a server without an address": (
        WITH_EDGE,
        (
            NORTH,
            asked(source="edge", to="mailbox@oslo", accept_risk=True),
        ),
        ["+ address-needed at edge_servers.edge1", "- no-updates at edge_servers"],
    ),
    "a flow across networks between addresses": (
        WITH_EDGE,
        (
            NORTH,
            {"edge_servers.edge1.address": "10.20.240.5"},
            asked(source="edge", to="mailbox@oslo", accept_risk=True),
        ),
        ["- no-updates at edge_servers"],
    ),
    "only external networks": (
        SMALL,
        ({"networks.corp.platform": "external"},),
        [
            "+ no-managed-network at networks",
            "- no-administration at sites",
            "- no-updates at sites",
        ],
    ),
    "a network in which nothing is": (
        SMALL,
        ({"networks.north": {"platform": "aws", "internal": ["10.40.0.0/20"]}},),
        ["+ unused-network at networks.north"],
    ),
    "a misspelled network beside one in which nothing is": (
        SMALL,
        (
            {
                "networks.north": {"platform": "aws", "internal": ["10.40.0.0/20"]},
                "sites.hq.network": "nort",
            },
        ),
        [
            "+ undeclared at sites.hq.network",
            "- no-administration at sites",
            "- no-updates at sites",
        ],
    ),
    "subnets on AWS": (
        SMALL,
        ({"networks.corp.attach_to": "subnets"},),
        ["+ cannot-attach-to-subnets at networks.corp.attach_to"],
    ),
    "subnets on Azure": (
        SMALL,
        ({"networks.corp.platform": "azure", "networks.corp.attach_to": "subnets"},),
        ["+ subnet-attachment at networks.corp.attach_to"],
    ),
    "subnets on Azure without servers": (
        SMALL,
        (
            {
                "networks.north": {
                    "platform": "azure",
                    "internal": ["10.40.0.0/20"],
                    "attach_to": "subnets",
                }
            },
        ),
        ["+ unused-network at networks.north"],
    ),
    "subnets with an Edge server in each zone": (
        WITH_EDGE,
        (
            {
                "networks.corp.platform": "azure",
                "networks.corp.attach_to": "subnets",
                "edge_servers.edge1.address": ["10.20.240.5", "10.20.0.50"],
            },
        ),
        [
            "+ azure-without-smart-host at edge_servers",
            "+ cannot-attach-to-subnets at edge_servers.edge1.address",
            "+ subnet-attachment at networks.corp.attach_to",
        ],
    ),
    "outbound by Edge without Edge": (
        SMALL,
        ({"mail_flow.outbound": {"through": "edge"}},),
        ["+ outbound-without-edge at mail_flow.outbound.through"],
    ),
    "servers and sites of one connector": (
        SMALL,
        (
            {
                "sites.hq.servers.ex1.own_group": True,
                "mail_flow.outbound": {"through": "mailbox", "servers": ["ex1"], "sites": ["hq"]},
            },
        ),
        [
            "+ connector-sites-and-servers at mail_flow.outbound",
            "+ port-25-blocked at mail_flow.outbound",
        ],
    ),
    "no outbound mail": (SMALL, ({"mail_flow.outbound": "none"},), []),
    "a connector of an Edge server that does not send": (
        WITH_EDGE,
        (
            {
                "edge_servers.edge1.sends": False,
                "edge_servers.edge1.own_group": True,
                "mail_flow.outbound": {"through": "edge", "servers": ["edge1"]},
            },
        ),
        [
            "+ edge-does-not-send at mail_flow.outbound.servers.0",
            "- port-25-blocked at edge_servers",
        ],
    ),
    "a connector of a site whose Edge server does not send": (
        WITH_EDGE,
        (
            {
                "edge_servers.edge1.sends": False,
                "mail_flow.outbound": {"through": "edge", "sites": ["hq"]},
            },
        ),
        ["+ edge-does-not-send at mail_flow.outbound.sites.0", "- port-25-blocked at edge_servers"],
    ),
    "a connector of Edge where none sends": (
        WITH_EDGE,
        ({"edge_servers.edge1.sends": False, "mail_flow.outbound": {"through": "edge"}},),
        ["+ edge-does-not-send at mail_flow.outbound.through", "- port-25-blocked at edge_servers"],
    ),
    "a connector of Edge": (
        WITH_EDGE,
        ({"mail_flow.outbound": {"through": "edge", "sites": ["hq"]}},),
        ["+ port-25-blocked at mail_flow.outbound", "- port-25-blocked at edge_servers"],
    ),
    "an Edge server of two sites": (
        WITH_EDGE,
        ({"edge_servers.edge1.manual_connectors_site": "hq"},),
        ["+ edge-site-unclear at edge_servers.edge1"],
    ),
    "an Edge server of no site": (
        WITH_EDGE,
        ({"edge_servers.edge1.subscribed_site": GONE},),
        ["+ edge-site-unclear at edge_servers.edge1"],
    ),
    "an exception from EdgeSync without a subscription": (
        WITH_EDGE,
        (
            BY_HAND,
            {"edge_servers.edge1.edgesync_except": ["ex1"]},
        ),
        [
            "+ edge-unsubscribed at edge_servers.edge1.manual_connectors_site",
            "+ edgesync-without-subscription at edge_servers.edge1.edgesync_except",
        ],
    ),
    "an Edge server without mail": (
        WITH_EDGE,
        ({"edge_servers.edge1.sends": False, "edge_servers.edge1.receives": False},),
        ["+ edge-without-mail at edge_servers.edge1", "- port-25-blocked at edge_servers"],
    ),
    "inbound mail where no Edge server receives": (
        WITH_EDGE,
        ({"edge_servers.edge1.receives": False, "mail_flow.inbound": {"from": "internet"}},),
        ["+ edge-does-not-receive at mail_flow.inbound"],
    ),
    "inbound mail past an Edge server that does not receive": (
        WITH_EDGE,
        (
            {
                "edge_servers.edge1.receives": False,
                "mail_flow.inbound": {"from": "internet", "to": ["hq"]},
            },
        ),
        [],
    ),
    "Edge without name servers": (
        WITH_EDGE,
        ({"name_servers.edge": GONE},),
        ["+ edge-without-name-servers at name_servers"],
    ),
    "a proxy without Edge": (
        SMALL,
        ({"sender_reputation": "disabled"},),
        ["+ sender-reputation-without-edge at sender_reputation"],
    ),
    "name servers by network, one missing": (
        SMALL,
        (
            NORTH,
            {"name_servers.internal": {"corp": ["10.20.2.53"]}},
        ),
        ["+ network-without-name-servers at name_servers.internal"],
    ),
    "name servers by network, all there": (
        SMALL,
        (
            NORTH,
            {"name_servers.internal": {"corp": ["10.20.2.53"], "north": ["10.20.2.53"]}},
        ),
        [],
    ),
    "name servers of Edge by network, one missing": (
        WITH_EDGE,
        (
            NORTH,
            {"name_servers.edge": {"north": ["10.20.2.53"]}},
        ),
        ["+ network-without-name-servers at name_servers.edge"],
    ),
    "relays that clash": (
        SMALL,
        (
            {
                "mail_flow.relays": {
                    "a": {"from": ["10.20.7.0/28"]},
                    "b": {"from": ["10.20.7.0/28", "10.20.8.0/28"]},
                }
            },
        ),
        ["+ receive-connectors-conflict at mail_flow.relays.b"],
    ),
    "relays of one range on two ports": (
        SMALL,
        (
            {
                "mail_flow.relays": {
                    "a": {"from": ["10.20.7.0/28"]},
                    "b": {"from": ["10.20.7.0/28"], "port": 2525},
                }
            },
        ),
        [],
    ),
    "relays of one range at two sites": (
        SMALL,
        (
            PARIS,
            {
                "mail_flow.relays": {
                    "a": {"from": ["10.20.7.0/28"], "sites": ["hq"]},
                    "b": {"from": ["10.20.7.0/28"], "sites": ["paris"]},
                }
            },
        ),
        [],
    ),
    "a relay behind the front end": (
        SMALL,
        ({"mail_flow.relays.a": {"from": ["10.20.7.0/28"], "to": "mailbox"}},),
        ["+ relay-behind-front-end at mail_flow.relays.a.to"],
    ),
    "a relay behind the front end on another port": (
        SMALL,
        ({"mail_flow.relays.a": {"from": ["10.20.7.0/28"], "to": "mailbox", "port": 2525}},),
        [],
    ),
    "a relay to a standalone Mailbox server": (
        SMALL,
        (
            PARIS,
            {"mail_flow.relays.a": {"from": ["10.20.7.0/28"], "to": "mailbox", "sites": ["paris"]}},
        ),
        [],
    ),
    "a service bound anew and not used": (
        SMALL,
        ({"service_ports.imap": ["1430/tcp"]},),
        ["+ unused-service-ports at service_ports.imap"],
    ),
    "a service bound anew and used": (
        SMALL,
        (
            {
                "service_ports.imap": ["1430/tcp"],
                "clients.c": {"from": ["10.64.0.0/16"], "services": ["imap"]},
            },
        ),
        [],
    ),
    "a service that cannot be bound anew": (
        SMALL,
        (
            {
                "service_ports.https": ["8443/tcp"],
                "clients.c": {"from": ["10.64.0.0/16"], "services": ["https"]},
            },
        ),
        ["+ not-supported at service_ports.https"],
    ),
    "a port of another service": (
        SMALL,
        (
            {
                "service_ports.imap": ["110/tcp"],
                "clients.c": {"from": ["10.64.0.0/16"], "services": ["imap"]},
            },
        ),
        ["+ port-of-another-service at service_ports.imap.0"],
    ),
    "its own port": (
        SMALL,
        (
            {
                "service_ports.imap": ["993/tcp"],
                "clients.c": {"from": ["10.64.0.0/16"], "services": ["imap"]},
            },
        ),
        [],
    ),
    "a range of ports": (
        SMALL,
        (
            {
                "service_ports.imap": ["1430-1431/tcp"],
                "clients.c": {"from": ["10.64.0.0/16"], "services": ["imap"]},
            },
        ),
        ["+ not-one-tcp-port at service_ports.imap.0"],
    ),
    "a port of UDP": (
        SMALL,
        (
            {
                "service_ports.imap": ["1430/udp"],
                "clients.c": {"from": ["10.64.0.0/16"], "services": ["imap"]},
            },
        ),
        ["+ not-one-tcp-port at service_ports.imap.0"],
    ),
    "a relay on 443": (
        SMALL,
        ({"mail_flow.relays.a": {"from": ["10.20.7.0/28"], "port": 443}},),
        ["+ port-of-another-service at mail_flow.relays.a.port"],
    ),
    "a relay on 587": (
        SMALL,
        ({"mail_flow.relays.a": {"from": ["10.20.7.0/28"], "port": 587}},),
        [],
    ),
    "quotas of another cloud": (
        SMALL,
        (
            {
                "networks.corp.platform": "azure",
                "networks.corp.quotas": {"rules_per_security_group": 200},
            },
        ),
        ["+ quota-of-another-cloud at networks.corp.quotas.rules_per_security_group"],
    ),
    "no Mailbox server": (
        SMALL,
        ({"sites.hq.servers.ex1.roles": ["client_access"]},),
        ["+ organization-without-role at sites"],
    ),
    "no Client Access server": (
        SMALL,
        ({"sites.hq.servers.ex1.roles": ["mailbox"]},),
        ["+ organization-without-role at sites"],
    ),
    "a site without Client Access": (
        SMALL,
        ({"sites.paris": {"network": "corp", "servers": {"mbx3": {"roles": ["mailbox"]}}}},),
        ["+ mailbox-without-client-access at sites.paris"],
    ),
    "a site without Mailbox": (
        SMALL,
        ({"sites.paris": {"network": "corp", "servers": {"cas3": {"roles": ["client_access"]}}}},),
        [],
    ),
    "a subscription to a site without Mailbox": (
        WITH_EDGE,
        (
            {
                "sites.paris": {
                    "network": "corp",
                    "servers": {"cas3": {"roles": ["client_access"]}},
                },
                "edge_servers.edge2": {"network": "corp", "subscribed_site": "paris"},
            },
        ),
        ["+ subscription-without-mailbox at edge_servers.edge2.subscribed_site"],
    ),
    "a mail site without Mailbox": (
        WITH_EDGE,
        (
            {
                "sites.paris": {
                    "network": "corp",
                    "servers": {"cas3": {"roles": ["client_access"]}},
                },
                "edge_servers.edge2": {"network": "corp", "manual_connectors_site": "paris"},
            },
        ),
        [
            "+ edge-unsubscribed at edge_servers.edge2.manual_connectors_site",
            "+ subscription-without-mailbox at edge_servers.edge2.manual_connectors_site",
        ],
    ),
    "no domain controller": (
        SMALL,
        ({"sites.hq.domain_controllers": GONE},),
        ["+ no-domain-controller at sites"],
    ),
    "clients of a site without Client Access servers": (
        SMALL,
        (
            SPLIT,
            {
                "sites.paris": {"network": "corp", "servers": {"mbx3": {"roles": ["mailbox"]}}},
                "clients.c": {"from": ["10.64.0.0/16"], "to": ["paris", "hq"]},
            },
        ),
        [
            "+ mailbox-without-client-access at sites.paris",
            "+ site-without-role at clients.c.to.0",
        ],
    ),
    "a witness of a site without Mailbox servers": (
        SMALL,
        (
            {
                "sites.paris": {
                    "network": "corp",
                    "servers": {"cas3": {"roles": ["client_access"]}},
                },
                "witness_servers.w": {"address": "10.20.7.60", "sites": ["hq", "paris"]},
            },
        ),
        ["+ site-without-role at witness_servers.w.sites.1"],
    ),
    "a relay to Mailbox servers where there are none": (
        SMALL,
        (
            {
                "sites.paris": {
                    "network": "corp",
                    "servers": {"cas3": {"roles": ["client_access"]}},
                },
                "mail_flow.relays.a": {
                    "from": ["10.20.7.0/28"],
                    "to": "mailbox",
                    "port": 2525,
                    "sites": ["paris"],
                },
            },
        ),
        ["+ site-without-role at mail_flow.relays.a.sites.0"],
    ),
    "inbound mail to a site without Client Access servers": (
        SMALL,
        (
            SPLIT,
            {
                "sites.paris": {"network": "corp", "servers": {"mbx3": {"roles": ["mailbox"]}}},
                "mail_flow.inbound": {"from": "internet", "to": ["paris"]},
            },
        ),
        [
            "+ mailbox-without-client-access at sites.paris",
            "+ site-without-role at mail_flow.inbound.to.0",
        ],
    ),
    "mail sent by a site without Mailbox servers": (
        SMALL,
        (
            {
                "sites.paris": {
                    "network": "corp",
                    "servers": {"cas3": {"roles": ["client_access"]}},
                },
                "mail_flow.outbound": {"through": "mailbox", "sites": ["paris"]},
            },
        ),
        [
            "+ port-25-blocked at mail_flow.outbound",
            "+ site-without-role at mail_flow.outbound.sites.0",
        ],
    ),
    "an unknown network": (
        SMALL,
        ({"sites.hq.network": "crop"},),
        [
            "+ undeclared at sites.hq.network",
            "- no-administration at sites",
            "- no-updates at sites",
        ],
    ),
    "a site without a network": (
        SMALL,
        ({"sites.hq.network": GONE},),
        [
            "+ site-without-network at sites.hq",
            "- no-administration at sites",
            "- no-updates at sites",
        ],
    ),
    "a site without network and servers": (SMALL, ({"sites.paris": {}},), []),
    "an unknown network of Edge": (
        WITH_EDGE,
        ({"edge_servers.edge1.network": "crop"},),
        [
            "+ address-needed at edge_servers.edge1",
            "+ undeclared at edge_servers.edge1.network",
            "- no-administration at edge_servers",
            "- no-updates at edge_servers",
            "- port-25-blocked at edge_servers",
        ],
    ),
    "an unknown subscribed site": (
        WITH_EDGE,
        ({"edge_servers.edge1.subscribed_site": "hr"},),
        ["+ undeclared at edge_servers.edge1.subscribed_site"],
    ),
    "an unknown mail site": (
        WITH_EDGE,
        (
            BY_HAND,
            {"edge_servers.edge1.manual_connectors_site": "hr"},
        ),
        ["+ undeclared at edge_servers.edge1.manual_connectors_site"],
    ),
    "an exception for a server of no such name": (
        WITH_EDGE,
        ({"edge_servers.edge1.edgesync_except": ["ex2"]},),
        ["+ undeclared at edge_servers.edge1.edgesync_except.0"],
    ),
    "an exception for a Client Access server": (
        WITH_EDGE,
        (
            {
                "sites.hq.servers.cas1": {"roles": ["client_access"]},
                "edge_servers.edge1.edgesync_except": ["cas1"],
            },
        ),
        ["+ undeclared at edge_servers.edge1.edgesync_except.0"],
    ),
    "clients of an unknown site": (
        SMALL,
        ({"clients.c": {"from": ["10.64.0.0/16"], "to": ["hq", "hr"]}},),
        ["+ undeclared at clients.c.to.1"],
    ),
    "mail to an unknown site": (
        SMALL,
        ({"mail_flow.inbound": {"from": "internet", "to": ["hr"]}},),
        ["+ undeclared at mail_flow.inbound.to.0"],
    ),
    "a relay of an unknown site": (
        SMALL,
        ({"mail_flow.relays.a": {"from": ["10.20.7.0/28"], "sites": ["hr"]}},),
        ["+ undeclared at mail_flow.relays.a.sites.0"],
    ),
    "a witness of an unknown site": (
        SMALL,
        ({"witness_servers.w": {"address": "10.20.7.60", "sites": ["hr"]}},),
        ["+ undeclared at witness_servers.w.sites.0"],
    ),
    "a connector of an unknown site": (
        SMALL,
        ({"mail_flow.outbound": {"through": "mailbox", "sites": ["hr"]}},),
        ["+ undeclared at mail_flow.outbound.sites.0"],
    ),
    "a connector of an unknown server": (
        SMALL,
        ({"mail_flow.outbound": {"through": "mailbox", "servers": ["ex7"]}},),
        ["+ undeclared at mail_flow.outbound.servers.0"],
    ),
    "a connector of a Client Access server": (
        SMALL,
        (
            SPLIT,
            {"mail_flow.outbound": {"through": "mailbox", "servers": ["cas1"]}},
        ),
        ["+ port-25-blocked at mail_flow.outbound", "+ undeclared at mail_flow.outbound.servers.0"],
    ),
    "a connector of a server without a group": (
        SMALL,
        ({"mail_flow.outbound": {"through": "mailbox", "servers": ["ex1"]}},),
        [
            "+ port-25-blocked at mail_flow.outbound",
            "+ server-without-group at mail_flow.outbound.servers.0",
        ],
    ),
    "a proxied connector of a server without a group": (
        SMALL,
        ({"mail_flow.outbound": {"through": "client_access", "servers": ["ex1"]}},),
        ["+ port-25-blocked at mail_flow.outbound"],
    ),
    "a connector of a server with a group": (
        SMALL,
        (
            {
                "sites.hq.servers.ex1.own_group": True,
                "mail_flow.outbound": {"through": "mailbox", "servers": ["ex1"]},
            },
        ),
        ["+ port-25-blocked at mail_flow.outbound"],
    ),
    "a connector of an Edge server without a group": (
        WITH_EDGE,
        ({"mail_flow.outbound": {"through": "edge", "servers": ["edge1"]}},),
        [
            "+ port-25-blocked at mail_flow.outbound",
            "+ server-without-group at mail_flow.outbound.servers.0",
            "- port-25-blocked at edge_servers",
        ],
    ),
    "a connector of an Edge server with a port of its own": (
        WITH_EDGE,
        (
            {
                "edge_servers.edge1.delivery_port": 2525,
                "mail_flow.outbound": {"through": "edge", "servers": ["edge1"]},
            },
        ),
        ["+ port-25-blocked at mail_flow.outbound", "- port-25-blocked at edge_servers"],
    ),
    "name servers of an unknown network": (
        SMALL,
        ({"name_servers.internal": {"corp": ["10.20.2.53"], "crop": ["10.20.2.53"]}},),
        ["+ undeclared at name_servers.internal.crop"],
    ),
    "a server called by a role": (
        SMALL,
        ({"sites.hq.servers.Mailbox": {"roles": ["mailbox"]}},),
        ["+ reserved-name at sites.hq.servers.Mailbox"],
    ),
    "an Edge server called internet": (
        WITH_EDGE,
        ({"edge_servers.internet": {"network": "corp", "subscribed_site": "hq"}},),
        ["+ reserved-name at edge_servers.internet"],
    ),
    "a server at two sites": (
        SMALL,
        (
            PARIS,
            {"sites.paris.servers.EX1": {"roles": ["mailbox"]}},
        ),
        ["+ name-used-twice at sites.paris.servers.EX1"],
    ),
    "a server with the id of another": (
        SMALL,
        ({"sites.hq.servers.ex2": {"roles": ["mailbox"], "id": "ex1"}},),
        ["+ name-used-twice at sites.hq.servers.ex2"],
    ),
    "a server that is an Edge server too": (
        WITH_EDGE,
        ({"sites.hq.servers.edge1": {"roles": ["mailbox"]}},),
        ["+ edge-shares-role at edge_servers.edge1"],
    ),
    "two Edge servers with one id": (
        WITH_EDGE,
        ({"edge_servers.edge2": {"network": "corp", "subscribed_site": "hq", "id": "edge1"}},),
        ["+ name-used-twice at edge_servers.edge2"],
    ),
    "a site with the id of another": (
        SMALL,
        (
            PARIS,
            {"sites.paris.id": "hq"},
        ),
        ["+ name-used-twice at sites.paris"],
    ),
    "a network with the id of another": (
        SMALL,
        (
            NORTH,
            {"networks.north.id": "corp"},
        ),
        ["+ name-used-twice at networks.north"],
    ),
    "an id of its own": (SMALL, ({"sites.hq.servers.ex1.id": "old"},), []),
    "a flow to an unknown site": (
        SMALL,
        (asked(to="mailbox@hr"),),
        ["+ undeclared at additional_flows.0.to"],
    ),
    "a flow to a role that nobody has at a site": (
        SMALL,
        (
            {"sites.paris": {"network": "corp", "servers": {"cas3": {"roles": ["client_access"]}}}},
            asked(to="mailbox@paris"),
        ),
        ["+ endpoint-without-servers at additional_flows.0.to"],
    ),
    "a flow to a server without a group": (
        SMALL,
        (asked(to="ex1"),),
        ["+ server-without-group at additional_flows.0.to"],
    ),
    "a flow to a server with a group": (
        SMALL,
        (
            {"sites.hq.servers.ex1.own_group": True},
            asked(to="ex1"),
        ),
        [],
    ),
    "a flow to an Edge server without a group": (
        WITH_EDGE,
        (asked(to="edge1", accept_risk=True),),
        ["+ server-without-group at additional_flows.0.to"],
    ),
    "a flow to an Edge server with a group": (
        WITH_EDGE,
        (
            {"edge_servers.edge1.own_group": True},
            asked(to="edge1", accept_risk=True),
        ),
        [],
    ),
    "a flow to an unknown server": (
        SMALL,
        (asked(to=["mailbox", "ex7"]),),
        ["+ undeclared at additional_flows.0.to.1"],
    ),
    "a flow from the Internet to Mailbox servers": (
        SMALL,
        (
            SPLIT,
            asked(source="internet", to="mailbox"),
        ),
        ["+ risky-traffic at additional_flows.0"],
    ),
    "a flow from the Internet to Client Access servers": (
        SMALL,
        (
            SPLIT,
            asked(source="internet", to="client_access"),
        ),
        [],
    ),
    "a flow from the Internet to combined servers": (
        SMALL,
        (asked(source="internet", to="client_access"),),
        ["+ risky-traffic at additional_flows.0"],
    ),
    "a flow from a public range to a site": (
        SMALL,
        (
            SPLIT,
            PARIS,
            asked(source="198.51.100.0/24", to="exchange@paris"),
        ),
        ["+ risky-traffic at additional_flows.0"],
    ),
    "a flow to the Internet": (
        SMALL,
        (asked(source="exchange", to="internet"),),
        ["- no-updates at sites"],
    ),
    "an accepted risk": (SMALL, (asked(source="internet", to="mailbox", accept_risk=True),), []),
    "a flow to Edge": (
        WITH_EDGE,
        (asked(to="edge"),),
        ["+ risky-traffic at additional_flows.0"],
    ),
    "a flow without us": (
        SMALL,
        (asked(to="10.20.7.40"),),
        ["+ flow-without-managed-server at additional_flows.0"],
    ),
    "a flow without us that names an end twice": (
        SMALL,
        (asked(source="10.20.6.9", to=["10.20.7.40", "10.20.7.40"]),),
        ["+ flow-without-managed-server at additional_flows.0"],
    ),
    "a flow without servers that are ours": (
        SMALL,
        (
            EXTERNAL,
            asked(to="exchange@lab"),
        ),
        ["+ flow-without-managed-server at additional_flows.0"],
    ),
    "a flow without ports": (
        SMALL,
        ({"additional_flows": [{"from": "10.20.6.0/24", "to": "exchange", "reason": "r"}]},),
        ["+ missing-key at additional_flows.0"],
    ),
    "a flow without a reason": (
        SMALL,
        ({"additional_flows": [{"from": "10.20.6.0/24", "to": "exchange", "ports": ["443/tcp"]}]},),
        ["+ missing-key at additional_flows.0"],
    ),
    "a flow by its need": (
        SMALL,
        (
            {
                "additional_flows": [
                    {"from": "10.20.6.0/24", "to": "exchange", "need": "remote_desktop"}
                ]
            },
        ),
        ["- no-administration at sites"],
    ),
    "a day that is none": (
        SMALL,
        (asked(review_by="2027-02-30"),),
        ["+ bad-date at additional_flows.0.review_by"],
    ),
    "a day": (SMALL, (asked(review_by="2027-02-28"),), []),
    "a relay from public addresses to Mailbox servers": (
        SMALL,
        (
            PARIS,
            {
                "mail_flow.relays.a": {
                    "from": ["198.51.100.0/24"],
                    "to": "mailbox",
                    "port": 2525,
                    "sites": ["paris"],
                }
            },
        ),
        ["+ risky-traffic at mail_flow.relays.a"],
    ),
    "a relay from public addresses to Client Access servers": (
        SMALL,
        (
            PARIS,
            {"mail_flow.relays.a": {"from": ["198.51.100.0/24"], "sites": ["paris"]}},
        ),
        [],
    ),
    "a relay from public addresses at an accepted risk": (
        SMALL,
        (
            PARIS,
            {
                "mail_flow.relays.a": {
                    "from": ["198.51.100.0/24"],
                    "to": "mailbox",
                    "port": 2525,
                    "sites": ["paris"],
                    "accept_risk": True,
                }
            },
        ),
        [],
    ),
    "a warning of planning, acknowledged": (SMALL, ({"acknowledge": {"near-limit": "known"}},), []),
    "a warning that does not occur, acknowledged": (
        SMALL,
        ({"acknowledge": {"internet-any": "known"}},),
        ["+ unused-acknowledgment at acknowledge.internet-any"],
    ),
    "a code that is none, acknowledged": (
        SMALL,
        ({"acknowledge": {"internet-all": "known"}},),
        ["+ undeclared at acknowledge.internet-all"],
    ),
    "an error, acknowledged": (
        SMALL,
        ({"acknowledge": {"undeclared": "known"}, "sites.hq.network": "crop"},),
        [
            "+ undeclared at acknowledge.undeclared",
            "+ undeclared at sites.hq.network",
            "- no-administration at sites",
            "- no-updates at sites",
        ],
    ),
    "the Internet as any address": (
        SMALL,
        ({"networks.corp.internet": "any"},),
        ["+ internet-any at networks.corp.internet"],
    ),
    "administration, named by port": (
        SMALL,
        (asked(ports=["3389/tcp"]),),
        ["- no-administration at sites"],
    ),
    "administration of one server only": (
        SMALL,
        (
            {"sites.hq.servers.ex1.own_group": True},
            asked(ports=["5986/tcp"], to="ex1"),
        ),
        ["- no-administration at sites"],
    ),
    "updates, named by need": (
        SMALL,
        (
            {
                "additional_flows": [
                    {"from": "exchange", "to": "10.20.7.40", "need": "windows_update"}
                ]
            },
        ),
        ["- no-updates at sites"],
    ),
    "updates of Edge servers": (
        WITH_EDGE,
        (
            {
                "additional_flows": [
                    {
                        "from": "edge",
                        "to": "10.20.7.40",
                        "need": "windows_update",
                        "accept_risk": True,
                    }
                ]
            },
        ),
        ["- no-updates at edge_servers"],
    ),
    "mail by a smart host on 25": (
        SMALL,
        (
            {
                "mail_flow.outbound": {
                    "through": "mailbox",
                    "next_hop": [{"address": "203.0.113.25"}],
                }
            },
        ),
        ["+ port-25-blocked at mail_flow.outbound.next_hop.0"],
    ),
    "mail by a smart host on 587": (
        SMALL,
        (
            {
                "mail_flow.outbound": {
                    "through": "mailbox",
                    "next_hop": [{"address": "203.0.113.25", "port": 587}],
                }
            },
        ),
        [],
    ),
    "mail by a smart host inside": (
        SMALL,
        ({"mail_flow.outbound": {"through": "mailbox", "next_hop": [{"address": "10.20.7.25"}]}},),
        [],
    ),
    "mail to the Internet from Azure": (
        SMALL,
        ({"networks.corp.platform": "azure", "mail_flow.outbound": {"through": "mailbox"}},),
        [
            "+ azure-without-smart-host at mail_flow.outbound",
            "+ port-25-blocked at mail_flow.outbound",
        ],
    ),
    "mail by a smart host from Azure": (
        SMALL,
        (
            {
                "networks.corp.platform": "azure",
                "mail_flow.outbound": {
                    "through": "mailbox",
                    "next_hop": [{"address": "203.0.113.25"}],
                },
            },
        ),
        ["+ port-25-blocked at mail_flow.outbound.next_hop.0"],
    ),
    "mail from a site that is not ours": (
        SMALL,
        (
            EXTERNAL,
            {"mail_flow.outbound": {"through": "mailbox", "sites": ["lab"]}},
        ),
        [],
    ),
    "mail from one server of a site that is not ours": (
        SMALL,
        (
            EXTERNAL,
            {
                "sites.lab.servers.ex9.own_group": True,
                "mail_flow.outbound": {"through": "mailbox", "servers": ["ex9"]},
            },
        ),
        [],
    ),
    "IMAP for everyone": (
        SMALL,
        ({"clients.c": {"services": ["imap"]}},),
        ["+ plain-text-from-internet at clients.c.services.0"],
    ),
    "IMAP for a public range": (
        SMALL,
        ({"clients.c": {"from": ["198.51.100.0/24"], "services": ["https", "imap"]}},),
        ["+ plain-text-from-internet at clients.c.services.1"],
    ),
    "IMAP for one public address": (
        SMALL,
        ({"clients.c": {"from": ["198.51.100.7"], "services": ["imap"]}},),
        ["+ plain-text-from-internet at clients.c.services.0"],
    ),
    "IMAP for a private range": (
        SMALL,
        ({"clients.c": {"from": ["10.64.0.0/16"], "services": ["imap"]}},),
        [],
    ),
    "IMAP on its secure port for everyone": (
        SMALL,
        ({"clients.c": {"services": ["imap"]}, "service_ports.imap": ["993/tcp"]},),
        [],
    ),
    "IMAP on another port for everyone": (
        SMALL,
        ({"clients.c": {"services": ["imap"]}, "service_ports.imap": ["1430/tcp"]},),
        ["+ plain-text-from-internet at clients.c.services.0"],
    ),
    "IMAP for an organization's IPv6": (
        SMALL,
        ({"clients.c": {"from": ["2001:db8::/32"], "services": ["imap"]}},),
        [],
    ),
    "IMAP for most of IPv6": (
        SMALL,
        ({"clients.c": {"from": ["2001::/16"], "services": ["imap"]}},),
        ["+ plain-text-from-internet at clients.c.services.0"],
    ),
    "Edge asks domain controllers": (
        WITH_EDGE,
        ({"name_servers.edge": "domain_controllers"},),
        ["+ edge-uses-domain-controller-dns at name_servers.edge"],
    ),
    "Edge asks a domain controller by address": (
        WITH_EDGE,
        ({"name_servers.edge": ["10.20.240.53", "10.20.2.10"]},),
        ["+ edge-uses-domain-controller-dns at name_servers.edge.1"],
    ),
    "Edge asks a domain controller by network": (
        WITH_EDGE,
        ({"name_servers.edge": {"corp": ["10.20.2.10"]}},),
        ["+ edge-uses-domain-controller-dns at name_servers.edge.corp.0"],
    ),
    "Edge asks one of two domain controllers": (
        WITH_EDGE,
        (
            {"sites.hq.domain_controllers.addresses": ["10.20.2.10", "10.20.2.11"]},
            {"name_servers.edge": ["10.20.2.11"]},
        ),
        ["+ edge-uses-domain-controller-dns at name_servers.edge.0"],
    ),
    "no address, and an Edge server of another site in another network": (
        WITH_EDGE,
        (
            APART,
            {
                "sites.paris": {
                    "network": "corp",
                    "servers": {
                        "ex3": {"roles": ["client_access", "mailbox"], "address": "10.20.0.31"}
                    },
                },
                "edge_servers.edge1.subscribed_site": "paris",
            },
        ),
        [],
    ),
    "administration of one server inside is none of Edge servers": (
        WITH_EDGE,
        (
            {"sites.hq.servers.ex1.own_group": True},
            asked(ports=["3389/tcp"], to="ex1"),
        ),
        ["- no-administration at sites"],
    ),
    "Edge asks others": (WITH_EDGE, ({"name_servers.edge": ["10.20.240.53"]},), []),
    "an older Edge server": (
        WITH_EDGE,
        ({"edge_servers.edge1.version": 2010},),
        [
            "+ older-edge-delivery-port at edge_servers.edge1.version",
            "+ versions-need-updates at edge_servers.edge1.version",
        ],
    ),
    "an older Edge server with a port": (
        WITH_EDGE,
        ({"edge_servers.edge1.version": 2010, "edge_servers.edge1.delivery_port": 2525},),
        [
            "+ versions-need-updates at edge_servers.edge1.version",
        ],
    ),
    "an older Edge server that does not receive": (
        WITH_EDGE,
        ({"edge_servers.edge1.version": 2010, "edge_servers.edge1.receives": False},),
        [
            "+ versions-need-updates at edge_servers.edge1.version",
        ],
    ),
    "an older Edge server before standalone Mailbox servers": (
        WITH_EDGE,
        (
            SPLIT,
            {"edge_servers.edge1.version": 2010},
        ),
        [
            "+ versions-need-updates at edge_servers.edge1.version",
        ],
    ),
    "probes from anywhere": (
        WITH_EDGE,
        ({"sender_reputation": "direct"},),
        ["+ probes-to-any at sender_reputation"],
    ),
    "nothing declared of sender reputation": (
        WITH_EDGE,
        ({"sender_reputation": GONE},),
        ["+ sender-reputation-undeclared at "],
    ),
    "nothing declared of sender reputation where Edge is not ours": (
        WITH_EDGE,
        (
            {
                "sender_reputation": GONE,
                "networks.dmz": {
                    "platform": "external",
                    "internal": ["10.30.0.0/24"],
                    "perimeter": ["10.30.1.0/24"],
                },
                "edge_servers.edge1.network": "dmz",
                "edge_servers.edge1.address": "10.30.1.5",
            },
        ),
        [
            "- no-administration at edge_servers",
            "- no-updates at edge_servers",
            "- port-25-blocked at edge_servers",
        ],
    ),
    "mail from outside to an Edge server by name": (
        WITH_EDGE,
        ({"mail_flow.inbound": {"from": "internet", "to": ["edge1"]}},),
        ["+ undeclared at mail_flow.inbound.to.0"],
    ),
    "clients of an Edge server": (
        WITH_EDGE,
        ({"clients.c": {"services": ["https"], "to": ["edge1"]}},),
        ["+ undeclared at clients.c.to.0"],
    ),
    "clients of a server without a group of its own": (
        SMALL,
        ({"clients.c": {"services": ["https"], "to": ["ex1"]}},),
        ["+ server-without-group at clients.c.to.0"],
    ),
    "clients of a server with a group of its own": (
        SMALL,
        (
            {"clients.c": {"services": ["https"], "to": ["ex1"]}},
            {"sites.hq.servers.ex1.own_group": True},
        ),
        [],
    ),
    "clients of a site and of a Mailbox server": (
        SMALL,
        (SPLIT, {"clients.c": {"services": ["https"], "to": ["hq", "mbx1"]}}),
        ["+ undeclared at clients.c.to.1"],
    ),
    "a flow from a group by its id": (
        SMALL,
        (asked(source="sg-0123456789abcdef0"),),
        ["+ cloud-name at additional_flows.0.from"],
    ),
    "a flow from a service tag": (
        SMALL,
        (asked(source="VirtualNetwork"),),
        ["+ cloud-name at additional_flows.0.from"],
    ),
    "a flow to an Edge server without a group of its own": (
        WITH_EDGE,
        (asked(to="edge1", accept_risk=True),),
        ["+ server-without-group at additional_flows.0.to"],
    ),
    "a flow to an Edge server with a group of its own": (
        WITH_EDGE,
        (asked(to="edge1", accept_risk=True), {"edge_servers.edge1.own_group": True}),
        [],
    ),
    "an older Edge server with connectors made by hand": (
        WITH_EDGE,
        (BY_HAND, {"edge_servers.edge1.version": 2010}),
        [
            "+ edge-unsubscribed at edge_servers.edge1.manual_connectors_site",
            "+ older-edge-delivery-port at edge_servers.edge1.version",
            "+ versions-need-updates at edge_servers.edge1.version",
        ],
    ),
    "an exception that is unknown, with connectors made by hand": (
        WITH_EDGE,
        (BY_HAND, {"edge_servers.edge1.edgesync_except": ["nobody"]}),
        [
            "+ edge-unsubscribed at edge_servers.edge1.manual_connectors_site",
            "+ edgesync-without-subscription at edge_servers.edge1.edgesync_except",
            "+ undeclared at edge_servers.edge1.edgesync_except.0",
        ],
    ),
    "administration of Edge at a site with connectors made by hand": (
        WITH_EDGE,
        (BY_HAND, asked(to="edge@hq", accept_risk=True, ports=["3389/tcp"])),
        [
            "+ edge-unsubscribed at edge_servers.edge1.manual_connectors_site",
            "- no-administration at edge_servers",
        ],
    ),
    "no address of an Edge server with connectors made by hand in another network": (
        WITH_EDGE,
        (
            APART,
            BY_HAND,
            {"edge_servers.edge1.address": GONE, "sites.hq.servers.ex1.address": "10.20.0.9"},
        ),
        [
            "+ address-needed at edge_servers.edge1",
            "+ edge-unsubscribed at edge_servers.edge1.manual_connectors_site",
        ],
    ),
    "a Send connector of a site with connectors made by hand": (
        WITH_EDGE,
        (BY_HAND, {"mail_flow.outbound": {"through": "edge", "sites": ["hq"]}}),
        [
            "+ edge-unsubscribed at edge_servers.edge1.manual_connectors_site",
            "+ port-25-blocked at mail_flow.outbound",
            "- port-25-blocked at edge_servers",
        ],
    ),
    "a subscription to a site without servers": (
        WITH_EDGE,
        ({"sites.rome": {"network": "corp"}, "edge_servers.edge1.subscribed_site": "rome"},),
        ["+ subscription-without-mailbox at edge_servers.edge1.subscribed_site"],
    ),
    "connectors made by hand with a site without servers": (
        WITH_EDGE,
        (
            BY_HAND,
            {
                "sites.rome": {"network": "corp"},
                "edge_servers.edge1.manual_connectors_site": "rome",
            },
        ),
        [
            "+ edge-unsubscribed at edge_servers.edge1.manual_connectors_site",
            "+ subscription-without-mailbox at edge_servers.edge1.manual_connectors_site",
        ],
    ),
    "an Edge server with connectors made by hand without a common family": (
        WITH_EDGE,
        (
            BY_HAND,
            {
                "networks.corp.perimeter": ["10.20.240.0/24", "2001:db8:240::/64"],
                "edge_servers.edge1.address": "2001:db8:240::5",
            },
        ),
        [
            "+ edge-unsubscribed at edge_servers.edge1.manual_connectors_site",
            "+ ipv6-internet-covers-zones at networks.corp",
            "+ no-common-ip-version at sites.hq.servers.ex1.address",
        ],
    ),
    "a retired group": (SMALL, ({"networks.corp.retired_groups": ["edge.hq"]},), []),
    "a retired group that is worn": (
        SMALL,
        ({"networks.corp.retired_groups": ["mailbox.hq"]},),
        ["+ retired-group-attached at networks.corp.retired_groups.0"],
    ),
    "a retired group of nobody declared": (
        SMALL,
        ({"networks.corp.retired_groups": ["mailbox.paris"]},),
        ["+ undeclared at networks.corp.retired_groups.0"],
    ),
    "a retired group of a network that is not ours": (
        SMALL,
        (
            EXTERNAL,
            {"networks.lab.retired_groups": ["mailbox.hq"]},
        ),
        ["+ undeclared at networks.lab.retired_groups.0"],
    ),
}
