"""From a topology to the plan of each network, made by the planner of the network's cloud."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from exchange_ports.clouds import cloud, cloud_of
from exchange_ports.clouds.base import RuleSet, Use
from exchange_ports.findings import Finding, Refused
from exchange_ports.findings.command_kinds import SOURCE_TRANSLATED, WARNINGS
from exchange_ports.findings.topology_kinds import BY_CODE
from exchange_ports.flows import FieldOrigins, Flow, compile_flows
from exchange_ports.flows.flow_checks import check_flows
from exchange_ports.flows.unusable import UNUSABLE, UnusableFlow, unusable_flows
from exchange_ports.topology.checks.addressing import families
from exchange_ports.topology.groups import Group
from exchange_ports.topology.inventory import Inventory
from exchange_ports.topology.models import Platform, Topology

_T = TypeVar("_T")


class RegisteredNetwork(NamedTuple):
    """A network as it is registered: by the key under which its cloud ids are given."""

    key: str
    plan: RuleSet
    #: What flows say, for neighbors' own groups.
    flows: tuple[Flow, ...]


@dataclass(frozen=True, slots=True)
class Plans:
    """What a topology needs: its flows, and the plan of each network by the network's key."""

    inventory: Inventory
    flows: tuple[Flow, ...]
    networks: dict[str, RuleSet]
    warnings: tuple[Finding, ...] = ()
    """What is legal and unwise about the plans, but for what the topology acknowledges."""

    _origins: FieldOrigins | None = field(default=None, repr=False, compare=False)
    _made: dict[object, Any] = field(
        default_factory=dict[object, Any], init=False, repr=False, compare=False
    )

    def once(self, make: "Callable[[Plans], _T]") -> _T:
        """What `make` makes of these plans, made at the first call: the model of the proof, say."""
        if make not in self._made:
            self._made[make] = make(self)
        return self._made[make]

    @property
    def origins(self) -> FieldOrigins:
        """The fields that declare each flow."""
        return self._origins or self.once(_origins_of)

    @property
    def unusable(self) -> tuple[UnusableFlow, ...]:
        """The flows that cannot work as declared, but for those of which the topology knows better.

        To acknowledge `source-translated` is to say that the device keeps the source. Nothing that a topology
        says makes a packet change its IP version.
        """
        return self.once(_unusable)

    @property
    def unusable_findings(self) -> tuple[Finding, ...]:
        """The findings about flows that cannot work as declared, but for acknowledged ones."""
        topology = self.topology
        apart = (each.under(("topology",)) for each in families(topology))
        found = dict.fromkeys((*self.warnings, *apart))
        return tuple(
            each
            for each in found
            if each.kind.code in UNUSABLE and each.kind.code not in topology.acknowledge
        )

    @property
    def usable_flows(self) -> tuple[Flow, ...]:
        """The flows of which packets pass."""
        unusable = {id(each.flow) for each in self.unusable}
        return tuple(flow for flow in self.flows if id(flow) not in unusable)

    @property
    def topology(self) -> Topology:
        """What is declared."""
        return self.inventory.topology

    @property
    def registered(self) -> tuple[RegisteredNetwork, ...]:
        """Every network as it is registered where no step of a rollout is asked for."""
        return tuple(
            RegisteredNetwork(key, plan, self.flows) for key, plan in self.networks.items()
        )

    def uses(self, network: str) -> tuple[Use, ...]:
        """How much of each limit that is checked a network takes."""
        plan = self.networks[network]
        quotas = self.topology.networks[network].quotas.raised
        return cloud_of(plan).limits.uses(plan, quotas)


def compile_plans(topology: Topology) -> Plans:
    """The plans of a topology that has passed its checks, with their warnings.

    :raises Refused: a plan is over a limit of its cloud; every limit that is passed is named, and
        every warning with them.
    """
    plans, findings = planned(topology)
    if any(finding.is_error for finding in findings):
        raise Refused(findings)
    return plans


def planned(topology: Topology) -> tuple[Plans, tuple[Finding, ...]]:
    """The plans, and every finding of planning: for who only asks what would pass."""
    inventory = Inventory(topology)
    origins = FieldOrigins(inventory)
    wanted = compile_flows(inventory, origins.risky)
    plans = by_network(inventory, wanted)
    findings = list(
        dict.fromkeys(each.under(("topology",)) for each in check_flows(origins, wanted))
    )
    for key, plan in plans.items():
        limits, quotas = cloud_of(plan).limits, topology.networks[key].quotas.raised
        findings += limits.check_quotas(quotas, key)
        findings += limits.check(plan, key, quotas)
    shown = tuple(_unacknowledged(topology, findings))
    warnings = tuple(finding for finding in shown if not finding.is_error)
    return Plans(inventory, wanted, plans, warnings, origins), shown


def _origins_of(plans: Plans) -> FieldOrigins:
    return FieldOrigins(plans.inventory)


def _unusable(plans: Plans) -> tuple[UnusableFlow, ...]:
    known = plans.topology.acknowledge
    return tuple(
        each
        for each in unusable_flows(plans.inventory, plans.flows)
        if each.kind is not SOURCE_TRANSLATED or each.kind.code not in known
    )


def by_network(inventory: Inventory, wanted: Iterable[Flow]) -> dict[str, RuleSet]:
    """The plan of each network by its key, whatever limits it is over."""
    touching = _touching(wanted)
    plans: dict[str, RuleSet] = {}
    for here, (key, network) in sorted(inventory.networks.items(), key=lambda item: item[1][0]):
        if network.platform is not Platform.EXTERNAL:
            planner = cloud(network.platform).plan
            plans[key] = planner.compile_network(here, touching.get(here, ()), inventory)
    return plans


def _touching(wanted: Iterable[Flow]) -> Mapping[str, list[Flow]]:
    """The flows that touch the groups of each network, by its identity."""
    found: defaultdict[str, list[Flow]] = defaultdict(list)
    for flow in wanted:
        ends = (flow.source, flow.destination)
        for network in {end.network for end in ends if isinstance(end, Group)}:
            found[network].append(flow)
    return found


def _unacknowledged(topology: Topology, findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings but for acknowledged warnings, and each of planning that is acknowledged in vain."""
    occurring: set[str] = set()
    for finding in findings:
        occurring.add(finding.kind.code)
        if finding.is_error or finding.kind.code not in topology.acknowledge:
            yield finding
    for code in topology.acknowledge:
        if code in WARNINGS - occurring:
            path = ("topology", "acknowledge", code)
            yield BY_CODE["unused-acknowledgment"].at(path, code=code)
