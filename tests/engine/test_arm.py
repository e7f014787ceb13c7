"""What ARM refuses, and by which code: asked by azure-mgmt-network, over HTTP.

The rows are written from azure.md 1 to 5, not from our planner, and beside most of what is refused stands
what is taken. `NOT_REPORTED` is where that Azure refuses is documented and by which code is not.
"""

import threading
from collections.abc import Callable, Generator
from http.client import HTTPConnection
from typing import Any, Final, cast

import pytest
from azure.core.exceptions import HttpResponseError
from azure.mgmt.network import NetworkManagementClient, models

from tests.engine import arm_server
from tests.engine.arm import SUBSCRIPTION, Arm
from tests.engine.arm_rules import NOT_REPORTED

#: Its constructors take the fields of `properties` too, which its types do not say.
m: Any = models
SecurityRule = models.SecurityRule

HERE: Final = "westeurope"
GROUP: Final = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
NETWORK: Final = f"{GROUP}/providers/Microsoft.Network"

MISSING: Final = "SecurityRuleParameterMissing"
PORTS: Final = "SecurityRuleInvalidPortRange"
PREFIX: Final = "SecurityRuleInvalidAddressPrefix"
UNSUPPORTED: Final = "SecurityRuleParameterContainsUnsupportedValue"
OVERLAP: Final = "OverlappingSubnetsNotPermittedInSecurityRule"
TOO_MANY_VALUES: Final = "SecurityRuleAddressesOrPortsPerSecurityGroupLimitReached"
ONE_VNET: Final = "AllApplicationSecurityGroupsInSecurityRuleMustBeFromSameVnet"


class Cloud:
    """Short words for what the tests do by Azure's client."""

    def __init__(self, client: NetworkManagementClient) -> None:
        self.client: Any = client

    def nsg(self, *rules: SecurityRule, name: str = "edge", at: str = HERE) -> Any:
        wanted = m.NetworkSecurityGroup(location=at, security_rules=list(rules))
        return self.client.network_security_groups.begin_create_or_update(
            "rg", name, wanted
        ).result()

    def rules(self) -> list[Any]:
        return self.client.network_security_groups.get("rg", "edge").security_rules

    def asg(self, name: str = "exchange", at: str = HERE) -> str:
        made = self.client.application_security_groups.begin_create_or_update(
            "rg", name, m.ApplicationSecurityGroup(location=at)
        ).result()
        return made.id

    def subnet(self, vnet: str = "vnet", nsg: str | None = None) -> str:
        made = self.client.virtual_networks.begin_create_or_update(
            "rg",
            vnet,
            m.VirtualNetwork(
                location=HERE,
                address_space=m.AddressSpace(address_prefixes=["10.0.0.0/24"]),
                subnets=[
                    m.Subnet(
                        name="all",
                        address_prefix="10.0.0.0/24",
                        network_security_group=m.NetworkSecurityGroup(id=nsg) if nsg else None,
                    )
                ],
            ),
        ).result()
        return made.subnets[0].id

    def nic(
        self,
        *attached: list[str],
        name: str = "edge1",
        subnet: str | None = None,
        address: str | None = None,
        nsg: str | None = None,
    ) -> Any:
        """An interface with an IP configuration for each list of application security groups."""
        subnet = subnet or self.subnet()
        configurations = [
            m.NetworkInterfaceIPConfiguration(
                name=f"c{number}",
                subnet=m.Subnet(id=subnet),
                private_ip_address=address,
                application_security_groups=[m.ApplicationSecurityGroup(id=each) for each in ids],
            )
            for number, ids in enumerate(attached or ([],))
        ]
        wanted = m.NetworkInterface(
            location=HERE,
            ip_configurations=configurations,
            network_security_group=m.NetworkSecurityGroup(id=nsg) if nsg else None,
        )
        return self.client.network_interfaces.begin_create_or_update("rg", name, wanted).result()


