"""What can be declared and cannot be realised yet: refused, never ignored."""

from collections.abc import Iterator

from exchange_ports.findings import Finding
from exchange_ports.findings.declared import BY_CODE
from exchange_ports.topology.models import Service, Topology

__all__ = ["not_realised"]

#: What Set-ImapSettings and Set-PopSettings can bind anew.
_REBOUND = (Service.IMAP, Service.POP)


def not_realised(topology: Topology) -> Iterator[Finding]:
    """What a topology says that no plan would contain."""
    for service in topology.service_ports:
        if service not in _REBOUND:
            yield BY_CODE["not-realised"].at(
                ("service_ports", service),
                what=f"another port for {service}",
                fix="only imap and pop can be bound anew; take it away",
            )
