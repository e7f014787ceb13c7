"""A flow: traffic that must be allowed, its ends and its reasons.

Must not know: how flows are derived, nor how they are written as rules.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from exchange_ports.catalog import BY_ID
from exchange_ports.topology.fields import EndpointKind
from exchange_ports.topology.groups import Group, GroupKind
from exchange_ports.topology.inventory import ExchangeServer
from exchange_ports.topology.models import Purpose
from exchange_ports.traffic.addresses import Network, without_covered
from exchange_ports.traffic.ports import PortRange, Ports, Protocol
from exchange_ports.versions import Article


@dataclass(frozen=True, slots=True)
class ExternalEndpoint:
    """An end that is not a managed server: a name for people and for identity, and its ranges."""

    name: str
    ranges: tuple[Network, ...]
    summary: str = field(compare=False)
    #: Whether the ground rules are about it: a domain controller, Lync, another Exchange server.
    unrestricted: bool = field(default=False, compare=False)
    kind: EndpointKind = field(default=EndpointKind.ADDRESSES, compare=False)
    #: Which one of its kind: a site's identity, a key of the stack file; empty where there is one only.
    of: str = field(default="", compare=False)

    @property
    def is_internet(self) -> bool:
        """Whether it is the Internet: public addresses."""
        return self.kind is EndpointKind.INTERNET

    @property
    def is_any(self) -> bool:
        """Whether it is any address at all."""
        return self.kind is EndpointKind.ANY

    @property
    def is_everyone(self) -> bool:
        """Whether it is no particular host: public addresses, or any address."""
        return self.is_internet or self.is_any

    @property
    def is_shared_set(self) -> bool:
        """Whether it is a set of many addresses that a cloud keeps once and rules refer to."""
        return self.kind in (EndpointKind.INTERNET, EndpointKind.PREFIX_LIST)

    @property
    def is_called_by_name(self) -> bool:
        """Whether it has a name of its own: not any address, nor what is named by its addresses."""
        return self.kind not in _WITHOUT_NAME

    def __lt__(self, other: "ExternalEndpoint") -> bool:
        return self._order < other._order

    @property
    def _order(self) -> tuple[object, ...]:
        # Python orders no IPv4 network before an IPv6 one, and ends of one name may have either.
        return self.name, [(n.version, n.network_address, n.prefixlen) for n in self.ranges]

    def __hash__(self) -> int:
        # The name tells nearly all apart; the Internet has thirty ranges to hash.
        return hash(self.name)


_WITHOUT_NAME: Final = (
    EndpointKind.INTERNET,
    EndpointKind.ANY,
    EndpointKind.ADDRESSES,
    EndpointKind.SMART_HOSTS,
)

#: An end of a flow: managed servers by their group, any other host by address.
Endpoint: TypeAlias = Group | ExternalEndpoint


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a flow is required: a row of the published tables, or the operator's own words."""

    summary: str
    entry: str | None = None
    accepted_risk: bool = False
    owner: str | None = None
    ticket: str | None = None
    review_by: str | None = None
    #: What an operator's traffic is for. It sorts hosts in a diagram and is no part of the reason.
    purpose: Purpose | None = field(default=None, compare=False)
    #: The articles that have the row, by the versions of the servers that the flow is about.
    articles: tuple[Article, ...] = (Article.EXCHANGE_2013,)

    @property
    def urls(self) -> tuple[str, ...]:
        """Where the row is published, for each article; empty for an operator's own words."""
        if self.entry is None:
            return ()
        return tuple(BY_ID[self.entry].cite.where.url(article) for article in self.articles)

    def matches(self, other: "Reason") -> bool:
        """Whether it is the same reason, in the articles of whichever versions."""
        return replace(self, articles=other.articles) == other

    @property
    def source(self) -> str:
        """Where the reason is from: the row with its id, or an additional flow."""
        return (
            "additional flow" if self.entry is None else f"{BY_ID[self.entry].cite}, {self.entry}"
        )


@dataclass(frozen=True, slots=True)
class Flow:
    """Traffic that must be allowed. Reasons are no part of equality: a flow is its traffic."""

    source: Endpoint
    destination: Endpoint
    ports: Ports
    reasons: tuple[Reason, ...] = field(compare=False)

    @property
    def order(self) -> tuple[str, ...]:
        """Sorts flows for people: by ends, then ports."""
        return (_end_key(self.source), _end_key(self.destination), str(self.ports))


def _end_key(end: Endpoint) -> str:
    return f"0 {end.network} {end.key}" if isinstance(end, Group) else f"1 {end.name}"


