"""Ends of a question by the names that people use: servers, roles, sites, neighbours, addresses.

Must not know: rules. An end is who is meant, as servers and as addresses of anyone else.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from exchange_ports.flows import INTERNET
from exchange_ports.flows.flow_index import FlowIndex
from exchange_ports.flows.labels import ANYWHERE
from exchange_ports.pipeline import Plans
from exchange_ports.topology.fields import INTERNET_WORD, ROLE_WORDS
from exchange_ports.topology.inventory import Inventory
from exchange_ports.topology.models import Topology
from exchange_ports.topology.roles import ServerRole
from exchange_ports.traffic.addresses import (
    EVERYTHING_V4,
    EVERYTHING_V6,
    GLOBAL_UNICAST,
    AddressSet,
    difference,
    network,
)

ANY_WORD: Final = "any"

#: Class D, class E and limited broadcast are no part of the Internet (DESIGN 5).
_NO_UNICAST: Final = network("224.0.0.0/3")

#: Python also takes netmasks and scopes, which no rule does.
_LETTERS: Final = re.compile(r"[0-9a-fA-F:.]+(?:/[0-9]{1,3})?")

#: Ends that a stack file names by a key alone; `clients.office` is `office` too.
_BY_KEY: Final = ("clients.", "relay.", "witness.")


@dataclass(frozen=True, slots=True)
class QueryEndpoint:
    """One end of a question: servers by name, and addresses; whose are a server's mean that server."""

    #: How it reads in an answer.
    summary: str = field(compare=False)
    servers: tuple[str, ...] = ()
    addresses: AddressSet = field(default_factory=AddressSet)

    @classmethod
    def server(cls, name: str) -> "QueryEndpoint":
        """One server."""
        return cls(name, (name,))

    @classmethod
    def at(cls, range_: str) -> "QueryEndpoint":
        """An address or a range.

        :raises ValueError: it is neither, or has host bits.
        """
        if not _LETTERS.fullmatch(range_):
            raise ValueError(f"{range_} is no address")
        return cls(range_, (), AddressSet.of([network(range_)]))


class EndpointNames:
    """Every name that a question about one topology may use."""

    def __init__(self, plans: Plans) -> None:
        """Gather the names.

        Where several are called alike, the first of these is meant: a server, a word, a site, a neighbour.
        """
        topology = plans.topology
        named: dict[str, QueryEndpoint] = {}
        for name, asked in (
            *(
                (wearer.name, QueryEndpoint.server(wearer.name))
                for wearer in plans.inventory.servers
            ),
            (INTERNET_WORD, QueryEndpoint("the Internet", (), _internet(topology))),
            (ANY_WORD, QueryEndpoint("any address", (), AddressSet.everything())),
            *_roles(plans.inventory),
            *_sites(topology),
            *_neighbours(FlowIndex(plans.flows, {})),
        ):
            named.setdefault(name, asked)
        self.named: Mapping[str, QueryEndpoint] = named

    def find(self, text: str) -> QueryEndpoint:
        """The end that is called so, or at that address.

        :raises ValueError: there is none.
        """
        return self.named[text] if text in self.named else QueryEndpoint.at(text)


def _internet(topology: Topology) -> AddressSet:
    """Public addresses that no zone of ours has: of IPv6 only where a zone has any."""
    zones = AddressSet.of(
        zone
        for declared in topology.networks.values()
        for zone in (*declared.internal, *declared.perimeter)
    )
    blocks = tuple(b for b in topology.private_blocks if b.version == EVERYTHING_V4.version)
    public = AddressSet.of(difference(EVERYTHING_V4, (*blocks, _NO_UNICAST)))
    if zones & AddressSet.of([EVERYTHING_V6]):
        public |= AddressSet.of([GLOBAL_UNICAST])
    return public - zones


def _roles(inventory: Inventory) -> Iterator[tuple[str, QueryEndpoint]]:
    """`mailbox`, and `mailbox@hq`, as additional flows write it."""
    for word in ROLE_WORDS:
        role = None if word == "exchange" else ServerRole(word)
        for site in (None, *inventory.topology.sites):
            names = tuple(sorted(inventory.playing(role, site)))
            called = word if site is None else f"{word}@{site}"
            if names:
                yield called, QueryEndpoint(called, names)


def _sites(topology: Topology) -> Iterator[tuple[str, QueryEndpoint]]:
    for site, declared in topology.sites.items():
        if declared.servers:
            yield site, QueryEndpoint(site, tuple(sorted(declared.servers)))


def _neighbours(flows: FlowIndex) -> Iterator[tuple[str, QueryEndpoint]]:
    """Whoever stands outside in some flow, by the name that rules use, and by the key alone."""
    short: list[tuple[str, QueryEndpoint]] = []
    for end in flows.outside:
        # `anywhere` is a word of rules; people say `any`. Ranges are found as what they are.
        if end.name in (INTERNET, ANYWHERE) or "/" in end.name:
            continue
        asked = QueryEndpoint(end.summary, (), flows.end(end))
        yield end.name, asked
        short += [
            (end.name.removeprefix(kind), asked) for kind in _BY_KEY if end.name.startswith(kind)
        ]
    yield from short
