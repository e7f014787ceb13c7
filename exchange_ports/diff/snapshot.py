"""One of both topologies: its servers at the addresses at which they are compared, and its flows."""

from collections.abc import Iterable, Iterator
from functools import cached_property

from exchange_ports.clouds import asked_by_platform, cloud
from exchange_ports.clouds.base import PlatformTraffic
from exchange_ports.findings import Path
from exchange_ports.flows import Flow, Reason
from exchange_ports.flows.declared_at import FieldOrigins
from exchange_ports.flows.flow_index import FlowIndex, PeerTraffic
from exchange_ports.pipeline import Plans
from exchange_ports.topology.groups import Group
from exchange_ports.topology.inventory import ExchangeServer, group_addresses
from exchange_ports.traffic.ports import ANY_PORTS
from exchange_ports.traffic.services import ServiceSet


class Snapshot:
    """A topology as it is compared."""

    def __init__(self, plans: Plans, servers: Iterable[ExchangeServer]) -> None:
        """Index the flows, with these servers at their addresses."""
        self.plans = plans
        self.servers = tuple(servers)
        self.flows = FlowIndex(plans.flows, group_addresses(self.servers))

    @cached_property
    def _origins(self) -> FieldOrigins:
        return FieldOrigins(self.plans.inventory)

    def declared_at(self, flow: Flow, reasons: Iterable[Reason]) -> Iterator[Path]:
        """The fields that ask for a flow."""
        if not any(map(asked_by_platform, flow.reasons)):
            for reason in reasons:
                yield from self._origins.of(flow, reason)


def of_platform(group: Group, needed: PlatformTraffic) -> PeerTraffic:
    """What a platform needs every filter to allow, beside the flows."""
    flow = Flow(needed.source, group, ANY_PORTS, (needed.reason,))
    return PeerTraffic(needed.addresses, ServiceSet.of(ANY_PORTS, 4), flow)


def platform_needs(server: ExchangeServer | None) -> tuple[PlatformTraffic, ...]:
    """What the platform of a server's network needs its filter to allow."""
    if server is None or not server.managed:
        return ()
    return cloud(server.platform).platform_traffic
