"""Ends of changes in words: roles with their sites, neighbours by name, anyone else by address."""

from collections.abc import Iterable
from typing import Final

from exchange_ports.clouds import platform_traffic
from exchange_ports.differences.change import ChangeEndpoint, EndpointZone
from exchange_ports.differences.traffic_diff import Snapshot
from exchange_ports.flows import ExternalEndpoint
from exchange_ports.flows.labels import outside_label, role_of, roles_label
from exchange_ports.topology.groups import Group
from exchange_ports.topology.inventory import ExchangeServer
from exchange_ports.traffic.addresses import GLOBAL_UNICAST, AddressSet, network

_V4: Final = AddressSet.of([network("0.0.0.0/0")])
#: What is no public address: "this network", loopback, link-local, classes D and E (RFC 6890).
_NEVER_PUBLIC: Final = AddressSet.of(
    map(network, ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"))
)
#: An organization's own IPv6 addresses are global as well: only who names most of them names the
#: Internet.
_MOST_OF_V6: Final = 2**124


class EndpointText:
    """How the ends of one topology are called, and where they stand."""

    def __init__(self, snapshot: Snapshot) -> None:
        """Know who is there."""
        topology = snapshot.plans.topology
        self._snapshot = snapshot
        networks = topology.networks.values()
        self._perimeter = AddressSet.of(r for each in networks for r in each.perimeter)
        ours = AddressSet.of(r for each in networks for r in (*each.internal, *each.perimeter))
        blocks = AddressSet.of(topology.private_blocks)
        self._public = _V4 - ours - blocks - _RFC1918 - _NEVER_PUBLIC
        self._inside = (ours | blocks) - self._perimeter

    def end(
        self, ends: Iterable[Group | ExternalEndpoint], addresses: AddressSet
    ) -> ChangeEndpoint:
        """One end, of all that it was put together from."""
        groups = [end for end in ends if isinstance(end, Group)]
        outside = sorted({end for end in ends if isinstance(end, ExternalEndpoint)})
        servers = tuple(
            dict.fromkeys(
                (server.name, server.in_perimeter)
                for server in self._snapshot.servers
                if set(groups) & set(server.groups) and _has(addresses, server)
            )
        )
        names = tuple(sorted(name for name, _ in servers))
        if groups:
            zone = (
                EndpointZone.PERIMETER
                if any(exposed for _, exposed in servers)
                else EndpointZone.INSIDE
            )
        elif all(any(end == each.source for each in platform_traffic()) for end in outside):
            # A public address that only the platform's own host has.
            zone = EndpointZone.OUTSIDE
        else:
            zone = self._zone(addresses)
        whole = AddressSet()
        for end in outside:
            whole |= self._snapshot.flows.end(end)
        said = [
            *roles_label(groups, self._snapshot.plans.inventory.site_keys),
            *outside_label(outside, addresses, _but_probes(whole - addresses)),
        ]
        kinds = {role_of(group) for group in groups}
        role = "" if not kinds else kinds.pop() if len(kinds) == 1 else "Exchange"
        inside = zone is EndpointZone.INSIDE or bool(addresses & self._inside)
        return ChangeEndpoint(zone, "; ".join(said), names, addresses, role, inside)

    def _zone(self, addresses: AddressSet) -> EndpointZone:
        if addresses & self._public or (addresses & _GLOBAL).size >= _MOST_OF_V6:
            return EndpointZone.INTERNET
        return EndpointZone.PERIMETER if addresses & self._perimeter else EndpointZone.OUTSIDE


_RFC1918: Final = AddressSet.of(map(network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
_GLOBAL: Final = AddressSet.of([GLOBAL_UNICAST])


def _but_probes(missing: AddressSet) -> AddressSet:
    """Without the platforms' own hosts, which are allowed anyway: that is no part of a word."""
    if missing:
        for each in platform_traffic():
            missing -= each.addresses
    return missing


def _has(addresses: AddressSet, server: ExchangeServer) -> bool:
    return any(own in addresses for own in server.addresses)
