"""What a plan opens, as rows for people: per network and zone, by role, port, peer and reason.

Rows come from flows, so a reader sees what was meant in one line where a cloud needs several rules.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from exchange_ports.flows import Flow, Reason
from exchange_ports.flows.labels import peer_label
from exchange_ports.planning import Plans
from exchange_ports.reports.reasons import why
from exchange_ports.topology.groups import Group, identity
from exchange_ports.topology.models import Inbound, Topology
from exchange_ports.topology.roles import send_connectors

__all__ = ["Opening", "closed", "openings"]


@dataclass(frozen=True, slots=True)
class Opening:
    """One flow at one of its ends that is ours, seen from there."""

    zone: str
    direction: str
    role: str
    ports: str
    peer: str
    reasons: tuple[Reason, ...]

    @property
    def why(self) -> str:
        """The reasons on one line, each with its row of the published tables or its ticket."""
        return why(self.reasons)

    def as_data(self) -> dict[str, object]:
        """The opening for JSON."""
        return {
            "zone": self.zone,
            "direction": self.direction,
            "role": self.role,
            "ports": self.ports,
            "peer": self.peer,
            "reasons": [
                {
                    "says": reason.summary,
                    "entry": reason.entry,
                    "source": reason.source,
                    "accepted_risk": reason.accepted_risk,
                    "owner": reason.owner,
                    "ticket": reason.ticket,
                    "review": reason.review,
                }
                for reason in self.reasons
            ],
        }


def _seen(flow: Flow, network: str, zones: Mapping[Group, set[str]]) -> Iterator[Opening]:
    for direction, ours, theirs in (
        ("in", flow.destination, flow.source),
        ("out", flow.source, flow.destination),
    ):
        if isinstance(ours, Group) and ours.network == network:
            peer = peer_label(theirs, network)
            for zone in zones[ours]:
                yield Opening(zone, direction, ours.key, str(flow.ports), peer, flow.reasons)


def openings(plans: Plans, network: str) -> tuple[Opening, ...]:
    """What is opened in a network, by zone, direction and role."""
    known = identity(network, plans.topology.networks[network])
    zones: dict[Group, set[str]] = defaultdict(set)
    for wearer in plans.inventory.servers:
        for group in wearer.groups:
            zones[group].add(wearer.zone.value)
    seen = [opening for flow in plans.flows for opening in _seen(flow, known, zones)]
    return tuple(sorted(seen, key=lambda o: (o.zone, o.direction, o.role, o.ports, o.peer)))


def closed(topology: Topology) -> tuple[str, ...]:
    """What stays closed because nothing is declared for it."""
    said: list[str] = []
    flow = topology.mail_flow
    if not topology.clients:
        said.append("no clients are declared: no client reaches a Client Access server")
    receives = any(edge.receives for edge in topology.edge_servers.values())
    if flow.inbound == "none" or (flow.inbound is None and not receives):
        said.append("no inbound mail is declared: nobody outside can deliver mail")
    elif isinstance(flow.inbound, Inbound) and topology.edge_servers and flow.inbound.to is None:
        said.append("inbound mail comes through the Edge servers only")
    if not send_connectors(topology):
        said.append("no outbound mail is declared: no server sends mail to the outside")
    return tuple(said)
