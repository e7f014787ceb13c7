"""Cases of Unified Messaging: what is declared, and the findings."""

from collections.abc import Mapping
from typing import Any, Final

from exchange_ports.topology.validate import parse_topology
from tests.support.strategies import GONE, SMALL, edited

Edit = Mapping[str, Any]

UM: Final = "unified_messaging"
GATEWAY: Final = {"address": "10.20.9.5"}
FAX: Final = {"address": "10.20.9.20"}
#: One site with both roles on two servers, and a gateway.
SPLIT: Final = edited(
    SMALL,
    {
        "sites.hq.servers": {
            "cas1": {"roles": ["client_access"], "own_group": True},
            "mbx1": {"roles": ["mailbox"], "own_group": True},
            "mbx2": {"roles": ["mailbox"]},
        },
        f"{UM}.ip_gateways.gw1": GATEWAY,
    },
)
#: The same with a site of Exchange 2019.
MIXED: Final = edited(
    SPLIT,
    {"sites.late": {"network": "corp", "servers": {"ex9": {"version": 2019, "own_group": True}}}},
)
LYNC: Final = edited(
    SMALL, {"sites.hq.lync": {"addresses": ["10.20.4.0/28"]}, UM: {"startup_mode": "dual"}}
)
#: Nothing but Exchange 2019.
LATE: Final = edited(
    SMALL, {"version": 2019, "sites.hq.servers.ex1.roles": GONE, f"{UM}.ip_gateways.gw1": GATEWAY}
)


def found(data: Mapping[str, Any]) -> set[str]:
    """The findings, each as its code and the field where it is."""
    _, findings = parse_topology(dict(data), ())
    return {f"{each.kind.code} at {'.'.join(map(str, each.path))}" for each in findings}


def gateway(**fields: object) -> Edit:
    return {f"{UM}.ip_gateways.gw1": {**GATEWAY, **fields}}


