"""Topologies of exactly so many flows, the same on both clouds, and the same flows by address.

A network holds at most 1,000 of the flows, as many as an Azure network security group holds rules.
What the published tables ask for comes first, and additional flows make up the rest: hosts and
ranges of several sizes, single ports and ranges, TCP and UDP, both directions, and now and then one
that an earlier one covers. Nothing is drawn by chance: the same number gives the same topology.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

from exchange_ports.flows import ExternalEndpoint, Flow, compile_flows
from exchange_ports.topology.groups import Group
from exchange_ports.topology.inventory import Inventory
from exchange_ports.topology.models import Platform, Topology
from exchange_ports.topology.validate import load_topology
from exchange_ports.traffic.addresses import Network, network, without_covered
from exchange_ports.traffic.ports import Ports

__all__ = ["FLOWS_PER_NETWORK", "AddressFlow", "by_address", "declared", "topology"]

FLOWS_PER_NETWORK: Final = 1_000
_SITES_PER_NETWORK: Final = 2

#: What operators open beside what Exchange needs, most of it for one port.
_PORTS: Final = (
    "22/tcp",
    "80/tcp",
    "123/udp",
    "135/tcp",
    "161/udp",
    "162/udp",
    "443/tcp",
    "445/tcp",
    "514/udp",
    "902/tcp",
    "1433/tcp",
    "1434/udp",
    "1556/tcp",
    "2598/tcp",
    "3389/tcp",
    "4750/tcp",
    "5666/tcp",
    "5985-5986/tcp",
    "6001-6004/tcp",
    "8080/tcp",
    "8400-8403/tcp",
    "8443/tcp",
    "8530-8531/tcp",
    "10050-10051/tcp",
    "13724/tcp",
    "33434-33534/udp",
    "49152-65535/tcp",
)
#: Prefix lengths of peers, each as often as it stands here: most peers are hosts.
_LENGTHS: Final = (32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 29, 28, 28, 26, 24, 24, 24, 22, 20)
#: Where peers are. No network of ours reaches into these.
_PEERS: Final = (network("10.128.0.0/9"), network("172.16.0.0/12"))
#: Of so many additional flows one is for a host inside the peer of an earlier one.
_COVERED_EVERY: Final = 33
_PEERS_PER_FLOW: Final = 1 / 4


@dataclass(frozen=True, slots=True)
class AddressFlow:
    """A flow whose ends are addresses, as a tool sees it that knows no groups."""

    source: tuple[Network, ...]
    destination: tuple[Network, ...]
    ports: Ports


def topology(count: int, platform: Platform) -> Topology:
    """The checked topology of exactly `count` flows, with every network on one platform.

    :raises ValueError: the published tables alone ask for more.
    """
    read, _ = load_topology(declared(count, platform))
    return read


def declared(count: int, platform: Platform) -> dict[str, Any]:
    """The same as plain data, as it would stand in a stack file."""
    data = _organization(-(-count // FLOWS_PER_NETWORK), platform)
    read, _ = load_topology(data)
    missing = count - len(compile_flows(Inventory(read)))
    if missing < 0:
        raise ValueError(f"{count} flows are fewer than the published tables ask for")
    data["additional_flows"] = list(_additional(missing, tuple(data["sites"])))
    return data


def _organization(networks: int, platform: Platform) -> dict[str, Any]:
    """Two sites a network, one with split roles and an Edge server, and no additional flow."""
    sites: dict[str, Any] = {}
    edges: dict[str, Any] = {}
    for at in range(networks):
        sites[f"main{at}"] = {
            "network": f"net{at}",
            "servers": {
                f"cas{at}": {"roles": ["client_access"], "address": f"10.{at}.0.11"},
                f"mbx{at}a": {"roles": ["mailbox"], "address": f"10.{at}.0.21", "own_group": True},
                f"mbx{at}b": {"roles": ["mailbox"], "address": f"10.{at}.0.22"},
            },
            "domain_controllers": {"addresses": [f"10.{at}.2.10", f"10.{at}.2.11"]},
        }
        sites[f"branch{at}"] = {
            "network": f"net{at}",
            "servers": {
                f"ex{at}": {
                    "roles": ["client_access", "mailbox"],
                    "address": f"10.{at}.1.11",
                    "own_group": True,
                }
            },
            "domain_controllers": {"addresses": [f"10.{at}.3.10"]},
        }
        edges[f"edge{at}"] = {
            "network": f"net{at}",
            "address": f"10.{at}.240.5",
            "subscribed_site": f"main{at}",
        }
    return {
        "organization": "bench",
        "networks": {
            f"net{at}": {
                "platform": platform.value,
                "internal": [f"10.{at}.0.0/17"],
                "perimeter": [f"10.{at}.240.0/24"],
            }
            for at in range(networks)
        },
        "sites": sites,
        "edge_servers": edges,
        "clients": {
            "offices": {"from": ["10.64.0.0/12"], "services": ["https", "smtp_submission", "imap"]},
            "internet": {"services": ["https"]},
        },
        "mail_flow": {"outbound": {"through": "edge", "next_hop": "internet"}},
        "name_servers": {"internal": "domain_controllers", "edge": ["10.127.0.53"]},
        "sender_reputation": "disabled",
    }


def _ours(sites: tuple[str, ...]) -> tuple[str, ...]:
    """Ends at our side; each is one group, so that a declared flow is one flow."""
    ends: list[str] = []
    for at, (main, branch) in enumerate(zip(sites[::2], sites[1::2], strict=True)):
        ends += [f"client_access@{main}", f"mailbox@{main}", f"mbx{at}a"]
        ends += [f"client_access@{branch}", f"mailbox@{branch}", f"ex{at}"]
    return tuple(ends)


def _additional(count: int, sites: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Exactly so many additional flows of which no two are the same."""
    ours = _ours(sites)
    peers = _peers(max(8, int(count * _PEERS_PER_FLOW)))
    made: dict[tuple[str, Network, str, bool], None] = {}
    turn = 0
    while len(made) < count:
        turn += 1
        at = _number("flow", turn)
        if turn % _COVERED_EVERY == 0:
            end, wide, ports, inbound = next(
                one for one in reversed(made) if one[1].num_addresses > 1
            )
            host = wide.num_addresses * (at % 89) // 89
            peer = network(str(wide.network_address + host))
        else:
            # One flow of each end after the other, so that every network has its share.
            end = ours[turn % len(ours)]
            peer = peers[at % len(peers)]
            ports = _PORTS[at // len(peers) % len(_PORTS)]
            inbound = at // len(peers) // len(_PORTS) % 3 > 0
        made.setdefault((end, peer, ports, inbound))
    for place, (end, peer, ports, inbound) in enumerate(made):
        source, to = (str(peer), end) if inbound else (end, str(peer))
        # As many reasons as there are systems behind the flows, not as there are flows.
        reason = f"system {place % max(1, count // 8)}"
        yield {"from": source, "to": to, "ports": [ports], "reason": reason}


def _peers(count: int) -> tuple[Network, ...]:
    found: dict[Network, None] = {}
    turn = 0
    while len(found) < count:
        turn += 1
        at = _number("peer", turn)
        space = _PEERS[at % len(_PEERS)]
        length = _LENGTHS[at // len(_PEERS) % len(_LENGTHS)]
        size = 2 ** (space.max_prefixlen - length)
        first = at // len(_PEERS) // len(_LENGTHS) % (space.num_addresses // size) * size
        found.setdefault(network(f"{space.network_address + first}/{length}"))
    return tuple(found)


def _number(what: str, turn: int) -> int:
    """A large number that looks like chance and is none."""
    return int.from_bytes(blake2b(f"{what} {turn}".encode(), digest_size=16).digest(), "big")


def by_address(topology: Topology, wanted: tuple[Flow, ...]) -> tuple[AddressFlow, ...]:
    """Flows with the servers' addresses in place of their groups, in the same order."""
    attached: dict[Group, list[Network]] = {}
    for member in Inventory(topology).servers:
        for group in member.groups:
            attached.setdefault(group, []).extend(member.ranges)
    members: Mapping[Group, tuple[Network, ...]] = {
        group: without_covered(addresses) for group, addresses in attached.items()
    }

    def ranges(end: Group | ExternalEndpoint) -> tuple[Network, ...]:
        return members[end] if isinstance(end, Group) else end.ranges

    return tuple(
        AddressFlow(ranges(flow.source), ranges(flow.destination), flow.ports) for flow in wanted
    )
