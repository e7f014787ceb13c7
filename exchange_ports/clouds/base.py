"""What a cloud offers: its rule sets, and the parts that plan, check, evaluate, name and register them.

Everything outside `clouds/` reads rule sets and clouds through these types alone, so it never asks which
cloud it is. Direction, Limit and Use are defined here once. Must not know: any cloud.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from importlib import import_module
from itertools import chain, combinations
from textwrap import shorten
from typing import (
    TYPE_CHECKING,
    Any,
    Final,
    Generic,
    Literal,
    NamedTuple,
    Protocol,
    Self,
    TypeAlias,
    TypedDict,
    TypeVar,
    cast,
)

from exchange_ports.findings import Finding
from exchange_ports.findings.command_kinds import NAME_TOO_LONG, NEAR_LIMIT, OVER_LIMIT
from exchange_ports.flows import ExternalEndpoint, Flow, Reason
from exchange_ports.flows.flow_index import Way
from exchange_ports.topology.inventory import Inventory
from exchange_ports.topology.models import Attachment, Platform, Zone
from exchange_ports.traffic.addresses import Address, AddressSet
from exchange_ports.traffic.ports import Ports
from exchange_ports.traffic.services import ServiceSet
from exchange_ports.traffic.traffic import Packet, Traffic

if TYPE_CHECKING:
    from exchange_ports.clouds.asking import Asked, Query
    from exchange_ports.clouds.existing import Live
    from exchange_ports.clouds.recorded import FlowLogs
    from exchange_ports.clouds.running import Running


class Direction(StrEnum):
    """Seen from the network interfaces behind the group."""

    IN = "in"
    OUT = "out"


# ---- rule sets ----


class RuleSet(Protocol):
    """All that one network gets. Each cloud's own class has more; outside `clouds/` this is all there is."""

    @property
    def platform(self) -> Platform:
        """The platform whose cloud understands this rule set."""
        ...

    @property
    def network(self) -> str:
        """The identity of the network."""
        ...

    @property
    def memberships(self) -> Mapping[str, tuple[str, ...]]:
        """The keys of the groups that each server's network interfaces are in, by the server's name."""
        ...

    @property
    def member_groups(self) -> tuple[str, ...]:
        """The keys of the groups that servers can be in, sorted."""
        ...

    @property
    def zones(self) -> Mapping[str, Zone]:
        """The zone of each server, by its name; empty where the cloud's rules do not depend on it."""
        ...

    @property
    def exclusive(self) -> bool:
        """Whether rules that others add to the groups are removed."""
        ...


#: The rule sets of one cloud.
R = TypeVar("R", bound=RuleSet)
R_contra = TypeVar("R_contra", bound=RuleSet, contravariant=True)


@dataclass(frozen=True, slots=True)
class PlannedRule:
    """One rule of a plan, the same for every cloud."""

    #: The network: its identity, or its key where a reader sees it.
    network: str
    #: Where the rule is: the zone of its security group on Azure, nothing on AWS.
    place: str
    name: str
    #: The group that it is a rule of; none where it is about every server of the place.
    group: str | None
    way: Way
    ports: Ports
    #: The other end: addresses, and in words; no words where the addresses are all there is to say.
    addresses: AddressSet
    peer: str
    allows: bool
    description: str
    reasons: tuple[Reason, ...]
    #: Whether the other end is a service tag, whose addresses the cloud decides.
    by_tag: bool = False


@dataclass(frozen=True, slots=True)
class PlannedResource:
    """A resource that a rule set becomes. Its logical name is unique in its network.

    The engine replaces the resource if `fixed` changes, and edits it in place if `editable` does.
    """

    #: What it is, in the cloud's own words.
    kind: str
    #: Its type in Pulumi.
    token: str
    #: Its logical name below the network's component, which stands before it with a dash.
    name: str
    fixed: object = None
    editable: object = None
    #: Whether it is in the network, so that another network under the same name replaces it.
    in_network: bool = True
    #: Whether it has the tags of the stack.
    tagged: bool = True


class BoundServer(NamedTuple):
    """The cloud's id of a server that is created elsewhere: of its network interface, say."""

    #: The server's identity, which stays when it is renamed.
    identity: str
    #: An input of Pulumi's.
    id: Any


