"""Ports as people write them: numbers, services, protocols before or after, and as reports print them."""

from typing import Final

import pytest

from exchange_ports.catalog import PORTS_OF_SERVICES
from exchange_ports.cli.ports import names_ports, ports_of
from exchange_ports.findings import Refused
from exchange_ports.traffic.ports import Protocol

TCP_UDP: Final = (Protocol.TCP, Protocol.UDP)


@pytest.mark.parametrize(
    "text, ports",
    [
        ("443", "443/tcp"),
        ("443/tcp", "443/tcp"),
        ("tcp/443", "443/tcp"),
        ("TCP/443", "443/tcp"),
        ("udp/53", "53/udp"),
        ("5985-5986/tcp", "5985-5986/tcp"),
        ("tcp/5985-5986", "5985-5986/tcp"),
        ("https", "443/tcp"),
        ("HTTPS", "443/tcp"),
        ("smtp", "25/tcp"),
        ("smtps", "465/tcp"),
        ("imaps", "993/tcp"),
        ("rdp", "3389/tcp"),
        ("edgesync", "50636/tcp"),
        # As a stack file writes them; a dash is as good.
        ("imap", "143,993/tcp"),
        ("smtp_submission", "587/tcp"),
        ("smtp-submission", "587/tcp"),
        ("dns", "53/tcp; 53/udp"),
        ("dns/udp", "53/udp"),
        ("https, smtp", "443/tcp; 25/tcp"),
        ("icmp", "icmp"),
        ("any", "all protocols"),
        # Several with one protocol, as reports print them.
        ("25,587/tcp", "25/tcp; 587/tcp"),
        ("53,123/udp", "53/udp; 123/udp"),
        ("53/tcp, 53/udp", "53/tcp; 53/udp"),
        ("all protocols", "all protocols"),
        ("25,https,53/udp", "25/tcp; 443/tcp; 53/udp"),
    ],
)
def test_ports_are_read_however_people_write_them(text: str, ports: str) -> None:
    assert "; ".join(map(str, ports_of(text))) == ports
    assert names_ports(text)


def test_a_number_without_a_protocol_is_of_those_that_the_command_names() -> None:
    assert [*map(str, ports_of("53", TCP_UDP))] == ["53/tcp", "53/udp"]
    assert [*map(str, ports_of("53/udp", TCP_UDP))] == ["53/udp"]
    assert [*map(str, ports_of("https", TCP_UDP))] == ["443/tcp"]


@pytest.mark.parametrize(
    "text, code, fix",
    [
        ("htps", "unknown-ports", 'Did you mean "https"?'),
        ("xyzzy", "unknown-ports", "Write a port such as `8443/tcp`, or a service."),
        ("https/udp", "unknown-ports", 'Did you mean "https"?'),
        ("70000/tcp", "bad-port", "Write a port from 1 to 65535"),
        ("tcp", "bad-ports", "Write `1-65535/tcp`."),
        ("", "bad-ports", "Write `443/tcp`."),
        ("25,", "bad-ports", "Write `443/tcp`."),
        ("25/sctp", "bad-ports", "Write `25/tcp`."),
    ],
)
def test_what_is_no_port_is_answered_by_what_can_be_written(text: str, code: str, fix: str) -> None:
    with pytest.raises(Refused) as refused:
        ports_of(text)
    (finding,) = refused.value.findings
    assert finding.kind.code == code
    assert finding.fix.startswith(fix)
    if code == "unknown-ports":
        assert all(service in finding.why for service in PORTS_OF_SERVICES)


@pytest.mark.parametrize("text", ["exchange/in/any/mailbox.hq", "in-1817-tcp-3389-x", "mailbox"])
def test_the_name_of_a_rule_is_no_port(text: str) -> None:
    assert not names_ports(text)
