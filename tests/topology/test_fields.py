"""What one value of a topology may be: tables of values, and what each is read as or refused for."""

from collections.abc import Mapping
from typing import Any, Final

import pytest
from pydantic import TypeAdapter, ValidationError

from exchange_ports.topology import fields

KINDS: Final[Mapping[str, Any]] = {
    "name": fields.Name,
    "group": fields.GroupKey,
    "range": fields.Range,
    "address": fields.Address,
    "port": fields.Port,
    "count": fields.Count,
    "ports": fields.PortsText,
    "end": fields.FlowEndText,
    "words": fields.Words,
    "version": fields.EdgeVersion,
}


def read(kind: str, value: object) -> str:
    """The value as text; or the code of the refusal with its facts."""
    try:
        return str(TypeAdapter[object](KINDS[kind]).validate_python(value))
    except ValidationError as refused:
        (error,) = refused.errors()
        known = error.get("ctx", {}).items()
        facts = " ".join(f"{key}={fact}" for key, fact in known if key != "why")
        return f"{error['type']}: {facts}"


VALUES: Final[list[tuple[str, object, str]]] = [
    ("name", "hq", "hq"),
    ("name", "a", "a"),
    ("name", "B-1", "B-1"),
    ("name", "a_b", "a_b"),
    (
        "name",
        "-a",
        "bad-name: name=-a rule=letters, digits, - and _, at most 40 characters, the first a letter or digit, the last not -",
    ),
    (
        "name",
        "a-",
        "bad-name: name=a- rule=letters, digits, - and _, at most 40 characters, the first a letter or digit, the last not -",
    ),
    ("name", "1a", "1a"),
    (
        "name",
        "a.b",
        "bad-name: name=a.b rule=letters, digits, - and _, at most 40 characters, the first a letter or digit, the last not -",
    ),
    (
        "name",
        "",
        "bad-name: name= rule=letters, digits, - and _, at most 40 characters, the first a letter or digit, the last not -",
    ),
    ("name", "a" * 40, "a" * 40),
    (
        "name",
        "a" * 41,
        "bad-name: name="
        + "a" * 41
        + " rule=letters, digits, - and _, at most 40 characters, the first a letter or digit, the last not -",
    ),
    ("name", 7, "wrong-type: expected=a name got=a number"),
    ("name", None, "wrong-type: expected=a name got=nothing"),
    ("name", True, "wrong-type: expected=a name got=true or false"),
    (
        "name",
        "hq\n",
        "bad-name: name=hq\n rule=letters, digits, - and _, at most 40 characters, the first a letter or digit, the last not -",
    ),
    ("group", "exchange", "exchange"),
    ("group", "mailbox.hq", "mailbox.hq"),
    ("group", "mailbox", "mailbox"),
    (
        "group",
        "mailbox.",
        "bad-name: name=mailbox. rule=a kind of group and the site or server that it is of, as mailbox.paris",
    ),
    ("group", "nonsense.hq", "nonsense.hq"),
    (
        "group",
        "a b",
        "bad-name: name=a b rule=a kind of group and the site or server that it is of, as mailbox.paris",
    ),
    ("group", [], "wrong-type: expected=the key of a group got=a list"),
    ("range", "10.0.0.0/8", "10.0.0.0/8"),
    ("range", "10.0.0.9", "10.0.0.9/32"),
    ("range", "10.0.0.9/32", "10.0.0.9/32"),
    ("range", "10.0.0.1/8", "host-bits: range=10.0.0.1/8 meant=10.0.0.0/8"),
    ("range", "2001:db8::/32", "2001:db8::/32"),
    ("range", "2001:db8::1/32", "host-bits: range=2001:db8::1/32 meant=2001:db8::/32"),
    ("range", "10.0.0.0/33", "bad-range: range=10.0.0.0/33"),
    ("range", "10.0.0.0/255.0.0.0", "bad-range: range=10.0.0.0/255.0.0.0"),
    ("range", "2001:db8::1%eth0", "bad-range: range=2001:db8::1%eth0"),
    ("range", "fe80::1%eth0", "unusable-range: range=fe80::1%eth0 what=link-local"),
    ("range", "ten", "bad-range: range=ten"),
    ("range", "", "bad-range: range="),
    ("range", 7, "wrong-type: expected=an address range as text got=a number"),
    ("range", {}, "wrong-type: expected=an address range as text got=a mapping"),
    ("address", "10.0.0.9", "10.0.0.9"),
    ("address", "2001:db8::9", "2001:db8::9"),
    ("address", "10.0.0.0/8", "bad-address: address=10.0.0.0/8"),
    ("address", "127.0.0.1", "unusable-address: address=127.0.0.1"),
    ("address", "169.254.0.1", "unusable-address: address=169.254.0.1"),
    ("address", "0.0.0.0", "unusable-address: address=0.0.0.0"),  # noqa: S104
    ("address", "224.0.0.1", "unusable-address: address=224.0.0.1"),
    ("address", "240.0.0.1", "unusable-address: address=240.0.0.1"),
    ("address", "255.255.255.255", "unusable-address: address=255.255.255.255"),
    ("address", "::1", "unusable-address: address=::1"),
    ("address", "fe80::1", "unusable-address: address=fe80::1"),
    ("address", "ff02::1", "unusable-address: address=ff02::1"),
    ("address", "::ffff:10.0.0.1", "unusable-address: address=::ffff:10.0.0.1"),
    ("address", "300.0.0.1", "bad-address: address=300.0.0.1"),
    ("address", "x", "bad-address: address=x"),
    ("address", 7, "wrong-type: expected=an address as text got=a number"),
    ("address", "10.0.0.9/32", "bad-address: address=10.0.0.9/32"),
    ("address", "168.63.129.16", "unusable-address: address=168.63.129.16"),
    ("address", "fd00:ec2::254", "unusable-address: address=fd00:ec2::254"),
    ("address", "fe80::1%eth0", "unusable-address: address=fe80::1%eth0"),
    ("address", "2001:db8::1%eth0", "bad-address: address=2001:db8::1%eth0"),
    ("address", "dc1.contoso.com", "host-name: name=dc1.contoso.com"),
    ("range", "dc1.contoso.com", "host-name: name=dc1.contoso.com"),
    (
        "range",
        "sg-0123456789abcdef0",
        "cloud-name: end=sg-0123456789abcdef0 what=the id of a security group "
        "fix=Write a role, a server, or the addresses of the hosts in the group, such as `10.20.6.0/24`.",
    ),
    (
        "range",
        "vpc-0123456789abcdef0",
        "cloud-name: end=vpc-0123456789abcdef0 what=the id of a VPC "
        "fix=Write the ranges of the VPC, such as `10.20.0.0/16`.",
    ),
    (
        "address",
        "asg-exchange",
        "cloud-name: end=asg-exchange what=probably the name of a security group in Azure "
        "fix=Write a role, a server, or the addresses of the hosts in the group, such as `10.20.6.0/24`.",
    ),
    (
        "range",
        "Internet",
        "cloud-name: end=Internet what=the service tag of public addresses "
        "fix=Write `internet` in small letters.",
    ),
    ("ports", "gre", "unsupported-protocol: ports=gre what=GRE (IP protocol 47)"),
    ("ports", 47, "unsupported-protocol: ports=47 what=GRE (IP protocol 47)"),
    ("ports", "47/tcp", "47/tcp"),
    ("version", 2016, "2016"),
    ("version", "2007", "2007"),
    ("version", " SE ", "se"),
    ("version", True, "wrong-type: expected=a version such as 2016 got=true or false"),
    ("version", 2.5, "wrong-type: expected=a version such as 2016 got=a number"),
    ("version", None, "wrong-type: expected=a version such as 2016 got=nothing"),
    (
        "version",
        2017,
        "unknown-version: version=2017 fix=Write one of 2007, 2010, 2013, 2016, 2019, se, such as "
        "`version: se`.",
    ),
    ("port", 1, "1"),
    ("port", 25, "25"),
    ("port", 65535, "65535"),
    ("port", 0, "bad-port: port=0 highest=65535"),
    ("port", -1, "bad-port: port=-1 highest=65535"),
    ("port", 65536, "bad-port: port=65536 highest=65535"),
    ("ports", "123456789/tcp", "bad-port: port=123456789 highest=65535"),
    ("ports", "1-123456789/tcp", "bad-port: port=123456789 highest=65535"),
    ("port", True, "wrong-type: expected=a port number got=true or false"),
    ("port", "25", "wrong-type: expected=a port number got=text"),
    ("port", 25.0, "wrong-type: expected=a port number got=a number"),
    ("port", None, "wrong-type: expected=a port number got=nothing"),
    ("count", 1, "1"),
    ("count", 60, "60"),
    ("count", 0, "wrong-type: expected=a whole number above 0 got=0"),
    ("count", -3, "wrong-type: expected=a whole number above 0 got=-3"),
    ("count", True, "wrong-type: expected=a whole number above 0 got=true or false"),
    ("count", "1", "wrong-type: expected=a whole number above 0 got=text"),
    ("count", 1.5, "wrong-type: expected=a whole number above 0 got=a number"),
    ("count", None, "wrong-type: expected=a whole number above 0 got=nothing"),
    ("ports", "25/tcp", "25/tcp"),
    ("ports", "53/udp", "53/udp"),
    ("ports", "5985-5986/tcp", "5985-5986/tcp"),
    ("ports", "25-25/tcp", "25/tcp"),
    ("ports", "icmp", "icmp"),
    ("ports", "esp", "esp"),
    ("ports", "ah", "ah"),
    ("ports", "any", "all protocols"),
    ("ports", "icmpv6", "bad-ports: ports=icmpv6 meant=icmp"),
    ("ports", "25", "bad-ports: ports=25 meant=25/tcp"),
    ("ports", "0025", "bad-ports: ports=0025 meant=25/tcp"),
    ("ports", 25, "bad-ports: ports=25 meant=25/tcp"),
    ("ports", "tcp/25", "bad-ports: ports=tcp/25 meant=25/tcp"),
    ("ports", "135, 445/tcp", "bad-ports: ports=135, 445/tcp meant=135/tcp, 445/tcp"),
    ("ports", "53 123 udp", "bad-ports: ports=53 123 udp meant=53/udp, 123/udp"),
    ("ports", "0-65535", "bad-ports: ports=0-65535 meant=1-65535/tcp"),
    ("ports", "udp", "bad-ports: ports=udp meant=1-65535/udp"),
    ("ports", "135, 70000/tcp", "bad-ports: ports=135, 70000/tcp meant=443/tcp"),
    ("ports", "25/TCP", "bad-ports: ports=25/TCP meant=25/tcp"),
    ("ports", "25 /tcp", "bad-ports: ports=25 /tcp meant=25/tcp"),
    ("ports", "25:30/tcp", "bad-ports: ports=25:30/tcp meant=25-30/tcp"),
    ("ports", "30-25/tcp", "bad-ports: ports=30-25/tcp meant=25-30/tcp"),
    ("ports", "0/tcp", "bad-port: port=0 highest=65535"),
    ("ports", "65535/tcp", "65535/tcp"),
    ("ports", "65536/tcp", "bad-port: port=65536 highest=65535"),
    ("ports", "1-65536/tcp", "bad-port: port=65536 highest=65535"),
    ("ports", "53 udp", "bad-ports: ports=53 udp meant=53/udp"),
    ("ports", "5000-5001", "bad-ports: ports=5000-5001 meant=5000-5001/tcp"),
    ("ports", "x", "bad-ports: ports=x meant=443/tcp"),
    ("ports", "", "bad-ports: ports= meant=443/tcp"),
    ("ports", True, "wrong-type: expected=ports as text got=true or false"),
    ("ports", None, "wrong-type: expected=ports as text got=nothing"),
    ("ports", [], "wrong-type: expected=ports as text got=a list"),
    ("ports", 70000, "bad-ports: ports=70000 meant=443/tcp"),
    ("end", "edge", "edge"),
    ("end", "mailbox@hq", "mailbox@hq"),
    ("end", "internet", "internet"),
    ("end", "ex1", "ex1"),
    ("end", "10.20.6.0/24", "10.20.6.0/24"),
    ("end", "10.20.6.9", "10.20.6.9/32"),
    ("end", "2001:db8::/32", "2001:db8::/32"),
    ("end", "10.20.6.1/24", "host-bits: range=10.20.6.1/24 meant=10.20.6.0/24"),
    ("end", "ex1@hq", "bad-endpoint: end=ex1@hq"),
    ("end", "mailbox@", "bad-endpoint: end=mailbox@"),
    ("end", "@hq", "bad-endpoint: end=@hq"),
    ("end", "internet@hq", "bad-endpoint: end=internet@hq"),
    ("end", "a b", "bad-endpoint: end=a b"),
    ("end", "1ab", "1ab"),
    ("end", "10", "10"),
    ("end", "", "bad-endpoint: end="),
    ("end", 7, "wrong-type: expected=a role, a server, a range or internet got=a number"),
    ("end", ["edge"], "wrong-type: expected=a role, a server, a range or internet got=a list"),
    ("words", "administration from the bastion", "administration from the bastion"),
    ("words", " x ", " x "),
    ("words", "", "bad-text: words="),
    ("words", "  ", "bad-text: words=  "),
    ("words", "two\nlines", "bad-text: words=two\nlines"),
    ("words", "tab\there", "bad-text: words=tab\there"),
    ("words", "Über", "Über"),
    ("words", 7, "wrong-type: expected=words got=a number"),
]


@pytest.mark.parametrize("kind, value, expected", VALUES)
def test_a_value_is_read_or_refused_so(kind: str, value: object, expected: str) -> None:
    assert read(kind, value) == expected


@pytest.mark.parametrize(
    "text, kind, external",
    [
        ("edge", "role", False),
        ("mailbox@hq", "role", False),
        ("ex1", "server", False),
        ("internet", "internet", True),
        ("10.20.6.0/24", "addresses", True),
    ],
)
def test_an_end_names_servers_addresses_or_the_internet(
    text: str, kind: str, external: bool
) -> None:
    end = fields.FlowEnd.read(text)
    assert (end.kind.value, end.is_external) == (kind, external)
    assert fields.ends_of(end) == fields.ends_of((end,)) == (end,)
