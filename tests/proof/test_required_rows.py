"""What the published tables ask for each server: the law that bounds plans from below, in words.

A line is a server, whom it must reach (->) or be reached by (<-), the ports and the row. The edits are of
an organization of two sites, each with an Edge server.
"""

from collections.abc import Mapping
from typing import Any, Final

import pytest

from exchange_ports.flows.flow_index import WAYS
from exchange_ports.proof.documented_rows import DocumentedRows
from exchange_ports.topology.inventory import Inventory
from tests.support.strategies import declared, edited
from tests.support.two_sites import EDITS, TWO_SITES

#: The Internet of design.md 5.3 with 10.0.0.0/8 as the only private block.
PUBLIC: Final = "0.0.0.0-9.255.255.255, 11.0.0.0-223.255.255.255"
WITHOUT_EDIT: Final = {
    "edge1 -> mbx1 25/tcp E2",
    "edge1 -> public 25/tcp E4",
    "edge1 <- mbx1 25/tcp E3",
    "edge1 <- mbx1 50636/tcp E5",
    "edge1 <- public 25/tcp E1",
    "edge2 -> mbx3 25/tcp E2",
    "edge2 -> public 25/tcp E4",
    "edge2 <- mbx3 25/tcp E3",
    "edge2 <- mbx3 50636/tcp E5",
    "edge2 <- public 25/tcp E1",
    "mbx1 -> edge1 25/tcp E3",
    "mbx1 -> edge1 50636/tcp E5",
    "mbx1 <- edge1 25/tcp E2",
    "mbx3 -> edge2 25/tcp E3",
    "mbx3 -> edge2 50636/tcp E5",
    "mbx3 <- edge2 25/tcp E2",
}


def required(data: Mapping[str, Any]) -> set[str]:
    inventory = Inventory(declared(data))
    rows = DocumentedRows(inventory.topology, inventory.by_name)
    names = {str(server.address_set): server.name for server in inventory.servers}

    def peers(addresses: str) -> str:
        return names.get(addresses) or addresses.replace(PUBLIC, "public")

    return {
        f"{server.name} {'->' if way == 'out' else '<-'} {peers(str(each.peers))} "
        f"{','.join(map(str, each.ports))} {each.row}"
        for server in inventory.servers
        for way in WAYS
        for each in rows.of(server, way)
    }


