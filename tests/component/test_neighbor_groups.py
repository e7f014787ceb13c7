"""Security groups of neighbors that the user gives: what flows say of them is opened there too."""

from collections.abc import Mapping
from typing import Any, Final

import pytest
from hypothesis import event, given

from exchange_ports.clouds.aws import rules as aws
from exchange_ports.clouds.aws.evaluator import AwsFilters
from exchange_ports.clouds.aws.names import rule_name
from exchange_ports.clouds.aws.plan import at_neighbors
from exchange_ports.component import NetworkArgs
from exchange_ports.flows import ExternalEndpoint
from exchange_ports.flows.flow_index import carried
from exchange_ports.offline import ProgramFailed, Recording, Registration
from exchange_ports.planning import compile_plans
from exchange_ports.proof.network_model import NetworkModel
from exchange_ports.topology.groups import Group, identity
from exchange_ports.topology.inventory import neighbors
from exchange_ports.topology.validate import check_bindings
from exchange_ports.traffic.traffic import Traffic
from tests.component.firewalls import firewall, run, topology
from tests.support.planning import planned
from tests.support.resource_types import EGRESS, GROUP, INGRESS
from tests.support.strategies import Data, declared, edited, topologies

pytestmark = pytest.mark.slow

GIVEN: Final[Any] = {
    "vpc_id": "vpc-1",
    "neighbor_security_groups": {"domain-controllers.hq": "sg-dc", "lync.hq": "sg-lync"},
}
WITH_LYNC: Final = edited(
    topology(),
    {"sites.hq.lync": {"addresses": ["10.20.4.10"]}, "name_servers.edge": "domain_controllers"},
)


@pytest.fixture(scope="module")
def recording() -> Recording:
    return run(lambda: firewall(WITH_LYNC, {"corp": GIVEN}))


def at(recording: Recording, group: str) -> dict[str, Registration]:
    return {
        one.name.removeprefix("exchange-corp-"): one
        for kind in (INGRESS, EGRESS)
        for one in recording.of_type(kind)
        if one.inputs["securityGroupId"] == group
    }


def test_everything_passes_at_their_end_to_and_from_internal_servers_and_nothing_else(
    recording: Recording,
) -> None:
    dcs, lync = at(recording, "sg-dc"), at(recording, "sg-lync")
    assert sorted(lync) == ["lync.hq/in/any/all/exchange", "lync.hq/out/any/all/exchange"]
    # Edge asks them for names, and no one but Exchange has everything.
    assert sorted(dcs) == [
        "domain-controllers.hq/in/any/all/exchange",
        "domain-controllers.hq/in/tcp/53/edge.hq",
        "domain-controllers.hq/in/udp/53/edge.hq",
        "domain-controllers.hq/out/any/all/exchange",
    ]
    for one in (*dcs.values(), *lync.values()):
        # By the group of ours, whose id is another resource's, and by no range.
        assert "referencedSecurityGroupId" in one.inputs
        assert not {"cidrIpv4", "cidrIpv6", "prefixListId"} & set(one.inputs)


def test_their_groups_are_not_made_and_ours_are_the_same(recording: Recording) -> None:
    without = run(lambda: firewall(WITH_LYNC))
    kinds = (GROUP, INGRESS, EGRESS)
    ours = {one.name for kind in kinds for one in without.of_type(kind)}
    with_theirs = {one.name for kind in kinds for one in recording.of_type(kind)}
    added = {
        f"exchange-corp-{name}" for group in ("sg-dc", "sg-lync") for name in at(recording, group)
    }
    assert with_theirs == ours | added


@pytest.mark.parametrize(
    "given, code, path",
    [
        ({"domain-controllers.hq": "sg-1", "lync.hq": "sg-1"}, "group-bound-twice", "lync.hq"),
        ({"domain-controler.hq": "sg-1"}, "undeclared", "domain-controler.hq"),
        ({"domain-controllers.hq": ""}, "wrong-type", "domain-controllers.hq"),
        ({"domain-controllers.hq": 5}, "wrong-type", "domain-controllers.hq"),
        ("sg-1", "wrong-type", None),
    ],
)
def test_what_cannot_be_bound_is_refused(given: object, code: str, path: str | None) -> None:
    networks: Any = {"corp": {"vpc_id": "vpc-1", "neighbor_security_groups": given}}
    (finding,) = check_bindings(declared(WITH_LYNC), networks)
    assert finding.kind.code == code
    assert finding.path == (
        "networks",
        "corp",
        "neighbor_security_groups",
        *([path] if path else []),
    )