@pytest.fixture
def cloud(arm: Arm, client: NetworkManagementClient) -> Generator[Cloud]:
    arm.answer("PUT", GROUP, {"location": HERE})
    yield Cloud(client)
    arm.forget_everything()


def rule(name: str = "in-25", **changed: Any) -> SecurityRule:
    """A rule that is taken, with something changed; None takes something away."""
    given: dict[str, Any] = {
        "priority": 100,
        "direction": "Inbound",
        "access": "Allow",
        "protocol": "Tcp",
        "source_port_range": "*",
        "destination_port_range": "25",
        "source_address_prefix": "10.0.0.0/8",
        "destination_address_prefix": "*",
        **changed,
    }
    return m.SecurityRule(
        name=name, **{key: value for key, value in given.items() if value is not None}
    )


def many(*prefixes: str, **changed: Any) -> SecurityRule:
    return rule(source_address_prefix=None, source_address_prefixes=list(prefixes), **changed)


def ports(*ranges: str) -> SecurityRule:
    return rule(destination_port_range=None, destination_port_ranges=list(ranges))


def of_groups(
    *ids: str, name: str = "in-25", priority: int = 100, to: list[str] | None = None
) -> SecurityRule:
    destination = [m.ApplicationSecurityGroup(id=each) for each in to or []]
    return rule(
        name,
        priority=priority,
        source_address_prefix=None,
        source_application_security_groups=[m.ApplicationSecurityGroup(id=each) for each in ids],
        destination_address_prefix=None if destination else "*",
        destination_application_security_groups=destination or None,
    )


def reported(row: object) -> str | None:
    """What is unusual about a rule: the id of its row."""
    if not isinstance(row, SecurityRule):
        return None
    usual, given = (
        {"name": each.name, **cast("dict[str, Any]", each["properties"])} for each in (rule(), row)
    )
    return " ".join(
        f"{key}={given.get(key)}"
        for key in sorted(usual.keys() | given.keys())
        if usual.get(key) != given.get(key)
    )


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(HttpResponseError) as met:
        call()
    assert met.value.error is not None
    return str(met.value.error.code)


# ---- one rule ----


