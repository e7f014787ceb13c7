"""Endpoints in words, for every report: servers by name or by what they are together, others by range.

The one place that names an endpoint, and finds one by its name. Where the same endpoint reads
differently, the context differs: in a sentence (`label`), beside its ranges (`with_ranges`), as the owner
of an address (`AddressLabels`), as a part of a change (`outside_label`).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from ipaddress import ip_address
from typing import Final, Protocol, TypeAlias

from exchange_ports.findings import counted
from exchange_ports.flows.flow import Endpoint, ExternalEndpoint, Flow
from exchange_ports.flows.flow_index import FlowIndex
from exchange_ports.flows.rows import public_ranges
from exchange_ports.topology.fields import ANY_WORD, INTERNET_WORD, ROLE_WORDS, EndpointKind
from exchange_ports.topology.groups import Group, GroupKind, ServerRole
from exchange_ports.topology.inventory import ExchangeServer, Inventory
from exchange_ports.topology.models import Topology
from exchange_ports.traffic.addresses import (
    EVERYTHING_V6,
    GLOBAL_UNICAST,
    Address,
    AddressSet,
    brief,
    network,
)

#: More ranges than these are counted (the Internet has up to 30), and more names.
MOST: Final = 3

#: Servers by name, and ends outside.
LabeledEnd: TypeAlias = frozenset["str | ExternalEndpoint"]

_WORDS: Final = {
    None: "Exchange",
    ServerRole.CLIENT_ACCESS: "Client Access",
    ServerRole.MAILBOX: "Mailbox",
    ServerRole.EDGE: "Edge",
}


def few(names: Sequence[str]) -> str:
    """A few names, or the first and how many more."""
    if len(names) <= MOST + 1:
        return ", ".join(names)
    return f"{', '.join(names[:MOST])} and {len(names) - MOST} more"


def label(end: ExternalEndpoint) -> str:
    """An end outside in a sentence; an address alone reads better without its prefix length."""
    alone = [brief(range_) for range_ in end.ranges if end.summary == str(range_)]
    return alone[0] if alone else end.summary


def with_ranges(end: ExternalEndpoint, *, many: str = "") -> str:
    """An end outside with its ranges; where they are too many, `many` is what they are counted as."""
    if len(end.ranges) > MOST:
        return f"{end.summary} ({len(end.ranges)} {many})" if many else end.summary
    ranges = ", ".join(map(brief, end.ranges))
    return ranges if end.summary in (ranges, str(end.ranges[0])) else f"{end.summary} ({ranges})"


class EndpointLabels:
    """The common names of servers and other ends, and the order of ends in reports."""

    def __init__(self, inventory: Inventory) -> None:
        """Compute the common names of servers."""
        self._edges = frozenset(inventory.playing(ServerRole.EDGE))
        self._kinds = list(_kinds(inventory))

    def rank(self, end: LabeledEnd) -> int:
        """The Internet first, then others outside, Edge servers, and the internal network last."""
        outside = _outside(end)
        if any(one.is_everyone for one in outside):
            return 0
        if outside:
            return 1
        return 2 if end <= self._edges else 3

    def name(self, end: LabeledEnd, *, ranges: bool = True) -> str:
        """All of an end in words; `ranges`: neighbors with their addresses."""
        left = {one for one in end if isinstance(one, str)}
        found: list[str] = []
        for words, members in self._kinds:
            if members and members <= left:
                left -= members
                found.append(words)
        names = (
            with_ranges(one) if ranges and not one.is_everyone else label(one)
            for one in _outside(end)
        )
        return ", ".join(dict.fromkeys([*found, *sorted(left), *names]))


def _outside(end: LabeledEnd) -> list[ExternalEndpoint]:
    return sorted(one for one in end if isinstance(one, ExternalEndpoint))


def _kinds(inventory: Inventory) -> Iterator[tuple[str, frozenset[str]]]:
    """What servers are called together, the widest first."""
    yield "internal Exchange servers", frozenset(inventory.playing(None))
    for role in (ServerRole.EDGE, ServerRole.CLIENT_ACCESS, ServerRole.MAILBOX):
        names = inventory.playing(role)
        yield f"{_word(inventory, role, names)} servers", frozenset(names)
        yield from _published(inventory, names if role is ServerRole.CLIENT_ACCESS else (), "")
    sites = inventory.topology.sites
    # Where all servers of a site have both roles, either word alone would mislead.
    for role in (None, ServerRole.CLIENT_ACCESS, ServerRole.MAILBOX, ServerRole.EDGE):
        for site in sites:
            names = inventory.playing(role, site)
            yield f"{_word(inventory, role, names)} servers of {site}", frozenset(names)
            if role is ServerRole.CLIENT_ACCESS:
                yield from _published(inventory, names, f" of {site}")


def _word(inventory: Inventory, role: ServerRole | None, names: Sequence[str]) -> str:
    """The role of some servers in words: from Exchange 2016 on, all inside are Mailbox servers."""
    servers = [inventory.by_name[name] for name in names]
    if role is not ServerRole.EDGE and servers and all(each.combined for each in servers):
        role = ServerRole.MAILBOX
    return _WORDS[role]


def _published(
    inventory: Inventory, names: Sequence[str], of: str
) -> Iterator[tuple[str, frozenset[str]]]:
    """The published ones of some servers with Client Access services, and the others, if both exist."""
    for adjective, unpublished in (("published", False), ("unpublished", True)):
        some = [name for name in names if inventory.by_name[name].unpublished is unpublished]
        if 0 < len(some) < len(names):
            words = _word(inventory, ServerRole.CLIENT_ACCESS, some)
            yield f"{adjective} {words} servers{of}", frozenset(some)


def parts_of(end: LabeledEnd) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Its servers by name, and its ranges in CIDR form."""
    servers = tuple(sorted(one for one in end if isinstance(one, str)))
    return servers, tuple(str(range_) for one in _outside(end) for range_ in one.ranges)


