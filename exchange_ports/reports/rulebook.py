"""The rule book of an environment: every rule of every plan with both ends, seen by zone, for an auditor.

Rules come from the plans, as the clouds will have them; reasons and accepted risks ride on them. What
else an auditor asks for (limits, the proof, the published rows) is told by `rulebook_page`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from exchange_ports.findings import Finding
from exchange_ports.flows import Reason
from exchange_ports.flows.labels import EndpointNames
from exchange_ports.planning import Plans
from exchange_ports.proof import Proof
from exchange_ports.proof.explain import Explainer, PlannedRule
from exchange_ports.reports.document import Origin, Records
from exchange_ports.reports.plan_report import closed
from exchange_ports.reports.proof_report import proof_data
from exchange_ports.reports.reasons import each_once, reason_data
from exchange_ports.topology.fields import INTERNET_WORD
from exchange_ports.topology.groups import identity
from exchange_ports.traffic.addresses import AddressSet
from exchange_ports.traffic.ports import Protocol

#: Of a security group without members, which belongs to no zone.
UNUSED: Final = "no zone"


@dataclass(frozen=True, slots=True)
class RuleSide:
    """One end of a rule, as the cloud has it: a group with its servers, or addresses."""

    name: str
    servers: tuple[str, ...] = ()
    #: In CIDR form; none where a group or a tag says who is meant.
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule in one zone. `inward`: let in at our end, which is the destination then."""

    network: str
    zone: str
    name: str
    inward: bool
    allows: bool
    ours: RuleSide
    theirs: RuleSide
    passes: str
    reasons: tuple[Reason, ...]
    #: The cloud's own text of the rule, for those that have no reason: denies and probes.
    description: str
    #: What makes it worth a second look, in words.
    risks: tuple[str, ...]

    @property
    def source(self) -> RuleSide:
        """Where connections come from."""
        return self.theirs if self.inward else self.ours

    @property
    def destination(self) -> RuleSide:
        """Where they go."""
        return self.ours if self.inward else self.theirs

    @property
    def is_risky(self) -> bool:
        """Whether somebody accepted a risk for it."""
        return any(reason.accepted_risk for reason in self.reasons)


@dataclass(frozen=True, slots=True)
class RulebookZone:
    """One zone of a network with its servers and rules."""

    network: str
    platform: str
    name: str
    servers: tuple[str, ...]
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Book:
    """All that the report is made of."""

    plans: Plans
    proof: Proof
    warnings: tuple[Finding, ...]
    origin: Origin
    zones: tuple[RulebookZone, ...]

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules of all zones."""
        return tuple(rule for zone in self.zones for rule in zone.rules)


def rulebook(plans: Plans, proof: Proof, warnings: Iterable[Finding], origin: Origin) -> Book:
    """The rule book. Pure: the same plans, proof and origin, the same book.

    On AWS a group is no zone's; a rule stands in each zone in which its group has a server.

    :raises ValueError: a cloud would refuse a plan.
    """
    reader = _RuleReader(plans)
    planned = Explainer(plans).rules
    zones = [
        RulebookZone(
            key, plans.topology.networks[key].platform.value, zone, *reader.zone(key, zone, planned)
        )
        for key in plans.networks
        for zone in ("internal", "perimeter", UNUSED)
    ]
    known = tuple(zone for zone in zones if zone.servers or zone.rules)
    return Book(plans, proof, tuple(warnings), origin, known)


class _RuleReader:
    """The members of each group by zone, and which addresses are the Internet's."""

    def __init__(self, plans: Plans) -> None:
        networks = {identity(k, declared): k for k, declared in plans.topology.networks.items()}
        self._internet = EndpointNames(plans).named[INTERNET_WORD].addresses
        self._members: dict[tuple[str, str], dict[str, list[str]]] = {}
        self._standing: dict[tuple[str, str], list[str]] = {}
        self._where: dict[str, AddressSet] = {}
        grouped = plans.inventory.servers
        for member in grouped:
            key = networks[member.network]
            zone = member.zone.value
            self._standing.setdefault((key, zone), []).append(member.name)
            self._where[member.name] = AddressSet.of(member.ranges)
            for group in member.groups:
                here = self._members.setdefault((key, group.key), {})
                here.setdefault(zone, []).append(member.name)
        self._everyone = AddressSet.of(range_ for each in grouped for range_ in each.ranges)

    def zone(
        self, key: str, zone: str, planned: Iterable[PlannedRule]
    ) -> tuple[tuple[str, ...], tuple[Rule, ...]]:
        """The servers and the rules of a zone, rules that let in first, denies last."""
        rules = [
            self._rule(rule, zone)
            for rule in planned
            if rule.network == key and zone in self._of(rule)
        ]
        rules.sort(
            key=lambda r: (not r.inward, not r.allows, r.ours.name, r.passes, r.theirs.name, r.name)
        )
        return tuple(self._standing.get((key, zone), ())), tuple(rules)

    def _of(self, rule: PlannedRule) -> Iterable[str]:
        if rule.place:
            return (rule.place,)
        return self._members.get((rule.network, rule.group or ""), {}) or (UNUSED,)

    def _rule(self, rule: PlannedRule, zone: str) -> Rule:
        return Rule(
            rule.network,
            zone,
            rule.name,
            rule.way == "in",
            rule.allows,
            self._ours(rule, zone),
            self._theirs(rule),
            str(rule.ports),
            rule.reasons,
            rule.description,
            tuple(self._risks(rule)),
        )

    def _ours(self, rule: PlannedRule, zone: str) -> RuleSide:
        if rule.group is None:
            return RuleSide("all servers")
        members: Mapping[str, list[str]] = self._members.get((rule.network, rule.group), {})
        return RuleSide(rule.group, tuple(members.get(zone, ())))

    def _theirs(self, rule: PlannedRule) -> RuleSide:
        members = self._members.get((rule.network, rule.peer))
        if members is not None:
            return RuleSide(
                rule.peer, tuple(sorted(name for few in members.values() for name in few))
            )
        if rule.addresses == AddressSet.everything():
            return RuleSide(rule.peer)
        return RuleSide(
            rule.peer, self._at(rule.addresses), tuple(map(str, rule.addresses.prefixes()))
        )

    def _at(self, addresses: AddressSet) -> tuple[str, ...]:
        """The servers at these addresses, where these are all of them: those of another network."""
        if not addresses <= self._everyone:
            return ()
        return tuple(sorted(name for name, at in self._where.items() if at & addresses))

    def _risks(self, rule: PlannedRule) -> Iterator[str]:
        if not rule.allows:
            return
        if any(reason.accepted_risk for reason in rule.reasons):
            yield "accepted risk"
        public = rule.addresses & self._internet
        if public and not rule.by_tag and (rule.network, rule.peer) not in self._members:
            whole = "the Internet" if self._internet <= rule.addresses else "public addresses"
            yield f"{'from' if rule.way == 'in' else 'to'} {whole}"
        if rule.ports.protocol is Protocol.ANY:
            yield "all protocols"


