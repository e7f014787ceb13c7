"""What can be declared and cannot be realised yet: refused, never ignored."""

from collections.abc import Iterator

from exchange_ports.catalog import BY_ID, SERVICES
from exchange_ports.findings import Finding
from exchange_ports.findings.topology_kinds import BY_CODE
from exchange_ports.topology.models import Platform, Service, Topology
from exchange_ports.traffic.ports import Protocol, tcp

__all__ = [
    "not_realised",
    "rebound",
    "of_another_cloud",
]


#: What Set-ImapSettings and Set-PopSettings can bind anew.
_REBOUND = (Service.IMAP, Service.POP)


#: Rows whose port a relay's connector may share: connectors tell their clients apart (V12).
_SMTP_ROWS = ("M1", "C5", "C6")


def not_realised(topology: Topology) -> Iterator[Finding]:
    """What a topology says that no plan would contain."""
    for service in topology.service_ports:
        if service not in _REBOUND:
            yield BY_CODE["not-realised"].at(
                ("service_ports", service),
                what=f"another port for {service}",
                fix="only imap and pop can be bound anew; take it away",
            )


def rebound(topology: Topology) -> Iterator[Finding]:
    """Ports that IMAP4, POP3 or a relay's connector cannot be bound to."""
    taken = {
        ports: entry
        for entry in (*SERVICES.values(), BY_ID["M1"])
        for several in entry.ports
        for ports in several.one_by_one()
    }
    for key, relay in topology.mail_flow.relays.items():
        ports = tcp(relay.port)
        if ports in taken and taken[ports].id not in _SMTP_ROWS:
            yield BY_CODE["port-of-another-service"].at(
                ("mail_flow", "relays", key, "port"),
                service=f"relay {key}",
                ports=ports,
                other=taken[ports].summary,
            )
    for service, several in topology.service_ports.items():
        for index, ports in enumerate(several):
            path = ("service_ports", service, index)
            one = len(ports.ranges) == 1 and ports.ranges[0].first == ports.ranges[0].last
            if ports.protocol is not Protocol.TCP or not one:
                yield BY_CODE["not-one-tcp-port"].at(path, service=service, ports=ports)
            elif ports in taken and taken[ports] is not SERVICES[service]:
                yield BY_CODE["port-of-another-service"].at(
                    path, service=service, ports=ports, other=taken[ports].summary
                )


def of_another_cloud(topology: Topology) -> Iterator[Finding]:
    """Quotas of a network on which they mean nothing: all that can be raised are AWS's."""
    for key, network in topology.networks.items():
        why = _WHY_NONE.get(network.platform)
        for name in network.quotas.raised if why else ():
            yield BY_CODE["quota-of-another-cloud"].at(
                ("networks", key, "quotas", name),
                quota=name,
                network=key,
                platform=network.platform,
                why=why,
            )


_WHY_NONE = {
    Platform.AZURE: "Azure raises none of its limits on network security groups and application "
    "security groups, so nothing more would fit",
    Platform.EXTERNAL: "nothing is made in an external network, so nothing is counted there",
}
