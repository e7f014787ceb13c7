"""A row, and the ports that rows share: these modules are the only place with port numbers."""

from dataclasses import dataclass
from typing import Final

from exchange_ports.catalog.pages import Citation
from exchange_ports.catalog.words import CatalogSection, Part
from exchange_ports.traffic.ports import ANY_PORTS, Ports, tcp, udp

CHECKED: Final = "2026-11-25"
CHECKED_HYBRID: Final = "2026-11-30"


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
    checked: str = CHECKED
    #: A second document that fills in what the row leaves open.
    also: str | None = None


#: SMTP between mail servers. A smart host listens here unless its connector says otherwise
#: (`Set-SendConnector -Port`, exchange.md M5).
SMTP_PORT: Final = 25
SMTP: Final = (tcp(SMTP_PORT),)
#: Web services (HTTPS), and the revocation lists of certificates (HTTP; exchange.md G4).
HTTPS_PORT: Final = 443
HTTP_PORT: Final = 80
HTTPS: Final = (tcp(HTTPS_PORT),)
#: Secure LDAP of an Edge server's AD LDS, unless ConfigureAdam.ps1 changed it before subscribing.
EDGESYNC_PORT: Final = 50636
DNS: Final = (tcp(53), udp(53))
ALL_PROTOCOLS: Final = (ANY_PORTS,)
#: SIP of the UM Call Router, and of UM IP gateways: unsecured, and with mutual TLS (exchange.md U1, U5).
SIP_TCP_PORT: Final = 5060
SIP_TLS_PORT: Final = 5061
#: RTP and SRTP of UM worker processes, and of gateways whose own range is not declared (exchange.md U4, U6).
MEDIA: Final = (udp((1024, 65535)),)
