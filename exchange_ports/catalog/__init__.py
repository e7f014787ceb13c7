"""The published port tables as data: one entry a row, and the only place with port numbers.

Source: "Network ports for clients and mail flow in Exchange 2013" (Microsoft, last changed
2021-03-19), its successor for Exchange 2016 and later, the pages on hybrid deployments and Unified Messaging,
and for what these leave to the reader ("user defined") the pages they point to.
Entries are in the order of the documents. They name roles ("a Mailbox server of the subscribed
site"), never servers: which server has a role is decided in `topology`, since later versions of
Exchange differ only there.

An entry with several `Ports` values needs all of them. To add one, see CONTRIBUTING.md.
"""

from typing import Final

from exchange_ports.catalog.entry import (
    EDGESYNC_PORT,
    HTTP_PORT,
    HTTPS_PORT,
    SIP_TCP_PORT,
    SIP_TLS_PORT,
    SMTP_PORT,
    CatalogEntry,
)
from exchange_ports.catalog.hybrid import HYBRID, NEIGHBOR_ENTRIES
from exchange_ports.catalog.needs import NEEDS
from exchange_ports.catalog.pages import Citation, Page, PublishedTable
from exchange_ports.catalog.port_tables import TABLES
from exchange_ports.catalog.services import (
    DEFAULT_SERVICES,
    MANAGEMENT,
    PLAIN_TEXT_PORTS,
    PORT_NAMES,
    PORTS_OF_SERVICES,
    SENSITIVE_PORTS,
    SERVICES,
    UPDATES,
)
from exchange_ports.catalog.unified_messaging import UNIFIED_MESSAGING
from exchange_ports.catalog.words import CatalogSection, Need, Part, Service, StartupMode

#: Every row of which flows are made.
ENTRIES: Final[tuple[CatalogEntry, ...]] = (*TABLES, *HYBRID, *UNIFIED_MESSAGING)

BY_ID: Final = {entry.id: entry for entry in (*ENTRIES, *NEIGHBOR_ENTRIES, *NEEDS.values())}

__all__ = [
    "BY_ID",
    "DEFAULT_SERVICES",
    "EDGESYNC_PORT",
    "ENTRIES",
    "HTTPS_PORT",
    "HTTP_PORT",
    "MANAGEMENT",
    "NEEDS",
    "NEIGHBOR_ENTRIES",
    "PLAIN_TEXT_PORTS",
    "PORTS_OF_SERVICES",
    "PORT_NAMES",
    "SENSITIVE_PORTS",
    "SERVICES",
    "SIP_TCP_PORT",
    "SIP_TLS_PORT",
    "SMTP_PORT",
    "UPDATES",
    "CatalogEntry",
    "CatalogSection",
    "Citation",
    "Need",
    "Page",
    "Part",
    "PublishedTable",
    "Service",
    "StartupMode",
]
