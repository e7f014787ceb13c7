"""Which edits of a declaration are told: of sites, of neighbors' addresses, of the Internet."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from exchange_ports.differences.declaration_diff import diff_declarations
from exchange_ports.planning import Plans, compile_plans
from tests.support.strategies import GONE, WITH_EDGE, declared, edited

BASE: Final = edited(
    WITH_EDGE,
    {
        "sites.hq.domain_controllers.accounts_forest": ["10.20.3.10"],
        "sites.hq.lync": {"addresses": ["10.20.4.0/28"]},
        "sites.hq.other_exchange": {"addresses": ["10.20.5.5"]},
        "clients.office": {"from": ["10.64.0.0/16"], "services": ["https", "imap"]},
        "mail_flow": {
            "inbound": {"from": ["203.0.113.0/28"]},
            "outbound": {"through": "edge", "next_hop": [{"address": "203.0.113.25", "port": 587}]},
            "relays": {"printers": {"from": ["10.20.7.0/28"]}},
        },
        "witness_servers.w": {"address": "10.20.9.60"},
        "name_servers": {"internal": ["10.20.2.53"], "edge": ["10.20.240.53"]},
        "sender_reputation": {"proxy": {"address": "10.20.240.9", "port": 8080, "type": "socks5"}},
    },
)
PARIS: Final = {
    "network": "corp",
    "servers": {"px1": {"roles": ["client_access", "mailbox"], "address": "10.20.1.11"}},
    "domain_controllers": {"addresses": ["10.20.2.20"]},
}

EDITS: Final[Mapping[str, Mapping[str, Any]]] = {
    "nothing": {},
    "domain controllers": {"sites.hq.domain_controllers.addresses": ["10.20.2.11"]},
    "an accounts forest": {"sites.hq.domain_controllers.accounts_forest": ["10.20.3.11"]},
    "no accounts forest": {"sites.hq.domain_controllers.accounts_forest": GONE},
    "domain controllers of another site": {
        "sites.hq.domain_controllers": GONE,
        "sites.paris": PARIS,
    },
    "Lync": {"sites.hq.lync.addresses": ["10.20.4.16/28"]},
    "no Lync": {"sites.hq.lync": GONE},
    "other Exchange": {"sites.hq.other_exchange.addresses": ["10.20.5.5", "10.20.5.6"]},
    "no other Exchange": {"sites.hq.other_exchange": GONE},
    "clients moved": {"clients.office.from": ["10.65.0.0/16"]},
    "clients moved, with another service": {
        "clients.office": {"from": ["10.65.0.0/16"], "services": ["imap"]}
    },
    "clients moved, to one site": {
        "clients.office": {"from": ["10.65.0.0/16"], "services": ["https", "imap"], "to": ["hq"]}
    },
    "clients on another port": {"service_ports": {"imap": ["10143/tcp"]}},
    "clients moved, on another port": {
        "clients.office.from": ["10.65.0.0/16"],
        "service_ports": {"imap": ["10143/tcp"]},
    },
    "clients renamed": {
        "clients": {"branch": {"from": ["10.64.0.0/16"], "services": ["https", "imap"]}}
    },
    "clients from the Internet": {"clients.office.from": "internet"},
    "a relay moved": {"mail_flow.relays.printers.from": ["10.20.7.16/28"]},
    "a relay moved, to another port": {
        "mail_flow.relays.printers": {"from": ["10.20.7.16/28"], "port": 2525}
    },
    "a relay moved, to one site": {
        "mail_flow.relays.printers": {"from": ["10.20.7.16/28"], "sites": ["hq"]}
    },
    "no relay": {"mail_flow.relays": {}},
    "senders moved": {"mail_flow.inbound.from": ["203.0.113.16/28"]},
    "senders moved, to a site": {"mail_flow.inbound": {"from": ["203.0.113.16/28"], "to": ["hq"]}},
    "senders of the Internet": {"mail_flow.inbound.from": "internet"},
    "a smart host moved": {
        "mail_flow.outbound.next_hop": [{"address": "203.0.113.26", "port": 587}]
    },
    "a smart host moved, to another port": {
        "mail_flow.outbound.next_hop": [{"address": "203.0.113.26", "port": 25}]
    },
    "a smart host moved, for one site": {
        "mail_flow.outbound": {
            "through": "edge",
            "sites": ["hq"],
            "next_hop": [{"address": "203.0.113.26", "port": 587}],
        }
    },
    "a smart host more": {
        "mail_flow.outbound.next_hop": [
            {"address": "203.0.113.25", "port": 587},
            {"address": "203.0.113.26", "port": 587},
        ]
    },
    "no smart host": {"mail_flow.outbound.next_hop": "internet"},
    "no outbound mail": {"mail_flow.outbound": "none"},
    "a witness moved": {"witness_servers.w.address": "10.20.9.61"},
    "a witness moved, of one site": {
        "witness_servers.w": {"address": "10.20.9.61", "sites": ["hq"]}
    },
    "name servers": {"name_servers.internal": ["10.20.2.54"]},
    "name servers by network": {"name_servers.internal": {"corp": ["10.20.2.54"]}},
    "name servers of Edge": {"name_servers.edge": ["10.20.240.54", "10.20.240.55"]},
    "the cloud's resolver": {"name_servers.edge": "cloud_resolver"},
    "a proxy moved": {"sender_reputation.proxy.address": "10.20.240.10"},
    "a proxy moved, to another port": {
        "sender_reputation.proxy": {"address": "10.20.240.10", "port": 1080, "type": "socks5"}
    },
    "no proxy": {"sender_reputation": "disabled"},
    "a site more": {"sites.paris": PARIS},
    "a site renamed with its id": {
        "sites": {"main": {**BASE["sites"]["hq"], "id": "hq"}},
        "edge_servers.edge1.subscribed_site": "main",
    },
    "a wider private block": {"private_blocks": ["10.0.0.0/8", "172.16.0.0/12"]},
    "another private block": {"private_blocks": ["10.0.0.0/9", "172.16.0.0/12"]},
}


def told(before: Plans, after: Plans) -> list[str]:
    """The edits in words."""
    found = diff_declarations(before, after)
    lines = [f"* site {each.name} {each.edit}: {', '.join(each.servers)}" for each in found.sites]
    for each in found.addresses:
        alone = ", alone" if each.alone else ""
        site = f", with site {each.with_site}" if each.with_site else ""
        of = f" of {each.of}" if each.of else ""
        lines.append(f"* {each.what}{of}: {each.before or '-'} -> {each.after or '-'}{alone}{site}")
    if found.internet_added:
        lines.append(f"* the Internet has {found.internet_added}")
    if found.internet_removed:
        lines.append(f"* the Internet no longer has {found.internet_removed}")
    return lines


def test_the_words_of_these_edits_are_those_that_were_read(
    golden: Callable[[str, str], None],
) -> None:
    lines = ["# What is told of each edit of `tests/differences/test_declarations.py`", ""]
    base = compile_plans(declared(BASE))
    for case, edit in EDITS.items():
        after = compile_plans(declared(edited(BASE, edit)))
        lines += [f"## {case}", "", *told(base, after), ""]
        assert len(told(after, base)) == len(told(base, after))
    more = compile_plans(declared(edited(BASE, {"sites.paris": PARIS})))
    lines += ["## a site less", "", *told(more, base), ""]
    golden("differences/declarations.md", "\n".join(lines))