def below(component: str, name: str) -> str:
    """The logical name of what belongs to a component: the network's, or one of its resources'."""
    return f"{component}-{name}"


# ---- what rules allow ----


class NamedRule(NamedTuple):
    """A rule for people: its name in the cloud, and why it is there."""

    name: str
    reasons: tuple[Reason, ...]


class RedundantRule(NamedTuple):
    """A rule that could be left out, and why."""

    name: str
    why: str


class AllowRule(NamedTuple):
    """An allow rule of one of our groups, for the question whether it is needed."""

    name: str
    #: Where it is: the zone of its security group on Azure; nothing on AWS.
    place: str
    group: str
    way: Way
    #: The peer's group by key, None where the peer is addresses.
    peer: str | None
    addresses: AddressSet
    services: ServiceSet


class NeighborEffect(NamedTuple):
    """What our rules change for a host that is not ours, at one of its addresses."""

    own: Address
    opened: Traffic
    cut: Traffic
    #: The conditions under which, if it is not so under all.
    when: str


class PlatformTraffic(NamedTuple):
    """Inbound traffic of every kind that the cloud's platform needs at every server, flow or no flow."""

    source: ExternalEndpoint
    reason: Reason
    #: The page that says so, and how reports call it.
    citation: str
    url: str

    @property
    def addresses(self) -> AddressSet:
        """Where it comes from."""
        return AddressSet.of(self.source.ranges)


class Evaluator(Protocol):
    """What the filters of one network's servers allow, and which rules decide."""

    @property
    def rules(self) -> int:
        """How many rules there are."""
        ...

    @property
    def places(self) -> frozenset[Attachment]:
        """What its groups are associated with."""
        ...

    @property
    def always(self) -> Mapping[Way, Traffic]:
        """What the platform needs every filter to allow, flow or no flow."""
        ...

    def permitted(self, server: str, way: Way, own: Address) -> Traffic:
        """What the server's own filter allows at one of its addresses."""
        ...

    def elsewhere(self, server: str, way: Way, own: Address) -> Traffic:
        """The same in a network whose service tags hold as much as they can."""
        ...

    def decided(
        self, server: str, way: Way, packet: Packet, own: Address
    ) -> tuple[bool, tuple[NamedRule, ...]]:
        """Whether one packet is allowed there, and the rules that decide it."""
        ...

    def harm(self, zone: str, way: Way, others: AddressSet) -> Iterator[NeighborEffect]:
        """What changes for the hosts of a zone at these addresses, which are in no group of ours."""
        ...

    def written(self) -> Iterator[AllowRule]:
        """The allow rules at our own groups."""
        ...

    def planned_rules(self) -> Iterator[PlannedRule]:
        """Every rule of the rule set, in its order."""
        ...

    def shadowed(self, implied_groups: Mapping[str, Iterable[str]]) -> Iterator[RedundantRule]:
        """Rules that never decide, because of the order of the rules and of the denies among them.

        `implied_groups` are, for each group, the groups that all of its members are in too.
        """
        ...


# ---- the parts of a cloud: modules of its folder, or anything else with these functions ----


class Planner(Protocol[R]):
    """`plan`: flows to rule sets."""

    def compile_network(self, network: str, flows: Iterable[Flow], inventory: Inventory, /) -> R:
        """The rule set of a network, by its identity, from the flows that touch its groups."""
        ...

    def check_neighbors(
        self,
        rules: R,
        flows: Iterable[Flow],
        bound: Collection[str],
        key: str,
        quotas: Mapping[str, int],
        /,
    ) -> Iterator[Finding]:
        """What the cloud would refuse of our rules at the groups of the neighbors `bound`."""
        ...

    def rules_at_neighbors(self, rules: R, flows: Iterable[Flow], bound: Collection[str], /) -> R:
        """The rules that are added to the existing groups of the neighbors `bound`, and nothing else."""
        ...


