"""Legal, but unwise: warnings."""

from collections.abc import Iterator
from typing import Final

from exchange_ports.catalog import BY_ID, MANAGEMENT, PLAIN_TEXT_PORTS, SERVICES, Part
from exchange_ports.findings import Finding, Path
from exchange_ports.findings.declared import BY_CODE
from exchange_ports.topology.checks.walk import from_internet, listed, servers
from exchange_ports.topology.models import (
    AdditionalFlow,
    ClientSource,
    NameServers,
    OutboundPath,
    Platform,
    Topology,
)
from exchange_ports.topology.parts import outbound_path
from exchange_ports.topology.values import End, ends_of
from exchange_ports.traffic.addresses import inside, network

__all__ = ["edge_name_servers", "management", "plain_text", "port_25", "sender_reputation"]


def port_25(topology: Topology) -> Iterator[Finding]:
    """Mail straight to the Internet, which clouds block or do not support (exchange.md 12)."""
    outbound = outbound_path(topology)
    if outbound.through is OutboundPath.NONE or outbound.next_hop != "internet":
        return
    who, entry = {
        OutboundPath.EDGE: (Part.EDGE, BY_ID["E4"]),
        OutboundPath.MAILBOX: (Part.MAILBOX, BY_ID["M2"]),
        OutboundPath.CLIENT_ACCESS: (Part.CLIENT_ACCESS, BY_ID["M3"]),
    }[outbound.through]
    path = ("mail_flow", "outbound") if topology.mail_flow.outbound else ("edge_servers",)
    for platform in sorted({n.platform for n in topology.networks.values()}):
        if platform in _PORT_25:
            cloud, why, fix = _PORT_25[platform]
            yield BY_CODE["port-25-blocked"].at(
                path, who=who.value, port=listed(entry.ports), cloud=cloud, why=why, fix=fix
            )
        if platform is Platform.AZURE:
            yield BY_CODE["azure-sends-directly"].at(path)


_PORT_25: Final = {
    Platform.AWS: (
        "AWS",
        "EC2 drops such mail to public addresses whatever the rules say, until AWS lifts it for the "
        "account and Region",
        'send AWS a "Request to remove email sending limitations", or use a smart host',
    ),
    Platform.AZURE: (
        "Azure",
        "Azure lets it out under an Enterprise Agreement only",
        "use a smart host, or make sure of the subscription's agreement",
    ),
}


def plain_text(topology: Topology) -> Iterator[Finding]:
    """Services that send passwords in the clear, offered to the Internet."""
    for key, client in topology.clients.items():
        if not _public(topology, client):
            continue
        for index, service in enumerate(client.services):
            if service in PLAIN_TEXT_PORTS:
                protocol = SERVICES[service].ports[0].protocol
                yield BY_CODE["plain-text-from-internet"].at(
                    ("clients", key, "services", index),
                    name=key,
                    service=service,
                    port=f"{PLAIN_TEXT_PORTS[service]}/{protocol}",
                )


def _public(topology: Topology, client: ClientSource) -> bool:
    if isinstance(client.source, str):
        return True
    return any(
        from_internet(topology, End("", None, range_))
        # An organization's own IPv6 addresses are public ones too; a range of a registry's usual
        # allocation or longer is taken to be somebody's in particular.
        and (range_.version == _V4 or range_.prefixlen < _USUAL_IPV6_ALLOCATION)
        for range_ in client.source
    )


_V4: Final = 4


#: What an Internet registry hands to a provider at least (RIPE-738, ARIN NRPM 6.5).
_USUAL_IPV6_ALLOCATION: Final = 32


def edge_name_servers(topology: Topology) -> Iterator[Finding]:
    """Edge servers that ask a domain controller for names."""
    declared: NameServers = topology.name_servers
    path = ("name_servers", "edge")
    if declared.edge == "domain_controllers":
        yield BY_CODE["edge-asks-domain-controller"].at(path, server="domain_controllers")
    if not isinstance(declared.edge, tuple):
        return
    controllers = [
        range_
        for site in topology.sites.values()
        if site.domain_controllers
        for range_ in site.domain_controllers.addresses
    ]
    for index, address in enumerate(declared.edge):
        if any(inside(network(str(address)), range_) for range_ in controllers):
            yield BY_CODE["edge-asks-domain-controller"].at((*path, index), server=address)


def management(topology: Topology) -> Iterator[Finding]:
    """Servers that nobody may administer."""
    ways_in = [flow for flow in topology.additional_flows if _administers(flow)]
    asked: list[tuple[str, tuple[str, ...], Path]] = [
        ("internal Exchange servers", ("exchange", "client_access", "mailbox"), ("sites",))
    ]
    if topology.edge_servers:
        asked.append(("Edge servers", ("edge", *topology.edge_servers), ("edge_servers",)))
    internal = {key for _, _, key, _ in servers(topology)}
    for who, words, path in asked:
        named = {end.word for flow in ways_in for end in ends_of(flow.to)}
        if not named & ({*words} | (internal if path == ("sites",) else set())):
            ports = f"{MANAGEMENT.ranges[-2]}/{MANAGEMENT.protocol}"
            yield BY_CODE["no-management"].at(path, who=who, ports=ports)


def _administers(flow: AdditionalFlow) -> bool:
    return any(ports.covers(single) for ports in flow.ports for single in MANAGEMENT.one_by_one())


def sender_reputation(topology: Topology) -> Iterator[Finding]:
    """Open proxy detection that nothing is declared for, or that probes anywhere."""
    if not topology.edge_servers:
        return
    if topology.sender_reputation is None:
        yield BY_CODE["sender-reputation-open"].at(())
    if topology.sender_reputation == "direct":
        ports = listed(BY_ID["E8d"].ports)
        yield BY_CODE["probes-to-anywhere"].at(("sender_reputation",), ports=ports)