_RANKS: Final = {id_: rank for rank, id_ in enumerate(BY_ID)}


def in_order(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Rows in the order of the document, then operators' words, each once."""
    once = tuple(reasons)
    # Most flows and most rules have one reason.
    return once if len(once) <= 1 else tuple(sorted(set(once), key=reason_order))


def reason_order(reason: Reason) -> tuple[int, str, bool, str, str, str, tuple[str, ...]]:
    """Sorts reasons: rows in the order of the document, then operators' words."""
    # Every field that is compared is in it, so that two different reasons have the same order in every run.
    return (
        len(_RANKS) if reason.entry is None else _RANKS[reason.entry],
        reason.summary,
        reason.accepted_risk,
        reason.ticket or "",
        reason.owner or "",
        reason.review_by or "",
        tuple(article.title for article in reason.articles),
    )


def described(reasons: Iterable[Reason], length: int) -> str:
    """The reasons as one line of at most `length` characters, shortened between reasons.

    Each is named by its row or ticket, so that an operator who sees only the cloud's console can
    find it in the published table. The caller replaces characters that a cloud refuses.
    """
    texts: list[str] = []
    for reason in in_order(reasons):
        mark = reason.entry or reason.ticket
        texts.append(reason.summary if mark is None else f"{reason.summary} ({mark})")
    line = "; ".join(texts)
    if len(line) > length and len(texts) > 1:
        line = _shortened(texts, length)
    return line if len(line) <= length else line[: length - 3] + "..."


def _shortened(texts: Sequence[str], length: int) -> str:
    """As many texts as fit, one at least, and the number of the others."""
    line = shortened = ""
    for kept, each in enumerate(texts[:-1], start=1):
        line += f"; {each}" if line else each
        if len(line) > length and shortened:
            break
        whole = f"{line}; and {len(texts) - kept} more"
        if len(whole) <= length or not shortened:
            shortened = whole
    return shortened


def by_address(group: Group, members: Iterable[ExchangeServer]) -> ExternalEndpoint:
    """The members of a group as another network names them: by address, since it cannot use the group."""
    ranges = [each for server in members for each in server.ranges]
    summary = f"{group.key} in {group.network}"
    unrestricted = group.kind is GroupKind.EXCHANGE
    name = f"{group.key}@{group.network}"
    kept = without_covered(ranges)
    return ExternalEndpoint(name, kept, summary, unrestricted, EndpointKind.GROUP, group.key)


EndpointPairs: TypeAlias = Iterable[tuple[Endpoint, Endpoint]]
#: Where a row applies, with ports in place of the row's where the user has others.
RowFlows: TypeAlias = Iterable[tuple[Endpoint, Endpoint, Ports | None]]


def external(
    kind: EndpointKind,
    ranges: Iterable[Network],
    summary: str,
    of: str = "",
    *,
    unrestricted: bool = False,
) -> ExternalEndpoint:
    """An end outside, without ranges that lie inside another of its own: `clients.office`."""
    name = f"{kind}.{of}" if of else kind.value
    return ExternalEndpoint(name, without_covered(ranges), summary, unrestricted, kind, of)


def smart_hosts(ranges: Iterable[Network]) -> ExternalEndpoint:
    """Smart hosts. They have no name in a stack file, so their addresses tell them apart."""
    kind = EndpointKind.SMART_HOSTS
    kept = without_covered(ranges)
    return ExternalEndpoint(f"{kind}-{'_'.join(map(str, kept))}", kept, "smart hosts", kind=kind)


def addresses(range_: Network) -> ExternalEndpoint:
    """A range that an operator gives, called as it is written."""
    return ExternalEndpoint(str(range_), (range_,), str(range_))


def one(port: int) -> Ports:
    """One TCP port."""
    return Ports(Protocol.TCP, (PortRange(port, port),))


def as_in_row(pairs: EndpointPairs) -> RowFlows:
    """Flows of a row with the ports of the row itself."""
    return ((source, destination, None) for source, destination in pairs)


def both_ways(ours: Iterable[Group], theirs: Iterable[ExternalEndpoint]) -> EndpointPairs:
    """Each of ours with each of theirs, in both directions."""
    others = tuple(theirs)
    for one in ours:
        for other in others:
            yield one, other
            yield other, one


def across(sources: Iterable[Endpoint], to: Iterable[Endpoint]) -> EndpointPairs:
    """Every source with every destination."""
    ends = tuple(to)
    return ((source, end) for source in sources for end in ends)
