"""What a host looks like by the ports that it is used on: only to suggest a declaration, never to allow traffic."""

from collections.abc import Mapping
from typing import Final

from exchange_ports.traffic.ports import HIGHEST_PORT

#: Kerberos, LDAP and the global catalog; two of them make a domain controller likely.
DOMAIN_CONTROLLER: Final = frozenset((88, 389, 464, 636, 3268, 3269))
#: SIP of Lync and Skype for Business; two of them make such a server likely.
LYNC: Final = frozenset((5060, 5061, 5065, 5067, 5068))
#: Other hosts by a port, the surest first. Well-known defaults, not checked against documents: 1556 is NetBackup, 5718 is DPM.
LOOKS: Final[Mapping[str, tuple[int, ...]]] = {
    "a backup server": (
        *(1500, 1501, 1556, 2500, 5718, 5719, 6101, 6106, 6160, 6162, 8400, 9392, 10000, 13724),
    ),
    "a monitoring system": (161, 5666, 5723, 9100, 9182, 10050, 10051, 12489),
    "an update server": (8530, 8531),
    "remote administration": (22, 3389, 5985, 5986),
    "a file server": (139, 445),
    "a log collector": (514, 1514, 5044, 6514, 9997),
    "a time server": (123,),
    "a mail system": (25, 465, 587),
    "a web server or proxy": (80, 443, 1080, 3128, 8080),
}
#: What Windows takes for RPC, and from where on clients take ports.
DYNAMIC: Final = (49152, HIGHEST_PORT)
#: Below it no client takes a port.
FIRST_OF_CLIENTS: Final = 1024
