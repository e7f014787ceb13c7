"""Data that has not the shape of a topology: each error with its place and what to write instead."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest

from exchange_ports.topology.validate import parse_topology
from tests.support.strategies import GONE, SMALL, WITH_EDGE, edited


def nested(levels: int) -> list[Any]:
    return [nested(levels - 1)] if levels else []


class Output:
    """Has the names of Pulumi's own, by which it is known."""

    __module__ = "pulumi.output"


def errors(data: Mapping[str, Any]) -> list[str]:
    """The errors; where it is not clear what was meant, there is no topology to check further."""
    topology, findings = parse_topology(dict(data), ())
    lines = [
        f"{each.kind.code} at {'.'.join(map(str, each.path))}: {each.fix}"
        for each in findings
        if each.is_error
    ]
    return lines if topology else [*lines, "no topology"]


SHAPES: Final[Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any], list[str]]]] = {
    "an unknown key": (
        SMALL,
        {"organisation": "contoso"},
        ["unknown-key at organisation: Did you mean `organization`?"],
    ),
    "an unknown key far from all": (
        SMALL,
        {"sites.hq.zzz": 1},
        [
            "unknown-key at sites.hq.zzz: Known keys are `domain_controllers`, `id`, `lync`, `network`, `other_exchange`, `published` and `servers`."
        ],
    ),
    "a key that is a word of one other": (
        SMALL,
        {"edge": {}},
        ["unknown-key at edge: Did you mean `edge_servers`?"],
    ),
    "the Internet in a list of ranges, which does not hide later findings": (
        SMALL,
        {"clients": {"internet": {"from": ["internet"]}}},
        ["bad-range at clients.internet.from.0: Write `from: internet`, without brackets."],
    ),
    "a misspelled key of a server": (
        SMALL,
        {"sites.hq.servers.ex1.adress": "10.20.0.11"},
        ["unknown-key at sites.hq.servers.ex1.adress: Did you mean `address`?"],
    ),
    "roles of an Edge server": (
        WITH_EDGE,
        {"edge_servers.edge1.roles": ["edge"]},
        [
            "edge-shares-role at edge_servers.edge1: Remove `roles`: an Edge server has only the Edge Transport role."
        ],
    ),
    "an Edge role inside": (
        SMALL,
        {"sites.hq.servers.ex1.roles": ["mailbox", "edge_transport"]},
        [
            "edge-shares-role at sites.hq.servers.ex1.roles.1: Move ex1 from `servers` to `edge_servers`.",
            "no topology",
        ],
    ),
    "a misspelled role": (
        SMALL,
        {"sites.hq.servers.ex1.roles": ["mailbxo"]},
        [
            'unknown-word at sites.hq.servers.ex1.roles.0: Did you mean "mailbox"?',
            "organization-without-role at sites: Add the role to a server: `roles: [client_access, mailbox]`.",
        ],
    ),
    "a role that is none": (
        SMALL,
        {"sites.hq.servers.ex1.roles": ["dc"]},
        [
            "unknown-word at sites.hq.servers.ex1.roles.0: Write one of `client_access` or `mailbox`.",
            "no topology",
        ],
    ),
    "a role as a number": (
        SMALL,
        {"sites.hq.servers.ex1.roles": [7]},
        [
            "wrong-type at sites.hq.servers.ex1.roles.0: Write one of `client_access` or `mailbox`.",
            "no topology",
        ],
    ),
    "an empty role": (
        SMALL,
        {"sites.hq.servers.ex1.roles": [""]},
        [
            "unknown-word at sites.hq.servers.ex1.roles.0: Write one of `client_access` or `mailbox`.",
            "no topology",
        ],
    ),
    "no roles": (
        SMALL,
        {"sites.hq.servers.ex1.roles": []},
        [
            "empty-list at sites.hq.servers.ex1.roles: Add at least one entry, or remove the key.",
            "no topology",
        ],
    ),
    "a relay without sites": (
        SMALL,
        {"mail_flow.relays": {"app": {"from": ["10.20.9.5"], "sites": []}}},
        [
            "empty-list at mail_flow.relays.app.sites: Add at least one entry, or remove the key.",
            "no topology",
        ],
    ),
    "roles missing": (
        SMALL,
        {"sites.hq.servers.ex2": {}},
        [
            "roles-missing at sites.hq.servers.ex2: Write `roles: [client_access, mailbox]`, or the version, such as `version: 2019`.",
        ],
    ),
    "no name servers": (
        SMALL,
        {"name_servers": {}},
        ["missing-key at name_servers: Add `internal: domain_controllers`.", "no topology"],
    ),
    "no name servers at all": (
        SMALL,
        {"name_servers": GONE},
        ["missing-key at : Add `name_servers: {internal: domain_controllers}`.", "no topology"],
    ),
    "no organization": (
        SMALL,
        {"organization": GONE},
        ["missing-key at : Add `organization: contoso`.", "no topology"],
    ),
    "no platform": (
        SMALL,
        {"networks.corp.platform": GONE},
        ["missing-key at networks.corp: Add `platform: aws`.", "no topology"],
    ),
    "an unknown platform": (
        SMALL,
        {"networks.corp.platform": "aw"},
        ['unknown-word at networks.corp.platform: Did you mean "aws"?'],
    ),
    "a reason missing": (
        SMALL,
        {"witness_servers.w": {}},
        ["missing-key at witness_servers.w: Add `address: 10.20.2.60`.", "no topology"],
    ),
    "nothing listed": (
        SMALL,
        {"networks.corp.internal": []},
        ["empty-list at networks.corp.internal: Add at least one entry.", "no topology"],
    ),
    "nothing listed that may be left out": (
        SMALL,
        {"clients.c": {"services": []}},
        [
            "empty-list at clients.c.services: Add at least one entry, or remove the key.",
            "no topology",
        ],
    ),
    "clients from a number": (
        SMALL,
        {"clients.c": {"from": 10}},
        ["wrong-type at clients.c.from: Write `from: [10.64.0.0/12]`.", "no topology"],
    ),
    "one range with host bits": (
        SMALL,
        {"clients.c": {"from": "10.64.0.1/12"}},
        [
            "host-bits at clients.c.from: Write `10.64.0.0/12` for the whole network, or the address without a prefix length."
        ],
    ),
    "a host name in a list that stands for a mapping": (
        SMALL,
        {"sites.hq.domain_controllers": ["10.20.2.10", "dc1.example.com"]},
        [
            "host-name at sites.hq.domain_controllers.1: Write the addresses to which the name resolves, and update them when the DNS record changes.",
            "no topology",
        ],
    ),
    "the word that YAML reads as false": (
        WITH_EDGE,
        {"sender_reputation": False},
        ["wrong-type at sender_reputation: Write `sender_reputation: disabled`.", "no topology"],
    ),
    "clients from a misspelled word": (
        SMALL,
        {"clients.c": {"from": "internat"}},
        ['unknown-word at clients.c.from: Did you mean "internet"?'],
    ),
    "a list in place of a mapping": (
        SMALL,
        {"sites.hq.servers": ["ex1"]},
        [
            "wrong-type at sites.hq.servers: Write `servers: {ex1: {roles: [client_access, mailbox], address: 10.20.0.11}}`.",
            "no topology",
        ],
    ),
    "a list in place of a client": (
        SMALL,
        {"clients.c": ["https"]},
        ["wrong-type at clients.c: Write `c: {from: [10.64.0.0/12]}`.", "no topology"],
    ),
    "a number in place of a list": (
        SMALL,
        {"networks.corp.internal": 10},
        ["wrong-type at networks.corp.internal: Write `internal: [10.20.0.0/20]`.", "no topology"],
    ),
    "a list in place of a witness": (
        SMALL,
        {"witness_servers.w": []},
        ["wrong-type at witness_servers.w: Write `w: {address: 10.20.2.60}`.", "no topology"],
    ),
    "a list in place of a network": (
        SMALL,
        {"networks.corp": []},
        [
            "wrong-type at networks.corp: Write `corp: {platform: aws, internal: [10.20.0.0/20]}`.",
            "no topology",
        ],
    ),
    "a list in place of an Edge server": (
        WITH_EDGE,
        {"edge_servers.edge1": []},
        ["wrong-type at edge_servers.edge1: Write `edge1: {network: corp}`.", "no topology"],
    ),
    "a list in place of a site": (
        SMALL,
        {"sites.hq": ["ex1"]},
        ["wrong-type at sites.hq: Write `hq: {domain_controllers: [10.20.2.10]}`.", "no topology"],
    ),
    "text in place of mail flow": (
        SMALL,
        {"mail_flow": "internet"},
        [
            "wrong-type at mail_flow: Write `mail_flow: {outbound: {through: mailbox}}`.",
            "no topology",
        ],
    ),
    "text in place of an additional flow": (
        SMALL,
        {"additional_flows": ["x"]},
        [
            "wrong-type at additional_flows.0: Write `{from: 10.20.6.0/24, to: edge}`.",
            "no topology",
        ],
    ),
    "a mapping in place of additional flows": (
        SMALL,
        {"additional_flows": {"a": {}}},
        [
            "wrong-type at additional_flows: Write `additional_flows: [{from: 10.20.6.0/24, to: exchange, ports: [3389/tcp], reason: RDP}]`.",
            "no topology",
        ],
    ),
    "a mapping in place of a word": (
        SMALL,
        {"networks.corp.platform": {"aws": 1}},
        ["wrong-type at networks.corp.platform: Write `platform: aws`.", "no topology"],
    ),
    "a mapping in place of ranges": (
        SMALL,
        {"networks.corp.internal": {"a": 1}},
        ["wrong-type at networks.corp.internal: Write `internal: [10.20.0.0/20]`.", "no topology"],
    ),
    "a number in place of quotas": (
        SMALL,
        {"networks.corp.quotas": 5},
        [
            "wrong-type at networks.corp.quotas: Write `quotas: {rules_per_security_group: 100}`.",
            "no topology",
        ],
    ),
    "text in place of a quota": (
        SMALL,
        {"networks.corp.quotas": {"rules_per_group": "many"}},
        [
            "unknown-key at networks.corp.quotas.rules_per_group: Did you mean `rules_per_security_group`?"
        ],
    ),
    "an unknown quota": (
        SMALL,
        {"networks.corp.quotas": {"rules": 100}},
        ["unknown-key at networks.corp.quotas.rules: Did you mean `rules_per_security_group`?"],
    ),
    "true in place of a name": (
        SMALL,
        {"organization": True},
        ["wrong-type at organization: Write `organization: contoso`.", "no topology"],
    ),
    "true in place of inbound mail": (
        SMALL,
        {"mail_flow.inbound": True},
        ["wrong-type at mail_flow.inbound: Write `inbound: none`.", "no topology"],
    ),
    "false in place of outbound mail": (
        SMALL,
        {"mail_flow.outbound": False},
        [
            "wrong-type at mail_flow.outbound: Write `outbound: {through: edge, next_hop: internet}`.",
            "no topology",
        ],
    ),
    "a number in place of inbound mail": (
        SMALL,
        {"mail_flow.inbound": 25},
        ["wrong-type at mail_flow.inbound: Write `inbound: {from: internet}`.", "no topology"],
    ),
    "a word that no inbound mail is": (
        SMALL,
        {"mail_flow.inbound": "nobody"},
        [
            "unknown-word at mail_flow.inbound: Write one of `none` or `{from: internet}`.",
            "no topology",
        ],
    ),
    "a word in place of a next hop": (
        SMALL,
        {"mail_flow.outbound": {"through": "mailbox", "next_hop": "proxy"}},
        [
            "unknown-word at mail_flow.outbound.next_hop: Write one of `internet` or `[{address: 10.20.7.25, port: 25}]`.",
            "no topology",
        ],
    ),
    "a service tag as a next hop": (
        SMALL,
        {"mail_flow.outbound": {"through": "mailbox", "next_hop": "AzureCloud"}},
        [
            "cloud-name at mail_flow.outbound.next_hop: Write the ranges of the tag, or `internet` for public addresses.",
            "no topology",
        ],
    ),
    "a group id as clients": (
        SMALL,
        {"clients.c": {"from": "sg-0123456789abcdef0"}},
        [
            "cloud-name at clients.c.from: Write a role, a server, or the addresses of the hosts in the group, such as `10.20.6.0/24`.",
            "no topology",
        ],
    ),
    "a number of a version that there is not": (
        WITH_EDGE,
        {"edge_servers.edge1.version": 2003},
        [
            "unknown-version at edge_servers.edge1.version: Write one of 2007, 2010, 2013, 2016, 2019, se, such as `version: se`.",
            "no topology",
        ],
    ),
    "a port that is too high": (
        WITH_EDGE,
        {"edge_servers.edge1.delivery_port": 65536},
        [
            "bad-port at edge_servers.edge1.delivery_port: Write a port from 1 to 65535, such as `587`.",
            "no topology",
        ],
    ),
    "several ports in words": (
        SMALL,
        {"service_ports": {"imap": ["143", "993"]}},
        [
            "bad-ports at service_ports.imap.0: Write `imap: [143/tcp]`. A range is written `5985-5986/tcp`; `any`, `icmp`, `esp` and `ah` have no ports.",
            "bad-ports at service_ports.imap.1: Write `imap: [993/tcp]`. A range is written `5985-5986/tcp`; `any`, `icmp`, `esp` and `ah` have no ports.",
        ],
    ),
    "a port of a protocol without ports": (
        SMALL,
        {"service_ports": {"imap": ["143/esp"]}},
        [
            "bad-ports at service_ports.imap.0: Write `imap: [143/tcp]`. A range is written `5985-5986/tcp`; `any`, `icmp`, `esp` and `ah` have no ports."
        ],
    ),
    "two kinds of proxy": (
        WITH_EDGE,
        {"sender_reputation": {"proxy": {"address": "10.20.240.9", "type": "socks"}}},
        [
            "missing-key at sender_reputation.proxy: Add `port: 8080`.",
            'unknown-word at sender_reputation.proxy.type: Did you mean "socks5"?',
            "no topology",
        ],
    ),
    "servers as a list in a list": (
        SMALL,
        {"sites.hq.servers": [["ex1"]]},
        [
            "wrong-type at sites.hq.servers: Write `servers: {ex1: {roles: [client_access, mailbox], address: 10.20.0.11}}`.",
            "no topology",
        ],
    ),
    "edgesync_except as text": (
        WITH_EDGE,
        {"edge_servers.edge1.edgesync_except": "ex1"},
        [
            "wrong-type at edge_servers.edge1.edgesync_except: Write `edgesync_except: [mbx3]`.",
            "no topology",
        ],
    ),
    "a key that is nearly two others": (
        SMALL,
        {"mail_flow.in": "internet"},
        ["unknown-key at mail_flow.in: Known keys are `inbound`, `outbound` and `relays`."],
    ),
    "a key of outbound mail at inbound mail": (
        SMALL,
        {"mail_flow.inbound": {"through": "mailbox"}},
        [
            "unknown-key at mail_flow.inbound.through: Remove `through`: Edge servers receive inbound mail, or "
            "without them the Client Access servers. `to: [hq]` names their sites."
        ],
    ),
    "a host name in place of ranges": (
        SMALL,
        {"mail_flow.inbound": {"from": "relay.contoso.com"}},
        [
            "host-name at mail_flow.inbound.from: Write the addresses to which the name resolves, and update them "
            "when the DNS record changes.",
            "no topology",
        ],
    ),
    "an address as a range of one": (
        SMALL,
        {
            "name_servers": {"internal": ["10.20.2.53/32", "2001:db8::53/128"]},
            "mail_flow.outbound": {
                "through": "mailbox",
                "next_hop": [{"address": "10.20.7.25/24"}],
            },
        },
        [
            "bad-address at mail_flow.outbound.next_hop.0.address: Write an address such as `10.20.0.11`.",
            "bad-address at name_servers.internal.0: Write `10.20.2.53`.",
            "bad-address at name_servers.internal.1: Write `2001:db8::53`.",
            "no topology",
        ],
    ),
    "two errors of which one is clear": (
        SMALL,
        {"networks.corp.platform": "aw", "networks.corp.internal": []},
        [
            'unknown-word at networks.corp.platform: Did you mean "aws"?',
            "empty-list at networks.corp.internal: Add at least one entry.",
            "no topology",
        ],
    ),
    "two errors that are clear": (
        SMALL,
        {"networks.corp.platform": "aw", "sites.hq.zzz": 1},
        [
            'unknown-word at networks.corp.platform: Did you mean "aws"?',
            "unknown-key at sites.hq.zzz: Known keys are `domain_controllers`, `id`, `lync`, `network`, `other_exchange`, `published` and `servers`.",
        ],
    ),
    "text in place of true": (
        WITH_EDGE,
        {"edge_servers.edge1.own_group": "yes"},
        ["wrong-type at edge_servers.edge1.own_group: Write `own_group: true`.", "no topology"],
    ),
    "a number in place of true": (
        WITH_EDGE,
        {"edge_servers.edge1.own_group": 1},
        ["wrong-type at edge_servers.edge1.own_group: Write `own_group: true`.", "no topology"],
    ),
    "a number in place of text": (
        SMALL,
        {"organization": 7},
        ["wrong-type at organization: Write `organization: contoso`.", "no topology"],
    ),
    "a port as text": (
        WITH_EDGE,
        {"edge_servers.edge1.delivery_port": "25"},
        [
            "wrong-type at edge_servers.edge1.delivery_port: Write `delivery_port: 25`.",
            "no topology",
        ],
    ),
    "host bits": (
        SMALL,
        {"networks.corp.perimeter": ["10.20.240.1/24"]},
        [
            "host-bits at networks.corp.perimeter.0: Write `10.20.240.0/24` for the whole network, or the address without a prefix length."
        ],
    ),
    "a name with a space": (
        SMALL,
        {"sites.my site": {}},
        ["bad-name at sites.my site: Use a name such as `my-site`.", "no topology"],
    ),
    "a name of signs": (
        SMALL,
        {"sites.??": {}},
        ["bad-name at sites.??: Use a name such as `hq`.", "no topology"],
    ),
    "ports in words": (
        SMALL,
        {
            "additional_flows": [
                {"from": "10.20.6.0/24", "to": "exchange", "ports": ["tcp/3389"], "reason": "r"}
            ]
        },
        [
            "bad-ports at additional_flows.0.ports.0: Write `ports: [3389/tcp]`. A range is written `5985-5986/tcp`; `any`, `icmp`, `esp` and `ah` have no ports."
        ],
    ),
    "a day that is not written as one": (
        SMALL,
        {
            "additional_flows": [
                {
                    "from": "10.20.6.0/24",
                    "to": "exchange",
                    "ports": ["3389/tcp"],
                    "reason": "r",
                    "review_by": "31.12.2027",
                }
            ]
        },
        [
            'bad-date at additional_flows.0.review_by: Write year, month and day in quotes: `"2027-03-31"`.'
        ],
    ),
    "one of pydantic's steps as a key": (
        SMALL,
        {"sites.hq.<list>": []},
        ["unknown-key at sites.hq.<list>: Remove the key."],
    ),
    "one of pydantic's steps in a list": (
        SMALL,
        {"additional_flows": [{"[key]": 1}]},
        [
            "unknown-key at additional_flows.0.[key]: Remove the key.",
            "missing-key at additional_flows.0: Add `from: 10.20.6.0/24`.",
            "missing-key at additional_flows.0: Add `to: edge`.",
            "no topology",
        ],
    ),
    "a secret": (
        SMALL,
        {"organization": {"secure": "v1:x"}},
        [
            "secret-in-setting at organization: Write the value in plain text, or remove the field.",
            "no topology",
        ],
    ),
    "a mapping with secure and more": (
        SMALL,
        {"organization": {"secure": "v1:x", "more": 1}},
        ["wrong-type at organization: Write `organization: contoso`.", "no topology"],
    ),
    "a key that is no text": (
        SMALL,
        {"sites.hq.servers": {7: {"roles": ["mailbox"]}}},
        ["wrong-type at sites.hq.servers: Write a mapping with text for keys.", "no topology"],
    ),
    "half a character": (
        SMALL,
        {"organization": "a\ud800"},
        ["wrong-type at organization: Write text.", "no topology"],
    ),
    "a whole one": (
        SMALL,
        {"organization": "Müller"},
        ["bad-name at organization: Use a name such as `M-ller`.", "no topology"],
    ),
    "a huge number": (
        WITH_EDGE,
        {"edge_servers.edge1.delivery_port": 10**100},
        ["wrong-type at edge_servers.edge1.delivery_port: Write a smaller number.", "no topology"],
    ),
    "a large number": (
        WITH_EDGE,
        {"edge_servers.edge1.delivery_port": 10**100 - 1},
        [
            "bad-port at edge_servers.edge1.delivery_port: Write a port from 1 to 65535, such as `587`.",
            "no topology",
        ],
    ),
    "an object": (
        SMALL,
        {"organization": set[int]()},
        ["wrong-type at organization: Write plain data.", "no topology"],
    ),
    "a key that is a part of two others": (
        WITH_EDGE,
        {"edge_servers.edge1.site": "hq"},
        [
            "unknown-key at edge_servers.edge1.site: Write one of:\n`manual_connectors_site` - The site with which it exchanges mail through manually created connectors, without a subscription and without EdgeSync\n`subscribed_site` - The Active Directory site to which it is subscribed, with EdgeSync"
        ],
    ),
    "a key that is a part of one other": (
        WITH_EDGE,
        {"edge_servers.edge1.Group": True},
        ["unknown-key at edge_servers.edge1.Group: Did you mean `own_group`?"],
    ),
    "a service called by its encrypted port": (
        SMALL,
        {"clients.c": {"services": ["imaps"]}},
        [
            "unknown-word at clients.c.services.0: Write `services: [imap]`. To open only the encrypted port, add `service_ports: {imap: [993/tcp]}` beside `clients`."
        ],
    ),
    "a service in capitals called by its encrypted port": (
        SMALL,
        {"clients.c": {"services": ["POP3S"]}},
        [
            "unknown-word at clients.c.services.0: Write `services: [pop]`. To open only the encrypted port, add `service_ports: {pop: [995/tcp]}` beside `clients`."
        ],
    ),
    "a role called as a service is": (
        SMALL,
        {"sites.hq.servers.ex1.roles": ["pop3s"]},
        [
            "unknown-word at sites.hq.servers.ex1.roles.0: Write one of `client_access` or `mailbox`.",
            "no topology",
        ],
    ),
    "an address that Pulumi knows later": (
        SMALL,
        {"sites.hq.servers.ex1.address": Output()},
        [
            "unresolved-output at sites.hq.servers.ex1.address: Declare the address and pass it to the instance (`private_ip=...`), or pass the output in the argument `addresses`, which compares both. If no finding requires `address`, remove it.",
            "no topology",
        ],
    ),
    "an address in a list that Pulumi knows later": (
        SMALL,
        {"sites.hq.servers.ex1.address": [Output()]},
        [
            "unresolved-output at sites.hq.servers.ex1.address.0: Declare the address and pass it to the instance (`private_ip=...`), or pass the output in the argument `addresses`, which compares both. If no finding requires `address`, remove it.",
            "no topology",
        ],
    ),
    "a network that Pulumi knows later": (
        SMALL,
        {"networks.corp": Output()},
        [
            "unresolved-output at networks.corp: Write the value itself; only `networks` and `tags` accept outputs.",
            "no topology",
        ],
    ),
    "forty levels": (
        SMALL,
        {"organization": nested(39)},
        ["wrong-type at organization: Write `organization: contoso`.", "no topology"],
    ),
    "too many levels": (
        SMALL,
        {"organization": nested(40)},
        [
            "wrong-type at organization.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0: Write plain data.",
            "no topology",
        ],
    ),
    "a tuple": (SMALL, {"networks.corp.perimeter": ("10.20.240.0/24",)}, []),
    "nothing where text belongs": (
        SMALL,
        {"organization": None},
        ["wrong-type at organization: Write `organization: contoso`.", "no topology"],
    ),
}


@pytest.mark.parametrize("case", SHAPES)
def test_data_of_another_shape_has_these_errors(case: str) -> None:
    base, edit, expected = SHAPES[case]
    assert errors(edited(base, edit)) == expected


def test_the_words_of_these_errors_are_those_that_were_read(
    golden: Callable[[str, str], None],
) -> None:
    lines = ["# What is said of each edit of `tests/topology/test_shapes.py`", ""]
    for case, (base, edit, _) in SHAPES.items():
        _, before = parse_topology(dict(base), ())
        _, findings = parse_topology(edited(base, edit), ())
        lines += [f"## {case}", ""]
        for each in findings:
            if each not in before:
                text = f"{each.summary} / {each.why} / {each.fix}".replace("\n", " // ")
                lines.append(f"* {each.kind.code}: {text}")
        lines.append("")
    golden("findings/shapes.md", "\n".join(lines))


def test_a_topology_that_pulumi_knows_later_is_one_error() -> None:
    topology, findings = parse_topology(Output(), ("config",))
    assert topology is None
    assert [(each.kind.code, each.path) for each in findings] == [
        ("unresolved-output", ("config",))
    ]