@pytest.mark.parametrize(
    "wanted, code",
    [
        # Names.
        (rule("-in"), "InvalidResourceName"),
        (rule("in-"), "InvalidResourceName"),
        (rule("in."), "InvalidResourceName"),
        (rule("in 25"), "InvalidResourceName"),
        (rule("in/25"), "InvalidResourceName"),
        (rule("é"), "InvalidResourceName"),
        (rule("n" * 81), "InvalidResourceName"),
        # What it must say.
        (rule(priority=None), MISSING),
        (rule(direction=None), MISSING),
        (rule(access=None), MISSING),
        (rule(protocol=None), MISSING),
        (rule(protocol="Gre"), NOT_REPORTED),
        (rule(protocol="6"), NOT_REPORTED),
        (rule(access="Maybe"), NOT_REPORTED),
        (rule(direction="Both"), NOT_REPORTED),
        (rule(description="d" * 141), NOT_REPORTED),
        (rule(priority=99), "SecurityRuleInvalidPriority"),
        (rule(priority=4097), "SecurityRuleInvalidPriority"),
        # Ports.
        (rule(destination_port_range="80,443"), PORTS),
        (rule(destination_port_range="65536"), PORTS),
        (rule(destination_port_range="443-80"), PORTS),
        (rule(destination_port_range="-1"), PORTS),
        (rule(destination_port_range="smtp"), PORTS),
        (rule(destination_port_range="25 "), PORTS),
        (rule(source_port_range="1024-"), PORTS),
        (ports("25", "*"), PORTS),
        (ports("25", "80-70"), PORTS),
        (rule(destination_port_range=None), MISSING),
        (rule(source_port_range=None), MISSING),
        (rule(destination_port_ranges=["25"]), MISSING),
        # Addresses.
        (rule(source_address_prefix="50.206.209.68/27"), PREFIX),
        (rule(source_address_prefix="2001:db8::1/64"), PREFIX),
        (rule(source_address_prefix="10.0.0.0/33"), PREFIX),
        (rule(source_address_prefix="10.0.0.1,10.0.0.2"), PREFIX),
        (rule(source_address_prefix="10.0.0"), PREFIX),
        (rule(source_address_prefix="Office365.Exchange"), PREFIX),
        (rule(source_address_prefix="Any"), PREFIX),
        (many("10.0.0.0/8", "10.1.2.3/16"), PREFIX),
        (many("10.0.0.0/8", "VirtualNetwork"), UNSUPPORTED),
        (many("10.0.0.0/8", "Internet"), UNSUPPORTED),
        (many("10.0.0.0/8", "*"), UNSUPPORTED),
        (many("10.0.0.0/8", "Storage.WestEurope"), UNSUPPORTED),
        (many("10.0.0.0/8", "10.0.0.0/16"), OVERLAP),
        (many("10.0.0.0/24", "192.0.2.0/24", "10.0.0.7"), OVERLAP),
        (many("10.0.0.0/8", "10.1.0.0/16", "10.9.0.0/16"), OVERLAP),
        (many("2001:db8::/32", "2001:db8:1::/48"), OVERLAP),
        (many("10.0.0.0/8", "10.0.0.0/8"), OVERLAP),
        (rule(source_address_prefix=None), MISSING),
        (rule(source_address_prefixes=["192.0.2.0/24"]), MISSING),
        (rule(source_address_prefix=""), MISSING),
    ],
    ids=reported,
)
def test_a_rule_is_refused_and_nothing_is_made(
    cloud: Cloud, wanted: SecurityRule, code: str
) -> None:
    assert refused(lambda: cloud.nsg(wanted)) == code
    assert refused(cloud.rules) == "ResourceNotFound"


@pytest.mark.parametrize(
    "wanted",
    [
        rule("_in.25-_"),
        rule("2"),
        rule("n" * 80),
        rule(priority=100),
        rule(priority=4096),
        rule(description="d" * 140),
        rule(protocol="*", destination_port_range="*"),
        rule(protocol="Esp", destination_port_range="*"),
        rule(protocol="Ah", destination_port_range="*"),
        rule(protocol="Icmp", destination_port_range="*"),
        rule(destination_port_range="0-65535"),
        rule(destination_port_range="0"),
        ports("25", "80-443"),
        rule(source_address_prefix="10.0.0.7"),
        rule(source_address_prefix="10.0.0.7/32"),
        rule(source_address_prefix="0.0.0.0/0"),
        rule(source_address_prefix="2001:db8::/32"),
        rule(source_address_prefix="AzureLoadBalancer"),
        rule(source_address_prefix="AzureFrontDoor.FirstParty"),
        rule(source_address_prefix="Storage.WestEurope"),
        many("10.0.0.0/8"),
        many("10.0.0.0/25", "10.0.0.128/25", "2001:db8::/32"),
    ],
    ids=reported,
)
def test_a_rule_is_taken(cloud: Cloud, wanted: SecurityRule) -> None:
    cloud.nsg(wanted)
    (found,) = cloud.rules()
    for key in ("name", "priority", "protocol", "description", "destination_port_range"):
        assert getattr(found, key) == getattr(wanted, key)
    assert (found.source_address_prefixes or []) == (wanted.source_address_prefixes or [])
    assert (found.destination_port_ranges or []) == (wanted.destination_port_ranges or [])


# ---- the rules of one group ----


@pytest.mark.parametrize(
    "rules, code",
    [
        ([rule("a"), rule("b")], "SecurityRuleConflict"),
        ([rule("a"), rule("A", priority=101)], NOT_REPORTED),
        # Names are of both directions together.
        ([rule("a"), rule("a", direction="Outbound")], NOT_REPORTED),
    ],
)
def test_rules_do_not_go_together(cloud: Cloud, rules: list[SecurityRule], code: str) -> None:
    assert refused(lambda: cloud.nsg(*rules)) == code


