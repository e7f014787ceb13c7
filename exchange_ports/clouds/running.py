"""What filters servers now: exported rules as rule sets, and the interfaces that they are attached to.

These records are the same for every cloud; each cloud's `running` makes them of what its commands print.
An exported rule is read by the evaluator that reads planned rules. Must not know: any cloud.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from ipaddress import ip_address
from typing import Any, Final, Literal, NamedTuple, Protocol

from exchange_ports.clouds.base import NamedRule, RuleSet
from exchange_ports.clouds.existing import PrintedDocument, fields_of, items_of
from exchange_ports.findings import Finding
from exchange_ports.flows import Reason
from exchange_ports.flows.flow_index import Way
from exchange_ports.traffic.addresses import Address, AddressSet
from exchange_ports.traffic.traffic import Packet, Traffic


@dataclass(frozen=True, slots=True)
class Interface:
    """A network interface: where it is, its addresses, and the ids of the groups attached to it."""

    id: str
    #: The names by which a server may be known: the tag Name, the virtual machine.
    names: tuple[str, ...]
    #: The id of the VPC or VNet, and that of the subnet.
    network: str
    subnet: str
    addresses: tuple[Address, ...]
    groups: tuple[str, ...]


class WantedServer(NamedTuple):
    """A server for which an interface is looked for."""

    name: str
    identity: str
    addresses: tuple[Address, ...]


class WantedNetwork(NamedTuple):
    """A network with what is declared for it."""

    key: str
    plan: RuleSet
    #: The addresses of its zones.
    space: AddressSet
    #: The settings of the stack file for it: cloud ids.
    ids: Mapping[str, object]
    servers: tuple[WantedServer, ...]
    #: How many groups of others each server keeps.
    other_groups: int = 0


class Match(NamedTuple):
    """An interface that is a server's, and how that is known."""

    server: str
    interface: Interface
    how: str


class DeviationKind(StrEnum):
    """How exported groups, rules and attachments differ from the plan."""

    SERVER_NOT_FOUND = "server_not_found"
    GROUP_MISSING = "group_missing"
    NOT_ATTACHED = "not_attached"
    ATTACHED_BESIDE = "attached_beside"
    RULE_ADDED = "rule_added"
    RULE_CHANGED = "rule_changed"
    RULE_MISSING = "rule_missing"
    LIST_CHANGED = "prefix_list_changed"
    NOT_EVALUATED = "not_evaluated"
    #: What is seen and is no difference.
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Deviation:
    """One difference between what was exported and the plan, before anyone asks which traffic it changes."""

    kind: DeviationKind
    #: The group, list or server, and what is different there.
    where: str
    summary: str
    #: The rule's name in the cloud or in the plan; empty where it is about no rule.
    rule: str = ""
    #: The servers at whose interfaces it has an effect.
    servers: tuple[str, ...] = ()
    way: Way | None = None
    #: The traffic that it can change at these servers; none where it can change any.
    reach: Traffic | None = None
    #: Whether it can only allow more, or only less; none where it can do both.
    only: Literal["opens", "blocks"] | None = None
    #: The command that restores what is planned.
    fix: str = ""
    reasons: tuple[Reason, ...] = ()


class RunningNetwork(Protocol):
    """The filters of the servers of one network, as they were exported."""

    @property
    def matches(self) -> tuple[Match, ...]:
        """The interfaces of servers, in the order of servers."""
        ...

    def permitted(self, server: str, way: Way, own: Address) -> Traffic:
        """What is allowed at one of the addresses of a server."""
        ...

    def decided(
        self, server: str, way: Way, packet: Packet, own: Address
    ) -> tuple[bool, tuple[NamedRule, ...]]:
        """Whether one packet is allowed there, and the rules that decide it."""
        ...

    def deviations(self) -> Iterator[Deviation]:
        """Every difference of groups, rules, lists and attachments."""
        ...


class Running(Protocol):
    """`running`: exports of what runs, and the filters of a network in them."""

    @property
    def COMMANDS(self) -> tuple[str, ...]:  # noqa: N802 - a constant of a module
        """The commands whose output is read, each as it is typed."""
        ...

    def owns(self, document: PrintedDocument, /) -> bool:
        """Whether a document looks like output of this cloud's commands."""
        ...

    def read(self, documents: Iterable[PrintedDocument], /) -> Any:
        """What runs, out of any number of outputs in any order; or a list of all findings about them."""
        ...

    def filters(self, running: Any, wanted: WantedNetwork, /) -> RunningNetwork | list[Finding]:
        """The filters of one network, or why they cannot be known."""
        ...


#: The key of a file of `collect` under which it has the outputs of all commands.
OUTPUTS_KEY: Final = "outputs"
#: A file of outputs in a file of outputs is none of `collect`.
_MOST_OUTPUTS: Final = 100_000


