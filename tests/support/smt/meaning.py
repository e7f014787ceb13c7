"""What the flows of a topology mean, as formulas: written apart from `proof/scene.py`.

Knows: flows as plain data, and the topology as it stands in the file. Who a group is, is told here from
what the file says of each server, not from what the package lets it have.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any, Final

from exchange_ports.flows import ExternalEndpoint, Flow
from exchange_ports.topology.groups import Group
from tests.support.exchange_versions import roles_of
from tests.support.smt import logic
from tests.support.smt.clouds import HOST, of_ports
from tests.support.smt.logic import PEER, Address, Formula, Range

__all__ = ["People", "meant"]

#: No one can declare class E (RFC 1112 4), so who has no address gets one of these; not the same as
#: the package's own.
_NOWHERE: Final = int(ip_address("241.0.0.1"))
_SMTP, _EDGESYNC = 25, 50636


@dataclass(frozen=True)
class People:
    """Who there is, by the file alone."""

    data: Mapping[str, Any]

    @property
    def servers(self) -> dict[str, tuple[str | None, Mapping[str, Any]]]:
        """Internal servers with the key of their site."""
        return {
            name: (key, server)
            for key, site in self.data["sites"].items()
            for name, server in site.get("servers", {}).items()
        }

    @property
    def edges(self) -> Mapping[str, Mapping[str, Any]]:
        """Edge servers."""
        return self.data.get("edge_servers", {})

    def where(self) -> dict[str, tuple[Address, ...]]:
        """The addresses of every server, made up where it has none."""
        found: dict[str, tuple[Address, ...]] = {}
        declared = {name: server for name, (_, server) in self.servers.items()} | {**self.edges}
        for place, (name, server) in enumerate(declared.items()):
            given = server.get("address", [])
            texts = [given] if isinstance(given, str) else given
            own = tuple(ip_address(text) for text in texts)
            found[name] = own or (ip_address(_NOWHERE + place),)
        return found

    def managed(self) -> Iterator[tuple[str, str]]:
        """Every server that we filter, with the key of its network."""
        for name, key in self.networks().items():
            if self.data["networks"][key]["platform"] != "external":
                yield name, key

    def networks(self) -> dict[str, str]:
        """Where each server stands, by the key of the network."""
        sites = self.data["sites"]
        found = {name: sites[site]["network"] for name, (site, _) in self.servers.items()}
        return found | {name: edge["network"] for name, edge in self.edges.items()}

    def space(self, network: str) -> tuple[Range, ...]:
        """The zones of a network."""
        zones = self.data["networks"][network]
        return tuple(map(ip_network, (*zones["internal"], *zones.get("perimeter", ()))))

    def members(self, group: Group) -> set[str]:
        """Whom a group stands for, by the words that describe it."""
        here = {
            name
            for name, key in self.networks().items()
            if _identity(key, self.data["networks"][key]) == group.network
        }
        return {name for name in here if self._is(name, group.kind.value, group.of)}

    def _is(self, name: str, kind: str, of: str) -> bool:
        if name in self.edges:
            return self._is_edge(name, self.edges[name], kind, of)
        site, server = self.servers[name]
        at_site = _identity(str(site), self.data["sites"][site]) == of
        roles = roles_of(self.data, server)
        mailbox, client_access = "mailbox" in roles, "client_access" in roles
        published = server.get("published", self.data["sites"][site].get("published", True))
        apart = any(
            name in edge.get("edgesync_except", ()) and edge.get("subscribed_site") == site
            for edge in self.edges.values()
        )
        return {
            "exchange": True,
            "client-access": at_site and client_access and published,
            "unpublished": at_site and client_access and not published,
            "mailbox": at_site and mailbox,
            "edgesync": at_site and mailbox and not apart,
            "edgesync-server": mailbox and apart and _identity(name, server) == of,
            "server": bool(server.get("own_group")) and _identity(name, server) == of,
        }.get(kind, False)

    def _is_edge(self, name: str, edge: Mapping[str, Any], kind: str, of: str) -> bool:
        site = edge.get("subscribed_site") or edge["manual_connectors_site"]
        at_site = _identity(site, self.data["sites"][site]) == of
        receives, sends = edge.get("receives", True), edge.get("sends", True)
        usual_port = edge.get("delivery_port", _SMTP) == _SMTP
        usual_sync = edge.get("edgesync_port", _EDGESYNC) == _EDGESYNC
        usual_sync = usual_sync and not edge.get("edgesync_except")
        subscribed = "subscribed_site" in edge
        return {
            "edge": at_site,
            "edge-receiving": at_site and receives and usual_port,
            "edge-sending": at_site and sends,
            "edge-synced": at_site and subscribed and usual_sync,
            "edge-server": _identity(name, edge) == of,
        }.get(kind, False)


def meant(
    people: People, flows: tuple[Flow, ...], server: str, way: str, *, probed: bool
) -> Formula:
    """Some flow of the server's groups says so; where it is `probed`, Azure's load balancers too."""
    where, members = people.where(), _Members(people)

    def end(one: Group | ExternalEndpoint) -> Formula:
        if isinstance(one, ExternalEndpoint):
            return logic.any_of(logic.within(PEER, range_) for range_ in one.ranges)
        return logic.any_of(
            logic.within(PEER, ip_network(address))
            for name in sorted(members[one])
            for address in where[name]
        )

    reported = [
        logic.all_of(of_ports(flow.ports), end(theirs))
        for flow in flows
        for ours, theirs in (
            ((flow.source, flow.destination),)
            if way == "out"
            else ((flow.destination, flow.source),)
        )
        if isinstance(ours, Group) and server in members[ours]
    ]
    if probed and way == "in":
        reported.append(logic.within(PEER, HOST))
    return logic.any_of(reported)


class _Members(dict[Group, set[str]]):
    """Whom each group stands for, looked up once."""

    def __init__(self, people: People) -> None:
        super().__init__()
        self._people = people

    def __missing__(self, group: Group) -> set[str]:
        self[group] = self._people.members(group)
        return self[group]


def _identity(key: str, declared: Mapping[str, Any]) -> str:
    return declared.get("id") or key
