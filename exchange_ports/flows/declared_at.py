"""Who asked for a flow: the fields of a topology that a reason of it comes from.

The other way round than `rows`: there a field makes flows, here a flow is led back to its fields. Must
not know: where in a file a field stands.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from exchange_ports.catalog import SERVICES, Service
from exchange_ports.findings import Path
from exchange_ports.flows.compile_flows import of_operator
from exchange_ports.flows.context import FlowContext
from exchange_ports.flows.flow import Endpoint, ExternalEndpoint, Flow, Reason
from exchange_ports.topology.checks.selectors import connectors
from exchange_ports.topology.fields import EndpointKind
from exchange_ports.topology.groups import Group, identity
from exchange_ports.topology.inventory import Inventory
from exchange_ports.topology.models import ClientSource, OutboundPath

__all__ = ["FieldOrigins"]


class FieldOrigins:
    """The fields of one topology, by what they ask for."""

    def __init__(self, inventory: Inventory) -> None:
        """Work out once what each additional flow asks for."""
        topology = inventory.topology
        self._topic = FlowContext(inventory)
        self._operators: dict[tuple[Flow, Reason], list[Path]] = {}
        for index, declared in enumerate(topology.additional_flows):
            for flow in of_operator(self._topic, declared):
                for reason in flow.reasons:
                    fields = self._operators.setdefault((flow, reason), [])
                    fields.append(("additional_flows", index))
        # Nobody wears these any more, so whoever keeps them asks for their flows.
        self._retired: dict[tuple[str, str], Path] = {
            (identity(key, network), group): ("networks", key, "retired_groups")
            for key, network in topology.networks.items()
            for group in network.retired_groups
        }

    def of(self, flow: Flow, reason: Reason) -> tuple[Path, ...]:
        """The fields that ask for a flow by one of its reasons, as paths from the topology's top.

        None where nobody has to ask: between internal Exchange servers.
        """
        found = self._operators.get((flow, reason), [])
        if reason.entry in _FIELDS:
            found = [*_FIELDS[reason.entry](self._topic, flow), *found]
        for end in (flow.source, flow.destination):
            if isinstance(end, Group) and (end.network, end.key) in self._retired:
                found = [*found, self._retired[end.network, end.key]]
        return tuple(dict.fromkeys(found))


_Fields = Callable[[FlowContext, Flow], Iterator[Path]]


def _outside(flow: Flow) -> Iterator[ExternalEndpoint]:
    return (end for end in (flow.source, flow.destination) if isinstance(end, ExternalEndpoint))


def _of_site(field: str, *more: str) -> _Fields:
    """A neighbour of a site, by the identity that stands in its name."""

    def fields(topic: FlowContext, flow: Flow) -> Iterator[Path]:
        for end in _outside(flow):
            for key, site in topic.topology.sites.items():
                if identity(key, site) == end.of:
                    accounts = end.kind is EndpointKind.ACCOUNTS_DOMAIN_CONTROLLERS
                    inner = more if accounts else ()
                    yield ("sites", key, field, *inner)

    return fields


def _clients(service: Service) -> _Fields:
    def fields(topic: FlowContext, flow: Flow) -> Iterator[Path]:
        for name, client in topic.topology.clients.items():
            if (
                service in client.services
                and _is_from(flow, name, client)
                and _is_to(topic, flow, client)
            ):
                named = "services" in client.model_fields_set
                yield ("clients", name, "services") if named else ("clients", name)
        if service in topic.topology.service_ports:
            yield "service_ports", service.value

    return fields


def _is_from(flow: Flow, name: str, client: ClientSource) -> bool:
    if not isinstance(flow.source, ExternalEndpoint):
        return False
    if isinstance(client.source, str):
        return flow.source.is_everyone
    return flow.source.kind is EndpointKind.CLIENTS and flow.source.of == name


def _is_to(topic: FlowContext, flow: Flow, client: ClientSource) -> bool:
    return flow.destination in topic.parts.client_access(client.to)


def _inbound(topic: FlowContext, flow: Flow) -> Iterator[Path]:
    if topic.topology.mail_flow.inbound is not None:
        yield "mail_flow", "inbound"
    else:
        yield from _edges(topic, (flow.source, flow.destination))


def _edges(topic: FlowContext, ends: Iterable[Endpoint]) -> Iterator[Path]:
    """The Edge servers that wear a group, by the field that says with whom they exchange mail."""
    worn = set(ends)
    for wearer in topic.inventory.servers:
        edge = topic.topology.edge_servers.get(wearer.name)
        if edge is not None and worn & set(wearer.groups):
            field = "subscribed_site" if edge.subscribed_site is not None else "mail_site"
            yield "edge_servers", wearer.name, field


def _outbound(path: OutboundPath) -> _Fields:
    """The Send connectors by which a flow's sender sends."""

    def fields(topic: FlowContext, flow: Flow) -> Iterator[Path]:
        ends = {flow.source, flow.destination}
        for where, connector in connectors(topic.topology):
            senders = topic.parts.senders(connector) if connector.through is path else ()
            # Towards the Edge server the next hop is no matter; from there it is.
            if any(
                sender == flow.destination
                or (
                    sender == flow.source
                    and any(hop == flow.destination for hop, _ in topic.hops(connector, sender))
                )
                for sender in senders
            ):
                yield where
        if topic.topology.mail_flow.outbound is None:
            yield from _edges(topic, ends)

    return fields


def _field(*path: str) -> _Fields:
    def fields(topic: FlowContext, flow: Flow) -> Iterator[Path]:
        del topic, flow
        yield path

    return fields


def _resolvers(side: str) -> _Fields:
    """The name servers, of the flow's own network where each has its own."""

    def fields(topic: FlowContext, flow: Flow) -> Iterator[Path]:
        asked = getattr(topic.topology.name_servers, side)
        if not isinstance(asked, dict):
            yield "name_servers", side
        elif isinstance(flow.source, Group):
            for key, network in topic.topology.networks.items():
                if key in asked and identity(key, network) == flow.source.network:
                    yield "name_servers", side, key

    return fields


def _named(kind: EndpointKind, *path: str) -> _Fields:
    """What a stack file calls by a key, which stands in the end's name."""

    def fields(topic: FlowContext, flow: Flow) -> Iterator[Path]:
        del topic
        for end in _outside(flow):
            if end.kind is kind:
                yield (*path, end.of)

    return fields


def _subscribed(topic: FlowContext, flow: Flow) -> Iterator[Path]:
    yield from _edges(topic, (flow.destination,))


#: The fields behind each row of the catalog. R1 between our own servers has none.
_FIELDS: Final[Mapping[str | None, _Fields]] = {
    "R1": _of_site("other_exchange"),
    "R2": _of_site("lync"),
    "R3": _of_site("domain_controllers", "accounts_forest"),
    **{entry.id: _clients(service) for service, entry in SERVICES.items()},
    "M1": _inbound,
    "M2": _outbound(OutboundPath.MAILBOX),
    "M3": _outbound(OutboundPath.CLIENT_ACCESS),
    "M4": _resolvers("internal"),
    "E1": _inbound,
    "E2": _inbound,
    "E3": _outbound(OutboundPath.EDGE),
    "E4": _outbound(OutboundPath.EDGE),
    "E5": _subscribed,
    "E7": _resolvers("edge"),
    "E8": _field("sender_reputation", "proxy"),
    "E8d": _field("sender_reputation"),
    "M6": _named(EndpointKind.RELAY, "mail_flow", "relays"),
    "W1": _named(EndpointKind.WITNESS, "witnesses"),
    "N1": _resolvers("internal"),
}