#: The topology, what is edited, and the findings more (+) and less (-) than without.
TABLE: Final[Mapping[str, tuple[Mapping[str, Any], Edit, list[str]]]] = {
    # Versions (V11).
    "2019 only": (LATE, {}, []),
    "2019 with one server of 2016": (
        LATE,
        {"sites.hq.servers.ex2": {"version": 2016}},
        [
            f"- unified-messaging-unavailable at {UM}",
            "+ unified-messaging-beside-later-version at sites.hq.servers.ex1",
            "+ versions-need-updates at sites.hq.servers.ex2.version",
        ],
    ),
    "SE only": (
        LATE,
        {"version": "se"},
        [],
    ),
    "2016 only": (LATE, {"version": 2016}, [f"- unified-messaging-unavailable at {UM}"]),
    "a site of 2019 that is not named": (MIXED, {}, []),
    "a site of 2019 that is named": (
        MIXED,
        {f"{UM}.sites": ["hq", "late"]},
        [f"+ unified-messaging-unavailable at {UM}.sites.1"],
    ),
    "a site of 2013 that is named": (MIXED, {f"{UM}.sites": ["hq"]}, []),
    "a site of 2019 that a gateway names": (
        MIXED,
        gateway(to=["late", "hq"]),
        [f"+ unified-messaging-unavailable at {UM}.ip_gateways.gw1.to.0"],
    ),
    "a server of 2019 that a gateway names": (
        MIXED,
        gateway(to=["hq", "ex9"]),
        [f"+ unified-messaging-unavailable at {UM}.ip_gateways.gw1.to.1"],
    ),
    "a server of 2019 at a site with Unified Messaging": (
        SPLIT,
        {"sites.hq.servers.ex9": {"version": 2019}},
        [
            "+ unified-messaging-beside-later-version at sites.hq.servers.ex9",
            "+ versions-need-updates at sites.hq.servers.ex9.version",
        ],
    ),
    "a server of 2019 beside single servers": (
        SPLIT,
        {"sites.hq.servers.ex9": {"version": 2019}, **gateway(to=["cas1", "mbx1"])},
        ["+ versions-need-updates at sites.hq.servers.ex9.version"],
    ),
    "a server of 2016 at a site with Unified Messaging": (
        SPLIT,
        {"sites.hq.servers.ex6": {"version": 2016}},
        ["+ versions-need-updates at sites.hq.servers.ex6.version"],
    ),
    # Telephone systems.
    "no gateway and no Lync": (
        SPLIT,
        {UM: {}},
        [f"+ unified-messaging-without-peers at {UM}"],
    ),
    "a fax partner server alone": (
        SPLIT,
        {UM: {"fax_partner_servers": {"fax1": FAX}}},
        [f"+ unified-messaging-without-peers at {UM}"],
    ),
    "Lync and dual mode": (LYNC, {}, []),
    "Lync and TLS": (LYNC, {f"{UM}.startup_mode": "tls"}, []),
    "Lync and TCP": (
        LYNC,
        {f"{UM}.startup_mode": "tcp"},
        [f"+ lync-needs-tls at {UM}.startup_mode"],
    ),
    "Lync and the default": (LYNC, {UM: {}}, [f"+ lync-needs-tls at {UM}"]),
    "Lync beside a gateway, and TCP": (LYNC, {UM: {"ip_gateways": {"gw1": GATEWAY}}}, []),
    "faxes with Lync": (
        LYNC,
        {f"{UM}.fax_partner_servers.fax1": FAX},
        [f"+ fax-with-lync at {UM}.fax_partner_servers.fax1"],
    ),
    "faxes with Lync beside a gateway": (
        LYNC,
        {f"{UM}.fax_partner_servers.fax1": FAX, f"{UM}.ip_gateways.gw1": GATEWAY},
        [],
    ),
    # Names and roles.
    "an unknown site": (
        SPLIT,
        {f"{UM}.sites": ["hr"]},
        [f"+ undeclared at {UM}.sites.0"],
    ),
    "an unknown server": (
        SPLIT,
        gateway(to=["mbx3"]),
        [f"+ undeclared at {UM}.ip_gateways.gw1.to.0"],
    ),
    "a server without a group of its own": (
        SPLIT,
        gateway(to=["cas1", "mbx2"]),
        [f"+ server-without-group at {UM}.ip_gateways.gw1.to.1"],
    ),
    "servers with groups of their own": (SPLIT, gateway(to=["cas1", "mbx1"]), []),
    "a Client Access server alone": (
        SPLIT,
        gateway(to=["cas1"]),
        [f"+ peer-without-role at {UM}.ip_gateways.gw1.to"],
    ),
    "a Mailbox server alone": (
        SPLIT,
        gateway(to=["mbx1"]),
        [f"+ peer-without-role at {UM}.ip_gateways.gw1.to"],
    ),
    "a fax partner server with one role": (
        SPLIT,
        {f"{UM}.fax_partner_servers.fax1": {**FAX, "to": ["mbx1"]}},
        [f"+ peer-without-role at {UM}.fax_partner_servers.fax1.to"],
    ),
    "a site with one role": (
        SPLIT,
        {
            "sites.paris": {"network": "corp", "servers": {"cas3": {"roles": ["client_access"]}}},
            f"{UM}.sites": ["paris"],
        },
        [f"+ peer-without-role at {UM}.ip_gateways.gw1"],
    ),
    # Ports.
    "media over TCP": (
        SPLIT,
        gateway(media_ports="16384-32767/tcp"),
        [f"+ media-protocol at {UM}.ip_gateways.gw1.media_ports"],
    ),
    "media over every protocol": (
        SPLIT,
        {f"{UM}.media_ports": "any"},
        [f"+ media-protocol at {UM}.media_ports"],
    ),
    "media over UDP": (
        SPLIT,
        {f"{UM}.media_ports": "16384-32767/udp", **gateway(media_ports="16384-32767/udp")},
        [],
    ),
    "fax data without ports": (
        SPLIT,
        {f"{UM}.fax_partner_servers.fax1": {**FAX, "t38_ports": ["6044/udp", "icmp"]}},
        [f"+ media-protocol at {UM}.fax_partner_servers.fax1.t38_ports.1"],
    ),
    "fax data over TCP and UDP": (
        SPLIT,
        {f"{UM}.fax_partner_servers.fax1": {**FAX, "t38_ports": ["6044/udp", "6004/tcp"]}},
        [],
    ),
    "the port of TLS with TCP": (
        SPLIT,
        {f"{UM}.sip_tls_listening_port": 5071},
        [f"+ unused-listening-port at {UM}.sip_tls_listening_port"],
    ),
    "the port of TCP with TLS": (
        SPLIT,
        {f"{UM}.sip_tcp_listening_port": 5070, f"{UM}.startup_mode": "tls"},
        [f"+ unused-listening-port at {UM}.sip_tcp_listening_port"],
    ),
    "the port of TCP with TCP": (SPLIT, {f"{UM}.sip_tcp_listening_port": 5070}, []),
    "both ports in dual mode": (
        SPLIT,
        {
            f"{UM}.startup_mode": "dual",
            f"{UM}.sip_tcp_listening_port": 5061,
            f"{UM}.sip_tls_listening_port": 5071,
        },
        [],
    ),
    "one port for both in dual mode": (
        SPLIT,
        {f"{UM}.startup_mode": "dual", f"{UM}.sip_tcp_listening_port": 5061},
        [f"+ port-of-another-service at {UM}.sip_tls_listening_port"],
    ),
    "the port of the Unified Messaging service": (
        SPLIT,
        {f"{UM}.sip_tcp_listening_port": 5062},
        [f"+ port-of-another-service at {UM}.sip_tcp_listening_port"],
    ),
    "a port of the worker processes": (
        SPLIT,
        {f"{UM}.sip_tcp_listening_port": 5067},
        [f"+ port-of-another-service at {UM}.sip_tcp_listening_port"],
    ),
    "the port after those of the worker processes": (
        SPLIT,
        {f"{UM}.sip_tcp_listening_port": 5069},
        [],
    ),
    "the port of inbound mail": (
        SPLIT,
        {f"{UM}.sip_tcp_listening_port": 25},
        [f"+ port-of-another-service at {UM}.sip_tcp_listening_port"],
    ),
    # Addresses.
    "two gateways with one address": (
        SPLIT,
        {f"{UM}.ip_gateways.gw2": {"address": ["10.20.9.6", "10.20.9.5"]}},
        [f"+ neighbor-listed-twice at {UM}.ip_gateways.gw2.address"],
    ),
    "two gateways": (SPLIT, {f"{UM}.ip_gateways.gw2": {"address": "10.20.9.6"}}, []),
    "a gateway that is the fax partner server": (
        SPLIT,
        {f"{UM}.fax_partner_servers.fax1": GATEWAY},
        [],
    ),
}
