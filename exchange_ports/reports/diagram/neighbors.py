"""The kinds of neighbor: who outside the topology exchanges traffic with its servers, and for what.

A stack file names most neighbors. What the addresses of an additional flow are for is its `purpose`. Without
one, the documented need, the operator's reason and the ports show it, in this order.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Final

from exchange_ports.catalog import NEEDS, SENSITIVE_PORTS, Need
from exchange_ports.flows import ExternalEndpoint, Reason
from exchange_ports.reports.diagram.drawn_flows import DrawnFlow
from exchange_ports.reports.diagram.endpoints import DrawnEndpoint, EndpointMap
from exchange_ports.topology.fields import EndpointKind
from exchange_ports.topology.models import Purpose


class NeighborKind(StrEnum):
    """What neighbors are, as their zone is titled: first those that open connections to servers."""

    CLIENTS = "Clients"
    EXCHANGE_ONLINE = "Exchange Online"
    RELAYS = "Relay clients"
    INBOUND = "Inbound SMTP sources"
    ADMINISTRATION = "Administration"
    MONITORING = "Monitoring"
    BACKUP = "Backup"
    IP_GATEWAYS = "IP gateways"
    FAX_PARTNERS = "Fax partner servers"
    HYBRID_AGENTS = "Hybrid Agent hosts"
    UPDATES = "Updates"
    SMART_HOSTS = "Smart hosts"
    NAME_SERVERS = "Name servers"
    PROXY = "Proxy"
    WITNESSES = "Witness servers"
    AD_FS = "AD FS"
    OTHER = "Other neighbors"

    @property
    def opens_connections(self) -> bool:
        """Whether such neighbors open the connections: their zones are to the left of the servers."""
        return self in _OPENING


_OPENING: Final = frozenset(
    (
        NeighborKind.CLIENTS,
        NeighborKind.RELAYS,
        NeighborKind.INBOUND,
        NeighborKind.ADMINISTRATION,
        NeighborKind.MONITORING,
        NeighborKind.BACKUP,
        NeighborKind.IP_GATEWAYS,
        NeighborKind.FAX_PARTNERS,
        NeighborKind.EXCHANGE_ONLINE,
        NeighborKind.HYBRID_AGENTS,
    )
)

_DECLARED: Final[Mapping[EndpointKind, NeighborKind]] = {
    EndpointKind.CLIENTS: NeighborKind.CLIENTS,
    EndpointKind.PREFIX_LIST: NeighborKind.EXCHANGE_ONLINE,
    EndpointKind.WEB_SERVICE_SOURCES: NeighborKind.EXCHANGE_ONLINE,
    EndpointKind.HYBRID_AGENT: NeighborKind.HYBRID_AGENTS,
    EndpointKind.ENTRA_CONNECT: NeighborKind.AD_FS,
    EndpointKind.AD_FS: NeighborKind.AD_FS,
    EndpointKind.RELAY: NeighborKind.RELAYS,
    EndpointKind.INBOUND_MAIL: NeighborKind.INBOUND,
    EndpointKind.SMART_HOSTS: NeighborKind.SMART_HOSTS,
    EndpointKind.NAME_SERVERS: NeighborKind.NAME_SERVERS,
    EndpointKind.EDGE_NAME_SERVERS: NeighborKind.NAME_SERVERS,
    EndpointKind.REPUTATION_PROXY: NeighborKind.PROXY,
    EndpointKind.WITNESS: NeighborKind.WITNESSES,
    EndpointKind.IP_GATEWAY: NeighborKind.IP_GATEWAYS,
    EndpointKind.FAX_PARTNER_SERVER: NeighborKind.FAX_PARTNERS,
}
_PURPOSES: Final[Mapping[Purpose, NeighborKind]] = {
    Purpose.ADMINISTRATION: NeighborKind.ADMINISTRATION,
    Purpose.MONITORING: NeighborKind.MONITORING,
    Purpose.BACKUP: NeighborKind.BACKUP,
    Purpose.UPDATES: NeighborKind.UPDATES,
    Purpose.OTHER: NeighborKind.OTHER,
}
#: The needs whose neighbors are of another kind than the others, by the row.
_NEEDS: Final = {
    NEEDS[need].id: kind
    for need, kind in {
        Need.REMOTE_DESKTOP: NeighborKind.ADMINISTRATION,
        Need.WINDOWS_UPDATE: NeighborKind.UPDATES,
        Need.MALWARE_DEFINITIONS: NeighborKind.UPDATES,
        Need.CONTENT_FILTER_UPDATES: NeighborKind.UPDATES,
    }.items()
}
#: Words in an operator's reason; the first one in the text decides.
_WORDS: Final = {
    NeighborKind.ADMINISTRATION: r"administ\w*|admins?|bastions?|jump|rdp|remote|ssh|winrm|powershell",
    NeighborKind.MONITORING: r"monitor\w*|snmp|scom|zabbix|nagios|prometheus|syslog|siem",
    NeighborKind.BACKUP: r"backups?|restore",
    NeighborKind.UPDATES: r"updates?|wsus|patch\w*|sccm|mecm",
}
_PATTERN: Final = re.compile(
    "|".join(rf"(?P<{kind.name}>\b(?:{words})\b)" for kind, words in _WORDS.items()), re.IGNORECASE
)
_ADMINISTRATION_PORTS: Final = SENSITIVE_PORTS["remote administration"]


def with_kinds(endpoints: EndpointMap, flows: Iterable[DrawnFlow]) -> tuple[DrawnFlow, ...]:
    """The flows of one section, with the kind of each neighbor, and its site where it has one.

    A neighbor whose traffic is with one site only belongs to that site, so that sites that differ by
    their names and those of their neighbors only can share one column.
    """
    all_ = tuple(flows)
    kinds: dict[str, NeighborKind] = {}
    peers: dict[str, set[str]] = {}
    for flow in all_:
        for end, other in ((flow.source, flow.destination), (flow.destination, flow.source)):
            if end.outside is not None and _is_neighbor(end):
                kinds.setdefault(end.outside.name, _kind(end.outside, flow))
                peers.setdefault(end.outside.name, set()).add(other.site)
    several = len(endpoints.sites) > 1
    of_site = {
        name: next(iter(sites)) for name, sites in peers.items() if several and len(sites) == 1
    }

    def placed(end: DrawnEndpoint) -> DrawnEndpoint:
        if end.outside is None or not _is_neighbor(end):
            return end
        name = end.outside.name
        return replace(end, site=of_site.get(name, ""), kind=kinds[name].value)

    found: list[DrawnFlow] = []
    for flow in all_:
        source, destination = placed(flow.source), placed(flow.destination)
        site = source.site if source.outside is not None else destination.site
        masked = tuple(_masked(reason, endpoints, site) for reason in flow.family)
        family = masked if source.outside or destination.outside else flow.family
        found.append(flow._replace(source=source, destination=destination, family=family))
    return tuple(found)


def _is_neighbor(end: DrawnEndpoint) -> bool:
    """Whether an end outside is neither everyone nor an internal server of a site."""
    outside = end.outside
    return outside is not None and not outside.is_everyone and not end.site


def _kind(end: ExternalEndpoint, flow: DrawnFlow) -> NeighborKind:
    known = _DECLARED.get(end.kind)
    if known is not None:
        return known
    for reason in flow.reasons:
        if reason.purpose is not None:
            return _PURPOSES[reason.purpose]
    for reason in flow.reasons:
        if reason.entry in _NEEDS:
            return _NEEDS[reason.entry]
        found = _PATTERN.search(reason.summary)
        if found is not None and found.lastgroup is not None:
            return NeighborKind[found.lastgroup]
    administered = any(each.covers(flow.ports) for each in _ADMINISTRATION_PORTS)
    return NeighborKind.ADMINISTRATION if administered else NeighborKind.OTHER


#: What replaces the name of a site where a text is about several sites.
ELLIPSIS: Final = "\N{HORIZONTAL ELLIPSIS}"


def _masked(reason: Reason, endpoints: EndpointMap, site: str) -> Reason:
    """The reason of an operator without the name of the site, for comparing it with those of others."""
    if not site or reason.entry is not None:
        return reason
    return replace(reason, summary=without_site(reason.summary, endpoints.site(site)))


def without_site(text: str, site: str) -> str:
    """A text with an ellipsis for the name of a site."""
    return re.sub(rf"(?<![\w-]){re.escape(site)}(?![\w-])", ELLIPSIS, text)