class Limits(Protocol[R_contra]):
    """`limits`: what the cloud refuses, known before it does. Problems are returned, never raised."""

    def uses(self, rules: R_contra, quotas: Mapping[str, int], /) -> tuple["Use", ...]:
        """Every limit that these rules count against. `quotas` are those that were raised."""
        ...

    def check(
        self, rules: R_contra, key: str | None, quotas: Mapping[str, int], /
    ) -> Iterator[Finding]:
        """An error for each limit that is passed, a warning for each that is near, at the network's key."""
        ...

    def check_change(self, old: R_contra, new: R_contra, key: str | None, /) -> Iterator[Finding]:
        """An error for each limit on what one update changes, at the network's key."""
        ...

    def check_quotas(self, quotas: Mapping[str, int], key: str, /) -> Iterator[Finding]:
        """What the cloud never grants, among the quotas of a network."""
        ...

    def check_component_name(self, name: str, /) -> Iterator[Finding]:
        """A finding for a component's name that the cloud would refuse at the front of every name."""
        ...

    def check_names(self, prefix: str, rules: R_contra, /) -> Iterator[Finding]:
        """A finding for each physical name that is too long behind `prefix`."""
        ...


class Evaluators(Protocol[R_contra]):
    """`evaluator`: what rule sets allow, by the cloud's documentation. Does not know the planner."""

    def evaluator(
        self, rules: R_contra, members: Mapping[str, AddressSet], space: AddressSet, /
    ) -> Evaluator:
        """Read a rule set. `members` are the addresses of each group's members, `space` the network's.

        :raises ValueError: the cloud would refuse the rule set.
        """
        ...


class Names(Protocol[R_contra]):
    """`names`: the logical and physical names of rules and resources, and how reports call them."""

    def planned_resources(self, rules: R_contra, /) -> Iterator[PlannedResource]:
        """Every resource that a rule set becomes. Nothing else names resources."""
        ...

    def counts(self, rules: R_contra, /) -> tuple[tuple[int, str], ...]:
        """How many of what there are, for a summary."""
        ...

    def as_data(self, rules: R_contra, /) -> dict[str, object]:
        """Groups and rules as JSON-ready data, under the cloud's own words."""
        ...


#: Which memberships servers may have in a transient state: those before servers change their groups,
#: either, or those afterwards.
WhenMembers: TypeAlias = Literal["before", "changing", "after"]


class TransientRules(NamedTuple):
    """The rules of a network at one moment of an update, and which memberships servers may have then."""

    summary: str
    rules: RuleSet
    members: WhenMembers


_Item = TypeVar("_Item")


def subsets(items: Collection[_Item]) -> Iterator[tuple[_Item, ...]]:
    """Every part of what may have changed already, the smallest first."""
    sizes = range(len(items) + 1)
    return chain.from_iterable(combinations(items, size) for size in sizes)


class Transitions(Protocol[R]):
    """`transitions`: the rule sets that an update passes through, and rule sets made of others."""

    def empty(self, network: str, /) -> R:
        """The rule set of a network that holds nothing of ours."""
        ...

    def merged(self, old: R, new: R, keep: Callable[[str], tuple[bool, bool]], /) -> R:
        """The groups of both, and of each group the old and the new rules that `keep` asks for.

        Memberships stay as in `old`.
        """
        ...

    def trimmed(self, old: R, new: R, /) -> R:
        """The old rules without those that must be gone before anything else changes."""
        ...

    def transient_states(
        self, old: R, new: R, /, *, memberships_change: bool
    ) -> Iterator[TransientRules]:
        """The extremal states of one run of the engine from `old` to `new`, in the order of time."""
        ...

    def holding(self, old: R, new: R, /) -> R:
        """The new rules, with the groups of both: no cloud deletes a group that a server is in."""
        ...

    def zones_left(self, old: R, new: R, /) -> Iterator[Zone]:
        """The zones that have a group of their own before and none after."""
        ...

    def with_memberships(
        self, rules: R, memberships: Mapping[str, tuple[str, ...]], zones: Mapping[str, str], /
    ) -> R:
        """The same rules with these servers as members, as far as their groups exist."""
        ...

    def without(self, rules: R, gone: frozenset[tuple[str, str]], /) -> R:
        """The same without these rules, each given by place and name."""
        ...

    def reattached(self, old: R, new: R, /) -> Iterator[tuple[Zone, Attachment, Attachment]]:
        """The zones whose groups change what they are associated with: from what, to what."""
        ...