def test_a_priority_is_free_in_each_direction(cloud: Cloud) -> None:
    cloud.nsg(rule("a"), rule("b", direction="Outbound"), rule("c", priority=101))
    assert [each.name for each in cloud.rules()] == ["a", "b", "c"]


def numbered(number: int, each: Callable[[str, int], SecurityRule]) -> list[SecurityRule]:
    return [each(f"r{at}", 100 + at) for at in range(number)]


def plain(name: str, priority: int) -> SecurityRule:
    return rule(name, priority=priority)


def addresses(side: str, count: int) -> Callable[[str, int], SecurityRule]:
    listed = [f"192.{at // 256}.{at % 256}.1" for at in range(count)]
    return lambda name, priority: rule(
        name,
        priority=priority,
        **{f"{side}_address_prefix": None, f"{side}_address_prefixes": listed},
    )


def port_list(count: int) -> Callable[[str, int], SecurityRule]:
    listed = [str(at) for at in range(1, 2 * count, 2)]
    return lambda name, priority: rule(
        name, priority=priority, destination_port_range=None, destination_port_ranges=listed
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "most, each, code",
    [
        (1000, plain, "SecurityRuleCountLimitReached"),
        # 4,000 of each, however they are shared out.
        (40, addresses("source", 100), TOO_MANY_VALUES),
        (40, addresses("destination", 100), TOO_MANY_VALUES),
        (40, port_list(100), TOO_MANY_VALUES),
    ],
    ids=["rules", "sources", "destinations", "ports"],
)
def test_at_the_limit_and_one_above(
    cloud: Cloud, most: int, each: Callable[[str, int], SecurityRule], code: str
) -> None:
    cloud.nsg(*numbered(most, each))
    assert len(cloud.rules()) == most
    one_more = rule("last", priority=4096, direction="Outbound")
    assert refused(lambda: cloud.nsg(*numbered(most, each), one_more)) == code
    assert len(cloud.rules()) == most


def test_sources_destinations_and_ports_are_counted_apart(cloud: Cloud) -> None:
    def each(name: str, priority: int) -> SecurityRule:
        made = addresses("source", 100)(name, priority)
        made.destination_port_ranges, made.destination_port_range = (
            port_list(100)(name, priority).destination_port_ranges,
            None,
        )
        return made

    cloud.nsg(*numbered(40, each))
    assert len(cloud.rules()) == 40


# ---- application security groups in rules ----


def test_a_group_and_a_range_do_not_stand_on_one_side(cloud: Cloud) -> None:
    group = cloud.asg()
    both = of_groups(group)
    both.source_address_prefix = "10.0.0.0/8"
    assert refused(lambda: cloud.nsg(both)) == MISSING
    cloud.nsg(of_groups(group))


def test_a_rule_names_at_most_ten_groups_a_side(cloud: Cloud) -> None:
    groups = [cloud.asg(f"g{at}") for at in range(11)]
    cloud.nsg(of_groups(*groups[:10], to=groups[1:]))
    assert refused(lambda: cloud.nsg(of_groups(*groups))) == (
        "NumberOfApplicationSecurityGroupsReferencedInSecurityRuleLimitReached"
    )


@pytest.mark.slow
def test_the_rules_name_at_most_a_hundred_groups(cloud: Cloud) -> None:
    groups = [cloud.asg(f"g{at}") for at in range(101)]
    rules = [of_groups(each, name=f"r{at}", priority=100 + at) for at, each in enumerate(groups)]
    cloud.nsg(*rules[:100], of_groups(groups[0], name="again", priority=300))
    assert refused(lambda: cloud.nsg(*rules)) == NOT_REPORTED


