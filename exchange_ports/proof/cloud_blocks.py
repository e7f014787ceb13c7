"""Traffic that a cloud itself blocks, whatever the rules allow: mail to public addresses on port 25."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from exchange_ports.catalog import SMTP_PORT
from exchange_ports.findings.topology_kinds import BY_CODE
from exchange_ports.topology.inventory import ExchangeServer
from exchange_ports.topology.models import Topology
from exchange_ports.topology.platforms import Platform
from exchange_ports.traffic.addresses import AddressSet
from exchange_ports.traffic.ports import tcp
from exchange_ports.traffic.services import ServiceSet

#: The warning about this traffic, which a topology acknowledges where the cloud has lifted the restriction.
PORT_25_BLOCKED: Final = BY_CODE["port-25-blocked"].code

_MAIL: Final = ServiceSet.of(tcp(SMTP_PORT), 4)


class CloudBlock(NamedTuple):
    """A cloud that blocks some of the allowed traffic unless it has lifted the restriction."""

    platform: Platform
    why: str
    #: The operator's reason, where the warning is acknowledged; empty where it is not.
    acknowledged: str


def cloud_blocks(
    topology: Topology,
    sources: Iterable[ExchangeServer],
    destinations: AddressSet,
    services: ServiceSet,
) -> tuple[CloudBlock, ...]:
    """The clouds of the sources that block some of this traffic, each once.

    `destinations` are addresses of no declared server.
    """
    zones = (each for n in topology.networks.values() for each in (*n.internal, *n.perimeter))
    if not (services & _MAIL and destinations - AddressSet.of((*topology.private_blocks, *zones))):
        return ()
    platforms = {server.platform for server in sources if server.managed}
    acknowledged = topology.acknowledge.get(PORT_25_BLOCKED, "")
    return tuple(
        CloudBlock(platform, platform.facts.port_25.why, acknowledged)
        for platform in sorted(platforms)
        if platform.facts.port_25 is not None
    )