LINES: Final[Mapping[str, list[str]]] = {
    "a Send connector by hand": ["- edge1 <- mbx1 50636/tcp E5", "- mbx1 -> edge1 50636/tcp E5"],
    "an Edge server that takes mail only": [
        "- edge1 -> public 25/tcp E4",
        "- edge1 <- mbx1 25/tcp E3",
        "- mbx1 -> edge1 25/tcp E3",
    ],
    "an Edge server that sends only": [
        "- edge1 -> mbx1 25/tcp E2",
        "- edge1 <- public 25/tcp E1",
        "- mbx1 <- edge1 25/tcp E2",
    ],
    "ports of its own and an exception": [
        "+ edge1 -> mbx1 2525/tcp E2",
        "+ edge1 <- nothing 50700/tcp E5",
        "+ mbx1 <- edge1 2525/tcp E2",
        "- edge1 -> mbx1 25/tcp E2",
        "- edge1 <- mbx1 50636/tcp E5",
        "- mbx1 -> edge1 50636/tcp E5",
        "- mbx1 <- edge1 25/tcp E2",
    ],
    "no inbound mail": [
        "- edge1 -> mbx1 25/tcp E2",
        "- edge1 <- public 25/tcp E1",
        "- edge2 -> mbx3 25/tcp E2",
        "- edge2 <- public 25/tcp E1",
        "- mbx1 <- edge1 25/tcp E2",
        "- mbx3 <- edge2 25/tcp E2",
    ],
    "inbound mail past Edge as well": ["+ cas3 <- 0.0.0.0/0 25/tcp M1"],
    "inbound mail from a filtering service": [
        "+ cas3 <- 198.51.100.0/24 25/tcp M1",
        "+ edge1 <- 198.51.100.0/24 25/tcp E1",
        "+ edge2 <- 198.51.100.0/24 25/tcp E1",
        "- edge1 <- public 25/tcp E1",
        "- edge2 <- public 25/tcp E1",
    ],
    "inbound mail by two ways": [
        "+ cas3 <- 10.20.7.0/28 25/tcp M1",
        "+ edge1 <- 198.51.100.0/24 25/tcp E1",
        "+ edge2 <- 198.51.100.0/24 25/tcp E1",
        "- edge1 <- public 25/tcp E1",
        "- edge2 <- public 25/tcp E1",
    ],
    "clients of one server": ["+ cas3 <- 10.64.0.0/16 443/tcp C1"],
    "mail of one Mailbox server proxied": [
        "+ cas3 -> public 25/tcp M3",
        "- edge1 -> public 25/tcp E4",
        "- edge1 <- mbx1 25/tcp E3",
        "- edge2 -> public 25/tcp E4",
        "- edge2 <- mbx3 25/tcp E3",
        "- mbx1 -> edge1 25/tcp E3",
        "- mbx3 -> edge2 25/tcp E3",
    ],
    "clients of one site on another port": ["+ cas1 <- 10.64.0.0/16 1430/tcp C3"],
    "clients from anywhere": ["+ cas1 <- 0.0.0.0/0 443/tcp C1", "+ cas3 <- 0.0.0.0/0 443/tcp C1"],
    "clients from public addresses": ["+ cas1 <- public 443/tcp C1", "+ cas3 <- public 443/tcp C1"],
    "the Internet as any address": [
        "+ edge1 -> 0.0.0.0/0 25/tcp E4",
        "+ edge1 <- 0.0.0.0/0 25/tcp E1",
        "+ edge2 -> 0.0.0.0/0 25/tcp E4",
        "+ edge2 <- 0.0.0.0/0 25/tcp E1",
        "- edge1 -> public 25/tcp E4",
        "- edge1 <- public 25/tcp E1",
        "- edge2 -> public 25/tcp E4",
        "- edge2 <- public 25/tcp E1",
    ],
    "mail sent by the Mailbox servers of a site": [
        "+ mbx3 -> public 25/tcp M2",
        "- edge1 -> public 25/tcp E4",
        "- edge1 <- mbx1 25/tcp E3",
        "- edge2 -> public 25/tcp E4",
        "- edge2 <- mbx3 25/tcp E3",
        "- mbx1 -> edge1 25/tcp E3",
        "- mbx3 -> edge2 25/tcp E3",
    ],
    "mail sent by one Mailbox server": [
        "+ mbx3 -> public 25/tcp M2",
        "- edge1 -> public 25/tcp E4",
        "- edge1 <- mbx1 25/tcp E3",
        "- edge2 -> public 25/tcp E4",
        "- edge2 <- mbx3 25/tcp E3",
        "- mbx1 -> edge1 25/tcp E3",
        "- mbx3 -> edge2 25/tcp E3",
    ],
    "mail proxied to a smart host": [
        "+ cas3 -> 203.0.113.25 587/tcp M3",
        "- edge1 -> public 25/tcp E4",
        "- edge1 <- mbx1 25/tcp E3",
        "- edge2 -> public 25/tcp E4",
        "- edge2 <- mbx3 25/tcp E3",
        "- mbx1 -> edge1 25/tcp E3",
        "- mbx3 -> edge2 25/tcp E3",
    ],
    "mail sent by the Edge servers of a site": [
        "+ edge1 -> 203.0.113.25 25/tcp E4",
        "- edge1 -> public 25/tcp E4",
        "- edge2 -> public 25/tcp E4",
        "- edge2 <- mbx3 25/tcp E3",
        "- mbx3 -> edge2 25/tcp E3",
    ],
    "mail sent by one Edge server": [
        "- edge2 -> public 25/tcp E4",
        "- edge2 <- mbx3 25/tcp E3",
        "- mbx3 -> edge2 25/tcp E3",
    ],
    "relays": [
        "+ cas1 <- 10.20.7.0/28 25/tcp M6",
        "+ mbx1 <- 10.20.8.0/28 2526/tcp M6",
        "+ mbx3 <- 10.20.8.0/28 2526/tcp M6",
    ],
    "a witness": ["+ mbx3 -> 10.20.7.60 135,445,49152-65535/tcp W1"],
    "name servers": [
        "+ cas1 -> 10.20.2.53 53/tcp,53/udp N1",
        "+ cas3 -> 10.20.2.53 53/tcp,53/udp N1",
        "+ edge1 -> 10.20.240.53 53/tcp,53/udp E7",
        "+ edge2 -> 10.20.240.53 53/tcp,53/udp E7",
        "+ mbx1 -> 10.20.2.53 53/tcp,53/udp N1",
        "+ mbx3 -> 10.20.2.53 53/tcp,53/udp N1",
    ],
    "domain controllers as name servers of Edge": [
        "+ edge1 -> 10.20.2.10, 10.20.3.10 53/tcp,53/udp E7",
        "+ edge2 -> 10.20.2.10, 10.20.3.10 53/tcp,53/udp E7",
    ],
    "name servers for mail": [
        "+ cas1 -> 10.20.2.53 53/tcp,53/udp N1",
        "+ cas3 -> 10.20.2.53 53/tcp,53/udp M4",
        "+ cas3 -> 10.20.2.53 53/tcp,53/udp N1",
        "+ cas3 <- 0.0.0.0/0 25/tcp M1",
        "+ mbx1 -> 10.20.2.53 53/tcp,53/udp M4",
        "+ mbx1 -> 10.20.2.53 53/tcp,53/udp N1",
        "+ mbx1 -> public 25/tcp M2",
        "+ mbx3 -> 10.20.2.53 53/tcp,53/udp N1",
        "- edge1 -> public 25/tcp E4",
        "- edge1 <- mbx1 25/tcp E3",
        "- edge2 -> public 25/tcp E4",
        "- edge2 <- mbx3 25/tcp E3",
        "- mbx1 -> edge1 25/tcp E3",
        "- mbx3 -> edge2 25/tcp E3",
    ],
    "name servers by network": [
        "+ cas1 -> 10.20.2.53 53/tcp,53/udp N1",
        "+ cas3 -> 10.20.2.53 53/tcp,53/udp N1",
        "+ edge1 -> 10.20.240.53 53/tcp,53/udp E7",
        "+ edge2 -> 10.20.240.53 53/tcp,53/udp E7",
        "+ mbx1 -> 10.20.2.53 53/tcp,53/udp N1",
        "+ mbx3 -> 10.20.2.53 53/tcp,53/udp N1",
    ],
    "a proxy": ["+ edge1 -> 10.20.240.9 8080/tcp E8", "+ edge2 -> 10.20.240.9 8080/tcp E8"],
    "probes": [
        "+ edge1 -> public 23,80,1080-1081,3128,6588/tcp E8d",
        "+ edge2 -> public 23,80,1080-1081,3128,6588/tcp E8d",
    ],
    "IPv6": [
        "+ cas1 <- 0.0.0.0/0, ::/0 443/tcp C1",
        "+ cas3 <- 0.0.0.0/0, ::/0 443/tcp C1",
        "+ edge1 -> public, 2000::/3 25/tcp E4",
        "+ edge1 <- public, 2000::/3 25/tcp E1",
        "+ edge2 -> public, 2000::/3 25/tcp E4",
        "+ edge2 <- public, 2000::/3 25/tcp E1",
        "- edge1 -> public 25/tcp E4",
        "- edge1 <- public 25/tcp E1",
        "- edge2 -> public 25/tcp E4",
        "- edge2 <- public 25/tcp E1",
    ],
    "mail sent by every Mailbox server": [
        "+ mbx1 -> public 25/tcp M2",
        "+ mbx3 -> public 25/tcp M2",
        "- edge1 -> public 25/tcp E4",
        "- edge1 <- mbx1 25/tcp E3",
        "- edge2 -> public 25/tcp E4",
        "- edge2 <- mbx3 25/tcp E3",
        "- mbx1 -> edge1 25/tcp E3",
        "- mbx3 -> edge2 25/tcp E3",
    ],
    "mail proxied by a site": [
        "+ cas1 -> public 25/tcp M3",
        "- edge1 -> public 25/tcp E4",
        "- edge1 <- mbx1 25/tcp E3",
        "- edge2 -> public 25/tcp E4",
        "- edge2 <- mbx3 25/tcp E3",
        "- mbx1 -> edge1 25/tcp E3",
        "- mbx3 -> edge2 25/tcp E3",
    ],
    "calls of a gateway": [
        "+ cas1 <- 10.20.9.5 5060/tcp U1",
        "+ cas3 <- 10.20.9.5 5060/tcp U1",
        "+ mbx1 -> 10.20.9.5 1024-65535/udp F3",
        "+ mbx1 -> 10.20.9.5 5060/tcp F5",
        "+ mbx1 <- 10.20.9.5 1024-65535/udp U4",
        "+ mbx1 <- 10.20.9.5 5062/tcp U2",
        "+ mbx1 <- 10.20.9.5 5065-5068/tcp U3",
        "+ mbx3 -> 10.20.9.5 1024-65535/udp F3",
        "+ mbx3 -> 10.20.9.5 5060/tcp F5",
        "+ mbx3 <- 10.20.9.5 1024-65535/udp U4",
        "+ mbx3 <- 10.20.9.5 5062/tcp U2",
        "+ mbx3 <- 10.20.9.5 5065-5068/tcp U3",
    ],
    "calls of one site by TLS": [
        "+ cas3 <- 10.20.9.5-10.20.9.6 5071/tcp U1",
        "+ mbx3 -> 10.20.9.5-10.20.9.6 20000-29999/udp F3",
        "+ mbx3 -> 10.20.9.5-10.20.9.6 5061/tcp F4",
        "+ mbx3 <- 10.20.9.5-10.20.9.6 16384-32767/udp U4",
        "+ mbx3 <- 10.20.9.5-10.20.9.6 5063/tcp U2",
        "+ mbx3 <- 10.20.9.5-10.20.9.6 5065-5068/tcp U3",
    ],
    "calls of one server in dual mode, and faxes": [
        "+ cas1 <- 10.20.9.20 2525/tcp F10",
        "+ cas1 <- 10.20.9.5 5060/tcp,5061/tcp U1",
        "+ mbx1 -> 10.20.9.20 5070/udp F9",
        "+ mbx1 -> 10.20.9.20 6044/udp,6004/tcp F9t",
        "+ mbx1 -> 10.20.9.5 1024-65535/udp F3",
        "+ mbx1 -> 10.20.9.5 5080/tcp F4",
        "+ mbx1 -> 10.20.9.5 5080/tcp F5",
        "+ mbx1 <- 10.20.9.20 6044/udp,6004/tcp F9t",
        "+ mbx1 <- 10.20.9.5 1024-65535/udp U4",
        "+ mbx1 <- 10.20.9.5 5062/tcp,5063/tcp U2",
        "+ mbx1 <- 10.20.9.5 5065-5068/tcp U3",
    ],
    "a relay of every site": [
        "+ cas1 <- 10.20.7.0/28 25/tcp M6",
        "+ cas3 <- 10.20.7.0/28 25/tcp M6",
    ],
    "the platform's name servers": [],
}


def test_two_sites_with_edge_servers_need_mail_and_edgesync_each_with_its_own() -> None:
    assert required(TWO_SITES) == WITHOUT_EDIT


def test_every_edit_has_its_lines() -> None:
    assert list(LINES) == list(EDITS)


@pytest.mark.parametrize("case", EDITS)
def test_an_edit_asks_for_these_lines_and_no_longer_for_those(case: str) -> None:
    found = required(edited(TWO_SITES, EDITS[case]))
    more = [f"+ {line}" for line in sorted(found - WITHOUT_EDIT)]
    assert [*more, *(f"- {line}" for line in sorted(WITHOUT_EDIT - found))] == LINES[case]
