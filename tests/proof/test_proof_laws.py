"""Every topology that is not refused is proved, on either platform, and both permit the same."""

from dataclasses import replace
from ipaddress import ip_address, ip_network
from itertools import permutations, product
from typing import Final

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from exchange_ports.clouds.azure.rules import AzureRuleSet
from exchange_ports.clouds.base import AllowRule
from exchange_ports.findings import Refused
from exchange_ports.flows import ExternalEndpoint
from exchange_ports.flows.flow_index import WAYS
from exchange_ports.planning import Plans, compile_plans
from exchange_ports.proof import prove
from exchange_ports.proof.cross_cloud import swap
from exchange_ports.proof.exposure import between_ours
from exchange_ports.proof.network_model import NetworkModel
from exchange_ports.proof.redundancy import RuleIndex
from exchange_ports.topology.groups import Group
from exchange_ports.topology.models import Platform
from exchange_ports.traffic.addresses import Address, AddressSet, Network, network
from exchange_ports.traffic.services import TCP, PortSet, ServiceSet
from exchange_ports.traffic.traffic import Traffic
from tests.support.strategies import Data, declared, topologies

pytestmark = pytest.mark.slow

slow = settings(suppress_health_check=[HealthCheck.too_slow])


def planned(data: Data) -> Plans | None:
    try:
        return compile_plans(declared(data))
    except Refused:
        return None


@slow
@given(topologies())
def test_every_topology_is_proved_or_refused(data: Data) -> None:
    plans = planned(data)
    event("proved" if plans else "refused")
    assume(plans is not None)
    assert plans is not None
    proof = prove(plans)
    assert proof.holds, "\n".join(map(str, proof.failures))
    assert proof.figures.servers * 2 == proof.figures.directions


@slow
@given(topologies(), st.sampled_from(["aws", "azure", "as it is"]))
def test_the_same_topology_on_the_other_cloud_permits_the_same(data: Data, platform: str) -> None:
    for declared_network in data["networks"].values():
        if platform != "as it is" and declared_network["platform"] != "external":
            declared_network["platform"] = platform
            if platform == "aws":
                declared_network.pop("attach_to", None)
    plans = planned(data)
    assume(plans is not None)
    assert plans is not None
    compared = swap(plans)
    event(f"compared with {len(compared)}")
    for one in compared:
        assert one.holds, "\n".join(map(str, one.failures))
        assert not one.refused
        assert one.servers == sum(1 for _ in NetworkModel(plans).managed())


WIDE: Final = tuple(AddressSet.of([ip_network(n)]) for n in ("0.0.0.0/0", "2000::/3"))
#: RFC 1918, RFC 6598, and what no host on the Internet has.
NOT_PUBLIC: Final = AddressSet.of(
    map(
        ip_network,
        (
            *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "0.0.0.0/8"),
            *("127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"),
        ),
    )
)
#: What a registry hands to one provider at least, in IPv6 addresses.
PROVIDER_V6: Final = 2**96


def holds_public_and_other(range_: Network, zones: AddressSet, ours: AddressSet) -> bool:
    at = AddressSet.of([range_])
    if range_.version == 6:
        public = (at & WIDE[1]) - zones
        return public.size > PROVIDER_V6 and bool(at - public)
    return bool(at - NOT_PUBLIC - ours) and bool(at & (NOT_PUBLIC | ours))


@slow
@given(topologies(), st.booleans())
def test_what_passes_between_two_servers_is_meant_of_them_or_named(data: Data, any_: bool) -> None:
    if any_:
        for declared_network in data["networks"].values():
            declared_network["internet"] = "any"
    plans = planned(data)
    assume(plans is not None)
    assert plans is not None
    scene = NetworkModel(plans)
    declared_networks = plans.topology.networks.values()
    zones, ours = (
        AddressSet.of(
            range_
            for each in declared_networks
            if with_external or each.platform is not Platform.EXTERNAL
            for range_ in (*each.internal, *each.perimeter)
        )
        for with_external in (True, False)
    )

    def held(end: Group | ExternalEndpoint, address: Address) -> bool:
        """Whether an end is somebody in particular, and is at the address."""
        at = scene.flows.end(end)
        if isinstance(end, ExternalEndpoint) and (
            end.is_internet or any(holds_public_and_other(r, zones, ours) for r in end.ranges)
        ):
            return False
        return address in at and not any(one <= at for one in WIDE)

    expected: dict[tuple[str, str], ServiceSet] = {}
    for source, destination in permutations(scene.managed(), 2):
        for a, b in product(source.addresses, destination.addresses):
            if a.version == b.version:
                passes = scene.permitted(source, "out", a).at(b)
                passes &= scene.permitted(destination, "in", b).at(a)
                for flow in plans.flows:
                    if held(flow.source, a) and held(flow.destination, b):
                        passes -= ServiceSet.of(flow.ports, a.version)
                if passes:
                    both = (source.name, destination.name)
                    expected[both] = expected.get(both, ServiceSet()) | passes
    found = {(one.source.name, one.destination.name): one.services for one in between_ours(scene)}
    event("something meets inside" if expected else "nothing meets inside")
    assert found == expected
    assert bool(expected) <= any("->" in note for note in prove(plans).notes)