def test_both_neighbors_of_one_group_are_named_also_across_networks() -> None:
    far = {"platform": "aws", "internal": ["10.21.0.0/20"]}
    data = edited(WITH_LYNC, {"networks.far": far})
    networks: Mapping[str, Any] = {
        "corp": {"vpc_id": "vpc-1", "neighbor_security_groups": {"lync.hq": "sg-1"}},
        "far": {"vpc_id": "vpc-2", "neighbor_security_groups": {"domain-controllers.hq": "sg-1"}},
    }
    summary = [f.summary for f in check_bindings(declared(data), networks)]
    assert summary == [
        "The security group sg-1 is used for lync.hq in corp and for domain-controllers.hq in far."
    ]


def test_azure_takes_no_rules_for_the_group_of_a_neighbor() -> None:
    data = edited(WITH_LYNC, {"networks.corp.platform": "azure"})
    ids: Any = {
        "resource_group_name": "rg",
        "location": "x",
        "neighbor_security_groups": {"lync.hq": "nsg"},
    }
    (finding,) = check_bindings(declared(data), {"corp": ids})
    assert finding.kind.code == "unknown-key"


def test_too_many_rules_for_their_group_are_refused_before_anything_is_registered() -> None:
    """A witness is asked by each site's Mailbox servers: two sites are two rules, and one fits."""
    witness = {"address": "10.20.5.5"}
    quotas = {"rules_per_security_group": 100}
    paris = {
        f"s{n}": {
            "network": "corp",
            "servers": {
                f"p{n}": {"roles": ["client_access", "mailbox"], "address": f"10.20.8.{n}"}
            },
        }
        for n in range(1, 100)
    }
    sites = {**WITH_LYNC["sites"], **paris}
    data = edited(
        WITH_LYNC, {"witness_servers.fs1": witness, "sites": sites, "networks.corp.quotas": quotas}
    )
    networks: Any = {
        "corp": {"vpc_id": "vpc-1", "neighbor_security_groups": {"witness.fs1": "sg-w"}}
    }
    with pytest.raises(ProgramFailed, match=r"over-limit\] witness\.fs1, in, IPv4 needs \d+ rules"):
        run(lambda: firewall(data, networks))


@given(topologies("aws"))
def test_what_is_opened_at_a_neighbor_is_what_flows_say_of_it_and_no_more(data: Data) -> None:
    """Evaluated as EC2 would: a host that has only the neighbor's group."""
    plans = planned(data)
    bound = neighbors(plans.topology)
    scene = NetworkModel(plans)
    for key, plan in plans.networks.items():
        if not isinstance(plan, aws.AwsRuleSet):
            continue
        rules = at_neighbors(plan.network, plans.flows, bound)
        groups = (*plan.groups, *(aws.SecurityGroup(name, "") for name in bound))
        memberships = {name: (name,) for name in bound}
        alone = aws.AwsRuleSet(plan.network, groups, (), rules, memberships)
        members = scene.members(key)
        filters = AwsFilters(alone, members)
        event(f"rules: {bool(rules)}")
        assert len({rule_name(rule) for rule in rules}) == len(rules)
        for name in bound:
            meant: dict[aws.Direction, Traffic] = {way: Traffic() for way in aws.Direction}
            for flow in plans.flows:
                for ours, theirs, way in (
                    (flow.source, flow.destination, aws.Direction.IN),
                    (flow.destination, flow.source, aws.Direction.OUT),
                ):
                    here = isinstance(ours, Group) and ours.network == plan.network
                    if here and isinstance(theirs, ExternalEndpoint) and theirs.name == name:
                        meant[way] |= Traffic.of(carried(scene.flows.end(ours), flow.ports))
            for way, traffic in meant.items():
                assert filters.permitted(name, way) == traffic
        assert identity(key, plans.topology.networks[key]) == plan.network


def test_ids_are_known_only_when_the_program_runs() -> None:
    """A group that the same program makes may be given."""
    import pulumi_aws

    def program() -> None:
        dcs = pulumi_aws.ec2.SecurityGroup("dcs", vpc_id="vpc-1", description="domain controllers")
        ids: NetworkArgs = {
            "vpc_id": "vpc-1",
            "neighbor_security_groups": {"domain-controllers.hq": dcs.id},
        }
        firewall(WITH_LYNC, {"corp": ids})

    assert at(run(program), "dcs.id")


def test_a_topology_without_neighbors_of_its_own_binds_none() -> None:
    plans = compile_plans(declared(WITH_LYNC))
    assert at_neighbors("corp", plans.flows, ()) == ()