class ServerGroups(TypedDict, total=False):
    """What the network interfaces of one server take, as the component gives it to a program."""

    security_group_ids: list[str]
    """AWS: the server's security groups."""
    network_security_group_id: str
    """Azure: the group of its zone; not where groups are associated with subnets."""
    application_security_group_ids: list[str]
    """Azure: its application security groups."""


class NetworkOutputs(Protocol):
    """What the component of one network gives to the program."""

    servers: dict[str, Any]
    """What each server's interfaces take, by the server's name: a Pulumi output of a mapping."""
    groups: dict[str, Any]
    """The id of every group that servers are in, by key: Pulumi outputs."""
    zones: dict[str, Any]
    """The id of what each zone's subnets take, by zone: Pulumi outputs; empty where there is none."""


class Resources(Protocol[R_contra]):
    """`resources`: rule sets registered with Pulumi. The only part that loads Pulumi and an SDK."""

    def register(
        self,
        name: str,
        rules: R_contra,
        ids: Mapping[str, Any],
        flows: Iterable[Flow],
        tags: Mapping[str, Any] | None,
        opts: Any,
        /,
    ) -> NetworkOutputs:
        """Register a network's resources under the component `name`.

        `ids` are the cloud ids of the network, `flows` what may add rules at neighbors' groups, `opts`
        Pulumi's `ResourceOptions`.
        """
        ...


class Analyzers(Protocol):
    """`analyzers`: questions in the form of the cloud's own analyzers of reachability."""

    def queries(
        self, asked: "Asked", ids: Mapping[str, Any], /
    ) -> "tuple[tuple[Query, ...], tuple[str, ...]]":
        """The questions about a network, and what the service cannot be asked, each as a sentence.

        `ids` are the cloud ids of the network, as in the stack file.
        """
        ...

    def setup(self, asked: "Asked", ids: Mapping[str, Any], /) -> tuple[str, ...]:
        """The lines of a shell that must run before: they find each server in the cloud."""
        ...


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a cloud can do, as far as something outside `clouds/` or the conformance suite depends on it."""

    #: Rules with more than one kind of verdict.
    deny_rules: bool = False
    #: Rules are in a group of each zone, so the place of a rule is a zone.
    groups_by_zone: bool = False


@dataclass(frozen=True)
class Cloud(Generic[R]):
    """One cloud: what is known of it as data, and its parts, each loaded when it is first used.

    `load` gives a part by its name; `CLOUD` of a folder of `clouds/` loads the module of that name.
    """

    platform: Platform
    #: As people write it.
    name: str
    #: The type of the component that holds a network's resources.
    network_type: str
    #: The package of Pulumi providers for its resources.
    provider_package: str
    load: Callable[[str], object]
    capabilities: Capabilities = Capabilities()
    platform_traffic: tuple[PlatformTraffic, ...] = ()
    #: The setting of its provider with which the provider replaces all its resources when it changes.
    #: Of other settings no resource shows that it was made by them.
    place_setting: str | None = None
    #: The setting whose tags the provider adds to those of each resource.
    tags_setting: str | None = None

    @cached_property
    def plan(self) -> Planner[R]:
        """Flows to rule sets."""
        return cast("Planner[R]", self.load("plan"))

    @cached_property
    def limits(self) -> Limits[R]:
        """What the cloud refuses."""
        return cast("Limits[R]", self.load("limits"))

    @cached_property
    def evaluator(self) -> Evaluators[R]:
        """What rule sets allow."""
        return cast("Evaluators[R]", self.load("evaluator"))

    @cached_property
    def names(self) -> Names[R]:
        """Names of rules and resources."""
        return cast("Names[R]", self.load("names"))

    @cached_property
    def transitions(self) -> Transitions[R]:
        """The rule sets that an update passes through."""
        return cast("Transitions[R]", self.load("transitions"))

    @cached_property
    def live(self) -> "Live":
        """What exists, and which of it is what is wanted."""
        return cast("Live", self.load("live"))

    @cached_property
    def running(self) -> "Running":
        """What filters the servers now, as the cloud's commands print it."""
        return cast("Running", self.load("running"))

    @cached_property
    def flow_logs(self) -> "FlowLogs":
        """Its flow logs: recorded traffic."""
        return cast("FlowLogs", self.load("flow_logs"))

    @cached_property
    def analyzers(self) -> Analyzers:
        """What the cloud's own analyzers are asked."""
        return cast("Analyzers", self.load("analyzers"))

    @cached_property
    def resources(self) -> Resources[R]:
        """Rule sets registered with Pulumi: loads Pulumi and this cloud's SDK."""
        return cast("Resources[R]", self.load("resources"))