@pytest.mark.parametrize("at", ["eastus", None])
def test_a_group_that_a_rule_names_is_there_and_in_the_same_region(
    cloud: Cloud, at: str | None
) -> None:
    named = cloud.asg("far", at) if at else f"{NETWORK}/applicationSecurityGroups/nobody"
    assert refused(lambda: cloud.nsg(of_groups(named))) == "InvalidResourceReference"


def test_both_sides_of_a_rule_are_in_one_vnet(cloud: Cloud) -> None:
    here, there, empty = (cloud.asg(name) for name in ("here", "there", "empty"))
    cloud.nic([here], name="one", subnet=cloud.subnet("vnet1"))
    cloud.nic([there], name="two", subnet=cloud.subnet("vnet2"))
    assert refused(lambda: cloud.nsg(of_groups(here, to=[there]))) == ONE_VNET
    # No one is in it, so it is nowhere yet; and whoever would take it elsewhere is refused.
    cloud.nsg(of_groups(here, to=[empty]))

    def join(vnet: str) -> None:
        cloud.nic([empty], name="three", subnet=cloud.subnet(vnet))

    assert refused(lambda: join("vnet2")) == ONE_VNET
    join("vnet1")


# ---- resources ----


def test_whatever_is_not_there_is_not_found(cloud: Cloud) -> None:
    client = cloud.client
    for kind in ("network_security_groups", "application_security_groups", "network_interfaces"):
        assert refused(lambda kind=kind: getattr(client, kind).get("rg", "x")) == "ResourceNotFound"
        assert list(getattr(client, kind).list("rg")) == []
        # To delete it is no mistake.
        getattr(client, kind).begin_delete("rg", "x").result()
        assert refused(lambda kind=kind: list(getattr(client, kind).list("nowhere"))) == (
            "ResourceGroupNotFound"
        )
    assert refused(lambda: client.security_rules.get("rg", "x", "y")) == "ResourceNotFound"


def test_a_name_means_the_same_whatever_its_case(cloud: Cloud) -> None:
    made = cloud.nsg(rule())
    assert cloud.nsg(name="EDGE").id == made.id
    assert cloud.client.network_security_groups.get("RG", "eDGE").id == made.id
    assert len(list(cloud.client.network_security_groups.list("rg"))) == 1


@pytest.mark.parametrize("name", ["-edge", "edge-", "n" * 81])
def test_names_of_groups_are_like_those_of_rules(cloud: Cloud, name: str) -> None:
    assert refused(lambda: cloud.nsg(name=name)) == "InvalidResourceName"
    assert refused(lambda: cloud.asg(name)) == "InvalidResourceName"


def test_nothing_moves_to_another_region(cloud: Cloud) -> None:
    cloud.nsg()
    assert refused(lambda: cloud.nsg(at="eastus")) == "InvalidResourceLocation"
    assert cloud.nsg(at="West Europe").location == HERE
    assert refused(lambda: cloud.nsg(name="other", at="")) == "LocationRequired"


def test_rules_come_back_by_name_and_the_default_rules_after_them(cloud: Cloud) -> None:
    cloud.nsg(rule("c"), rule("a", priority=300), rule("b", priority=200))
    found = cloud.client.network_security_groups.get("rg", "edge")
    assert [each.name for each in found.security_rules] == ["a", "b", "c"]
    assert [
        (str(each.direction.value), each.priority, each.name, str(each.access.value))
        for each in found.default_security_rules
    ] == [
        ("Inbound", 65000, "AllowVnetInBound", "Allow"),
        ("Inbound", 65001, "AllowAzureLoadBalancerInBound", "Allow"),
        ("Inbound", 65500, "DenyAllInBound", "Deny"),
        ("Outbound", 65000, "AllowVnetOutBound", "Allow"),
        ("Outbound", 65001, "AllowInternetOutBound", "Allow"),
        ("Outbound", 65500, "DenyAllOutBound", "Deny"),
    ]
    assert {each.protocol for each in found.default_security_rules} == {"*"}