# Few addresses, services and groups, so that rules often cover each other.
_RULES: Final = st.lists(
    st.builds(
        AllowRule,
        name=st.just(""),
        place=st.just(""),
        group=st.sampled_from(["all", "some"]),
        way=st.just("in"),
        peer=st.sampled_from([None, None, "all", "some"]),
        addresses=st.lists(
            st.sampled_from([f"10.0.0.{n}/{31 - n % 2}" for n in range(0, 8, 2)] + ["10.0.0.0/29"]),
            min_size=1,
            max_size=2,
        ).map(lambda ranges: AddressSet.of(map(network, ranges))),
        services=st.tuples(st.integers(1, 6), st.integers(0, 3)).map(
            lambda ports: ServiceSet.on(TCP, PortSet.of([(ports[0], ports[0] + ports[1])]))
        ),
    ),
    max_size=9,
).map(lambda rules: [rule._replace(name=str(at)) for at, rule in enumerate(rules)])


def _about(rule: AllowRule, other: AllowRule) -> Traffic:
    """What another rule says of whom this one is about, by what the groups mean."""
    implied_groups = {"all": {"all"}, "some": {"some", "all"}, None: {None}}
    if other.group not in implied_groups[rule.group] or other.peer not in implied_groups[rule.peer]:
        return Traffic()
    whom = rule.addresses if rule.peer else other.addresses
    return Traffic.of([(whom, other.services)])


def _joined(several: list[Traffic]) -> Traffic:
    whole = Traffic()
    for one in several:
        whole |= one
    return whole


@given(_RULES)
def test_a_rule_is_needed_unless_one_or_several_others_say_all_of_it(
    rules: list[AllowRule],
) -> None:
    shelves = RuleIndex(rules, {"some": ("all",)}, {("", "all"), ("", "some")})
    single, together = set[str](), set[str]()
    for rule in rules:
        reported = [_about(rule, other) for other in rules if other is not rule]
        whole = Traffic.of([(rule.addresses, rule.services)])
        if any(whole <= one for one in reported):
            single.add(rule.name)
        elif whole <= _joined(reported):
            together.add(rule.name)
    event(f"{bool(single)} {bool(together)}")
    assert {one.name for one in shelves.redundant()} == single
    explained = list(shelves.together())
    assert {one.name for one in explained} == together
    by_name = {rule.name: rule for rule in rules}
    for one in explained:
        names = one.why.removesuffix(" cover it together").split(", ")
        rule = by_name[one.name]
        reported = [_about(rule, by_name[name]) for name in names]
        assert Traffic.of([(rule.addresses, rule.services)]) <= _joined(reported)
        assert one.name not in names


@slow
@given(topologies("azure"))
def test_a_server_permits_the_same_at_its_interface_and_at_its_subnet(data: Data) -> None:
    """And at both together; neighbors are unchanged, and forced tunneling changes nothing."""
    found: list[Plans] = []
    for attach_to in ("network_interfaces", "subnets"):
        for one in data["networks"].values():
            if one["platform"] == "azure":
                one["attach_to"] = attach_to
        # Refused: over a limit, or an Edge server with an adapter in each zone.
        plans = planned(data)
        assume(plans is not None)
        assert plans is not None
        assert prove(plans).holds, "\n".join(map(str, prove(plans).failures))
        found.append(plans)
    both = replace(found[0], networks={k: _at_both(found, k) for k in found[0].networks})
    scenes = [NetworkModel(plans) for plans in (*found, both)]
    for server in scenes[0].managed():
        for way in WAYS:
            for own in server.addresses:
                first, *others = (scene.permitted(server, way, own) for scene in scenes)
                assert all(other == first for other in others), f"{server.name} {way}"


def _at_both(found: list[Plans], key: str) -> AzureRuleSet:
    plans = [each.networks[key] for each in found]
    rule_sets = [plan for plan in plans if isinstance(plan, AzureRuleSet)]
    return replace(rule_sets[0], groups=tuple(g for each in rule_sets for g in each.groups))


@slow
@given(topologies())
def test_the_proof_of_equal_plans_is_the_same(data: Data) -> None:
    first, second = planned(data), planned(data)
    assume(first is not None and second is not None)
    assert first is not None
    assert second is not None
    assert repr(prove(first)) == repr(prove(second))


@pytest.mark.parametrize("own", ["240.0.0.1"])
def test_who_has_no_address_is_given_one_that_no_one_can_declare(own: str) -> None:
    assert ip_address(own).is_reserved
