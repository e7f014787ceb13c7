"""Ports by name, and ports that a warning is about; never used to allow traffic but for the rows of services."""

from typing import Final, NamedTuple

from exchange_ports.catalog.entry import (
    DNS,
    EDGESYNC_PORT,
    HTTP_PORT,
    HTTPS,
    SIP_TCP_PORT,
    SIP_TLS_PORT,
    SMTP,
)
from exchange_ports.catalog.needs import NEEDS
from exchange_ports.catalog.port_tables import TABLES
from exchange_ports.catalog.words import Need, Service
from exchange_ports.traffic.ports import Ports, Protocol, tcp, udp

_CLIENTS: Final = {entry.id: entry for entry in TABLES}
#: The row for each client service.
SERVICES: Final = {
    Service.HTTPS: _CLIENTS["C1"],
    Service.HTTP: _CLIENTS["C2"],
    Service.IMAP: _CLIENTS["C3"],
    Service.POP: _CLIENTS["C4"],
    Service.SMTP_SUBMISSION: _CLIENTS["C5"],
    Service.SMTP_AUTHENTICATED_25: _CLIENTS["C6"],
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


class NamedPorts(NamedTuple):
    """Ports with their name in a report, and the word by which `check` accepts them; either may be empty."""

    label: str
    word: str
    ports: tuple[Ports, ...]


#: Common names (IANA's registry of service names, and the rows).
_NAMED: Final = (
    NamedPorts("SMTP", "smtp", SMTP),
    NamedPorts("SMTP submission", "submission", SERVICES[Service.SMTP_SUBMISSION].ports),
    NamedPorts("SMTPS", "smtps", (tcp(465),)),
    NamedPorts("IMAPS", "imaps", (tcp(993),)),
    NamedPorts("", "pop3", SERVICES[Service.POP].ports),
    NamedPorts("POP3S", "pop3s", (tcp(995),)),
    NamedPorts("EdgeSync", "edgesync", (tcp(EDGESYNC_PORT),)),
    NamedPorts("DNS", "dns", DNS),
    NamedPorts("RDP", "rdp", NEEDS[Need.REMOTE_DESKTOP].ports),
    NamedPorts("WinRM", "winrm", (tcp((5985, 5986)),)),
    NamedPorts("SSH", "ssh", (tcp(22),)),
    NamedPorts("RPC", "rpc", (tcp(135),)),
    NamedPorts("SMB", "smb", (tcp(445),)),
    NamedPorts("Kerberos", "kerberos", (tcp(88), udp(88))),
    NamedPorts("LDAP", "ldap", (tcp(389), udp(389))),
    NamedPorts("LDAPS", "ldaps", (tcp(636),)),
    NamedPorts("global catalog", "global_catalog", (tcp((3268, 3269)),)),
    NamedPorts("WSUS", "wsus", (tcp((8530, 8531)),)),
    NamedPorts("NTP", "ntp", (udp(123),)),
    NamedPorts("SIP", "sip", (tcp(SIP_TCP_PORT),)),
    NamedPorts("SIP over TLS", "sip_tls", (tcp(SIP_TLS_PORT),)),
    # No words of `check`: parts of a service, both of two ports, and what no row is about.
    NamedPorts("HTTP", "", (tcp(HTTP_PORT),)),
    NamedPorts("HTTPS", "", HTTPS),
    NamedPorts("IMAP4", "", (tcp(143),)),
    NamedPorts("POP3", "", (tcp(110),)),
    NamedPorts("WinRM", "", (tcp(5985), tcp(5986))),
    NamedPorts("SIP", "", (tcp((SIP_TCP_PORT, SIP_TLS_PORT)),)),
    NamedPorts("SQL Server", "", (tcp(1433),)),
    NamedPorts("SNMP", "", (udp(161),)),
)

#: Names of ports for readers, beside the number: by protocol, then by port or range.
PORT_NAMES: Final[dict[str, dict[tuple[int, int], str]]] = {
    protocol.value: {
        (range_.first, range_.last): named.label
        for named in _NAMED
        if named.label
        for ports in named.ports
        if ports.protocol is protocol
        for range_ in ports.ranges
    }
    for protocol in (Protocol.TCP, Protocol.UDP)
}

#: Ports by the names that `check` accepts: the services of clients as a stack file names them, and common
#: names.
PORTS_OF_SERVICES: Final[dict[str, tuple[Ports, ...]]] = {
    **{service.value: entry.ports for service, entry in SERVICES.items()},
    **{named.word: named.ports for named in _NAMED if named.word},
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
