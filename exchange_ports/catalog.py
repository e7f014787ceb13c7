"""The published port tables as data: one entry a row, and the only place with port numbers.

Source: "Network ports for clients and mail flow in Exchange 2013" (Microsoft, last changed
2021-03-19), and for what that page leaves to the reader ("user defined") the pages it points to.
Entries are in the order of the document. They name roles ("a Mailbox server of the subscribed
site"), never servers: which server has a role is decided in `topology`, since later versions of
Exchange differ only there.

An entry with several `Ports` values needs all of them. To add one, see CONTRIBUTING.md.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from exchange_ports.traffic.ports import ANY_PORTS, Ports, tcp, udp
from exchange_ports.versions import Article, Version

_CHECKED: Final = "2026-11-25"
_CHECKED_HYBRID: Final = "2026-11-30"


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


class Part(StrEnum):
    """The endpoints of rows: a role, a neighbor or a set of addresses."""

    EXCHANGE = "internal Exchange servers"
    INTERNET_FACING = "Internet-facing Exchange servers (Client Access or Mailbox)"
    CLIENT_ACCESS = "Client Access servers"
    MAILBOX = "Mailbox servers"
    SITE_MAILBOX = "Mailbox servers in the subscribed site"
    EDGESYNC_MAILBOX = "Mailbox servers of the subscribed site that take part in EdgeSync"
    EDGE = "Edge Transport servers"
    DOMAIN_CONTROLLERS = "internal domain controllers"
    LYNC = "internal Lync or Skype for Business servers"
    CLIENTS = "clients and services outside the organization"
    INTERNET = "the Internet"
    NAME_SERVERS = "name servers"
    RELAYS = "applications and appliances that submit mail"
    WITNESS = "witness server that is not an Exchange server"
    DECLARED = "endpoint that the additional flow declares"
    REPUTATION_PROXY = "proxy server for sender reputation"
    # Of a hybrid deployment.
    EXCHANGE_ONLINE = "Exchange Online"
    SIGN_IN = "sign-in and Microsoft Graph"
    HYBRID_MAIL = "servers chosen for hybrid mail (Edge, or Client Access and Mailbox)"
    HYBRID_WEB_SERVICES = "Client Access servers that publish EWS and Autodiscover"
    HYBRID_AGENT = "Hybrid Agent hosts"
    AD_FS = "AD FS servers and their proxies"
    ENTRA_CONNECT = "Microsoft Entra Connect servers"
    # Unified Messaging.
    CALL_ROUTER = "Client Access servers with the UM Call Router service"
    UM_SERVICE = "Mailbox servers with the Unified Messaging service"
    IP_GATEWAYS = "VoIP gateways, IP PBXs and session border controllers"
    FAX_PARTNERS = "fax partner servers"

    def within(self, article: Article) -> "Part":
        """The endpoint in an article: from Exchange 2016 on, Mailbox servers have the Client Access services."""
        return self if article is Article.EXCHANGE_2013 else _LATER.get(self, self)

    def across(self, articles: Collection[Article]) -> str:
        """The endpoint in words, as the articles have it."""
        words = dict.fromkeys(self.within(each).value for each in Article if each in articles)
        return " or ".join(words)


#: The endpoints that are other servers in the article of Exchange 2016 and later (exchange-later.md 2).
_LATER: Final = {
    Part.CLIENT_ACCESS: Part.MAILBOX,
    Part.INTERNET_FACING: Part.MAILBOX,
    Part.CALL_ROUTER: Part.UM_SERVICE,
}


class CatalogSection(StrEnum):
    """The headings under which rows are shown, by the sections of the document."""

    MAIL = "Mail flow"
    CLIENTS = "Client connections"
    INSIDE = "Internal servers: unrestricted traffic"
    NAMES = "Name resolution"
    WITNESS = "Witness servers"
    HYBRID = "Hybrid deployment"
    UNIFIED_MESSAGING = "Unified Messaging"
    ADDITIONAL = "Additional flows"


class Service(StrEnum):
    """A service that clients use on a Client Access server, as a stack file names it."""

    HTTPS = "https"
    HTTP = "http"
    IMAP = "imap"
    POP = "pop"
    SMTP_SUBMISSION = "smtp_submission"
    SMTP_AUTHENTICATED_25 = "smtp_authenticated_25"


class Need(StrEnum):
    """A documented requirement of a server with restricted egress, as an additional flow names it."""

    MALWARE_DEFINITIONS = "malware_definitions"
    CERTIFICATE_CHECKS = "certificate_checks"
    FEDERATION = "federation"
    CONTENT_FILTER_UPDATES = "content_filter_updates"
    WINDOWS_UPDATE = "windows_update"
    PUSH_NOTIFICATIONS = "push_notifications"
    REMOTE_DESKTOP = "remote_desktop"
    EMERGENCY_MITIGATION = "emergency_mitigation"
    FEATURE_FLIGHTING = "feature_flighting"
    HYBRID_MODERN_AUTH = "hybrid_modern_auth"
    EXCHANGE_ONLINE = "exchange_online"
    GRAPH = "graph"

    @property
    def versions(self) -> tuple[Version, ...]:
        """The versions whose servers have it."""
        return _VERSIONS_OF_NEEDS.get(self, tuple(Version))

    @property
    def of_mailbox_servers(self) -> bool:
        """Whether only Mailbox servers have it, and no Edge Transport server."""
        return self in _OF_MAILBOX_SERVERS


_SINCE_2016: Final = (Version.EXCHANGE_2016, Version.EXCHANGE_2019, Version.SE)
#: exchange-later.md 8. Which update of a version is the first is in the row.
_VERSIONS_OF_NEEDS: Final = {
    Need.EMERGENCY_MITIGATION: _SINCE_2016,
    Need.FEATURE_FLIGHTING: (Version.EXCHANGE_2019, Version.SE),
    Need.HYBRID_MODERN_AUTH: (Version.EXCHANGE_2013, *_SINCE_2016),
    Need.GRAPH: (Version.SE,),
}
_OF_MAILBOX_SERVERS: Final = (Need.EMERGENCY_MITIGATION, Need.FEATURE_FLIGHTING, Need.GRAPH)


class StartupMode(StrEnum):
    """How the services of Unified Messaging start (UMStartupMode): with which SIP listeners."""

    TCP = "tcp"
    TLS = "tls"
    DUAL = "dual"


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """One row: source, destination, ports, the condition under which it applies, and its citation.

    `ports` is empty where the document has "user defined": the topology has the number then.
    `summary` is also the description of the rules in the clouds.
    """

    id: str
    section: CatalogSection
    source: Part
    destination: Part
    ports: tuple[Ports, ...]
    summary: str
    when: str
    #: What no longer works where the traffic is blocked.
    without: str
    cite: Citation
    #: The day on which the citation was last checked.
    checked: str = _CHECKED
    #: A second document that fills in what the row leaves open.
    also: str | None = None


#: SMTP between mail servers. A smart host listens here unless its connector says otherwise
#: (`Set-SendConnector -Port`, exchange.md M5).
SMTP_PORT: Final = 25
_SMTP: Final = (tcp(SMTP_PORT),)
#: Web services (HTTPS), and the revocation lists of certificates (HTTP; exchange.md G4).
HTTPS_PORT: Final = 443
HTTP_PORT: Final = 80
_HTTPS: Final = (tcp(HTTPS_PORT),)
#: Secure LDAP of an Edge server's AD LDS, unless ConfigureAdam.ps1 changed it before subscribing.
EDGESYNC_PORT: Final = 50636
_DNS: Final = (tcp(53), udp(53))
_ALL_PROTOCOLS: Final = (ANY_PORTS,)
#: SIP of the UM Call Router, and of UM IP gateways: unsecured, and with mutual TLS (exchange.md U1, U5).
SIP_TCP_PORT: Final = 5060
SIP_TLS_PORT: Final = 5061
#: RTP and SRTP of UM worker processes, and of gateways whose own range is not declared (exchange.md U4, U6).
_MEDIA: Final = (udp((1024, 65535)),)

_SET_SENDER_REPUTATION: Final = (
    "Set-SenderReputationConfig; Manage sender reputation in Exchange 2013"
)

ENTRIES: Final[tuple[CatalogEntry, ...]] = (
    # Ground rules. One bullet of the page, three pairs, both directions each.
    CatalogEntry(
        "R1",
        CatalogSection.INSIDE,
        Part.EXCHANGE,
        Part.EXCHANGE,
        _ALL_PROTOCOLS,
        summary="unrestricted traffic between internal Exchange servers",
        when="always",
        without="mail, client sessions and replication fail; Microsoft supports no filter between Exchange servers",
        cite=Citation(PublishedTable.GROUND_RULES, 1),
    ),
    CatalogEntry(
        "R2",
        CatalogSection.INSIDE,
        Part.EXCHANGE,
        Part.LYNC,
        _ALL_PROTOCOLS,
        summary="unrestricted traffic between Exchange and internal Lync servers",
        when="Lync or Skype for Business servers are declared; both directions",
        without="the integration of Lync fails; Microsoft supports no filter between Exchange and Lync",
        cite=Citation(PublishedTable.GROUND_RULES, 1),
    ),
    CatalogEntry(
        "R3",
        CatalogSection.INSIDE,
        Part.EXCHANGE,
        Part.DOMAIN_CONTROLLERS,
        _ALL_PROTOCOLS,
        summary="unrestricted traffic between Exchange and internal domain controllers",
        when="domain controllers are declared; both directions",
        without="Exchange stops working: it reads its configuration and its recipients from domain controllers",
        cite=Citation(PublishedTable.GROUND_RULES, 1),
    ),
    # Clients and services: the destination is a Client Access server (second note of the table).
    CatalogEntry(
        "C1",
        CatalogSection.CLIENTS,
        Part.CLIENTS,
        Part.CLIENT_ACCESS,
        (tcp(443),),
        summary="encrypted web clients: Outlook, Outlook Web App, ActiveSync, EWS, Autodiscover",
        when="a client source has the service https, or declares no services",
        without="Outlook, Outlook Web App, ActiveSync, EWS and Autodiscover do not connect",
        cite=Citation(PublishedTable.CLIENTS, 1),
    ),
    CatalogEntry(
        "C2",
        CatalogSection.CLIENTS,
        Part.CLIENTS,
        Part.CLIENT_ACCESS,
        (tcp(80),),
        summary="unencrypted web clients: calendar publishing, redirect to HTTPS, Autodiscover",
        when="a client source has the service http",
        without="published calendars, the redirect to HTTPS and the last method of Autodiscover fail",
        cite=Citation(PublishedTable.CLIENTS, 2),
    ),
    CatalogEntry(
        "C3",
        CatalogSection.CLIENTS,
        Part.CLIENTS,
        Part.CLIENT_ACCESS,
        (tcp(143, 993),),
        summary="IMAP4 clients",
        when="a client source has the service imap (IMAP4 is disabled by default)",
        without="IMAP4 clients do not connect",
        cite=Citation(PublishedTable.CLIENTS, 3),
    ),
    CatalogEntry(
        "C4",
        CatalogSection.CLIENTS,
        Part.CLIENTS,
        Part.CLIENT_ACCESS,
        (tcp(110, 995),),
        summary="POP3 clients",
        when="a client source has the service pop (POP3 is disabled by default)",
        without="POP3 clients do not connect",
        cite=Citation(PublishedTable.CLIENTS, 4),
    ),
    CatalogEntry(
        "C5",
        CatalogSection.CLIENTS,
        Part.CLIENTS,
        Part.CLIENT_ACCESS,
        (tcp(587),),
        summary="clients submit mail by authenticated SMTP",
        when="a client source has the service smtp_submission, or declares no services",
        without="authenticated clients, also those of IMAP4 and POP3, cannot send mail",
        cite=Citation(PublishedTable.CLIENTS, 5),
    ),
    CatalogEntry(
        "C6",
        CatalogSection.CLIENTS,
        Part.CLIENTS,
        Part.CLIENT_ACCESS,
        _SMTP,
        summary="clients submit mail by authenticated SMTP on port 25",
        when="a client source has the service smtp_authenticated_25 (the note in row 5)",
        without="clients that use port 25 only cannot send mail",
        cite=Citation(PublishedTable.CLIENTS, 5),
    ),
    # Mail flow, no Edge Transport servers.
    CatalogEntry(
        "M1",
        CatalogSection.MAIL,
        Part.INTERNET,
        Part.CLIENT_ACCESS,
        _SMTP,
        summary="inbound mail",
        when="inbound mail is declared, and there is no Edge server or `to` names sites",
        without="no mail arrives from outside the organization",
        cite=Citation(PublishedTable.NO_EDGE, 1),
    ),
    CatalogEntry(
        "M2",
        CatalogSection.MAIL,
        Part.MAILBOX,
        Part.INTERNET,
        _SMTP,
        summary="outbound mail",
        when="outbound mail is sent through mailbox; with smart hosts, to them on their ports",
        without="outbound mail waits in the queues of the Mailbox servers",
        cite=Citation(PublishedTable.NO_EDGE, 2),
        also="Set-SendConnector (smart hosts and their port)",
    ),
    CatalogEntry(
        "M3",
        CatalogSection.MAIL,
        Part.CLIENT_ACCESS,
        Part.INTERNET,
        _SMTP,
        summary="outbound mail routed through the Client Access server",
        when="outbound mail is sent through client_access; with smart hosts, to them",
        without="outbound mail waits in the queues of the Mailbox servers",
        cite=Citation(PublishedTable.NO_EDGE, 3),
        also="Set-SendConnector (FrontEndProxyEnabled)",
    ),
    CatalogEntry(
        "M4",
        CatalogSection.MAIL,
        Part.INTERNET_FACING,
        Part.NAME_SERVERS,
        _DNS,
        summary="DNS for name resolution of the next mail hop",
        when="mail enters or leaves without Edge, and internal name servers are declared by address",
        without="the name of the next hop is not resolved, and mail waits",
        cite=Citation(PublishedTable.NO_EDGE, 4),
    ),
    # Mail flow with Edge Transport servers.
    CatalogEntry(
        "E1",
        CatalogSection.MAIL,
        Part.INTERNET,
        Part.EDGE,
        _SMTP,
        summary="inbound mail to the Edge server",
        when="an Edge server is subscribed, unless inbound mail is none",
        without="no mail arrives at the Edge server from outside the organization",
        cite=Citation(PublishedTable.EDGE, 1),
    ),
    CatalogEntry(
        "E2",
        CatalogSection.MAIL,
        Part.EDGE,
        Part.SITE_MAILBOX,
        _SMTP,
        summary="inbound mail from the Edge server to the subscribed site",
        when="an Edge server is subscribed, unless inbound mail is none",
        without="inbound mail waits on the Edge server",
        cite=Citation(PublishedTable.EDGE, 2),
    ),
    CatalogEntry(
        "E3",
        CatalogSection.MAIL,
        Part.SITE_MAILBOX,
        Part.EDGE,
        _SMTP,
        summary="outbound mail from the subscribed site to the Edge server",
        when="outbound mail is sent through edge, which is the default with an Edge server",
        without="outbound mail waits in the subscribed site",
        cite=Citation(PublishedTable.EDGE, 3),
    ),
    CatalogEntry(
        "E4",
        CatalogSection.MAIL,
        Part.EDGE,
        Part.INTERNET,
        _SMTP,
        summary="outbound mail from the Edge server",
        when="outbound mail is sent through edge; with smart hosts, to them on their ports",
        without="outbound mail waits on the Edge server",
        cite=Citation(PublishedTable.EDGE, 4),
        also="Set-SendConnector (smart hosts and their port)",
    ),
    CatalogEntry(
        "E5",
        CatalogSection.MAIL,
        Part.EDGESYNC_MAILBOX,
        Part.EDGE,
        (tcp(EDGESYNC_PORT),),
        summary="EdgeSync from Mailbox servers to the Edge server",
        when="an Edge server is subscribed; without the Mailbox servers in its edgesync_except",
        without="recipients and configuration on the Edge server are no longer updated",
        cite=Citation(PublishedTable.EDGE, 5),
    ),
    CatalogEntry(
        "E7",
        CatalogSection.MAIL,
        Part.EDGE,
        Part.NAME_SERVERS,
        _DNS,
        summary="DNS for name resolution of the next mail hop",
        when="the name servers of Edge servers are declared and are not cloud_resolver",
        without="the name of the next hop is not resolved and mail waits; Sender ID and block lists fail",
        cite=Citation(PublishedTable.EDGE, 6),
    ),
    CatalogEntry(
        "E8",
        CatalogSection.MAIL,
        Part.EDGE,
        Part.REPUTATION_PROXY,
        (),
        summary="sender reputation through a proxy server",
        when="sender reputation has a proxy, which also gives the port",
        without="the open proxy test of sender reputation does not run",
        cite=Citation(PublishedTable.EDGE, 7),
        also=_SET_SENDER_REPUTATION,
    ),
    CatalogEntry(
        "E8d",
        CatalogSection.MAIL,
        Part.EDGE,
        Part.INTERNET,
        (tcp(23, 80, 1080, 1081, 3128, 6588),),
        summary="sender reputation probes for open proxies",
        when="sender reputation is direct: the Edge server probes the senders without a proxy",
        without="the open proxy test of sender reputation does not run",
        cite=Citation(PublishedTable.EDGE, 7),
        also=_SET_SENDER_REPUTATION,
    ),
    # Rows from other pages than the port tables.
    CatalogEntry(
        "M6",
        CatalogSection.MAIL,
        Part.RELAYS,
        Part.CLIENT_ACCESS,
        _SMTP,
        summary="applications and appliances submit mail",
        when="a relay is declared; to Client Access, Mailbox or Edge Transport servers, on its connector's port",
        without="these applications and appliances cannot submit mail",
        cite=Citation(Page.RECEIVE_CONNECTOR),
    ),
    CatalogEntry(
        "W1",
        CatalogSection.WITNESS,
        Part.MAILBOX,
        Part.WITNESS,
        # SMB, and RPC with the dynamic range that Windows has by default.
        (tcp(135, 445, (49152, 65535)),),
        summary="members of a database availability group use their witness server",
        when="a witness server is declared",
        without="the group loses the vote of its witness server and may lose quorum",
        cite=Citation(Page.WITNESS),
    ),
    # "And all internal Exchange servers must be able to resolve internal host names."
    CatalogEntry(
        "N1",
        CatalogSection.NAMES,
        Part.EXCHANGE,
        Part.NAME_SERVERS,
        _DNS,
        summary="internal Exchange servers resolve internal host names",
        when="name servers of internal Exchange servers are declared by address",
        without="Exchange servers cannot resolve the names of each other and of their neighbors",
        cite=Citation(PublishedTable.NAME_RESOLUTION, 1),
    ),
    # Hybrid deployment with Exchange Online (exchange.md 9, m365-data.md 8 to 10). The first table of the page
    # has one row for each of H1 to H4, and names the servers of each version.
    CatalogEntry(
        "H1",
        CatalogSection.HYBRID,
        Part.EXCHANGE_ONLINE,
        Part.HYBRID_MAIL,
        _SMTP,
        # The ranges belong to all tenants, so that the address says nothing of the sender (m365-data.md 11).
        summary="hybrid mail; the connector must check the certificate (TlsCertificateName)",
        when="hybrid mail is declared; to Edge, or to Client Access servers",
        without="mail from Exchange Online waits there",
        cite=Citation(Page.HYBRID, 1),
        checked=_CHECKED_HYBRID,
        also="Set-HybridConfiguration (TlsCertificateName, EdgeTransportServers)",
    ),
    CatalogEntry(
        "H2",
        CatalogSection.HYBRID,
        Part.HYBRID_MAIL,
        Part.EXCHANGE_ONLINE,
        _SMTP,
        summary="hybrid mail to Exchange Online",
        when="hybrid mail is declared; from Edge, or from Mailbox and Client Access servers",
        without="mail to Exchange Online waits in the organization",
        cite=Citation(Page.HYBRID, 2),
        checked=_CHECKED_HYBRID,
        also="Set-HybridConfiguration (SendingTransportServers)",
    ),
    CatalogEntry(
        "H3",
        CatalogSection.HYBRID,
        Part.EXCHANGE_ONLINE,
        Part.HYBRID_WEB_SERVICES,
        _HTTPS,
        summary="requests of Exchange Online: free/busy, moves",
        when="the mode is classic, or `web_services` has a source; from any address by default",
        without="users in Exchange Online see no free/busy of the organization; mailbox moves fail",
        cite=Citation(Page.HYBRID, 3),
        checked=_CHECKED_HYBRID,
    ),
    CatalogEntry(
        "H4",
        CatalogSection.HYBRID,
        Part.EXCHANGE,
        Part.EXCHANGE_ONLINE,
        _HTTPS,
        summary="requests to Exchange Online: free/busy, MailTips, mailbox moves, archives",
        when="a hybrid deployment is declared",
        without="users of the organization see no free/busy of Exchange Online; online archives fail",
        cite=Citation(Page.HYBRID, 4),
        checked=_CHECKED_HYBRID,
        also="Microsoft Hybrid Agent (every Client Access server in the modern mode too)",
    ),
    CatalogEntry(
        "H7",
        CatalogSection.HYBRID,
        Part.EXCHANGE,
        Part.SIGN_IN,
        _HTTPS,
        summary="OAuth tokens, hybrid modern authentication and Microsoft Graph",
        when="a hybrid deployment is declared",
        without="no token is issued, so all requests to Exchange Online and to Graph fail",
        cite=Citation(Page.DEDICATED_APP),
        checked=_CHECKED_HYBRID,
    ),
    CatalogEntry(
        "H8",
        CatalogSection.HYBRID,
        Part.HYBRID_AGENT,
        Part.HYBRID_WEB_SERVICES,
        (tcp(80, 443, (5985, 5986)),),
        summary="the Hybrid Agent connects to its Exchange server",
        when="the mode is modern, and an agent host is given by address",
        without="the Hybrid Agent reaches no Exchange server: free/busy and mailbox moves fail",
        cite=Citation(Page.HYBRID_AGENT),
        checked=_CHECKED_HYBRID,
    ),
    CatalogEntry(
        "H9",
        CatalogSection.HYBRID,
        Part.HYBRID_AGENT,
        Part.INTERNET,
        (tcp(80, 443),),
        summary="the Hybrid Agent connects to Microsoft Entra application proxy",
        when="the mode is modern, and an agent host is a declared server",
        without="the Hybrid Agent cannot take requests of Exchange Online",
        cite=Citation(Page.HYBRID_AGENT),
        checked=_CHECKED_HYBRID,
    ),
    # Unified Messaging (exchange.md 10). Of two ports the first is unsecured and the second for mutual TLS;
    # the startup mode decides which of them are used. SIP is TCP and media is UDP.
    CatalogEntry(
        "U1",
        CatalogSection.UNIFIED_MESSAGING,
        Part.IP_GATEWAYS,
        Part.CALL_ROUTER,
        (tcp(SIP_TCP_PORT), tcp(SIP_TLS_PORT)),
        summary="SIP: calls to the UM Call Router",
        when="an IP gateway is declared; ports by the startup mode, or as Set-UMCallRouterSettings sets them",
        without="Unified Messaging answers no call",
        cite=Citation(Page.UM_PORTS, 1),
        also="Configure the startup mode on a Client Access server; Set-UMCallRouterSettings",
    ),
    CatalogEntry(
        "U2",
        CatalogSection.UNIFIED_MESSAGING,
        Part.IP_GATEWAYS,
        Part.UM_SERVICE,
        (tcp(5062), tcp(5063)),
        summary="SIP: calls to the Unified Messaging service",
        when="an IP gateway is declared; ports by the startup mode",
        without="calls that the call router redirects do not reach the Mailbox server",
        cite=Citation(Page.UM_PORTS, 2),
        also="UM services; Configure the startup mode on a Mailbox server",
    ),
    CatalogEntry(
        "U3",
        CatalogSection.UNIFIED_MESSAGING,
        Part.IP_GATEWAYS,
        Part.UM_SERVICE,
        # The two documents differ in which port is for which startup mode.
        (tcp((5065, 5068)),),
        summary="SIP: calls to UM worker processes",
        when="an IP gateway is declared",
        without="calls that the Unified Messaging service redirects to a worker process fail",
        cite=Citation(Page.UM_PORTS, 3),
        also="Voice architecture changes",
    ),
    CatalogEntry(
        "U4",
        CatalogSection.UNIFIED_MESSAGING,
        Part.IP_GATEWAYS,
        Part.UM_SERVICE,
        _MEDIA,
        summary="RTP or SRTP: media of calls",
        when="an IP gateway is declared; another range if msexchangeum.config has one",
        without="callers are not heard, and voice messages are empty",
        cite=Citation(Page.UM_PORTS, 4),
    ),
    CatalogEntry(
        "F3",
        CatalogSection.UNIFIED_MESSAGING,
        Part.UM_SERVICE,
        Part.IP_GATEWAYS,
        _MEDIA,
        summary="RTP or SRTP: media of calls",
        when="an IP gateway is declared; its own range if it is declared",
        without="callers hear no greeting, and messages cannot be listened to by telephone",
        cite=Citation(Page.UM_PORTS, 4),
    ),
    CatalogEntry(
        "F4",
        CatalogSection.UNIFIED_MESSAGING,
        Part.UM_SERVICE,
        Part.IP_GATEWAYS,
        (),
        summary="SIP: outgoing calls, such as Play on Phone",
        when="an IP gateway allows outgoing calls; on its own port",
        without="Play on Phone, outdialing and other outgoing calls fail",
        cite=Citation(Page.UM_OUTGOING_CALLS),
        also="Set-UMIPGateway (Port, OutcallsAllowed)",
    ),
    CatalogEntry(
        "F5",
        CatalogSection.UNIFIED_MESSAGING,
        Part.UM_SERVICE,
        Part.IP_GATEWAYS,
        (),
        summary="SIP: message waiting notifications",
        when="an IP gateway allows the message waiting indicator; on its own port",
        without="telephones do not show that a voice message is waiting",
        cite=Citation(Page.UM_MESSAGE_WAITING),
        also="Set-UMIPGateway (Port, MessageWaitingIndicatorAllowed)",
    ),
    CatalogEntry(
        "F9",
        CatalogSection.UNIFIED_MESSAGING,
        Part.UM_SERVICE,
        Part.FAX_PARTNERS,
        (),
        summary="SIP: fax calls to the fax partner server",
        when="a fax partner server is declared; port and transport as in FaxServerURI",
        without="incoming fax calls are not forwarded to the fax partner server",
        cite=Citation(Page.UM_FAXING),
        also="Set-UMMailboxPolicy (FaxServerURI)",
    ),
    CatalogEntry(
        "F9t",
        CatalogSection.UNIFIED_MESSAGING,
        Part.UM_SERVICE,
        Part.FAX_PARTNERS,
        (tcp(6004),),
        summary="T.38: fax data with the fax partner server",
        when="a fax partner server is declared; both directions; other ports if its maker has others",
        without="fax data does not reach the fax partner server",
        cite=Citation(Page.UM_FAXING),
    ),
    CatalogEntry(
        "F10",
        CatalogSection.UNIFIED_MESSAGING,
        Part.FAX_PARTNERS,
        Part.CLIENT_ACCESS,
        _SMTP,
        summary="the fax partner server delivers faxes by mail",
        when="a fax partner server is declared; on the port of its Receive connector",
        without="faxes do not arrive in mailboxes",
        cite=Citation(Page.UM_FAXING),
    ),
)

#: Rows between hosts of others: no rule of ours is about them. The plan lists them.
NEIGHBOR_ENTRIES: Final = (
    CatalogEntry(
        "H5",
        CatalogSection.HYBRID,
        Part.INTERNET,
        Part.AD_FS,
        _HTTPS,
        summary="clients and Exchange Online sign in at AD FS",
        when="AD FS is declared; to its proxies where there are any",
        without="federated users cannot sign in",
        cite=Citation(Page.HYBRID),
        checked=_CHECKED_HYBRID,
    ),
    CatalogEntry(
        "H6",
        CatalogSection.HYBRID,
        Part.ENTRA_CONNECT,
        Part.AD_FS,
        _HTTPS,
        summary="Microsoft Entra Connect configures AD FS",
        when="AD FS is declared with the servers of Microsoft Entra Connect",
        without="Microsoft Entra Connect cannot configure the federation",
        cite=Citation(Page.HYBRID),
        checked=_CHECKED_HYBRID,
    ),
)


def _need(
    id_: str,
    ports: Ports,
    summary: str,
    without: str,
    page: Page,
    source: Part = Part.EXCHANGE,
    *,
    since: str = "",
) -> CatalogEntry:
    """The row of a need; `since`: the first update of each version that has it."""
    return CatalogEntry(
        id_,
        CatalogSection.ADDITIONAL,
        source,
        Part.DECLARED,
        (ports,),
        summary=summary,
        when="an additional flow declares it as its need" + (f" (from {since})" if since else ""),
        without=without,
        cite=Citation(page),
    )


#: Documented requirements of servers with restricted egress (exchange.md 13). Neither cloud filters by host
#: name, so the destination is the Internet, a proxy or an update server, as the flow declares it.
NEEDS: Final = {
    Need.MALWARE_DEFINITIONS: _need(
        "G3",
        tcp(80, 443),
        "malware agent downloads engines and definitions",
        "the malware agent uses outdated engines and definitions",
        Page.ENGINE_UPDATES,
        Part.MAILBOX,
    ),
    Need.CERTIFICATE_CHECKS: _need(
        "G4",
        tcp(80),
        "certificate revocation lists are downloaded",
        "TLS certificates cannot be checked for revocation, and services may start slowly",
        Page.REVOCATION,
    ),
    Need.FEDERATION: _need(
        "G5",
        tcp(443),
        "federation, sharing and free/busy",
        "free/busy and sharing with other organizations fail",
        Page.FEDERATION,
    ),
    Need.CONTENT_FILTER_UPDATES: _need(
        "G7",
        tcp(80, 443),
        "content filter downloads updates",
        "the content filter uses outdated data",
        Page.CONTENT_FILTER,
    ),
    Need.WINDOWS_UPDATE: _need(
        "G8",
        tcp(80, 443),
        "Windows and Microsoft Update",
        "Windows and Exchange updates are not downloaded",
        Page.SECURITY_CHECKLIST,
    ),
    Need.PUSH_NOTIFICATIONS: _need(
        "G9",
        tcp(443),
        "push notifications of OWA for Devices",
        "OWA for Devices receives no notifications",
        Page.PUSH,
        Part.MAILBOX,
    ),
    Need.REMOTE_DESKTOP: _need(
        "E9",
        tcp(3389),
        "administration by remote desktop",
        "the server cannot be administered by remote desktop",
        Page.EDGE_PLANNING,
        Part.DECLARED,
    ),
    # Microsoft publishes no addresses of officeclient.microsoft.com (record 86 of the endpoints).
    Need.EMERGENCY_MITIGATION: _need(
        "G14",
        tcp(443),
        "Emergency Mitigation service downloads mitigations from officeclient.microsoft.com, by name only",
        "mitigations of vulnerabilities are not applied automatically",
        Page.MITIGATION,
        Part.MAILBOX,
        since="Exchange 2016 CU22, Exchange 2019 CU11",
    ),
    Need.FEATURE_FLIGHTING: _need(
        "G15",
        tcp(443),
        "feature flighting downloads its settings from officeclient.microsoft.com, by name only",
        "features stay in the state that they have after Setup",
        Page.FLIGHTING,
        Part.MAILBOX,
        since="Exchange 2019 CU15",
    ),
    Need.HYBRID_MODERN_AUTH: _need(
        "G16",
        tcp(443),
        "OAuth tokens and hybrid modern authentication",
        "clients cannot sign in by hybrid modern authentication, and OAuth with Exchange Online fails",
        Page.MODERN_AUTH,
        since="Exchange 2013 CU19, Exchange 2016 CU8, Exchange 2019 CU1",
    ),
    Need.EXCHANGE_ONLINE: _need(
        "G17",
        tcp(443),
        "requests to Exchange Online",
        "free/busy, archives and mailbox moves to Exchange Online fail",
        Page.FEDERATION,
    ),
    Need.GRAPH: _need(
        "G18",
        tcp(443),
        "Microsoft Graph for free/busy, MailTips and photos in Exchange Online",
        "free/busy, MailTips and photos of mailboxes in Exchange Online are not shown",
        Page.DEDICATED_APP,
        Part.MAILBOX,
        since="Exchange Server SE with the update of May 2026",
    ),
}

BY_ID: Final = {entry.id: entry for entry in (*ENTRIES, *NEIGHBOR_ENTRIES, *NEEDS.values())}

#: The row for each client service.
SERVICES: Final = {
    Service.HTTPS: BY_ID["C1"],
    Service.HTTP: BY_ID["C2"],
    Service.IMAP: BY_ID["C3"],
    Service.POP: BY_ID["C4"],
    Service.SMTP_SUBMISSION: BY_ID["C5"],
    Service.SMTP_AUTHENTICATED_25: BY_ID["C6"],
}

#: Enabled by default; an administrator enables the others (exchange.md C1, C5).
DEFAULT_SERVICES: Final = (Service.HTTPS, Service.SMTP_SUBMISSION)

#: The services that may send a password unencrypted, with the port on which they do.
PLAIN_TEXT_PORTS: Final = {Service.HTTP: 80, Service.IMAP: 143, Service.POP: 110}

#: The ports by which Windows servers are administered: SSH, RPC, SMB, RDP and WinRM. Used to warn that no
#: rule allows administration; never to allow traffic (general Windows facts, exchange.md 13 and E9).
MANAGEMENT: Final = tcp(22, 135, 445, 3389, (5985, 5986))

#: The ports by which Windows servers download updates: Microsoft Update, and WSUS on its own ports. Used to
#: warn that no rule allows updates; never to allow traffic (exchange.md G8, and a general Windows fact).
UPDATES: Final = tcp(80, 443, (8530, 8531))

#: Names of ports for readers, beside the number: by protocol, then by port or range. Never used to allow
#: traffic (IANA's registry of service names; the rows above).
PORT_NAMES: Final[dict[str, dict[tuple[int, int], str]]] = {
    "tcp": {
        (22, 22): "SSH",
        (25, 25): "SMTP",
        (53, 53): "DNS",
        (80, 80): "HTTP",
        (88, 88): "Kerberos",
        (110, 110): "POP3",
        (135, 135): "RPC",
        (143, 143): "IMAP4",
        (389, 389): "LDAP",
        (443, 443): "HTTPS",
        (445, 445): "SMB",
        (465, 465): "SMTPS",
        (587, 587): "SMTP submission",
        (636, 636): "LDAPS",
        (993, 993): "IMAPS",
        (995, 995): "POP3S",
        (1433, 1433): "SQL Server",
        (3268, 3269): "global catalog",
        (3389, 3389): "RDP",
        (5985, 5985): "WinRM",
        (5986, 5986): "WinRM",
        (5985, 5986): "WinRM",
        (8530, 8531): "WSUS",
        (EDGESYNC_PORT, EDGESYNC_PORT): "EdgeSync",
        (SIP_TCP_PORT, SIP_TCP_PORT): "SIP",
        (SIP_TLS_PORT, SIP_TLS_PORT): "SIP over TLS",
        (SIP_TCP_PORT, SIP_TLS_PORT): "SIP",
    },
    "udp": {(53, 53): "DNS", (88, 88): "Kerberos", (123, 123): "NTP", (161, 161): "SNMP"},
}

#: The ports that an attacker inside a Windows network uses first, by purpose. Used to warn about traffic from
#: the Internet and between the perimeter and the internal network; never to allow traffic (general Windows facts:
#: "Service overview and network port requirements for Windows"; IANA's registry for the others).
SENSITIVE_PORTS: Final[dict[str, tuple[Ports, ...]]] = {
    "remote administration": (tcp(22, 23, 3389, 5900, (5985, 5986)), udp(3389)),
    "file sharing and RPC": (tcp(111, 135, 139, 445, 2049), udp(111, 135, (137, 138), 445, 2049)),
    "directory": (tcp(88, 389, 464, 636, (3268, 3269), 9389), udp(88, 389, 464)),
    "databases": (tcp(1433, 1521, 3306, 5432, 6379, 27017), udp(1434)),
}

#: Ports by the names that `check` accepts: the services of clients as a stack file names them, and common
#: names. Never used to allow traffic (IANA's registry of service names, and the rows above).
PORTS_OF_SERVICES: Final[dict[str, tuple[Ports, ...]]] = {
    **{service.value: entry.ports for service, entry in SERVICES.items()},
    "smtp": _SMTP,
    "submission": SERVICES[Service.SMTP_SUBMISSION].ports,
    "smtps": (tcp(465),),
    "imaps": (tcp(993),),
    "pop3": SERVICES[Service.POP].ports,
    "pop3s": (tcp(995),),
    "edgesync": (tcp(EDGESYNC_PORT),),
    "dns": _DNS,
    "rdp": NEEDS[Need.REMOTE_DESKTOP].ports,
    "winrm": (tcp((5985, 5986)),),
    "ssh": (tcp(22),),
    "rpc": (tcp(135),),
    "smb": (tcp(445),),
    "kerberos": (tcp(88), udp(88)),
    "ldap": (tcp(389), udp(389)),
    "ldaps": (tcp(636),),
    "global_catalog": (tcp((3268, 3269)),),
    "wsus": (tcp((8530, 8531)),),
    "ntp": (udp(123),),
    "sip": (tcp(SIP_TCP_PORT),),
    "sip_tls": (tcp(SIP_TLS_PORT),),
}
