"""Flows by address as a policy of Aerleon: plain data, as its `api.Generate` takes it.

One term a flow. A set of addresses has a name, and so have ports; the same set has the same name.
"""

from collections.abc import Iterable
from typing import Any, Final

from bench.workload import AddressFlow
from exchange_ports.traffic.addresses import Network
from exchange_ports.traffic.ports import Ports, Protocol

__all__ = ["TARGET", "policy"]

#: The target's name and its options. Of Aerleon's targets that take addresses and ports at both
#: ends (cisco, ciscoasa, juniper, arista, nftables, iptables, packetfilter, brocade, nsxv, paloalto,
#: openconfig) none was quicker by more than chance at 1,000 and 10,000 flows.
TARGET: Final = ("nftables", "inet output")

_ANY: Final = Protocol.ANY


def policy(flows: Iterable[AddressFlow]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The policy, and the definitions of the names in it.

    :raises ValueError: a flow of a protocol that the workloads do not have.
    """
    networks: dict[tuple[Network, ...], str] = {}
    services: dict[Ports, str] = {}
    terms: list[dict[str, Any]] = []
    for at, flow in enumerate(flows):
        term: dict[str, Any] = {
            "name": f"flow-{at}",
            "source-address": networks.setdefault(flow.source, f"NETWORK_{len(networks)}"),
            "destination-address": networks.setdefault(
                flow.destination, f"NETWORK_{len(networks)}"
            ),
            "action": "accept",
        }
        if flow.ports.protocol.has_ports:
            term["protocol"] = flow.ports.protocol.value
            name = f"SERVICE_{len(services)}"
            term["destination-port"] = services.setdefault(flow.ports, name)
        elif flow.ports.protocol is not _ANY:
            raise ValueError(f"no term is written for {flow.ports}")
        terms.append(term)
    target, options = TARGET
    reported = {
        "filename": "bench",
        "filters": [{"header": {"targets": {target: options}}, "terms": terms}],
    }
    definitions = {
        "networks": {
            name: {"values": [{"address": str(range_)} for range_ in ranges]}
            for ranges, name in networks.items()
        },
        "services": {
            name: [
                {"port": str(range_), "protocol": ports.protocol.value} for range_ in ports.ranges
            ]
            for ports, name in services.items()
        },
    }
    return reported, definitions
