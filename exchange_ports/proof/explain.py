"""Why rules are there: their reasons, the fields that asked for them, and what is cut without them."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from exchange_ports.clouds import cloud_of
from exchange_ports.clouds.base import PlannedRule
from exchange_ports.findings import Path
from exchange_ports.flows import Reason
from exchange_ports.flows import in_order as reasons_in_order
from exchange_ports.flows.flow_index import OPPOSITE, FlowIndex, Way
from exchange_ports.flows.labels import AddressLabels, QueryEndpoint
from exchange_ports.planning import Plans
from exchange_ports.proof import answers
from exchange_ports.proof.network_model import FilterComparison, NetworkModel
from exchange_ports.topology.fields import ANY_WORD
from exchange_ports.topology.groups import Group
from exchange_ports.topology.inventory import ExchangeServer
from exchange_ports.traffic.addresses import Address, AddressSet
from exchange_ports.traffic.services import ServiceSet
from exchange_ports.traffic.traffic import Packet

_ANYONE: Final = QueryEndpoint(ANY_WORD, (), AddressSet.everything())


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
    cut: tuple[answers.AnswerRow, ...]
    opened: tuple[answers.AnswerRow, ...]
    covered: tuple[str, ...]


class Explainer:
    """The rules of all plans, and what they are there for."""

    def __init__(self, plans: Plans) -> None:
        """Read every plan.

        :raises ValueError: a cloud would refuse a plan.
        """
        self._model = plans.once(NetworkModel)
        self._origins = plans.origins
        members = self._model.flows.members
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
        after = NetworkModel(without(self._model.plans, rules))
        changed = answers.joined(_changed(self._model, after))
        cut = self._parts(self._model, (p for p in changed if p.passes is False))
        opened = self._parts(after, (p for p in changed if p.passes))
        covered = () if cut or opened else tuple(dict.fromkeys(self._covering(after, rules)))
        return Explanation(tuple(rules), whys, cut, opened, covered)

    def _parts(
        self, model: NetworkModel, regions: Iterable[answers.Region]
    ) -> tuple[answers.AnswerRow, ...]:
        writer = answers.AnswerWriter(model, _ANYONE, _ANYONE)
        return tuple(writer.part(region) for region in regions)

    def _fields(self, rules: Iterable[PlannedRule], reason: Reason) -> Iterator[Path]:
        for rule in rules:
            if reason not in rule.reasons:
                continue
            for flow in self._model.plans.flows:
                ours, theirs = flow.source, flow.destination
                if rule.way == "in":
                    ours, theirs = theirs, ours
                if (
                    reason in flow.reasons
                    and isinstance(ours, Group)
                    and ours.network == self._identity(rule)
                    and flow.ports.meets(rule.ports)
                    and self._model.flows.end(ours) & self._member_addresses(rule)
                    and self._model.flows.end(theirs) & rule.addresses
                ):
                    yield from self._origins.of(flow, reason)

    def _identity(self, rule: PlannedRule) -> str:
        return self._model.plans.networks[rule.network].network

    def _member_addresses(self, rule: PlannedRule) -> AddressSet:
        if rule.group is None:
            return AddressSet.everything()
        return self._members.get((self._identity(rule), rule.group), AddressSet())

    def _covering(self, after: NetworkModel, rules: Iterable[PlannedRule]) -> Iterator[str]:
        """Rules that let one packet of each rule through without it."""
        for rule in rules:
            members = self._member_addresses(rule)
            for server in after.managed():
                own = next((a for a in server.addresses if a in members), None)
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

    def _all(self) -> Iterator[PlannedRule]:
        # One address may be a sender of mail and a smart host: the direction says which of both.
        flows = self._model.plans.flows
        labels = {
            way: AddressLabels(self._model.plans.inventory, FlowIndex(those, {}))
            for way, those in (
                ("in", [each for each in flows if isinstance(each.destination, Group)]),
                ("out", [each for each in flows if isinstance(each.source, Group)]),
            )
        }
        for key, plan in sorted(self._model.plans.networks.items()):
            for rule in self._model.views[plan.network].planned_rules():
                peer = rule.peer or labels[rule.way].several(rule.addresses)
                yield replace(rule, network=key, peer=peer)


def without(plans: Plans, rules: Collection[PlannedRule]) -> Plans:
    """The plans as they would be if just these rules were missing."""
    networks = {
        key: cloud_of(plan).transitions.without(
            plan, frozenset((rule.place, rule.name) for rule in rules if rule.network == key)
        )
        for key, plan in plans.networks.items()
    }
    return replace(plans, networks=networks)


def _changed(before: NetworkModel, after: NetworkModel) -> Iterator[answers.Region]:
    """What passed before and does not after, and the other way round: with two managed ends, at both."""
    for server, way, own, opened, cut in FilterComparison().changes(
        before.managed(), before.usable, after.usable
    ):
        for model, passes, some in ((before, False, cut), (after, True, opened)):
            for addresses, services in some.groups():
                for party in answers.parties(model, QueryEndpoint("", (), addresses)):
                    for there in _speaking(party, server, own):
                        both = services & _lets(model, there, way, own)
                        if both and there.server is not server:
                            yield _seen(passes, server, own, way, there, both)


def _speaking(
    party: answers.RegionEndpoint, server: ExchangeServer, own: Address
) -> Iterator[answers.RegionEndpoint]:
    """Who can speak with one address of a server, by family.

    A server that declares no address of a family is taken to have one that is not known: the rules are
    there for it.
    """
    versions = {own.version, *({4, 6} - {each.version for each in server.addresses})}
    for version in sorted(versions):
        yield from party.of(version).one_by_one()


def _lets(model: NetworkModel, there: answers.RegionEndpoint, way: Way, own: Address) -> ServiceSet:
    """What the other end lets through; of one that is not ours nothing is claimed."""
    if there.server is None or not there.managed:
        return ServiceSet.everything()
    return model.usable(there.server, OPPOSITE[way], there.addresses.example()).at(own)


def _seen(
    passes: bool,
    server: ExchangeServer,
    own: Address,
    way: Way,
    there: answers.RegionEndpoint,
    services: ServiceSet,
) -> answers.Region:
    here = answers.RegionEndpoint(server, AddressSet.between(own, own))
    ends = (here, there) if way == "out" else (there, here)
    return answers.region_of(passes, *ends, services)
