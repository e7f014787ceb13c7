"""Records of the web service (`endpoints.office.com`), and which of them a set consists of.

A record is selected by what it says and never by its number: 10 is Exchange Online Protection
worldwide and SharePoint in GCC High, and Microsoft merges records (m365-data.md 2 and 4).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from exchange_ports.catalog import HTTP_PORT, HTTPS_PORT, SMTP_PORT
from exchange_ports.endpoints.snapshot import EndpointSet, Selection
from exchange_ports.traffic.addresses import Network, without_covered


@dataclass(frozen=True, slots=True)
class Record:
    """One record, as read."""

    id: int
    #: Exchange, Common, SharePoint or Skype.
    service_area: str
    #: Optimize, Allow or Default.
    category: str
    required: bool
    tcp: frozenset[int]
    udp: frozenset[int]
    names: tuple[str, ...]
    ranges: tuple[Network, ...]


_EXCHANGE: Final = "Exchange"
_COMMON: Final = "Common"
_OPTIMIZE: Final = "Optimize"
_DEFAULT: Final = "Default"

#: Hosts at which servers ask for tokens, and Microsoft Graph, by instance (exchange-later.md 8). Every
#: instance has one record with its own ones of these names.
_SIGN_IN: Final = frozenset(
    {
        "login.microsoftonline.com",
        "graph.microsoft.com",
        "login.microsoftonline.us",
        "graph.microsoft.us",
        "dod-graph.microsoft.us",
        "login.partner.microsoftonline.cn",
        "microsoftgraph.chinacloudapi.cn",
    }
)
_OFFICECLIENT: Final = "officeclient.microsoft.com"
_REVOCATION: Final = ("crl", "ocsp")


def belongs(record: Record, which: EndpointSet) -> bool:
    """Whether a record is part of a set."""
    area, category, tcp = record.service_area, record.category, record.tcp
    match which:
        case EndpointSet.HYBRID_MAIL:
            # GCC High has 25 in a Default record, too: clients that send mail.
            return area == _EXCHANGE and SMTP_PORT in tcp and category != _DEFAULT
        case EndpointSet.EXCHANGE_ONLINE:
            return area == _EXCHANGE and HTTPS_PORT in tcp and category == _OPTIMIZE
        case EndpointSet.SIGN_IN:
            return area == _COMMON and HTTPS_PORT in tcp and not _SIGN_IN.isdisjoint(record.names)
        case EndpointSet.AUTODISCOVER:
            found = any(name.startswith("autodiscover") for name in record.names)
            return area == _EXCHANGE and HTTPS_PORT in tcp and category == _DEFAULT and found
        case EndpointSet.OFFICECLIENT:
            return area == _COMMON and HTTPS_PORT in tcp and _OFFICECLIENT in record.names
        case EndpointSet.CERTIFICATE_CHECKS:
            found = any(name.startswith(_REVOCATION) for name in record.names)
            return area == _COMMON and HTTP_PORT in tcp and category == _DEFAULT and found


def sets_of(records: Iterable[Record]) -> Mapping[EndpointSet, Selection]:
    """Each set with what the records have for it; those for which there is none are left out."""
    listed = list(records)
    found = {which: [each for each in listed if belongs(each, which)] for which in EndpointSet}
    return {which: _selection(which, several) for which, several in found.items() if several}


def _selection(which: EndpointSet, records: Iterable[Record]) -> Selection:
    several = list(records)
    return Selection(
        which,
        without_covered(range_ for each in several for range_ in each.ranges),
        tuple(sorted({name for each in several for name in each.names})),
        tuple(sorted(each.id for each in several)),
    )
