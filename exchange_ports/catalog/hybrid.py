"""The rows of a hybrid deployment with Exchange Online."""

from typing import Final

from exchange_ports.catalog.entry import CHECKED_HYBRID, HTTPS, SMTP, CatalogEntry
from exchange_ports.catalog.pages import Citation, Page
from exchange_ports.catalog.words import CatalogSection, Part
from exchange_ports.traffic.ports import tcp

HYBRID: Final[tuple[CatalogEntry, ...]] = (
    # Hybrid deployment with Exchange Online (exchange.md 9, m365-data.md 8 to 10). The first table of the page
    # has one row for each of H1 to H4, and names the servers of each version.
    CatalogEntry(
        "H1",
        CatalogSection.HYBRID,
        Part.EXCHANGE_ONLINE,
        Part.HYBRID_MAIL,
        SMTP,
        # The ranges belong to all tenants, so that the address says nothing of the sender (m365-data.md 11).
        summary="hybrid mail; the connector must check the certificate (TlsCertificateName)",
        when="hybrid mail is declared; to Edge, or to Client Access servers",
        without="mail from Exchange Online waits there",
        cite=Citation(Page.HYBRID, 1),
        checked=CHECKED_HYBRID,
        also="Set-HybridConfiguration (TlsCertificateName, EdgeTransportServers)",
    ),
    CatalogEntry(
        "H2",
        CatalogSection.HYBRID,
        Part.HYBRID_MAIL,
        Part.EXCHANGE_ONLINE,
        SMTP,
        summary="hybrid mail to Exchange Online",
        when="hybrid mail is declared; from Edge, or from Mailbox and Client Access servers",
        without="mail to Exchange Online waits in the organization",
        cite=Citation(Page.HYBRID, 2),
        checked=CHECKED_HYBRID,
        also="Set-HybridConfiguration (SendingTransportServers)",
    ),
    CatalogEntry(
        "H3",
        CatalogSection.HYBRID,
        Part.EXCHANGE_ONLINE,
        Part.HYBRID_WEB_SERVICES,
        HTTPS,
        summary="requests of Exchange Online: free/busy, moves",
        when="the mode is classic, or `web_services` has a source; from any address by default",
        without="users in Exchange Online see no free/busy of the organization; mailbox moves fail",
        cite=Citation(Page.HYBRID, 3),
        checked=CHECKED_HYBRID,
    ),
    CatalogEntry(
        "H4",
        CatalogSection.HYBRID,
        Part.EXCHANGE,
        Part.EXCHANGE_ONLINE,
        HTTPS,
        summary="requests to Exchange Online: free/busy, MailTips, mailbox moves, archives",
        when="a hybrid deployment is declared",
        without="users of the organization see no free/busy of Exchange Online; online archives fail",
        cite=Citation(Page.HYBRID, 4),
        checked=CHECKED_HYBRID,
        also="Microsoft Hybrid Agent (every Client Access server in the modern mode too)",
    ),
    CatalogEntry(
        "H7",
        CatalogSection.HYBRID,
        Part.EXCHANGE,
        Part.SIGN_IN,
        HTTPS,
        summary="OAuth tokens, hybrid modern authentication and Microsoft Graph",
        when="a hybrid deployment is declared",
        without="no token is issued, so all requests to Exchange Online and to Graph fail",
        cite=Citation(Page.DEDICATED_APP),
        checked=CHECKED_HYBRID,
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
        checked=CHECKED_HYBRID,
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
        checked=CHECKED_HYBRID,
    ),
)

#: Rows between hosts of others: no rule of ours is about them. The plan lists them.
NEIGHBOR_ENTRIES: Final = (
    CatalogEntry(
        "H5",
        CatalogSection.HYBRID,
        Part.INTERNET,
        Part.AD_FS,
        HTTPS,
        summary="clients and Exchange Online sign in at AD FS",
        when="AD FS is declared; to its proxies where there are any",
        without="federated users cannot sign in",
        cite=Citation(Page.HYBRID),
        checked=CHECKED_HYBRID,
    ),
    CatalogEntry(
        "H6",
        CatalogSection.HYBRID,
        Part.ENTRA_CONNECT,
        Part.AD_FS,
        HTTPS,
        summary="Microsoft Entra Connect configures AD FS",
        when="AD FS is declared with the servers of Microsoft Entra Connect",
        without="Microsoft Entra Connect cannot configure the federation",
        cite=Citation(Page.HYBRID),
        checked=CHECKED_HYBRID,
    ),
)