class AddressLabels:
    """The owner of one address or of several: a server, a neighbor, or another end of a flow."""

    def __init__(self, inventory: Inventory, flows: FlowIndex) -> None:
        """Read the ends of all flows."""
        self._inventory, self._flows = inventory, flows

    @cached_property
    def _narrowest(self) -> list[ExternalEndpoint]:
        return sorted(self._flows.outside, key=lambda end: (_size(end), end.name))

    @cached_property
    def _neighbors_first(self) -> list[ExternalEndpoint]:
        # All of IPv4 is fewer addresses than a /64 of IPv6.
        return sorted(self._narrowest, key=lambda end: end.is_everyone)

    @cached_property
    def widest(self) -> dict[AddressSet, str]:
        """The addresses of all ends of flows, except any address; the widest first."""
        named = (end for end in self._flows.outside if not end.is_any)
        widest = sorted(named, key=lambda end: (-_size(end), end.name))
        return {self._flows.end(end): label(end) for end in widest}

    def server_at(self, address: Address) -> ExchangeServer | None:
        """The server with this address."""
        return next((s for s in self._inventory.servers if address in s.addresses), None)

    def name(self, address: Address) -> str:
        """A server by its name; any other address with the end that has it."""
        server = self.server_at(address)
        if server is not None:
            return server.name
        end = self._owner(AddressSet.at([address]), self._narrowest)
        if end is None or end.is_any or end.summary == str(address):
            return str(address)
        return f"{address} ({end.summary})"

    def several(self, addresses: AddressSet) -> str:
        """Addresses with the neighbor that has them."""
        ranges = counted(len(addresses.prefixes()), "range")
        text = str(addresses) if len(addresses.spans) <= MOST else ranges
        end = self._owner(addresses, self._neighbors_first)
        if end is None or end.is_any or label(end) == text:
            return text
        return f"{label(end)} ({ranges})" if end.is_internet else f"{text} ({label(end)})"

    def _owner(
        self, addresses: AddressSet, ends: Iterable[ExternalEndpoint]
    ) -> ExternalEndpoint | None:
        return next((end for end in ends if addresses <= self._flows.end(end)), None)


def _size(end: ExternalEndpoint) -> int:
    return sum(range_.num_addresses for range_ in end.ranges)


_GROUP_ROLES: Final = {
    GroupKind.EXCHANGE: "Exchange",
    GroupKind.CLIENT_ACCESS: "Client Access",
    GroupKind.UNPUBLISHED: "Client Access",
    GroupKind.MAILBOX: "Mailbox",
    GroupKind.EDGESYNC: "Mailbox",
    GroupKind.EDGESYNC_SERVER: "Mailbox",
    GroupKind.SERVER: "Exchange",
}
#: Groups for a role at a site; the servers of all others are named anyway.
_AT_SITE: Final = (
    GroupKind.CLIENT_ACCESS,
    GroupKind.UNPUBLISHED,
    GroupKind.MAILBOX,
    GroupKind.EDGESYNC,
)