def modules_of(package: str) -> Callable[[str], object]:
    """What loads the parts of a cloud that is a folder: its modules by name."""
    return lambda part: import_module(f"{package}.{part}")


# ---- limits ----

#: For `Limit.near`: of what is full by design, or can only be right or wrong.
NEVER: Final = 101


@dataclass(frozen=True, slots=True)
class Limit:
    """How many of what a cloud allows, where that is written, and what really helps."""

    code: str
    most: int
    what: str
    per: str
    way_out: str
    #: The percentage from which on a use is near, and warned of.
    near: int = 80
    #: Where the cloud raises it on request: what a network's `quotas` call it.
    quota: str = ""
    #: What the cloud raises it to at most; none where that is not written.
    highest: int | None = None
    cloud: str = field(kw_only=True)
    cite: str = field(kw_only=True)
    checked: str = field(kw_only=True)

    def raised(self, quotas: Mapping[str, int]) -> Self:
        """The limit where a customer has these quotas."""
        most = quotas.get(self.quota, self.most)
        return self if most == self.most else replace(self, most=most)


@dataclass(frozen=True, slots=True)
class Use:
    """How much of a limit one thing takes, and the three reasons that take the most."""

    limit: Limit
    where: str
    used: int
    largest: tuple[tuple[str, int], ...] = ()
    #: What helps here; where it is empty, what helps in general.
    way_out: str = ""

    @classmethod
    def summed(
        cls, limit: Limit, where: str, weights: Iterable[tuple[str, int]], way_out: str = ""
    ) -> Self:
        """The use that weights add up to, each given with its reason."""
        by_reason: Counter[str] = Counter()
        for reason, weight in weights:
            by_reason[reason] += weight
        largest = sorted(by_reason.items(), key=lambda item: (-item[1], item[0]))[:3]
        return cls(limit, where, by_reason.total(), tuple(largest), way_out)

    @property
    def is_over(self) -> bool:
        """Whether the cloud would refuse it."""
        return self.used > self.limit.most

    @property
    def is_near(self) -> bool:
        """Whether little is left: a warning is due from this percentage on."""
        return not self.is_over and self.used * 100 >= self.limit.most * self.limit.near

    @property
    def facts(self) -> Mapping[str, object]:
        """What findings say of it."""
        limit = self.limit
        values = {"cloud": limit.cloud, "most": limit.most, "what": limit.what, "per": limit.per}
        return {**values, "where": self.where, "used": self.used}

    @property
    def share(self) -> float:
        """The part of the limit that is taken: 1.0 is all of it."""
        return self.used / max(1, self.limit.most)


def long_names(names: Iterable[str], most: int, cloud: str) -> Iterator[Finding]:
    """A finding for each physical name with more characters than a cloud takes."""
    for name in names:
        if len(name) > most:
            yield NAME_TOO_LONG.at((), name=name, length=len(name), most=most, cloud=cloud)


def limit_findings(network: str, uses: Iterable[Use]) -> Iterator[Finding]:
    """An error for each limit that is passed in a network, a warning for each that is near."""
    for use in uses:
        if use.is_over or use.is_near:
            summary = "; ".join(f"{_short(reason)}: {count}" for reason, count in use.largest)
            yield (OVER_LIMIT if use.is_over else NEAR_LIMIT).at(
                ("topology", "networks", network),
                **use.facts,
                largest=f" (largest contributors: {summary})" if summary else "",
                way_out=use.way_out or use.limit.way_out,
            )


#: Characters. A finding cuts long facts at their end, and there the numbers stand.
_LONGEST_REASON: Final = 50


def _short(reason: str) -> str:
    return shorten(reason, _LONGEST_REASON, placeholder="...")
