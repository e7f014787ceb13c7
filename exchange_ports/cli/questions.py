"""What `init` asks, and how each answer is read: as an option, and on a terminal.

Loaded whenever all commands are described, so it loads nothing of a topology before it must.
"""

import argparse
from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network
from typing import Final, NamedTuple

from exchange_ports.topology.platforms import Platform


def _cloud(text: str) -> Platform:
    clouds = [each for each in Platform if each.facts.starter.settings]
    found = next((each for each in clouds if each.value == text.lower()), None)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not one of {', '.join(clouds)}")
    return found


def _name(text: str) -> str:
    from exchange_ports.topology.fields import NAME_RULE, is_name

    if not is_name(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a name: {NAME_RULE}")
    return text


def _names(text: str) -> tuple[str, ...]:
    names = tuple(_name(each.strip()) for each in text.split(","))
    if len(set(names)) < len(names):
        raise argparse.ArgumentTypeError("a name is given twice")
    return names


def _number(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number from {least} to {most}")
        return int(text)

    return read


#: Older ones need more than a first stack file declares.
_VERSIONS: Final = ("2013", "2016", "2019", "se")


def _version(text: str) -> str:
    if text.lower() not in _VERSIONS:
        raise argparse.ArgumentTypeError(f"{text!r} is not one of {', '.join(_VERSIONS)}")
    return text.lower()


def _range(text: str) -> IPv4Network:
    try:
        return IPv4Network(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not an IPv4 range without host bits, such as 10.20.0.0/20"
        ) from None


def _clients(text: str) -> tuple[IPv4Network, ...]:
    if text.strip() == "internet":
        return ()
    return tuple(_range(each.strip()) for each in text.split(","))


def _mail(text: str) -> IPv4Address | None:
    if text.strip() == "internet":
        return None
    try:
        return IPv4Address(text.strip())
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither internet nor an IPv4 address; rules cannot contain host names"
        ) from None


class Question(NamedTuple):
    """What is asked for: the option's name, the words, what reads the answer, and the usual one."""

    option: str
    text: str
    read: Callable[[str], object]
    default: str


#: The answer `internet` stands for clients at any public address, or for mail without a smart host.
QUESTIONS: Final = (
    Question("cloud", "cloud: aws or azure", _cloud, "aws"),
    Question("organization", "name of the organization", _name, "contoso"),
    Question("exchange-version", f"Exchange version: {', '.join(_VERSIONS)}", _version, "se"),
    Question("sites", "Active Directory sites, separated by commas", _names, "hq"),
    Question("servers", "number of Exchange servers in each site", _number(1, 20), "2"),
    Question("edge", "number of Edge Transport servers", _number(0, 20), "0"),
    Question(
        "edge-version",
        f"Exchange version of the Edge Transport servers: {', '.join(_VERSIONS)}",
        _version,
        # That of the other servers.
        "",
    ),
    Question("internal", "range of the Exchange servers", _range, "10.20.0.0/20"),
    Question("perimeter", "range of the Edge Transport servers", _range, "10.20.240.0/24"),
    Question(
        "clients", "clients: internet, or their ranges separated by commas", _clients, "internet"
    ),
    Question(
        "mail",
        "mail in both directions: internet, or the address of a smart host",
        _mail,
        "internet",
    ),
    Question("administration", "range of the administrators", _range, "10.20.6.0/24"),
)