def role_of(group: Group, inventory: Inventory) -> str:
    """What the servers of a group are: from Exchange 2016 on, Mailbox servers."""
    words = _GROUP_ROLES.get(group.kind, "Edge")
    members = inventory.members.get(group, ())
    if words == "Client Access" and members and all(each.combined for each in members):
        words = "Mailbox"
    if group.kind is GroupKind.UNPUBLISHED:
        return f"unpublished {words}"
    other = replace(group, kind=GroupKind.UNPUBLISHED)
    if group.kind is GroupKind.CLIENT_ACCESS and other in inventory.members:
        return f"published {words}"
    return words


def roles_label(groups: Iterable[Group], inventory: Inventory) -> list[str]:
    """Roles with their sites: "Client Access hq"."""
    found: dict[str, set[str]] = {}
    for group in groups:
        sites = found.setdefault(role_of(group, inventory), set())
        if group.kind in _AT_SITE:
            sites.add(inventory.site_keys.get(group.of, group.of))
    return [f"{role} {few(sorted(sites))}" if sites else role for role, sites in found.items()]


def outside_label(
    ends: Sequence[ExternalEndpoint], addresses: AddressSet, missing: AddressSet
) -> list[str]:
    """Some ends outside, of which `addresses` are concerned and `missing` are not."""
    by_kind: dict[str, list[str]] = {}
    for end in ends:
        summary, _, of = end.summary.rpartition(" of ") if end.unrestricted else ("", "", "")
        names = by_kind.setdefault(summary or label(end), [])
        names += [of] if summary else []
    texts = [f"{text} of {few(names)}" if names else text for text, names in by_kind.items()]
    if texts:
        texts[-1] += _part(ends[0], addresses, missing)
    return texts


def few_addresses(addresses: AddressSet, missing: AddressSet) -> str:
    """Some addresses of an end outside, of which `missing` are left out; nothing where both are many."""
    if len(addresses.spans) <= MOST:
        return f"only {addresses}"
    return f"except {missing}" if len(missing.spans) <= MOST else ""


def _part(end: ExternalEndpoint, addresses: AddressSet, missing: AddressSet) -> str:
    """The addresses, where they are few and not in the label already."""
    if missing:
        most = "most addresses" if addresses.size > missing.size else "some addresses"
        return f", {few_addresses(addresses, missing) or most}"
    known = str(addresses) == label(end) or end.is_everyone
    return "" if known or len(addresses.spans) > MOST else f" ({addresses})"


def peer_label(end: Endpoint, network: str) -> str:
    """The other end of a flow for a list of what a network opens."""
    if isinstance(end, ExternalEndpoint):
        return with_ranges(end, many="prefixes")
    return end.key if end.network == network else f"{end.key} in {end.network}"


# ---- the reverse: ends by their names ----

#: Python also takes netmasks and scopes, which no rule does.
_LETTERS: Final = re.compile(r"[0-9a-fA-F:.]+(?:/[0-9]{1,3})?")

#: Separates ends in one text; a comma in brackets is within one end.
_BETWEEN_ENDS: Final = re.compile(r", ?(?![^(]*\))")

#: Ends that a stack file names by a key alone; `clients.office` is `office` too.
_BY_KEY: Final = (
    EndpointKind.CLIENTS,
    EndpointKind.RELAY,
    EndpointKind.WITNESS,
    EndpointKind.IP_GATEWAY,
    EndpointKind.FAX_PARTNER_SERVER,
)


@dataclass(frozen=True, slots=True)
class QueryEndpoint:
    """One end of a question: servers by name, and addresses; an address of a server is that server."""

    #: Its name in the answer.
    summary: str = field(compare=False)
    servers: tuple[str, ...] = ()
    addresses: AddressSet = field(default_factory=AddressSet)

    @classmethod
    def server(cls, name: str) -> "QueryEndpoint":
        """One server."""
        return cls(name, (name,))

    @classmethod
    def at(cls, range_: str) -> "QueryEndpoint":
        """An address, a range in CIDR form, or one from a first to a last address.

        :raises ValueError: it is none of them, or has host bits.
        """
        ends = range_.split("-")
        if not all(map(_LETTERS.fullmatch, ends)) or len(ends) > 2:  # noqa: PLR2004
            raise ValueError(f"{range_} is not an address")
        if len(ends) == 1:
            return cls(range_, (), AddressSet.of([network(range_)]))
        return cls(range_, (), AddressSet.between(*map(ip_address, ends)))


class _Declared(Protocol):
    @property
    def inventory(self) -> Inventory: ...
    @property
    def flows(self) -> tuple[Flow, ...]: ...


