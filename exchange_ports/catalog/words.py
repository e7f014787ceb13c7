"""The words of rows: their ends, the headings above them, and what a stack file calls services and needs."""

from collections.abc import Collection
from enum import StrEnum
from typing import Final

from exchange_ports.versions import Article, Version


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
