"""What `check` answers, in words: each question with all parts of its answer, and one packet of each part."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

import pytest

from exchange_ports.flows.labels import EndpointNames
from exchange_ports.planning import Plans, compile_plans
from exchange_ports.proof.reachability import query
from exchange_ports.topology.fields import read_ports
from tests.support.strategies import SMALL, WITH_EDGE, declared, edited

#: Servers of both families, an Edge server with two adapters, and a site that is not ours.
BASE: Final = edited(
    WITH_EDGE,
    {
        "networks.corp.internal": ["10.20.0.0/20", "2001:db8:20::/64"],
        "sites.hq.servers": {
            "cas1": {"roles": ["client_access"], "address": "10.20.0.11"},
            "mbx1": {"roles": ["mailbox"], "address": "10.20.0.12"},
            "mbx2": {"roles": ["mailbox"], "address": "2001:db8:20::13"},
        },
        "edge_servers.edge1.address": ["10.20.240.5", "10.20.240.6"],
        "clients.office": {"from": ["10.64.0.0/16"], "services": ["https"]},
        "clients.world": {"services": ["imap"]},
        "networks.lab": {"platform": "external", "internal": ["10.90.0.0/24"]},
        "sites.lab": {
            "network": "lab",
            "servers": {"ex9": {"roles": ["client_access", "mailbox"], "address": "10.90.0.9"}},
        },
    },
)

_WORDS: Final = {True: "yes", False: "no", None: "not ours"}


@cache
def plans() -> Plans:
    return compile_plans(declared(BASE))


def answers(question: str) -> list[str]:
    source, _, target, ports = question.split()
    names = EndpointNames(plans())
    asked = [read_ports(one if one == "any" else f"{one}/tcp") for one in ports.split(",")]
    try:
        answer = query(plans(), names.find(source), names.find(target), asked)
    except ValueError as refused:
        return [f"refused: {refused}"]
    lines = [str(answer.verdict)]
    for part in answer.parts:
        why = " ".join(reason.entry or reason.summary for reason in part.reasons)
        line = f"{_WORDS[part.passes]}: {part.summary}, such as {part.packet}"
        lines.append(f"{line}: {why}" if why else line)
    return lines


ANSWERS: Final[Mapping[str, list[str]]] = {
    "mbx1 -> edge1 25": ["allowed", "yes: mbx1 -> edge1 25/tcp, such as mbx1 -> edge1 25/tcp: E3"],
    "mbx1 -> edge1 25,50636,3389": [
        "partly_allowed",
        "yes: mbx1 -> edge1 25,50636/tcp, such as mbx1 -> edge1 25/tcp: E3",
        "no: mbx1 -> edge1 3389/tcp, such as mbx1 -> edge1 3389/tcp",
    ],
    "edge1 -> mbx1 25": ["allowed", "yes: edge1 -> mbx1 25/tcp, such as edge1 -> mbx1 25/tcp: E2"],
    "edge1 -> cas1 25": ["blocked", "no: edge1 -> cas1 25/tcp, such as edge1 -> cas1 25/tcp"],
    "mailbox -> mailbox any": [
        "partly_allowed",
        "yes: ex9, mbx1 -> ex9, mbx1 all protocols, such as ex9 -> mbx1 1/tcp: R1",
        "no: ex9, mbx1 -> mbx2 all protocols, such as ex9 -> mbx2 1/tcp",
        "no: mbx2 -> ex9, mbx1 all protocols, such as mbx2 -> ex9 1/tcp",
    ],
    "exchange@hq -> exchange@hq 443": [
        "partly_allowed",
        "yes: cas1, mbx1 -> cas1, mbx1 443/tcp, such as cas1 -> mbx1 443/tcp: R1",
        "no: cas1, mbx1 -> mbx2 443/tcp, such as cas1 -> mbx2 443/tcp",
        "no: mbx2 -> cas1, mbx1 443/tcp, such as mbx2 -> cas1 443/tcp",
    ],
    "mailbox@hq -> edge 25": [
        "partly_allowed",
        "yes: mbx1 -> edge1 25/tcp, such as mbx1 -> edge1 25/tcp: E3",
        "no: mbx2 -> edge1 25/tcp, such as mbx2 -> edge1 25/tcp",
    ],
    "office -> cas1 443": [
        "allowed",
        "yes: clients office -> cas1 443/tcp, such as 10.64.0.1 (clients office) -> cas1 443/tcp: C1",
    ],
    "office -> client_access@hq 143,443": [
        "allowed",
        "yes: clients office -> cas1 143,443/tcp, such as 10.64.0.1 (clients office) -> cas1 143/tcp: C3",
    ],
    "10.64.0.0/15 -> cas1 443": [
        "partly_allowed",
        "yes: clients office -> cas1 443/tcp, such as 10.64.0.1 (clients office) -> cas1 443/tcp: C1",
        "no: 10.65.0.0/16 -> cas1 443/tcp, such as 10.65.0.1 -> cas1 443/tcp",
    ],
    "10.64.0.9 -> mbx1 443": [
        "blocked",
        "no: 10.64.0.9 -> mbx1 443/tcp, such as 10.64.0.9 (clients office) -> mbx1 443/tcp",
    ],
    "internet -> cas1 993": [
        "allowed",
        "yes: internet -> cas1 993/tcp, such as 198.51.100.1 -> cas1 993/tcp: C3",
    ],
    "any -> cas1 993": [
        "partly_allowed",
        "yes: ex9, mbx1, every other address -> cas1 993/tcp, such as ex9 -> cas1 993/tcp: R1 C3",
        "no: edge1 -> cas1 993/tcp, such as edge1 -> cas1 993/tcp",
    ],
    "any -> cas1 443": [
        "partly_allowed",
        "yes: ex9, mbx1, clients office, domain controllers of hq -> cas1 443/tcp, such as ex9 -> cas1 443/tcp: R1",
        "no: edge1, every other address except clients office, domain controllers of hq -> cas1 443/tcp, such as edge1 -> cas1 443/tcp",
    ],
    "any -> edge1 25": [
        "partly_allowed",
        "yes: mbx1, 0.0.0.0-9.255.255.255, 11.0.0.0-223.255.255.255 -> edge1 25/tcp, such as mbx1 -> edge1 25/tcp: E3",
        "no: cas1, ex9, clients office, domain controllers of hq, 10.0.0.0-10.20.0.10, 10.20.0.13-10.20.2.9, 10.20.2.11-10.20.240.4 and 4 more ranges -> edge1 25/tcp, such as cas1 -> edge1 25/tcp",
    ],
    "internet -> edge1 25": [
        "allowed",
        "yes: internet -> edge1 25/tcp, such as 198.51.100.1 -> edge1 25/tcp: E1",
    ],
    "edge1 -> internet 25": [
        "allowed",
        "yes: edge1 -> internet 25/tcp, such as edge1 -> 198.51.100.1 25/tcp: E4",
    ],
    "edge1 -> any 25": [
        "partly_allowed",
        "yes: edge1 -> mbx1, 0.0.0.0-9.255.255.255, 11.0.0.0-223.255.255.255 25/tcp, such as edge1 -> mbx1 25/tcp: E2",
        "no: edge1 -> cas1, ex9, clients office, domain controllers of hq, 10.0.0.0-10.20.0.10, 10.20.0.13-10.20.2.9, 10.20.2.11-10.20.240.4 and 4 more ranges 25/tcp, such as edge1 -> cas1 25/tcp",
    ],
    "domain-controllers.hq -> mbx1 any": [
        "allowed",
        "yes: domain controllers of hq -> mbx1 all protocols, such as 10.20.2.10 (domain controllers of hq) -> mbx1 1/tcp: R3",
    ],
    "mbx1 -> domain-controllers.hq any": [
        "allowed",
        "yes: mbx1 -> domain controllers of hq all protocols, such as mbx1 -> 10.20.2.10 (domain controllers of hq) 1/tcp: R3",
    ],
    "edge1 -> domain-controllers.hq 53": [
        "blocked",
        "no: edge1 -> domain controllers of hq 53/tcp, such as edge1 -> 10.20.2.10 (domain controllers of hq) 53/tcp",
    ],
    "ex9 -> mbx1 any": ["allowed", "yes: ex9 -> mbx1 all protocols, such as ex9 -> mbx1 1/tcp: R1"],
    "mbx1 -> ex9 any": ["allowed", "yes: mbx1 -> ex9 all protocols, such as mbx1 -> ex9 1/tcp: R1"],
    "ex9 -> 10.20.2.10 25": [
        "not_managed",
        "not ours: ex9 -> 10.20.2.10 25/tcp, such as ex9 -> 10.20.2.10 (domain controllers of hq) 25/tcp",
    ],
    "10.20.2.10 -> 10.64.0.9 25": [
        "not_managed",
        "not ours: 10.20.2.10 -> 10.64.0.9 25/tcp, such as 10.20.2.10 (domain controllers of hq) -> 10.64.0.9 (clients office) 25/tcp",
    ],
    "10.20.0.11 -> 10.20.0.12 445": [
        "allowed",
        "yes: cas1 -> mbx1 445/tcp, such as cas1 -> mbx1 445/tcp: R1",
    ],
    "10.20.240.5 -> mbx1 25": [
        "allowed",
        "yes: edge1 at 10.20.240.5 -> mbx1 25/tcp, such as edge1 -> mbx1 25/tcp: E2",
    ],
    "10.20.0.0/28 -> edge1 50636": [
        "partly_allowed",
        "yes: mbx1 -> edge1 50636/tcp, such as mbx1 -> edge1 50636/tcp: E5",
        "no: cas1, 10.20.0.0-10.20.0.10, 10.20.0.13-10.20.0.15 -> edge1 50636/tcp, such as cas1 -> edge1 50636/tcp",
    ],
    "hq -> edge1 25": [
        "partly_allowed",
        "yes: mbx1 -> edge1 25/tcp, such as mbx1 -> edge1 25/tcp: E3",
        "no: mbx2 -> edge1 25/tcp, such as mbx2 -> edge1 25/tcp",
        "no: cas1 -> edge1 25/tcp, such as cas1 -> edge1 25/tcp",
    ],
    # No IP version in common: no packet goes there, whatever the rules allow.
    "mbx2 -> cas1 25": ["blocked", "no: mbx2 -> cas1 25/tcp, such as mbx2 -> cas1 25/tcp"],
    "2001:db8:20::13 -> cas1 25": [
        "blocked",
        "no: mbx2 -> cas1 25/tcp, such as mbx2 -> cas1 25/tcp",
    ],
    "2001:db8::/32 -> cas1 993": [
        "blocked",
        "no: mbx2, 2001:db8::-2001:db8:20::12, 2001:db8:20::14-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff -> cas1 993/tcp, such as 2001:db8::1 (internet) -> cas1 993/tcp",
    ],
    "any -> any 25": [
        "partly_allowed",
        "yes: cas1, mbx1 -> ex9, domain controllers of hq 25/tcp, such as cas1 -> ex9 25/tcp: R1",
        "yes: cas1, edge1, ex9, domain controllers of hq -> mbx1 25/tcp, such as cas1 -> mbx1 25/tcp: R1",
        "yes: ex9, mbx1, domain controllers of hq -> cas1 25/tcp, such as ex9 -> cas1 25/tcp: R1",
        "yes: mbx1, 0.0.0.0-9.255.255.255, 11.0.0.0-223.255.255.255 -> edge1 25/tcp, such as mbx1 -> edge1 25/tcp: E3",
        "yes: edge1 -> 0.0.0.0-9.255.255.255, 11.0.0.0-223.255.255.255 25/tcp, such as edge1 -> 198.51.100.1 25/tcp: E4",
        "no: cas1, ex9, clients office, domain controllers of hq, 10.0.0.0-10.20.0.10, 10.20.0.13-10.20.2.9, 10.20.2.11-10.20.240.4 and 4 more ranges -> edge1 25/tcp, such as cas1 -> edge1 25/tcp",
        "no: cas1, mbx1 -> every other address except domain controllers of hq 25/tcp, such as cas1 -> 198.51.100.1 25/tcp",
        "no: mbx2 -> ::-2001:db8:20::12, 2001:db8:20::14-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 25/tcp, such as mbx2 -> 2001:db8::1 (internet) 25/tcp",
        "no: edge1, every other address except domain controllers of hq -> cas1 25/tcp, such as edge1 -> cas1 25/tcp",
        "no: edge1 -> ex9, clients office, domain controllers of hq, 10.0.0.0-10.20.0.10, 10.20.0.13-10.20.2.9, 10.20.2.11-10.20.240.4 and 4 more ranges 25/tcp, such as edge1 -> ex9 25/tcp",
        "no: every other address except domain controllers of hq -> mbx1 25/tcp, such as 198.51.100.1 -> mbx1 25/tcp",
        "no: ::-2001:db8:20::12, 2001:db8:20::14-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff -> mbx2 25/tcp, such as 2001:db8::1 (internet) -> mbx2 25/tcp",
        "not ours: ex9, every other address -> every other address 25/tcp, such as ex9 -> 198.51.100.1 25/tcp",
        "not ours: every other address -> ex9 25/tcp, such as 198.51.100.1 -> ex9 25/tcp",
        "not ours: ::-2001:db8:20::12, 2001:db8:20::14-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff -> ::-2001:db8:20::12, 2001:db8:20::14-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 25/tcp, such as 2001:db8::1 (internet) -> 2001:db8::1 (internet) 25/tcp",
    ],
    "mbx1 -> any 53": [
        "partly_allowed",
        "yes: mbx1 -> cas1, ex9, domain controllers of hq 53/tcp, such as mbx1 -> cas1 53/tcp: R1",
        "no: mbx1 -> edge1, every other address except domain controllers of hq 53/tcp, such as mbx1 -> edge1 53/tcp",
    ],
    "edge -> edge 25": ["refused: traffic from a server to itself is not filtered"],
    "mbx1 -> mbx1 25": ["refused: traffic from a server to itself is not filtered"],
    "exchange -> 10.20.2.10 any": [
        "partly_allowed",
        "yes: cas1, mbx1 -> 10.20.2.10 all protocols, such as cas1 -> 10.20.2.10 (domain controllers of hq) 1/tcp: R3",
        "no: mbx2 -> 10.20.2.10 all protocols, such as mbx2 -> 10.20.2.10 (domain controllers of hq) 1/tcp",
        "not ours: ex9 -> 10.20.2.10 all protocols, such as ex9 -> 10.20.2.10 (domain controllers of hq) 1/tcp",
    ],
    "any -> ex9 25": [
        "partly_allowed",
        "yes: cas1, mbx1 -> ex9 25/tcp, such as cas1 -> ex9 25/tcp: R1",
        "no: edge1 -> ex9 25/tcp, such as edge1 -> ex9 25/tcp",
        "not ours: every other address -> ex9 25/tcp, such as 198.51.100.1 -> ex9 25/tcp",
    ],
    "10.20.6.0/24 -> any 443": [
        "blocked",
        "no: 10.20.6.0/24 -> cas1, edge1, mbx1 443/tcp, such as 10.20.6.1 -> cas1 443/tcp",
        "not ours: 10.20.6.0/24 -> ex9, every other address 443/tcp, such as 10.20.6.1 -> ex9 443/tcp",
    ],
    "edge1 -> 10.0.0.0/8 25": [
        "partly_allowed",
        "yes: edge1 -> mbx1 25/tcp, such as edge1 -> mbx1 25/tcp: E2",
        "no: edge1 -> cas1, ex9, every other address 25/tcp, such as edge1 -> cas1 25/tcp",
    ],
    "edge1 -> 10.20.0.0/16 25": [
        "partly_allowed",
        "yes: edge1 -> mbx1 25/tcp, such as edge1 -> mbx1 25/tcp: E2",
        "no: edge1 -> cas1, every other address 25/tcp, such as edge1 -> cas1 25/tcp",
    ],
    "10.20.240.6 -> internet 25": [
        "allowed",
        "yes: edge1 at 10.20.240.6 -> internet 25/tcp, such as edge1 -> 198.51.100.1 25/tcp: E4",
    ],
}


@pytest.mark.parametrize("question", ANSWERS)
def test_a_question_has_this_answer(question: str) -> None:
    assert answers(question) == ANSWERS[question]


@pytest.mark.parametrize(
    "attached, source, text",
    [
        ("network_interfaces", "10.20.2.10", "not managed"),
        ("subnets", "10.20.2.10", "not managed, and decided by Azure's default rules"),
        ("subnets", "10.99.0.1", "not managed"),
    ],
)
def test_a_host_in_a_subnet_of_ours_is_left_to_default_rules(
    attached: str, source: str, text: str
) -> None:
    edit = {"networks.corp.platform": "azure", "networks.corp.attach_to": attached}
    there = compile_plans(declared(edited(WITH_EDGE, edit)))
    names = EndpointNames(there)
    (part,) = query(there, names.find(source), names.find("ex1"), [read_ports("445/tcp")]).parts
    assert part.out.text == text
    assert part.into.passes is (source == "10.20.2.10")


def test_what_each_end_does_with_the_packet_is_that_which_was_read(
    golden: Callable[[str, str], None],
) -> None:
    names = EndpointNames(plans())
    lines = ["# What the filters at both ends do with one packet of each answer", ""]
    for question in ANSWERS:
        source, _, target, ports = question.split()
        asked = [read_ports(one if one == "any" else f"{one}/tcp") for one in ports.split(",")]
        try:
            parts = query(plans(), names.find(source), names.find(target), asked).parts
        except ValueError:
            continue
        lines += [f"## {question}", ""]
        for part in parts:
            lines += [f"* {part.packet}", f"  * {part.out.text}", f"  * {part.into.text}"]
        lines.append("")
    golden("proof/answers.md", "\n".join(lines))


#: Ends of every kind: servers, roles, sites, neighbors, ranges that hold some of them or parts of them.
ENDS: Final = (
    *("mbx1", "mbx2", "ex9", "edge", "mailbox@hq", "office", "internet", "any"),
    *("domain-controllers.hq", "10.20.0.0/16", "10.64.0.0/15", "10.20.240.6"),
)


def test_the_answers_about_ends_of_every_kind_are_those_that_were_read(
    golden: Callable[[str, str], None],
) -> None:
    lines = ["# The answers about 25, 143 and 443/tcp between ends of every kind", ""]
    for source in ENDS:
        for target in ENDS:
            lines.append(f"* {source} -> {target}")
            lines += [f"  * {line}" for line in answers(f"{source} -> {target} 25,143,443")]
    golden("proof/ends.md", "\n".join(lines))


@pytest.mark.parametrize("letters", [120, 121])
def test_a_reason_of_more_than_120_characters_is_cut(letters: int) -> None:
    reason = "x" * letters
    flow = {"from": "10.20.7.40", "to": "ex1", "ports": ["3389/tcp"], "reason": reason}
    own = {"additional_flows": [flow], "sites.hq.servers.ex1.own_group": True}
    made = compile_plans(declared(edited(SMALL, own)))
    names = EndpointNames(made)
    ports = [read_ports("3389/tcp")]
    answer = query(made, names.find("10.20.7.40"), names.find("ex1"), ports)
    shown = " ".join(each.into.text for each in answer.parts)
    assert (f"({reason})" in shown) is (letters <= 120)