_COLUMNS: Final = (
    *("network", "platform", "zone", "direction", "effect"),
    *("source", "source servers", "source addresses"),
    *("destination", "destination servers", "destination addresses"),
    *("ports", "reason", "published row", "document"),
    *("risk accepted", "risk notes", "owner", "ticket", "review by", "rule"),
    *("stack file", "sha256", "exchange-ports", "proof"),
)


def rulebook_records(book: Book) -> Records:
    """A record for each rule in each of its zones."""
    proof = "holds" if book.proof.holds else "fails"
    made = (book.origin.file, book.origin.sha256, book.origin.version, proof)
    asked = frozenset(reason for flow in book.plans.flows for reason in flow.reasons)
    rows = ((*_record(zone, rule, asked), *made) for zone in book.zones for rule in zone.rules)
    return Records(_COLUMNS, rows)


def _record(zone: RulebookZone, rule: Rule, asked: Collection[Reason]) -> Iterator[str]:
    yield from (rule.network, zone.platform, zone.name, "in" if rule.inward else "out")
    yield "allow" if rule.allows else "deny"
    for side in (rule.source, rule.destination):
        yield from (side.name, ", ".join(side.servers), ", ".join(side.addresses))
    yield rule.passes
    reasons = rule.reasons
    yield each_once(reason.summary for reason in reasons) or rule.description
    # What no flow asks for, the platform does: probes of load balancers.
    yield each_once(reason.source if reason in asked else "the platform" for reason in reasons)
    yield each_once(url for reason in reasons for url in reason.urls)
    yield "yes" if rule.is_risky else "no"
    yield "; ".join(rule.risks)
    for field in ("owner", "ticket", "review_by"):
        yield each_once(getattr(reason, field) for reason in reasons)
    yield rule.name


def rulebook_data(book: Book) -> dict[str, object]:
    """The rule book for JSON: keys and their order are always the same."""
    return {
        "organization": book.plans.topology.organization,
        "file": book.origin.file,
        "sha256": book.origin.sha256,
        "commit": book.origin.commit or None,
        "version": book.origin.version,
        "versions": {each.name: each.version.value for each in book.plans.inventory.servers},
        "zones": [
            {
                "network": zone.network,
                "platform": zone.platform,
                "zone": zone.name,
                "servers": list(zone.servers),
                "rules": [_rule_data(rule) for rule in zone.rules],
            }
            for zone in book.zones
        ],
        "acknowledged": dict(book.plans.topology.acknowledge),
        "warnings": [finding.as_data() for finding in book.warnings],
        "stays_closed": list(closed(book.plans.topology)),
        "proof": proof_data(book.proof),
    }


def _rule_data(rule: Rule) -> dict[str, object]:
    return {
        "name": rule.name,
        "direction": "in" if rule.inward else "out",
        "allows": rule.allows,
        "source": _side_data(rule.source),
        "destination": _side_data(rule.destination),
        "ports": rule.passes,
        "risks": list(rule.risks),
        "description": rule.description,
        "reasons": [reason_data(reason) for reason in rule.reasons],
    }


def _side_data(side: RuleSide) -> dict[str, object]:
    return {"name": side.name, "servers": list(side.servers), "addresses": list(side.addresses)}
