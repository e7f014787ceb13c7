"""Ends of changes in words: roles with their sites, neighbours by name, anyone else by address."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from exchange_ports.diff.change import ChangeEndpoint, EndpointZone
from exchange_ports.diff.snapshot import Snapshot
from exchange_ports.flows import ExternalEndpoint
from exchange_ports.topology.fields import EndpointKind
from exchange_ports.topology.groups import Group, GroupKind, identity
from exchange_ports.topology.inventory import ExchangeServer
from exchange_ports.traffic.addresses import GLOBAL_UNICAST, AddressSet, network

__all__ = ["EndpointText", "few"]

#: More ranges than this are counted, and more sites.
_MOST: Final = 3

_ROLES: Final = {
    GroupKind.EXCHANGE: "Exchange",
    GroupKind.CLIENT_ACCESS: "Client Access",
    GroupKind.MAILBOX: "Mailbox",
    GroupKind.EDGESYNC: "Mailbox",
    GroupKind.EDGESYNC_SERVER: "Mailbox",
    GroupKind.SERVER: "Exchange",
}
#: Groups that stand for a role at a site; all others' servers are named anyway.
_AT_SITE: Final = (GroupKind.CLIENT_ACCESS, GroupKind.MAILBOX, GroupKind.EDGESYNC)

_V4: Final = AddressSet.of([network("0.0.0.0/0")])
#: What is nobody's on the Internet: "this network", loopback, link-local, classes D and E (RFC 6890).
_NEVER_PUBLIC: Final = AddressSet.of(
    map(network, ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"))
)
#: An organization's own IPv6 addresses are global as well: only who names most of them names the
#: Internet.
_MOST_OF_V6: Final = 2**124


class EndpointText:
    """How the ends of one topology are called, and where they stand."""

    def __init__(self, side: Snapshot) -> None:
        """Know who is there."""
        topology = side.plans.topology
        self._side = side
        self._sites: Mapping[str, str] = {
            identity(key, site): key for key, site in topology.sites.items()
        }
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
                for server in self._side.servers
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
        elif all(end.kind is EndpointKind.SERVICE_TAG for end in outside):
            # A public address that only Azure's own host has.
            zone = EndpointZone.OUTSIDE
        else:
            zone = self._zone(addresses)
        said = [*self._roles(groups), *self._outside(outside, addresses)]
        kinds = {_ROLES.get(group.kind, "Edge") for group in groups}
        role = "" if not kinds else kinds.pop() if len(kinds) == 1 else "Exchange"
        inside = zone is EndpointZone.INSIDE or bool(addresses & self._inside)
        return ChangeEndpoint(zone, "; ".join(said), names, addresses, role, inside)

    def _zone(self, addresses: AddressSet) -> EndpointZone:
        if addresses & self._public or _places(addresses & _GLOBAL) >= _MOST_OF_V6:
            return EndpointZone.INTERNET
        return EndpointZone.PERIMETER if addresses & self._perimeter else EndpointZone.OUTSIDE

    def _roles(self, groups: Iterable[Group]) -> Iterable[str]:
        found: dict[str, set[str]] = defaultdict(set)
        for group in groups:
            role = _ROLES.get(group.kind, "Edge")
            sites = found[role]
            if group.kind in _AT_SITE:
                sites.add(self._sites.get(group.of, group.of))
        return [f"{role} {few(sorted(sites))}" if sites else role for role, sites in found.items()]

    def _outside(self, ends: list[ExternalEndpoint], addresses: AddressSet) -> Iterable[str]:
        if not ends:
            return
        whole = AddressSet()
        for end in ends:
            whole |= self._side.end(end)
        part = _but_probes(whole - addresses)
        by_kind: dict[str, list[str]] = defaultdict(list)
        for end in ends:
            summary, _, of = end.summary.rpartition(" of ") if end.unrestricted else ("", "", "")
            by_kind[summary or _SAYS.get(end.kind, end.summary)] += [of] if summary else []
        for summary, names in by_kind.items():
            said = f"{summary} of {few(names)}" if names else summary
            yield (
                f"{said}{self._where(ends, addresses, part)}" if summary == [*by_kind][-1] else said
            )

    def _where(self, ends: list[ExternalEndpoint], addresses: AddressSet, part: AddressSet) -> str:
        """The addresses, where they are few and not said already."""
        shown = str(addresses)
        if part:
            if len(addresses.spans) <= _MOST:
                return f", only {shown}"
            if len(part.spans) <= _MOST:
                return f", but for {part}"
            return ", most of it" if _places(addresses) > _places(part) else ", in part"
        said = ends[0].summary.removesuffix("/32").removesuffix("/128")
        if shown == said or len(addresses.spans) > _MOST:
            return ""
        return "" if ends[0].kind in _SAYS else f" ({shown})"


_SAYS: Final = {
    EndpointKind.INTERNET: "Internet (public addresses)",
    EndpointKind.ANY: "Internet (any address)",
}
_RFC1918: Final = AddressSet.of(map(network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
_GLOBAL: Final = AddressSet.of([GLOBAL_UNICAST])


def few(names: list[str]) -> str:
    """A few names, or the first and how many more."""
    if len(names) <= _MOST + 1:
        return ", ".join(names)
    return f"{', '.join(names[:_MOST])} and {len(names) - _MOST} more"


def _but_probes(missing: AddressSet) -> AddressSet:
    """Without Azure's own host, which is let in anyway: that it is not newly so is no part of a word."""
    if not missing:
        return missing
    from exchange_ports.clouds.azure.evaluator import PROBE

    return missing - PROBE


def _has(addresses: AddressSet, server: ExchangeServer) -> bool:
    return any(own in addresses for own in server.addresses)


def _places(addresses: AddressSet) -> int:
    return sum(last - first + 1 for first, last in addresses.spans)
