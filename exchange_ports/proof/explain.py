"""Why rules are there: their reasons, the fields that asked for them, and what is cut without them."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from exchange_ports.clouds.aws.names import list_name, rule_name
from exchange_ports.clouds.aws.rules import AwsRuleSet, GroupRef, ListRef
from exchange_ports.findings import Path, counted
from exchange_ports.flows import Reason
from exchange_ports.flows import in_order as reasons_in_order
from exchange_ports.flows.declared_at import FieldOrigins
from exchange_ports.flows.flow_index import OPPOSITE, Way
from exchange_ports.pipeline import Plans
from exchange_ports.proof.answers import AnswerRow, AnswerWriter
from exchange_ports.proof.endpoints import QueryEndpoint
from exchange_ports.proof.network_model import FilterComparison, NetworkModel
from exchange_ports.proof.regions import Region, RegionEndpoint, joined, parties, piece_of
from exchange_ports.topology.groups import Group
from exchange_ports.topology.inventory import ExchangeServer
from exchange_ports.traffic.addresses import Address, AddressSet
from exchange_ports.traffic.ports import Ports
from exchange_ports.traffic.services import ServiceSet
from exchange_ports.traffic.traffic import Packet

if TYPE_CHECKING:
    from exchange_ports.clouds.azure.rules import AzureRuleSet

_ANYONE: Final = QueryEndpoint("any address", (), AddressSet.everything())


@dataclass(frozen=True, slots=True)
class PlannedRule:
    """One rule of a plan, seen alike on both clouds."""

    #: The key of its network, and on Azure the zone of its security group.
    network: str
    place: str
    name: str
    #: Whose rule it is; none where it is about every server of the place.
    group: str | None
    way: Way
    ports: Ports
    #: The other end: addresses, and in words.
    addresses: AddressSet
    peer: str
    allows: bool
    description: str
    reasons: tuple[Reason, ...]
    #: Whether the other end is a service tag of Azure, whose addresses are Azure's to know.
    by_tag: bool = False


@dataclass(frozen=True, slots=True)
class RuleReason:
    """One reason, the rules that have it, and the fields that asked, from the topology's top."""

    reason: Reason
    rules: tuple[PlannedRule, ...]
    fields: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Some rules, why they are there, and what would change if just these were missing.

    `covered` names rules that let through all the same, where nothing would be cut.
    """

    rules: tuple[PlannedRule, ...]
    whys: tuple[RuleReason, ...]
    cut: tuple[AnswerRow, ...]
    opened: tuple[AnswerRow, ...]
    covered: tuple[str, ...]


class Explainer:
    """The rules of all plans, and what they are there for."""

    def __init__(self, plans: Plans) -> None:
        """Read every plan.

        :raises ValueError: a cloud would refuse a plan.
        """
        self._scene = NetworkModel(plans)
        self._askers = FieldOrigins(plans.inventory)
        members = self._scene.flows.members
        self._members = {(group.network, group.key): at for group, at in members.items()}
        self.rules: tuple[PlannedRule, ...] = tuple(self._all())

    def explain(self, rules: Collection[PlannedRule]) -> Explanation:
        """Why these are there, and what would be cut if just these were missing."""
        reasons = reasons_in_order({reason for rule in rules for reason in rule.reasons})
        whys = tuple(
            RuleReason(
                reason,
                tuple(rule for rule in rules if reason in rule.reasons),
                tuple(dict.fromkeys(self._fields(rules, reason))),
            )
            for reason in reasons
        )
        after = NetworkModel(without(self._scene.plans, rules))
        changed = joined(_changed(self._scene, after))
        cut = self._parts(self._scene, (p for p in changed if p.passes is False))
        opened = self._parts(after, (p for p in changed if p.passes))
        covered = () if cut or opened else tuple(dict.fromkeys(self._covering(after, rules)))
        return Explanation(tuple(rules), whys, cut, opened, covered)

    def _parts(self, scene: NetworkModel, pieces: Iterable[Region]) -> tuple[AnswerRow, ...]:
        writer = AnswerWriter(scene, _ANYONE, _ANYONE)
        return tuple(writer.part(piece) for piece in pieces)

    def _fields(self, rules: Iterable[PlannedRule], reason: Reason) -> Iterator[Path]:
        for rule in rules:
            if reason not in rule.reasons:
                continue
            for flow in self._scene.plans.flows:
                ours, theirs = flow.source, flow.destination
                if rule.way == "in":
                    ours, theirs = theirs, ours
                if (
                    reason in flow.reasons
                    and isinstance(ours, Group)
                    and ours.network == self._identity(rule)
                    and flow.ports.meets(rule.ports)
                    and self._scene.flows.end(ours) & self._wearers(rule)
                    and self._scene.flows.end(theirs) & rule.addresses
                ):
                    yield from self._askers.of(flow, reason)

    def _identity(self, rule: PlannedRule) -> str:
        return self._scene.plans.networks[rule.network].network

    def _wearers(self, rule: PlannedRule) -> AddressSet:
        if rule.group is None:
            return AddressSet.everything()
        return self._members.get((self._identity(rule), rule.group), AddressSet())

    def _covering(self, after: NetworkModel, rules: Iterable[PlannedRule]) -> Iterator[str]:
        """Rules that let one packet of each rule through without it."""
        for rule in rules:
            wearers = self._wearers(rule)
            for server in after.managed():
                own = next((a for a in server.addresses if a in wearers), None)
                there = rule.addresses - server.address_set
                if (
                    own is None
                    or not there
                    or after.plans.networks[rule.network].network != (server.network)
                ):
                    continue
                view = after.views[server.network]
                address = there.example()
                version = 4 if address.version == 4 else 6  # noqa: PLR2004 - IP versions
                both = ServiceSet.of(rule.ports, version)
                both &= after.permitted(server, rule.way, own).at(address)
                if not both:
                    continue
                packet = Packet(address, both.example())
                _, deciding = view.decided(server.name, rule.way, packet, own)
                yield from (each.name for each in deciding)
                break

    # ---- the rules of both clouds alike ----

    def _all(self) -> Iterator[PlannedRule]:
        for key, plan in sorted(self._scene.plans.networks.items()):
            yield from (
                self._aws(key, plan) if isinstance(plan, AwsRuleSet) else self._azure(key, plan)
            )

    def _aws(self, key: str, plan: AwsRuleSet) -> Iterator[PlannedRule]:
        lists = {each.key: each for each in plan.prefix_lists}
        for rule in plan.rules:
            if isinstance(rule.peer, GroupRef):
                addresses = self._members.get((plan.network, rule.peer.key), AddressSet())
                peer = rule.peer.key
            elif isinstance(rule.peer, ListRef):
                entries = lists[rule.peer.key].entries
                addresses = AddressSet.of(entries)
                peer = f"{list_name(rule.peer.key)} ({counted(len(entries), 'range')})"
            else:
                addresses = AddressSet.of([rule.peer])
                peer = self._scene.labels.several(addresses)
            yield PlannedRule(
                key,
                "",
                rule_name(rule),
                rule.group,
                "in" if rule.direction.value == "in" else "out",
                rule.ports,
                addresses,
                peer,
                True,
                rule.description,
                rule.reasons,
            )

    def _azure(self, key: str, plan: "AzureRuleSet") -> Iterator[PlannedRule]:
        from exchange_ports.clouds.azure.rules import Access, Direction, Prefixes, Tag
        from exchange_ports.clouds.azure.rules import GroupRef as AzureGroupRef

        for group in plan.groups:
            for rule in group.rules:
                inward = rule.direction is Direction.IN
                ours, theirs = (
                    (rule.destination, rule.source) if inward else (rule.source, rule.destination)
                )
                if isinstance(theirs, AzureGroupRef):
                    addresses = self._members.get((plan.network, theirs.key), AddressSet())
                    peer = theirs.key
                elif isinstance(theirs, Prefixes):
                    addresses = AddressSet.of(theirs.ranges)
                    peer = self._scene.labels.several(addresses)
                else:
                    addresses = AddressSet.everything()
                    peer = f"the tag {theirs.name}" if isinstance(theirs, Tag) else "any address"
                yield PlannedRule(
                    key,
                    group.zone.value,
                    rule.name,
                    ours.key if isinstance(ours, AzureGroupRef) else None,
                    "in" if inward else "out",
                    rule.ports,
                    addresses,
                    peer,
                    rule.access is Access.ALLOW,
                    rule.description,
                    rule.reasons,
                    isinstance(theirs, Tag),
                )


def without(plans: Plans, rules: Collection[PlannedRule]) -> Plans:
    """The plans as they would be if just these rules were missing."""
    gone = {(rule.network, rule.place, rule.name) for rule in rules}
    networks = dict(plans.networks)
    for key, plan in plans.networks.items():
        if isinstance(plan, AwsRuleSet):
            kept = tuple(r for r in plan.rules if (key, "", rule_name(r)) not in gone)
            networks[key] = replace(plan, rules=kept)
        else:
            groups = tuple(
                replace(
                    group,
                    rules=tuple(
                        r for r in group.rules if (key, group.zone.value, r.name) not in gone
                    ),
                )
                for group in plan.groups
            )
            networks[key] = replace(plan, groups=groups)
    return replace(plans, networks=networks)


def _changed(before: NetworkModel, after: NetworkModel) -> Iterator[Region]:
    """What passed before and does not after, and the other way round: with two managed ends, at both."""
    for server, way, own, opened, cut in FilterComparison().changes(
        before.managed(), before.permitted, after.permitted
    ):
        for scene, passes, some in ((before, False, cut), (after, True, opened)):
            for addresses, services in some.groups():
                for party in parties(scene, QueryEndpoint("", (), addresses)):
                    for there in _speaking(party, server, own):
                        both = services & _lets(scene, there, way, own)
                        if both and there.server is not server:
                            yield _seen(passes, server, own, way, there, both)


def _speaking(
    party: RegionEndpoint, server: ExchangeServer, own: Address
) -> Iterator[RegionEndpoint]:
    """Who can speak with one address of a server, by family.

    A server that declares no address of a family is taken to have one that nobody knows: the rules are
    there for it.
    """
    versions = {own.version, *({4, 6} - {each.version for each in server.addresses})}
    for version in sorted(versions):
        yield from party.of(version).one_by_one()


def _lets(scene: NetworkModel, there: RegionEndpoint, way: Way, own: Address) -> ServiceSet:
    """What the other end lets through; of one that is not ours nothing is claimed."""
    if there.server is None or not there.managed:
        return ServiceSet.everything()
    return scene.permitted(there.server, OPPOSITE[way], there.addresses.example()).at(own)


def _seen(
    passes: bool,
    server: ExchangeServer,
    own: Address,
    way: Way,
    there: RegionEndpoint,
    services: ServiceSet,
) -> Region:
    here = RegionEndpoint(server, AddressSet.between(own, own))
    ends = (here, there) if way == "out" else (there, here)
    return piece_of(passes, *ends, services)
