"""Where each row of the catalog applies, row by row.

The ports come from the row, unless the user has others. Must not know: how a flow is written as
rules.
"""

from collections.abc import Callable, Mapping
from typing import Final

from exchange_ports.catalog import SERVICES, Entry
from exchange_ports.flows.context import FlowContext
from exchange_ports.flows.flow import RowFlows, across, as_in_row, both_ways, external, one
from exchange_ports.topology.fields import EndpointKind
from exchange_ports.topology.groups import Group
from exchange_ports.topology.models import (
    Inbound,
    OutboundPath,
    RelayTarget,
    SenderReputation,
)
from exchange_ports.topology.roles import send_connectors
from exchange_ports.traffic.addresses import network
from exchange_ports.traffic.ports import joined

__all__ = ["WHERE"]


def _fabric(topic: FlowContext, _: Entry) -> RowFlows:
    ours = topic.parts.exchange()
    yield from as_in_row(across(ours, ours))
    yield from as_in_row(both_ways(ours, topic.other_exchange()))


def _lync(topic: FlowContext, _: Entry) -> RowFlows:
    return as_in_row(both_ways(topic.parts.exchange(), topic.lync()))


def _domain_controllers(topic: FlowContext, _: Entry) -> RowFlows:
    return as_in_row(both_ways(topic.parts.exchange(), topic.domain_controllers()))


def _clients(topic: FlowContext, entry: Entry) -> RowFlows:
    for name, client in sorted(topic.topology.clients.items()):
        for service in client.services:
            if SERVICES[service] is not entry:
                continue
            rebound = topic.topology.service_ports.get(service)
            for server in topic.parts.client_access(client.to):
                source = (
                    topic.anywhere(server)
                    if isinstance(client.source, str)
                    else external(EndpointKind.CLIENTS, client.source, f"clients {name}", name)
                )
                for ports in joined(rebound) if rebound else (None,):
                    yield source, server, ports


def _mail_to_client_access(topic: FlowContext) -> tuple[Group, ...]:
    """Who takes mail from outside without Edge."""
    inbound = topic.topology.mail_flow.inbound
    if not isinstance(inbound, Inbound):
        return ()
    if topic.topology.edge_servers and inbound.to is None:
        return ()
    return topic.parts.client_access(inbound.to)


def _inbound(topic: FlowContext, _: Entry) -> RowFlows:
    for server in _mail_to_client_access(topic):
        yield topic.deliverers() or topic.anywhere(server), server, None


def _internet_facing_dns(topic: FlowContext, _: Entry) -> RowFlows:
    """The servers that mail enters or leaves by, where that is not Edge."""
    facing = {
        *_mail_to_client_access(topic),
        *(
            sender
            for connector in send_connectors(topic.topology)
            if connector.through is not OutboundPath.EDGE
            for sender in topic.parts.senders(connector)
        ),
    }
    for group in sorted(facing):
        yield from as_in_row(across([group], topic.resolvers(group, edge=False)))


def _all_resolve(topic: FlowContext, _: Entry) -> RowFlows:
    for group in topic.parts.exchange():
        yield from as_in_row(across([group], topic.resolvers(group, edge=False)))


def _edge_resolves(topic: FlowContext, _: Entry) -> RowFlows:
    for group in topic.parts.edge():
        yield from as_in_row(across([group], topic.resolvers(group, edge=True)))


def _sent(path: OutboundPath) -> Callable[[FlowContext, Entry], RowFlows]:
    """Outbound mail by the connectors of one path."""

    def places(topic: FlowContext, _: Entry) -> RowFlows:
        for connector in send_connectors(topic.topology):
            if connector.through is path:
                for sender in topic.parts.senders(connector):
                    for hop, ports in topic.hops(connector, sender):
                        yield sender, hop, ports

    return places


def _edge_receives(topic: FlowContext, _: Entry) -> RowFlows:
    if topic.edge_takes_mail:
        for edge in topic.parts.receiving():
            yield topic.deliverers() or topic.internet(edge), edge, None


def _edge_delivers(topic: FlowContext, _: Entry) -> RowFlows:
    if topic.edge_takes_mail:
        for mailbox, edge, port in topic.parts.receiving_pairs():
            yield edge, mailbox, None if port is None else one(port)


def _site_sends_by_edge(topic: FlowContext, _: Entry) -> RowFlows:
    for connector in send_connectors(topic.topology):
        if connector.through is OutboundPath.EDGE:
            for mailbox, edge, _port in topic.parts.sending_pairs(connector):
                yield mailbox, edge, None


def _edgesync(topic: FlowContext, _: Entry) -> RowFlows:
    for mailbox, edge, port in topic.parts.edgesync_pairs():
        yield mailbox, edge, None if port is None else one(port)


def _reputation_proxy(topic: FlowContext, _: Entry) -> RowFlows:
    declared = topic.topology.sender_reputation
    if isinstance(declared, SenderReputation):
        address = network(str(declared.proxy.address))
        proxy = external(EndpointKind.REPUTATION_PROXY, [address], "sender reputation's proxy")
        for edge in topic.parts.edge():
            yield edge, proxy, one(declared.proxy.port)


def _reputation_probes(topic: FlowContext, _: Entry) -> RowFlows:
    if topic.topology.sender_reputation == "direct":
        for edge in topic.parts.edge():
            yield edge, topic.internet(edge), None


def _relays(topic: FlowContext, _: Entry) -> RowFlows:
    for name, relay in sorted(topic.topology.mail_flow.relays.items()):
        source = external(EndpointKind.RELAY, relay.source, f"relay {name}", name)
        mailbox = relay.to is RelayTarget.MAILBOX
        play = topic.parts.mailbox if mailbox else topic.parts.client_access
        for server in play(relay.sites):
            yield source, server, one(relay.port)


def _witnesses(topic: FlowContext, _: Entry) -> RowFlows:
    for name, witness in sorted(topic.topology.witnesses.items()):
        address = network(str(witness.address))
        server = external(EndpointKind.WITNESS, [address], f"witness {name}", name)
        yield from as_in_row(across(topic.parts.mailbox(witness.sites), [server]))


#: Where each row of the catalog applies.
WHERE: Final[Mapping[str, Callable[[FlowContext, Entry], RowFlows]]] = {
    "R1": _fabric,
    "R2": _lync,
    "R3": _domain_controllers,
    **dict.fromkeys((entry.id for entry in SERVICES.values()), _clients),
    "M1": _inbound,
    "M2": _sent(OutboundPath.MAILBOX),
    "M3": _sent(OutboundPath.CLIENT_ACCESS),
    "M4": _internet_facing_dns,
    "E1": _edge_receives,
    "E2": _edge_delivers,
    "E3": _site_sends_by_edge,
    "E4": _sent(OutboundPath.EDGE),
    "E5": _edgesync,
    "E7": _edge_resolves,
    "E8": _reputation_proxy,
    "E8d": _reputation_probes,
    "M6": _relays,
    "W1": _witnesses,
    "N1": _all_resolve,
}
