"""A plan that runs exactly audits as equal, and every single change of what runs is found and named."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from random import Random
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange_ports.audit.compare import Audit, audit
from exchange_ports.clouds import cloud
from exchange_ports.clouds.existing import fields_of, items_of
from exchange_ports.planning import Plans, compile_plans
from exchange_ports.topology.models import Platform
from tests.support.live_exports import documents, export_live, settings_of
from tests.support.planning import planned
from tests.support.strategies import SMALL, WITH_EDGE, Data, declared, edited, topologies

Outputs = dict[Platform, list[Any]]


def audited(plans: Plans, outputs: Outputs) -> Audit:
    running = {each: cloud(each).running.read(documents(made)) for each, made in outputs.items()}
    assert not [each for each in running.values() if isinstance(each, list)], running
    return audit(plans, running, settings_of(plans))


def listed(outputs: list[Any], key: str) -> list[Any]:
    """The resources of a type of Azure."""
    found = [one for each in outputs for one in items_of(each) or ()]
    return [one for one in found if f"/{key}/" in one["id"]]


# ---- single changes: each changes the outputs, and says which name the audit must show ----

Change = Callable[[list[Any], Random], str | None]


def _all(outputs: list[Any], key: str) -> list[tuple[list[Any], Any]]:
    """Every item with the list that has it, over the outputs of all networks."""
    return [
        (each[key], item) for each in map(fields_of, outputs) if key in each for item in each[key]
    ]


def _pick(several: list[Any], random: Random) -> Any:
    return random.choice(several) if several else None


def aws_rule_dropped(outputs: list[Any], random: Random) -> str | None:
    found = _pick(_all(outputs, "SecurityGroupRules"), random)
    if found is None:
        return None
    found[0].remove(found[1])
    return found[1]["GroupId"]


def aws_rule_widened(outputs: list[Any], random: Random) -> str | None:
    rules = [one for _, one in _all(outputs, "SecurityGroupRules") if one["IpProtocol"] != "-1"]
    found = _pick(rules, random)
    if found is None:
        return None
    found |= {"IpProtocol": "-1", "FromPort": -1, "ToPort": -1}
    return found["SecurityGroupRuleId"]


def aws_rule_added(outputs: list[Any], random: Random) -> str | None:
    found = _pick(_all(outputs, "SecurityGroups"), random)
    if found is None:
        return None
    rules = next(each["SecurityGroupRules"] for each in outputs if "SecurityGroupRules" in each)
    rules.append(
        {
            "SecurityGroupRuleId": "sgr-added",
            "GroupId": found[1]["GroupId"],
            "IsEgress": random.random() < 0.5,
            "IpProtocol": random.choice(["tcp", "udp"]),
            "FromPort": 3389,
            "ToPort": 3390,
            "CidrIpv4": random.choice(["0.0.0.0/0", "10.77.1.0/24"]),
        }
    )
    return "sgr-added"


def aws_group_attached(outputs: list[Any], random: Random) -> str | None:
    interface = _pick(_all(outputs, "NetworkInterfaces"), random)
    groups = [one["GroupId"] for _, one in _all(outputs, "SecurityGroups")]
    if interface is None:
        return None
    there = interface[1]["Groups"]
    vpc = interface[1]["VpcId"]
    free = [
        one["GroupId"]
        for _, one in _all(outputs, "SecurityGroups")
        if one["VpcId"] == vpc and one["GroupId"] not in [each["GroupId"] for each in there]
    ]
    assert groups
    added = _pick(free, random)
    if added is None:
        return None
    there.append({"GroupId": added})
    return added


def aws_group_detached(outputs: list[Any], random: Random) -> str | None:
    interface = _pick(_all(outputs, "NetworkInterfaces"), random)
    if interface is None:
        return None
    there = interface[1]["Groups"]
    gone = _pick(there, random)
    there.remove(gone)
    return gone["GroupId"]


def aws_list_changed(outputs: list[Any], random: Random) -> str | None:
    entries = [each for each in map(fields_of, outputs) if "Entries" in each]
    found = _pick(entries, random)
    if found is None:
        return None
    if random.random() < 0.5:
        found["Entries"].pop(random.randrange(len(found["Entries"])))
    else:
        found["Entries"].append({"Cidr": "10.77.0.0/16"})
    return found["PrefixListId"]


def azure_rule_dropped(outputs: list[Any], random: Random) -> str | None:
    group = _pick(listed(outputs, "networkSecurityGroups"), random)
    if group is None:
        return None
    gone = _pick(group["securityRules"], random)
    group["securityRules"].remove(gone)
    return gone["name"]


def azure_rule_widened(outputs: list[Any], random: Random) -> str | None:
    group = _pick(listed(outputs, "networkSecurityGroups"), random)
    if group is None:
        return None
    rule = _pick([each for each in group["securityRules"] if each["protocol"] == "Tcp"], random)
    if rule is None:
        return None
    rule |= {"destinationPortRange": "*", "destinationPortRanges": []}
    return rule["name"]


def azure_rule_added(outputs: list[Any], random: Random) -> str | None:
    group = _pick(listed(outputs, "networkSecurityGroups"), random)
    if group is None:
        return None
    taken = {each["priority"] for each in group["securityRules"]}
    group["securityRules"].append(
        {
            "name": "jo-was-here",
            "priority": next(at for at in range(100, 4097) if at not in taken),
            "direction": random.choice(["Inbound", "Outbound"]),
            "access": random.choice(["Allow", "Deny"]),
            "protocol": "*",
            "sourcePortRange": "*",
            "destinationPortRanges": ["3389", "5985-5986"],
            "sourceAddressPrefixes": ["10.77.0.0/16", "10.77.1.0/24"],
            "destinationAddressPrefix": "*",
        }
    )
    return "jo-was-here"


def azure_nsg_detached(outputs: list[Any], random: Random) -> str | None:
    nics = [
        each for each in listed(outputs, "networkInterfaces") if each.get("networkSecurityGroup")
    ]
    nic = _pick(nics, random)
    if nic is None:
        return None
    name = nic["networkSecurityGroup"]["id"].rpartition("/")[2]
    nic["networkSecurityGroup"] = None
    return name


def azure_asg_detached(outputs: list[Any], random: Random) -> str | None:
    nic = _pick(listed(outputs, "networkInterfaces"), random)
    if nic is None or not nic["ipConfigurations"][0]["applicationSecurityGroups"]:
        return None
    gone = _pick(nic["ipConfigurations"][0]["applicationSecurityGroups"], random)
    for each in nic["ipConfigurations"]:
        each["applicationSecurityGroups"].remove(gone)
    return gone["id"].rpartition("/")[2]


def azure_asg_attached(outputs: list[Any], random: Random) -> str | None:
    nic = _pick(listed(outputs, "networkInterfaces"), random)
    if nic is None:
        return None
    group = nic["id"].split("/")[4]
    there = [each["id"] for each in nic["ipConfigurations"][0]["applicationSecurityGroups"]]
    free = [
        each["id"]
        for each in listed(outputs, "applicationSecurityGroups")
        if each["id"] not in there and each["id"].split("/")[4] == group
    ]
    added = _pick(free, random)
    if added is None:
        return None
    nic["ipConfigurations"][0]["applicationSecurityGroups"].append({"id": added})
    return added.rpartition("/")[2]


CHANGES: Final[dict[Platform, tuple[Change, ...]]] = {
    Platform.AWS: (
        aws_rule_dropped,
        aws_rule_widened,
        aws_rule_added,
        aws_group_attached,
        aws_group_detached,
        aws_list_changed,
    ),
    Platform.AZURE: (
        azure_rule_dropped,
        azure_rule_widened,
        azure_rule_added,
        azure_nsg_detached,
        azure_asg_detached,
        azure_asg_attached,
    ),
}


def named_in(found: Audit) -> Iterator[str]:
    """All that the audit says of deviations, in small letters."""
    for network in found.networks:
        for each in network.deviations:
            said = (each.deviation.where, each.deviation.summary, each.deviation.rule)
            yield " ".join((*said, each.deviation.fix)).lower()


def check_law(plans: Plans, random: Random) -> None:
    if not all(plan.memberships for plan in plans.networks.values()):
        # Without an interface there is nothing to compare.
        return
    outputs = export_live(plans)
    same = audited(plans, outputs)
    assert same.equal, [(each.lines, each.deviations) for each in same.networks]
    for platform, changes in CHANGES.items():
        for change in changes if platform in outputs else ():
            changed = deepcopy(outputs)
            name = change(changed[platform], random)
            if name is None:
                continue
            found = audited(plans, changed)
            assert not found.equal, change.__name__
            assert any(name.lower() in said for said in named_in(found)), (change.__name__, name)
            for network in found.networks:
                # Every change of traffic has a cause, and what has no effect says so.
                effects = [each.opens or each.blocks for each in network.deviations]
                assert bool(network.lines) == any(effects), change.__name__


SMALL_AZURE: Final = edited(WITH_EDGE, {"networks.corp.platform": "azure"})


@pytest.mark.parametrize(
    "data",
    [
        SMALL,
        edited(
            WITH_EDGE,
            {
                "mail_flow": {"outbound": {"through": "edge", "next_hop": "internet"}},
                "clients": {"internet": {"services": ["https"], "to": ["hq"]}},
            },
        ),
        SMALL_AZURE,
        edited(SMALL_AZURE, {"networks.corp.attach_to": "subnets"}),
    ],
    ids=["small", "edge", "azure", "azure subnets"],
)
def test_every_single_change_of_a_small_plan_is_found_and_named(data: Data) -> None:
    plans = compile_plans(declared(data))
    for seed in range(3):
        check_law(plans, Random(seed))  # noqa: S311 - nothing is secret


@given(topologies(), st.randoms(use_true_random=False))
@settings(max_examples=3)
def test_every_single_change_of_what_runs_is_found_and_named(data: Data, random: Random) -> None:
    check_law(planned(data), random)


@pytest.mark.slow
@given(topologies(), st.randoms(use_true_random=False))
# 100 in the quick profile; 300 in the full one.
@settings(max_examples=min(300, settings().max_examples))
def test_every_single_change_of_any_topology_is_found_and_named(data: Data, random: Random) -> None:
    check_law(planned(data), random)