class EndpointNames:
    """Every name that a question about one topology may use."""

    def __init__(self, plans: _Declared) -> None:
        """Gather the names: `plans`, or whatever else has an inventory and flows.

        Where several have the same name, the first of these is used: a server, a word, a site, a neighbor.
        """
        topology = plans.inventory.topology
        named: dict[str, QueryEndpoint] = {}
        for name, end in (
            *(
                (server.name, QueryEndpoint.server(server.name))
                for server in plans.inventory.servers
            ),
            (INTERNET_WORD, QueryEndpoint(INTERNET_WORD, (), _internet(topology))),
            (ANY_WORD, QueryEndpoint(ANY_WORD, (), AddressSet.everything())),
            *_roles(plans.inventory),
            *_sites(topology),
            *_neighbors(FlowIndex(plans.flows, {})),
        ):
            named.setdefault(name, end)
        self.named: Mapping[str, QueryEndpoint] = named
        self._plans = plans

    def find(self, text: str) -> QueryEndpoint:
        """The end with that name or address, or that a report prints in this form.

        Several may be separated by commas.

        :raises ValueError: there is none.
        """
        several = [self._one(each) for each in _BETWEEN_ENDS.split(text)]
        if len(several) == 1:
            return several[0]
        servers = {name for each in several for name in each.servers}
        addresses = reduce(AddressSet.__or__, (each.addresses for each in several))
        return QueryEndpoint(text, tuple(sorted(servers)), addresses)

    def _one(self, text: str) -> QueryEndpoint:
        known = self.named.get(text) or self._printed.get(text)
        if known is not None:
            return known
        base, bracket, inside = text.partition(" (")
        if not bracket or not inside.endswith(")"):
            return QueryEndpoint.at(text)
        # `10.64.3.4 (clients office)` is that address, and `Edge (edge1, edge2)` those servers.
        for exact in (base, inside[:-1]):
            if all(map(self._is_exact, exact.split(", "))):
                return self.find(exact)
        return self._one(base)

    def _is_exact(self, text: str) -> bool:
        """Whether it is one server or range."""
        if self.named.get(text, QueryEndpoint("")).servers == (text,):
            return True
        with suppress(ValueError):
            return bool(QueryEndpoint.at(text))
        return False

    @cached_property
    def _printed(self) -> Mapping[str, QueryEndpoint]:
        """The other names that reports print. A name of several ends is all of them."""
        found: dict[str, QueryEndpoint] = {}
        for text, servers in (*_kinds(self._plans.inventory), *_members(self._plans.inventory)):
            found.setdefault(text, QueryEndpoint(text, tuple(sorted(servers))))
        flows = FlowIndex(self._plans.flows, {})
        for end in flows.outside:
            text = label(end)
            before = found[text].addresses if text in found else AddressSet()
            found[text] = QueryEndpoint(text, (), before | flows.end(end))
        return found


def _members(inventory: Inventory) -> Iterator[tuple[str, frozenset[str]]]:
    """The servers of each group, as a plan prints it in its network, and elsewhere."""
    groups: dict[Group, set[str]] = {}
    for server in inventory.servers:
        for group in server.groups:
            groups.setdefault(group, set()).add(server.name)
    for group, servers in groups.items():
        yield group.key, frozenset(servers)
        yield f"{group.key} in {group.network}", frozenset(servers)


def _internet(topology: Topology) -> AddressSet:
    """Public addresses that no zone of ours has: of IPv6 only where a zone has any."""
    zones = AddressSet.of(
        zone
        for declared in topology.networks.values()
        for zone in (*declared.internal, *declared.perimeter)
    )
    public = AddressSet.of(public_ranges(topology))
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


def _neighbors(flows: FlowIndex) -> Iterator[tuple[str, QueryEndpoint]]:
    """The ends outside of all flows, by the name that rules use, and by the key alone."""
    short: dict[str, QueryEndpoint] = {}
    found: dict[str, QueryEndpoint] = {}
    for end in flows.outside:
        # `any` is a word of its own, and ranges are found as addresses.
        if not end.is_called_by_name:
            continue
        # The sources of inbound mail differ by the server that receives it, under one name.
        before = found[end.name].addresses if end.name in found else AddressSet()
        found[end.name] = QueryEndpoint(end.summary, (), before | flows.end(end))
        if end.kind in _BY_KEY:
            short.setdefault(end.of, found[end.name])
    yield from found.items()
    yield from short.items()
