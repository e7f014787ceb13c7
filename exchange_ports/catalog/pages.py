"""The published tables and pages that rows cite, with their addresses."""

from enum import StrEnum
from typing import Final, NamedTuple

from exchange_ports.versions import Article


class PublishedTable(StrEnum):
    """The tables of the published page, by the heading above them."""

    GROUND_RULES = "Ground rules"
    CLIENTS = "Network ports required for clients and services"
    NO_EDGE = "Network ports required for mail flow (no Edge Transport servers)"
    EDGE = "Network ports required for mail flow with Edge Transport servers"
    NAME_RESOLUTION = "Name resolution"

    @property
    def short(self) -> str:
        """The table in a word or two, for reports and rule descriptions."""
        return _SHORT[self]

    def url(self, article: Article) -> str:
        """The address of the table in the article of a version: the headings are the same in both."""
        anchor = "".join(c for c in self.lower().replace(" ", "-") if c.isalnum() or c == "-")
        # The ground rules are above the first heading.
        if self is PublishedTable.GROUND_RULES:
            return article.ports
        return f"{article.ports}#{anchor}"


_SHORT: Final = {
    PublishedTable.GROUND_RULES: "ground rules",
    PublishedTable.CLIENTS: "client table",
    PublishedTable.NO_EDGE: "mail flow table without Edge",
    PublishedTable.EDGE: "mail flow table with Edge",
    PublishedTable.NAME_RESOLUTION: "name resolution",
}


class Page(StrEnum):
    """Published pages beside the port tables, by title (exchange.md names their files)."""

    RECEIVE_CONNECTOR = (
        "Create a Receive connector to receive email from a system not running Exchange"
    )
    WITNESS = "Managing database availability groups"
    ENGINE_UPDATES = "Download engine and definition updates; CSS-Exchange, Update-Engines"
    REVOCATION = (
        "Configuring Exchange Servers Without Internet Access; Hybrid deployment prerequisites"
    )
    FEDERATION = "Federation; Sharing"
    CONTENT_FILTER = "Content filtering"
    SECURITY_CHECKLIST = "Deployment security checklist"
    PUSH = "Configuring push notifications proxying for OWA for Devices"
    EDGE_PLANNING = "Edge Transport server planning"
    MITIGATION = "Exchange Emergency Mitigation service; CSS-Exchange, EEMSCheck"
    FLIGHTING = "Exchange feature flighting; CSS-Exchange, HealthChecker"
    MODERN_AUTH = "How to configure Exchange Server on-premises to use Hybrid Modern Authentication"
    HYBRID = "Hybrid deployment prerequisites"
    HYBRID_AGENT = "Microsoft Hybrid Agent"
    DEDICATED_APP = "Deploy dedicated Exchange hybrid app; Hybrid deployment prerequisites"
    # Unified Messaging: each page is about Exchange 2013 and 2016, in the library of 2013.
    UM_PORTS = "UM protocols, ports, and services"
    UM_OUTGOING_CALLS = "Enable outgoing calls on UM IP gateways"
    UM_MESSAGE_WAITING = "Allow Message Waiting Indicator (MWI) on a UM IP gateway"
    UM_FAXING = "Setting up incoming faxing"

    @property
    def short(self) -> str:
        """The title up to its first semicolon."""
        return f'"{self.partition(";")[0]}"'

    def url(self, article: Article) -> str:
        """Where all pages of the versions of an article begin; the title finds the page.

        A page that is about all versions has its own address.
        """
        return _OF_ALL_VERSIONS.get(self, article.library)


#: Pages that are about all versions; what they say of one is in their tables.
_OF_ALL_VERSIONS: Final = {
    Page.HYBRID: "https://learn.microsoft.com/exchange/hybrid-deployment-prerequisites"
    "#hybrid-deployment-protocols-ports-and-endpoints",
    Page.HYBRID_AGENT: "https://learn.microsoft.com/exchange/hybrid-deployment/hybrid-agent",
    Page.DEDICATED_APP: "https://learn.microsoft.com/exchange/hybrid-deployment/"
    "deploy-dedicated-hybrid-app",
}


class Citation(NamedTuple):
    """A row of a table, counted from 1 in the order of the document, or a page."""

    where: PublishedTable | Page
    row: int | None = None

    def __str__(self) -> str:
        return self.where.short if self.row is None else f"{self.where.short}, row {self.row}"