def test_a_put_takes_the_place_of_all_rules_or_of_none(cloud: Cloud) -> None:
    before = cloud.nsg(rule("a"), rule("b", priority=200))
    # Two rules swap their priorities in one step.
    cloud.nsg(rule("a", priority=200), rule("b"))
    assert [(each.name, each.priority) for each in cloud.rules()] == [("a", 200), ("b", 100)]
    stood = cloud.client.network_security_groups.get("rg", "edge")
    assert stood.etag != before.etag
    with pytest.raises(HttpResponseError):
        cloud.nsg(rule("c"), rule("d", destination_port_range="80,443"))
    assert cloud.client.network_security_groups.get("rg", "edge") == stood


def test_one_rule_by_itself_is_looked_at_with_the_others(cloud: Cloud) -> None:
    cloud.nsg(rule("a"))
    put = cloud.client.security_rules.begin_create_or_update
    assert refused(lambda: put("rg", "edge", "b", rule("b"))) == "SecurityRuleConflict"
    assert refused(lambda: put("rg", "none", "b", rule("b"))) == "ParentResourceNotFound"
    made = put("rg", "edge", "b", rule("b", priority=101)).result()
    assert made.id == f"{NETWORK}/networkSecurityGroups/edge/securityRules/b"
    assert [each.name for each in cloud.client.security_rules.list("rg", "edge")] == ["a", "b"]
    cloud.client.security_rules.begin_delete("rg", "edge", "A").result()
    assert [each.name for each in cloud.rules()] == ["b"]


def test_a_change_is_under_way_until_its_operation_has_ended(arm: Arm, cloud: Cloud) -> None:
    path = f"{NETWORK}/applicationSecurityGroups/exchange"
    status, body, operation = arm.answer("PUT", path, {"location": HERE})
    assert (status, body and body["properties"]["provisioningState"]) == (201, "Updating")
    assert operation is not None
    assert arm.answer("PUT", path, {"location": HERE}).status == 200
    found = cloud.client.application_security_groups.get("rg", "exchange")
    assert found.provisioning_state == "Succeeded"


# ---- what is in use ----


def test_a_group_on_an_interface_or_a_subnet_cannot_be_deleted(cloud: Cloud) -> None:
    nsg = cloud.nsg().id
    delete = lambda: cloud.client.network_security_groups.begin_delete("rg", "edge").result()  # noqa: E731
    code = "InUseNetworkSecurityGroupCannotBeDeleted"

    nic = cloud.nic(nsg=nsg)
    found = cloud.client.network_security_groups.get("rg", "edge")
    assert [each.id for each in found.network_interfaces] == [nic.id]
    assert refused(delete) == code
    cloud.client.network_interfaces.begin_delete("rg", "edge1").result()

    subnet = cloud.subnet(nsg=nsg)
    found = cloud.client.network_security_groups.get("rg", "edge")
    assert [each.id for each in found.subnets] == [subnet]
    assert refused(delete) == code
    cloud.subnet()
    delete()
    assert refused(cloud.rules) == "ResourceNotFound"


def test_an_application_group_that_is_attached_or_named_cannot_be_deleted(cloud: Cloud) -> None:
    group = cloud.asg()
    delete = lambda: (  # noqa: E731
        cloud.client.application_security_groups.begin_delete("rg", "exchange").result()
    )
    cloud.nsg(of_groups(group))
    assert refused(delete) == NOT_REPORTED
    cloud.nsg()
    cloud.nic([group])
    assert refused(delete) == NOT_REPORTED
    cloud.nic([])
    delete()


def test_a_subnet_with_interfaces_cannot_be_deleted(cloud: Cloud) -> None:
    cloud.nic()
    code = "InUseSubnetCannotBeDeleted"
    client = cloud.client
    assert refused(lambda: client.subnets.begin_delete("rg", "vnet", "all").result()) == code
    assert refused(lambda: client.virtual_networks.begin_delete("rg", "vnet").result()) == code
    client.network_interfaces.begin_delete("rg", "edge1").result()
    client.virtual_networks.begin_delete("rg", "vnet").result()
    assert refused(lambda: client.subnets.get("rg", "vnet", "all")) == "ResourceNotFound"


