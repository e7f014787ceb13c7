"""Rows between hosts of others: no server of ours is an end, so no rule is made of them. Reports list them.

Must not know: flows, plans.
"""

from collections.abc import Iterator
from typing import NamedTuple

from exchange_ports.catalog import BY_ID
from exchange_ports.flows.flow import Reason
from exchange_ports.flows.rows import public_ranges
from exchange_ports.topology.fields import INTERNET_WORD, EndpointKind
from exchange_ports.topology.models import Topology
from exchange_ports.traffic.addresses import Network
from exchange_ports.traffic.ports import Ports


class OtherHosts(NamedTuple):
    """Hosts that are not managed, by what they are called."""

    name: str
    ranges: tuple[Network, ...]
    kind: EndpointKind

    @property
    def is_internet(self) -> bool:
        """Whether they are any public address."""
        return self.kind is EndpointKind.INTERNET


class BetweenOthers(NamedTuple):
    """Traffic that only other firewalls can allow."""

    source: OtherHosts
    destination: OtherHosts
    ports: tuple[Ports, ...]
    reason: Reason


def between_others(topology: Topology) -> Iterator[BetweenOthers]:
    """What the rows of AD FS require, in the order of the catalog."""
    ad_fs = None if topology.hybrid is None else topology.hybrid.ad_fs
    if ad_fs is None:
        return
    servers = OtherHosts("AD FS", ad_fs.servers, EndpointKind.AD_FS)
    proxies = servers
    if ad_fs.proxies:
        proxies = OtherHosts("AD FS proxies", ad_fs.proxies, EndpointKind.AD_FS)
    internet = OtherHosts(INTERNET_WORD, public_ranges(topology), EndpointKind.INTERNET)
    yield _row("H5", internet, proxies, topology)
    if ad_fs.entra_connect:
        entra_connect = OtherHosts(
            "Microsoft Entra Connect", ad_fs.entra_connect, EndpointKind.ENTRA_CONNECT
        )
        yield _row("H6", entra_connect, servers, topology)


def _row(
    entry: str, source: OtherHosts, destination: OtherHosts, topology: Topology
) -> BetweenOthers:
    row = BY_ID[entry]
    reason = Reason(row.summary, entry, articles=(topology.version.facts.article,))
    return BetweenOthers(source, destination, row.ports, reason)
