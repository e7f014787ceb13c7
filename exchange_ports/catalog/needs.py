"""The rows of needs: documented requirements of servers with restricted egress."""

from typing import Final

from exchange_ports.catalog.entry import CatalogEntry
from exchange_ports.catalog.pages import Citation, Page
from exchange_ports.catalog.words import CatalogSection, Need, Part
from exchange_ports.traffic.ports import Ports, tcp


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