# ---- who is in an application security group ----


def test_all_configurations_of_an_interface_are_in_the_same_groups(cloud: Cloud) -> None:
    one, two = cloud.asg("one"), cloud.asg("two")
    cloud.nic([one, two], [two, one])
    assert refused(lambda: cloud.nic([one], [two])) == (
        "AllIpConfigurationsOnANicMustBelongToTheSameApplicationSecurityGroups"
    )


def test_an_interface_is_in_at_most_twenty_groups(cloud: Cloud) -> None:
    groups = [cloud.asg(f"g{at}") for at in range(21)]
    cloud.nic(groups[:20])
    assert refused(lambda: cloud.nic(groups)) == NOT_REPORTED


def test_the_interfaces_of_a_group_are_in_the_vnet_of_the_first(cloud: Cloud) -> None:
    group = cloud.asg()
    cloud.nic([group], name="one", subnet=cloud.subnet("vnet1"))
    elsewhere = cloud.subnet("vnet2")
    assert refused(lambda: cloud.nic([group], name="two", subnet=elsewhere)) == NOT_REPORTED
    # The only one may go where it likes.
    cloud.nic([group], name="one", subnet=elsewhere)


@pytest.mark.parametrize("what", ["nsg", "asg", "subnet"])
def test_what_an_interface_names_is_there(cloud: Cloud, what: str) -> None:
    missing = f"{NETWORK}/networkSecurityGroups/nobody"
    calls: dict[str, Callable[[], object]] = {
        "nsg": lambda: cloud.nic(nsg=missing),
        "asg": lambda: cloud.nic([missing]),
        "subnet": lambda: cloud.nic(subnet=f"{NETWORK}/virtualNetworks/no/subnets/body"),
    }
    assert refused(calls[what]) == "InvalidResourceReference"


def test_addresses_of_a_subnet_are_given_once(cloud: Cloud) -> None:
    assert cloud.nic().ip_configurations[0].private_ip_address == "10.0.0.4"
    assert cloud.nic(name="two").ip_configurations[0].private_ip_address == "10.0.0.5"
    assert cloud.nic(name="two", address="10.0.0.9").ip_configurations[0].private_ip_address == (
        "10.0.0.9"
    )
    assert refused(lambda: cloud.nic(name="x", address="10.0.0.4")) == "PrivateIPAddressInUse"
    assert refused(lambda: cloud.nic(name="x", address="10.0.1.4")) == "PrivateIPAddressNotInSubnet"


# ---- as a server ----


def asked(endpoint: str, path: str, method: str = "GET", body: str | None = None) -> int:
    connection = HTTPConnection(endpoint.partition("//")[2])
    try:
        connection.request(method, path, body)
        return connection.getresponse().status
    finally:
        connection.close()


def test_what_is_no_request_is_refused(cloud: Cloud, endpoint: str) -> None:
    path = f"{NETWORK}/networkSecurityGroups/edge"
    version = "?api-version=2024-05-01"
    assert asked(endpoint, path) == 400
    assert asked(endpoint, path + version) == 404
    assert asked(endpoint, path + version, "PUT", "{") == 400
    assert asked(endpoint, path + version, "PUT", "[]") == 400
    assert asked(endpoint, path + version, "PATCH", "{}") == 405
    assert asked(endpoint, f"{GROUP}/providers/Microsoft.Compute/disks/x{version}") == 404


def test_no_thread_and_no_port_is_left() -> None:
    before = set(threading.enumerate())
    with arm_server.serving(Arm()) as endpoint:
        assert asked(endpoint, f"{NETWORK}/networkSecurityGroups?api-version=1") == 404
    assert set(threading.enumerate()) - before == set()
    with pytest.raises(ConnectionRefusedError):
        asked(endpoint, "/")