def outputs_of(document: PrintedDocument) -> Iterator[PrintedDocument]:
    """The outputs in a file: those that `collect` put together, or the one that the file is."""
    several = items_of(fields_of(document.data).get(OUTPUTS_KEY))
    if several is None:
        yield document
        return
    for each in several[:_MOST_OUTPUTS]:
        yield PrintedDocument(document.file, each)


def address_or_none(text: object) -> Address | None:
    """An address, or none where the text is none or has a scope."""
    try:
        found = ip_address(text) if isinstance(text, str) and "%" not in text else None
    except ValueError:
        return None
    return found


def match_servers(
    servers: Iterable[WantedServer], interfaces: Iterable[Interface]
) -> Iterator[Match]:
    """The interfaces of each server: those with one of its addresses, or else those with its name."""
    by_address: dict[Address, Interface] = {}
    by_name: defaultdict[str, list[Interface]] = defaultdict(list)
    for each in interfaces:
        for address in each.addresses:
            by_address.setdefault(address, each)
        for name in dict.fromkeys(map(_bare, each.names)):
            by_name[name].append(each)
    wanted = tuple(servers)
    taken = {by_address[a].id for each in wanted for a in each.addresses if a in by_address}
    for server in wanted:
        found: dict[str, Match] = {}
        for address in server.addresses:
            there = by_address.get(address)
            if there is not None:
                found.setdefault(there.id, Match(server.name, there, f"address {address}"))
        if not found:
            for name in dict.fromkeys((server.name, server.identity)):
                for there in by_name.get(_bare(name), ()):
                    if there.id not in taken:
                        found.setdefault(there.id, Match(server.name, there, f"name {name}"))
        yield from found.values()


def _bare(name: str) -> str:
    """A name without its domain, in small letters."""
    return name.partition(".")[0].lower()


@dataclass(frozen=True)
class MatchedServers:
    """The interfaces of a network's servers, for questions about one address of a server."""

    wanted: WantedNetwork
    matches: tuple[Match, ...]
    _by_server: Mapping[str, tuple[Interface, ...]] = field(
        init=False, repr=False, compare=False, default_factory=dict[str, "tuple[Interface, ...]"]
    )

    def __post_init__(self) -> None:
        """Index the matches."""
        found: defaultdict[str, list[Interface]] = defaultdict(list)
        for match in self.matches:
            found[match.server].append(match.interface)
        object.__setattr__(self, "_by_server", {k: tuple(v) for k, v in found.items()})

    def of(self, server: str) -> tuple[Interface, ...]:
        """The interfaces of a server."""
        return self._by_server.get(server, ())

    def at(self, server: str, own: Address) -> Interface:
        """The interface of a server that has an address.

        :raises ValueError: none has it.
        """
        for each in self.of(server):
            if own in each.addresses:
                return each
        raise ValueError(f"no interface of {server} has the address {own}")

    def with_group(self, group: str) -> tuple[str, ...]:
        """The servers of which an interface has a group, sorted."""
        return tuple(sorted({m.server for m in self.matches if group in m.interface.groups}))

    def missing(self, command: str) -> Iterator[Deviation]:
        """The servers that have no interface in the export, and addresses that differ."""
        for server in self.wanted.servers:
            interfaces = self.of(server.name)
            there = {address for each in interfaces for address in each.addresses}
            lost = [str(each) for each in server.addresses if each not in there]
            if not interfaces:
                by = f" or the address {', '.join(lost)}" if lost else ""
                yield Deviation(
                    DeviationKind.SERVER_NOT_FOUND,
                    server.name,
                    f"no network interface has the name {server.name}{by}",
                    fix=f"export the interfaces of its network too: {command}",
                )
            elif lost:
                ids = ", ".join(each.id for each in interfaces)
                yield Deviation(
                    DeviationKind.SERVER_NOT_FOUND,
                    server.name,
                    f"its interface {ids} has not the declared address {', '.join(lost)}",
                    fix="correct the address in the topology, or at the interface",
                )
            declared = set(server.addresses)
            more = sorted((each for each in there - declared), key=AddressSet.place)
            if server.addresses and more and not lost:
                summary = f"also has the address {', '.join(map(str, more))}, which is not declared"
                yield Deviation(DeviationKind.NOTE, server.name, summary)


def without_tokens(
    documents: Iterable[PrintedDocument], token: str, kind: Any
) -> list[PrintedDocument]:
    """The documents, without the tokens of pages whose last page is there too.

    `kind` says of which command a document is.
    """
    several = list(documents)
    whole = {kind(each) for each in several if not fields_of(each.data).get(token)}
    return [
        replace(each, data={k: v for k, v in fields_of(each.data).items() if k != token})
        if fields_of(each.data).get(token) and kind(each) in whole
        else each
        for each in several
    ]
