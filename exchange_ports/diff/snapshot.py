"""One of both topologies: its servers at the addresses at which they are compared, and its flows."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Final

from exchange_ports.diff.change import PROBES
from exchange_ports.findings import Path
from exchange_ports.flows import ExternalEndpoint, Flow, Reason
from exchange_ports.flows.declared_at import FieldOrigins
from exchange_ports.flows.flow_index import FlowIndex, PeerTraffic
from exchange_ports.pipeline import Plans
from exchange_ports.topology.groups import Group
from exchange_ports.topology.inventory import ExchangeServer, group_addresses
from exchange_ports.topology.models import Platform
from exchange_ports.traffic.ports import ANY_PORTS
from exchange_ports.traffic.services import ServiceSet

#: The end from which Azure probes, as it is named among flows.
BALANCERS: Final = "azure-load-balancer"


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
        if PROBES not in flow.reasons:
            for reason in reasons:
                yield from self._origins.of(flow, reason)


def probes(group: Group) -> PeerTraffic:
    """What Azure asks of every filter, beside the flows."""
    from exchange_ports.clouds.azure.evaluator import PROBE

    balancers = ExternalEndpoint(BALANCERS, PROBE.prefixes(), "Azure's load balancers")
    flow = Flow(balancers, group, ANY_PORTS, (PROBES,))
    return PeerTraffic(PROBE, ServiceSet.of(ANY_PORTS, 4), flow)


def on_azure(server: ExchangeServer | None) -> bool:
    """Whether Azure filters for it."""
    return server is not None and server.platform is Platform.AZURE
