"""Which flows are risky, which field opens each of them, and where its risk is accepted."""

from collections.abc import Iterator
from typing import Final

from exchange_ports.findings import Path
from exchange_ports.flows.flow import Endpoint, ExternalEndpoint, Flow
from exchange_ports.flows.flow_index import services_of
from exchange_ports.flows.rows import ROWS, FlowContext
from exchange_ports.topology.fields import EndpointKind
from exchange_ports.topology.groups import EDGE_KINDS, Group, ServerRole
from exchange_ports.topology.inventory import ExchangeServer
from exchange_ports.topology.models import Platform
from exchange_ports.topology.risk import Opener, Position, ZoneMap, why_risky
from exchange_ports.traffic.addresses import AddressSet
from exchange_ports.traffic.ports import ANY_PORTS, Ports
from exchange_ports.traffic.services import ServiceSet

_PUBLIC: Final = frozenset((Position.PUBLIC,))
_PERIMETER: Final = frozenset((Position.PERIMETER,))
_INSIDE: Final = frozenset((Position.INSIDE,))

#: What opens the rows that are somebody's own choice.
_OPENERS: Final = {
    # Mail of applications, and of fax partner servers.
    **dict.fromkeys(("M6", "F10"), Opener.RELAY),
    # Calls, media and faxes of Unified Messaging.
    **dict.fromkeys(("U1", "U2", "U3", "U4", "F3", "F4", "F5", "F9", "F9t"), Opener.CALLS),
}
#: The rows whose ports an Edge server's own fields may change.
_OF_EDGE: Final = ("E2", "E3", "E5")
#: How many words of a path name the thing that opens traffic; two where it is not listed.
_DEPTH: Final = {"sites": 3, "sender_reputation": 1, "relays": 3, "unified_messaging": 3}


class RiskyFlows:
    """The risks of the flows of one topology."""

    def __init__(self, context: FlowContext) -> None:
        """Know where everyone is."""
        self.context = context
        self._topology = context.topology
        self._zones = ZoneMap(context.topology)
        self._known: dict[tuple[Endpoint, bool], frozenset[Position]] = {}
        self._wide: dict[ExternalEndpoint, bool] = {}
        self._carried: dict[Ports, ServiceSet] = {}

    def risks(self, flow: Flow, entry: str | None) -> tuple[str, ...]:
        """Why a flow is risky, as it is opened by a row, or by an operator where `entry` is no row."""
        if not any(self._is_managed(end) for end in (flow.source, flow.destination)):
            return ()
        whole = flow.ports == ANY_PORTS
        source, to = (self._positions(end, whole) for end in (flow.source, flow.destination))
        if source == to == _INSIDE:
            return ()
        if entry is None or entry not in ROWS:
            opener = Opener.OPERATOR
        else:
            opener = _OPENERS.get(entry, Opener.NEIGHBOR if whole else Opener.ROW)
        return why_risky(
            source,
            to,
            self._services(flow.ports),
            opener,
            to_mailbox=any(ServerRole.MAILBOX in each.roles for each in self._at(flow)),
            to_unpublished=any(each.unpublished for each in self._at(flow)),
            wide=opener is Opener.OPERATOR
            and any(map(self._is_wide, (flow.source, flow.destination))),
        )

    def _is_wide(self, end: Endpoint) -> bool:
        if not isinstance(end, ExternalEndpoint) or end.is_everyone:
            return False
        known = self._wide.get(end)
        if known is None:
            known = self._wide[end] = any(map(self._zones.is_wide, end.ranges))
        return known

    def fields(self, flow: Flow, entry: str) -> tuple[Path, ...]:
        """The things of the topology that open a flow of a row, each by its path, each once."""
        found = dict.fromkeys(map(_thing, self._declared_at(flow, entry)))
        return tuple(found)

    def accepted(self, flow: Flow, entry: str) -> tuple[Path, str] | None:
        """Where the risk of a flow is accepted, and the words for it; None where it is not."""
        for path in self.fields(flow, entry):
            if path[:2] == ("mail_flow", "relays"):
                relay = self._topology.mail_flow.relays[str(path[2])]
                if relay.accept_risk:
                    return path, f"relay {path[2]}"
            words = self._topology.accept_risk.get(dotted(path))
            if words is not None:
                return path, words
        return None

    def _declared_at(self, flow: Flow, entry: str) -> Iterator[Path]:
        if entry in _OF_EDGE:
            for end in (flow.source, flow.destination):
                yield from ROWS["E5"].declared_at(
                    self.context, Flow(end, end, flow.ports, flow.reasons)
                )
            return
        yield from ROWS[entry].declared_at(self.context, flow)
        for end in (flow.source, flow.destination):
            if isinstance(end, Group) and self._is_external(end):
                yield "networks", self.context.inventory.networks[end.network].key

    def _services(self, ports: Ports) -> ServiceSet:
        known = self._carried.get(ports)
        if known is None:
            known = self._carried[ports] = services_of([ports])
        return known

    def _is_managed(self, end: Endpoint) -> bool:
        return isinstance(end, Group) and not self._is_external(end)

    def _is_external(self, group: Group) -> bool:
        network = self.context.inventory.networks[group.network]
        return network.declared.platform is Platform.EXTERNAL

    def _positions(self, end: Endpoint, whole: bool) -> frozenset[Position]:
        known = self._known.get((end, whole))
        if known is None:
            known = self._known[end, whole] = self._found(end, whole)
        return known

    def _found(self, end: Endpoint, whole: bool) -> frozenset[Position]:
        if isinstance(end, ExternalEndpoint):
            if end.kind in (EndpointKind.INTERNET, EndpointKind.ANY):
                return _PUBLIC
            strict = whole and end.unrestricted
            return self._zones.positions(AddressSet.of(end.ranges), every_protocol=strict)
        if end.kind in EDGE_KINDS:
            return _PERIMETER
        if self._is_external(end):
            return self._zones.positions(self.context.inventory.addresses.get(end, AddressSet()))
        return _INSIDE

    def _at(self, flow: Flow) -> tuple[ExchangeServer, ...]:
        """The servers at the destination of a flow."""
        end = flow.destination
        return self.context.inventory.members.get(end, ()) if isinstance(end, Group) else ()


def _thing(path: Path) -> Path:
    depth = _DEPTH.get(str(path[1] if path[0] == "mail_flow" else path[0]), 2)
    return path[:depth]


def dotted(path: Path) -> str:
    """A path as `accept_risk` names it: `sites.hq.lync`."""
    return ".".join(map(str, path))
