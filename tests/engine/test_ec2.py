"""What EC2 refuses, and by which code: the guard in front of moto, asked by boto3.

The rows are written from aws.md 2 and 4 and the API reference, not from our planner. A code in
brackets is not documented: that the call is refused is.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from tests.engine import ec2, ec2_server
from tests.engine.ec2 import GROUPS_PER_INTERFACE, RULES_PER_GROUP
from tests.engine.ec2_server import ClientError
from tests.engine.live import without_ours
from tests.support.paths import PATIENCE

CIDR: Final = "10.20.0.0/16"


class Vpc:
    """A VPC with a subnet, and short words for what the tests do in it."""

    def __init__(self, ec2: Any, cidr: str = CIDR) -> None:
        self.ec2 = ec2
        self.id: str = ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]
        self.subnet: str = ec2.create_subnet(VpcId=self.id, CidrBlock=cidr)["Subnet"]["SubnetId"]
        self._cidr = cidr

    def group(self, name: str = "edge", description: str = "Edge servers") -> str:
        made = self.ec2.create_security_group(
            GroupName=name, Description=description, VpcId=self.id
        )
        return str(made["GroupId"])

    def allow(self, group: str, *permissions: dict[str, Any]) -> list[Any]:
        return self.ec2.authorize_security_group_ingress(
            GroupId=group, IpPermissions=list(permissions)
        )["SecurityGroupRules"]

    def prefix_list(
        self, most: int, *cidrs: str, family: str = "IPv4", name: str = "internet"
    ) -> str:
        made = self.ec2.create_managed_prefix_list(
            PrefixListName=name,
            AddressFamily=family,
            MaxEntries=most,
            Entries=[{"Cidr": cidr} for cidr in cidrs],
        )
        return str(made["PrefixList"]["PrefixListId"])

    def interface(self, *groups: str) -> str:
        made = self.ec2.create_network_interface(SubnetId=self.subnet, Groups=list(groups))
        return str(made["NetworkInterface"]["NetworkInterfaceId"])

    def rules(self, group: str) -> list[Any]:
        """Ingress alone."""
        found = self.ec2.describe_security_group_rules(
            Filters=[{"Name": "group-id", "Values": [group]}]
        )["SecurityGroupRules"]
        return [rule for rule in found if not rule["IsEgress"]]


@pytest.fixture(scope="module")
def client() -> Any:
    return ec2_server.client()


@pytest.fixture
def vpc(client: Any) -> Iterator[Vpc]:
    ec2_server.forget_everything()
    yield Vpc(client)
    ec2_server.forget_everything()


def tcp(
    port: int, *, to: int | None = None, protocol: str = "tcp", **source: Any
) -> dict[str, Any]:
    return {
        "IpProtocol": protocol,
        "FromPort": port,
        "ToPort": port if to is None else to,
        **source,
    }


def cidr(range_: str, text: str | None = None) -> dict[str, Any]:
    key, name = ("Ipv6Ranges", "CidrIpv6") if ":" in range_ else ("IpRanges", "CidrIp")
    return {key: [{name: range_, **({"Description": text} if text else {})}]}


def members_of(group: str, text: str | None = None) -> dict[str, Any]:
    return {"UserIdGroupPairs": [{"GroupId": group, **({"Description": text} if text else {})}]}


def listed(list_id: str, text: str | None = None) -> dict[str, Any]:
    return {"PrefixListIds": [{"PrefixListId": list_id, **({"Description": text} if text else {})}]}


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(ClientError) as met:
        call()
    refusal: Any = met.value
    return str(refusal.response["Error"]["Code"])


INVALID: Final = "InvalidParameterValue"


# ---- groups ----


@pytest.mark.parametrize(
    "name, description, code",
    [
        ("sg-edge", "Edge servers", INVALID),
        ("edge>hub", "Edge servers", INVALID),
        ("edge\u2013hub", "Edge servers", INVALID),
        ("e" * 256, "Edge servers", INVALID),
        ("edge", "Edge -> Hub", INVALID),
        ("edge", "the 'Edge' servers", INVALID),
        ("edge", "e" * 256, INVALID),
        ("edge", "", "MissingParameter"),
        ("", "Edge servers", "MissingParameter"),
        ("default", "Edge servers", "InvalidGroup.Duplicate"),
    ],
)
def test_a_group_is_refused(vpc: Vpc, name: str, description: str, code: str) -> None:
    assert refused(lambda: vpc.group(name, description)) == code


@pytest.mark.parametrize(
    "name, description",
    [
        ("e" * 255, "Edge servers"),
        ("edge ._-:/()#,@[]+=&;{}!$*", "Edge ._-:/()#,@[]+=&;{}!$*"),
        ("asg-1", "d" * 255),
    ],
)
def test_a_group_is_taken(vpc: Vpc, name: str, description: str) -> None:
    (found,) = vpc.ec2.describe_security_groups(GroupIds=[vpc.group(name, description)])[
        "SecurityGroups"
    ]
    assert (found["GroupName"], found["Description"]) == (name, description)


def test_a_name_is_there_once_in_a_vpc_whatever_its_case(vpc: Vpc) -> None:
    vpc.group("Edge")
    assert refused(lambda: vpc.group("eDGE ")) == "InvalidGroup.Duplicate"
    assert Vpc(vpc.ec2, "10.30.0.0/16").group("Edge")


def test_a_group_needs_a_vpc_that_is_there(vpc: Vpc) -> None:
    vpc.id = "vpc-0d3f8a4b5c6d7e8f9"
    assert refused(vpc.group) == "InvalidVpcID.NotFound"


def test_a_group_that_an_interface_has_stays(vpc: Vpc) -> None:
    edge, other = vpc.group(), vpc.group("other")
    interface = vpc.interface(edge)
    assert refused(lambda: vpc.ec2.delete_security_group(GroupId=edge)) == "DependencyViolation"
    vpc.ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, Groups=[other])
    vpc.ec2.delete_security_group(GroupId=edge)
    assert refused(lambda: vpc.ec2.describe_security_groups(GroupIds=[edge])) == (
        "InvalidGroup.NotFound"
    )


def test_a_group_that_another_names_stays(vpc: Vpc) -> None:
    edge, mailbox = vpc.group(), vpc.group("mailbox")
    (rule,) = vpc.allow(mailbox, tcp(25, **members_of(edge)))
    assert refused(lambda: vpc.ec2.delete_security_group(GroupId=edge)) == "DependencyViolation"
    vpc.ec2.revoke_security_group_ingress(
        GroupId=mailbox, SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]]
    )
    vpc.ec2.delete_security_group(GroupId=edge)


def test_a_group_that_only_itself_names_goes(vpc: Vpc) -> None:
    edge = vpc.group()
    vpc.allow(edge, {"IpProtocol": "-1", **members_of(edge)})
    vpc.ec2.delete_security_group(GroupId=edge)
    assert without_ours(vpc.ec2)


def test_the_default_group_stays(vpc: Vpc) -> None:
    default = vpc.ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc.id]}])[
        "SecurityGroups"
    ][0]["GroupId"]
    assert refused(lambda: vpc.ec2.delete_security_group(GroupId=default)) == "CannotDelete"


# ---- rules ----


@pytest.mark.parametrize(
    "permission, code",
    [
        (tcp(25, **cidr("10.0.0.0/8", "Edge -> Hub")), INVALID),
        (tcp(25, **cidr("10.0.0.0/8", "d" * 256)), INVALID),
        (tcp(25, **cidr("10.0.0.0/8", "caf\u00e9")), INVALID),
        (tcp(25, **cidr("10.0.0.0/33")), INVALID),
        (tcp(25, **cidr("10.0.0.1")), INVALID),
        (tcp(587, to=25, **cidr("10.0.0.0/8")), INVALID),
        (tcp(70000, **cidr("10.0.0.0/8")), INVALID),
        (tcp(-1, **cidr("10.0.0.0/8")), INVALID),
        ({"IpProtocol": "tcp", **cidr("10.0.0.0/8")}, INVALID),
        ({"IpProtocol": "icmp", **cidr("10.0.0.0/8")}, INVALID),
        (tcp(-1, to=3, protocol="icmp", **cidr("10.0.0.0/8")), INVALID),
        (tcp(25, protocol="smtp", **cidr("10.0.0.0/8")), INVALID),
        (tcp(25, protocol="all", **cidr("10.0.0.0/8")), INVALID),
        (tcp(25, protocol="256", **cidr("10.0.0.0/8")), INVALID),
        (tcp(25), "MissingParameter"),
        (tcp(25, **members_of("sg-0123456789abcdef0")), "InvalidGroup.NotFound"),
        (tcp(25, **listed("pl-0123456789abcdef0")), "InvalidPrefixListID.NotFound"),
    ],
)
def test_a_rule_is_refused(vpc: Vpc, permission: dict[str, Any], code: str) -> None:
    edge = vpc.group()
    assert refused(lambda: vpc.allow(edge, permission)) == code
    assert vpc.rules(edge) == []


@pytest.mark.parametrize(
    "permission, protocol, ports, source",
    [
        (tcp(25, **cidr("10.0.0.0/8")), "tcp", (25, 25), ("CidrIpv4", "10.0.0.0/8")),
        (tcp(25, protocol="6", **cidr("10.0.0.0/8")), "tcp", (25, 25), ("CidrIpv4", "10.0.0.0/8")),
        (tcp(0, to=65535, **cidr("::/0")), "tcp", (0, 65535), ("CidrIpv6", "::/0")),
        # Host bits are cut off.
        (tcp(25, **cidr("100.68.0.18/18")), "tcp", (25, 25), ("CidrIpv4", "100.68.0.0/18")),
        ({"IpProtocol": "-1", **cidr("10.0.0.0/8")}, "-1", (-1, -1), ("CidrIpv4", "10.0.0.0/8")),
        # Ports mean nothing where there are none.
        (tcp(0, protocol="-1", **cidr("10.0.0.0/8")), "-1", (-1, -1), ("CidrIpv4", "10.0.0.0/8")),
        (tcp(0, protocol="50", **cidr("10.0.0.0/8")), "50", (-1, -1), ("CidrIpv4", "10.0.0.0/8")),
        ({"IpProtocol": "icmpv6", **cidr("::/0")}, "icmpv6", (-1, -1), ("CidrIpv6", "::/0")),
        ({"IpProtocol": "58", **cidr("::/0")}, "icmpv6", (-1, -1), ("CidrIpv6", "::/0")),
        (
            tcp(8, to=0, protocol="icmp", **cidr("10.0.0.0/8")),
            "icmp",
            (8, 0),
            ("CidrIpv4", "10.0.0.0/8"),
        ),
    ],
)
def test_a_rule_is_kept_as_ec2_writes_it(
    vpc: Vpc,
    permission: dict[str, Any],
    protocol: str,
    ports: tuple[int, int],
    source: tuple[str, str],
) -> None:
    edge = vpc.group()
    vpc.allow(edge, permission)
    (rule,) = vpc.rules(edge)
    assert rule["IpProtocol"] == protocol
    assert (rule["FromPort"], rule["ToPort"]) == ports
    assert rule[source[0]] == source[1]


@pytest.mark.parametrize("kind", ["range", "group", "list"])
def test_every_rule_keeps_its_description(vpc: Vpc, kind: str) -> None:
    edge = vpc.group()
    sources = {
        "range": cidr("10.0.0.0/8", "mail (E2)"),
        "group": members_of(edge, "mail (E2)"),
        "list": listed(vpc.prefix_list(3), "mail (E2)"),
    }
    (made,) = vpc.allow(edge, tcp(25, **sources[kind]))
    (found,) = vpc.rules(edge)
    assert made["Description"] == found["Description"] == "mail (E2)"


def test_only_a_range_may_have_an_ampersand_in_its_description(vpc: Vpc) -> None:
    edge = vpc.group()
    assert vpc.allow(edge, tcp(25, **cidr("10.0.0.0/8", "this & that")))
    for source in (members_of(edge, "this & that"), listed(vpc.prefix_list(3), "this & that")):
        assert refused(lambda source=source: vpc.allow(edge, tcp(25, **source))) == INVALID


@pytest.mark.parametrize(
    "first, second",
    [
        (cidr("10.0.0.0/8", "one"), cidr("10.0.0.0/8", "another")),
        (cidr("10.0.0.0/8"), cidr("10.1.2.3/8")),
        (cidr("2001:db8::/32"), cidr("2001:0db8::/32")),
    ],
)
def test_the_same_range_twice_is_a_duplicate(
    vpc: Vpc, first: dict[str, Any], second: dict[str, Any]
) -> None:
    edge = vpc.group()
    vpc.allow(edge, tcp(25, **first))
    assert refused(lambda: vpc.allow(edge, tcp(25, protocol="6", **second))) == (
        "InvalidPermission.Duplicate"
    )


def test_the_same_reference_twice_is_a_duplicate_whatever_its_description(vpc: Vpc) -> None:
    edge, list_id = vpc.group(), vpc.prefix_list(3)
    for first, second in (
        (members_of(edge, "one"), members_of(edge, "another")),
        (listed(list_id, "one"), listed(list_id, "another")),
    ):
        vpc.allow(edge, tcp(25, **first))
        assert refused(lambda second=second: vpc.allow(edge, tcp(25, **second))) == (
            "InvalidPermission.Duplicate"
        )


def test_what_differs_in_anything_else_is_no_duplicate(vpc: Vpc) -> None:
    edge, other = vpc.group(), vpc.group("other")
    vpc.allow(edge, tcp(25, **cidr("10.0.0.0/8")))
    # A narrower rule beside a wider one is no fault.
    vpc.allow(edge, tcp(25, **cidr("10.0.0.0/9")))
    vpc.allow(edge, tcp(25, to=26, **cidr("10.0.0.0/8")))
    vpc.allow(edge, tcp(25, protocol="udp", **cidr("10.0.0.0/8")))
    vpc.allow(edge, tcp(25, **members_of(edge)), tcp(25, **members_of(other)))
    vpc.allow(other, tcp(25, **cidr("10.0.0.0/8")))
    vpc.ec2.authorize_security_group_egress(
        GroupId=edge, IpPermissions=[tcp(25, **cidr("10.0.0.0/8"))]
    )
    assert len(vpc.rules(edge)) == 6


def test_a_call_is_done_whole_or_not_at_all(vpc: Vpc) -> None:
    edge = vpc.group()
    vpc.allow(edge, tcp(25, **cidr("10.0.0.0/8")))
    assert (
        refused(
            lambda: vpc.allow(edge, tcp(443, **cidr("10.0.0.0/8")), tcp(25, **cidr("10.0.0.0/8")))
        )
        == "InvalidPermission.Duplicate"
    )
    assert len(vpc.rules(edge)) == 1
    twice = tcp(443, **cidr("10.0.0.0/8"))
    assert refused(lambda: vpc.allow(edge, twice, twice)) == INVALID
    made = vpc.allow(edge, tcp(443, **cidr("10.0.0.0/8")), tcp(587, **cidr("10.0.0.0/8")))
    assert [rule["FromPort"] for rule in made] == [443, 587]


def test_a_group_of_another_vpc_is_named_only_over_a_peering(vpc: Vpc) -> None:
    other = Vpc(vpc.ec2, "10.30.0.0/16")
    edge, far = vpc.group(), other.group()
    assert refused(lambda: vpc.allow(edge, tcp(25, **members_of(far)))) == "InvalidGroup.NotFound"
    link = vpc.ec2.create_vpc_peering_connection(VpcId=vpc.id, PeerVpcId=other.id)
    link_id = link["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    assert refused(lambda: vpc.allow(edge, tcp(25, **members_of(far)))) == "InvalidGroup.NotFound"
    vpc.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=link_id)
    assert vpc.allow(edge, tcp(25, **members_of(far)))
    # It is left behind, stale.
    vpc.ec2.delete_security_group(GroupId=far)


def test_only_what_is_there_can_be_revoked(vpc: Vpc) -> None:
    edge = vpc.group()
    (rule,) = vpc.allow(edge, tcp(25, **cidr("10.0.0.0/8")))
    absent = {"GroupId": edge, "IpPermissions": [{"IpProtocol": "-1", **cidr("::/0")}]}
    for revoke in (
        vpc.ec2.revoke_security_group_ingress,
        vpc.ec2.revoke_security_group_egress,
    ):
        assert refused(lambda revoke=revoke: revoke(**absent)) == "InvalidPermission.NotFound"
    ids = {"GroupId": edge, "SecurityGroupRuleIds": [rule["SecurityGroupRuleId"]]}
    assert refused(lambda: vpc.ec2.revoke_security_group_egress(**ids)) == (
        "InvalidSecurityGroupRuleId.NotFound"
    )
    vpc.ec2.revoke_security_group_ingress(**ids)
    assert vpc.rules(edge) == []
    assert refused(lambda: vpc.ec2.revoke_security_group_ingress(**ids)) == (
        "InvalidSecurityGroupRuleId.NotFound"
    )


def test_a_call_names_a_group_that_is_there_and_rules(vpc: Vpc) -> None:
    edge, allow = vpc.group(), vpc.ec2.authorize_security_group_ingress
    some = [tcp(25, **cidr("10.0.0.0/8"))]
    absent = "sg-0123456789abcdef0"
    assert refused(lambda: allow(IpPermissions=some)) == "MissingParameter"
    assert refused(lambda: allow(GroupId=edge)) == "MissingParameter"
    assert refused(lambda: allow(GroupId=absent, IpPermissions=some)) == "InvalidGroup.NotFound"


def test_only_what_is_there_can_be_described_anew(vpc: Vpc) -> None:
    edge = vpc.group()
    vpc.allow(edge, tcp(25, **members_of(edge, "mail")))
    change = vpc.ec2.update_security_group_rule_descriptions_ingress
    change(GroupId=edge, IpPermissions=[tcp(25, **members_of(edge, "mail (E2)"))])
    assert vpc.rules(edge)[0]["Description"] == "mail (E2)"
    absent = [tcp(26, **members_of(edge, "mail (E2)"))]
    assert refused(lambda: change(GroupId=edge, IpPermissions=absent)) == (
        "InvalidPermission.NotFound"
    )


# ---- rules in place ----


def modified(vpc: Vpc, group: str, rule: str, **wanted: Any) -> None:
    vpc.ec2.modify_security_group_rules(
        GroupId=group,
        SecurityGroupRules=[{"SecurityGroupRuleId": rule, "SecurityGroupRule": wanted}],
    )


@pytest.mark.parametrize("kind", ["CidrIpv4", "CidrIpv6", "PrefixListId", "ReferencedGroupId"])
def test_a_rule_changes_in_place_but_not_the_type_of_its_source(vpc: Vpc, kind: str) -> None:
    edge, other = vpc.group(), vpc.group("other")
    lists = vpc.prefix_list(3), vpc.prefix_list(4, name="other")
    first = {
        "CidrIpv4": cidr("10.0.0.0/8"),
        "CidrIpv6": cidr("2001:db8::/32"),
        "PrefixListId": listed(lists[0]),
        "ReferencedGroupId": members_of(edge),
    }
    second = {
        "CidrIpv4": "10.64.0.0/12",
        "CidrIpv6": "2001:db8:1::/48",
        "PrefixListId": lists[1],
        "ReferencedGroupId": other,
    }
    (made,) = vpc.allow(edge, tcp(25, **first[kind]))
    id_ = made["SecurityGroupRuleId"]
    modified(vpc, edge, id_, **tcp(587), Description="submission", **{kind: second[kind]})
    (found,) = vpc.rules(edge)
    assert found["SecurityGroupRuleId"] == id_
    assert (found["FromPort"], found["Description"]) == (587, "submission")
    source = found["ReferencedGroupInfo"]["GroupId"] if "Ref" in kind else found[kind]
    assert source == second[kind]
    for another in second.keys() - {kind}:
        assert (
            refused(
                lambda another=another: modified(
                    vpc, edge, id_, **tcp(587), **{another: second[another]}
                )
            )
            == INVALID
        )


def test_the_text_of_a_rule_for_everything_changes_in_place(vpc: Vpc) -> None:
    edge = vpc.group()
    (made,) = vpc.allow(edge, {"IpProtocol": "-1", **members_of(edge, "R1")})
    modified(
        vpc,
        edge,
        made["SecurityGroupRuleId"],
        IpProtocol="-1",
        ReferencedGroupId=edge,
        Description="R1, R2",
    )
    assert vpc.rules(edge)[0]["Description"] == "R1, R2"


def test_no_rule_becomes_the_twin_of_another(vpc: Vpc) -> None:
    edge = vpc.group()
    vpc.allow(edge, tcp(25, **members_of(edge)))
    (made,) = vpc.allow(edge, tcp(587, **members_of(edge)))
    id_ = made["SecurityGroupRuleId"]
    assert refused(lambda: modified(vpc, edge, id_, **tcp(25), ReferencedGroupId=edge)) == (
        "InvalidPermission.Duplicate"
    )
    assert sorted(rule["FromPort"] for rule in vpc.rules(edge)) == [25, 587]


@pytest.mark.parametrize(
    "wanted, code",
    [
        ({**tcp(25)}, "MissingParameter"),
        ({**tcp(25), "CidrIpv4": "10.0.0.0/8", "CidrIpv6": "::/0"}, "InvalidParameterCombination"),
        ({**tcp(25), "CidrIpv4": "10.0.0.0/8", "Description": "a > b"}, INVALID),
        ({"IpProtocol": "tcp", "CidrIpv4": "10.0.0.0/8"}, INVALID),
    ],
)
def test_a_change_is_refused(vpc: Vpc, wanted: dict[str, Any], code: str) -> None:
    edge = vpc.group()
    (made,) = vpc.allow(edge, tcp(443, **cidr("10.0.0.0/8")))
    assert refused(lambda: modified(vpc, edge, made["SecurityGroupRuleId"], **wanted)) == code
    assert vpc.rules(edge)[0]["FromPort"] == 443


def test_only_a_rule_of_the_group_can_be_changed(vpc: Vpc) -> None:
    edge, other = vpc.group(), vpc.group("other")
    (made,) = vpc.allow(edge, tcp(25, **cidr("10.0.0.0/8")))
    id_ = made["SecurityGroupRuleId"]
    assert refused(lambda: modified(vpc, other, id_, **tcp(25), CidrIpv4="10.0.0.0/8")) == (
        "InvalidSecurityGroupRuleId.NotFound"
    )


# ---- limits ----

LIMIT: Final = "RulesPerSecurityGroupLimitExceeded"


def many(number: int, **source: Any) -> list[dict[str, Any]]:
    return [tcp(port, **source) for port in range(1, number + 1)]


def test_each_family_and_direction_has_its_own_sixty(vpc: Vpc) -> None:
    edge = vpc.group()
    for range_ in ("10.0.0.0/8", "2001:db8::/32"):
        vpc.allow(edge, *many(RULES_PER_GROUP, **cidr(range_)))
        assert refused(lambda range_=range_: vpc.allow(edge, tcp(99, **cidr(range_)))) == LIMIT
    vpc.ec2.authorize_security_group_egress(
        GroupId=edge, IpPermissions=many(RULES_PER_GROUP - 1, **cidr("10.0.0.0/8"))
    )
    # One rule that lets everything out was there from the start.
    assert len(vpc.rules(edge)) == 2 * RULES_PER_GROUP


def test_a_group_counts_in_both_families(vpc: Vpc) -> None:
    edge = vpc.group()
    vpc.allow(edge, *many(RULES_PER_GROUP - 1, **cidr("2001:db8::/32")))
    vpc.allow(edge, tcp(25, **members_of(edge)))
    assert refused(lambda: vpc.allow(edge, tcp(26, **members_of(edge)))) == LIMIT
    assert refused(lambda: vpc.allow(edge, tcp(99, **cidr("2001:db8::/32")))) == LIMIT
    vpc.allow(edge, tcp(99, **cidr("10.0.0.0/8")))


def test_a_list_counts_its_largest_size_in_every_rule_and_family(vpc: Vpc) -> None:
    edge = vpc.group()
    list_id = vpc.prefix_list(30, "192.0.2.0/24")
    vpc.allow(edge, tcp(25, **listed(list_id)), tcp(80, **listed(list_id)))
    for source in (listed(list_id), cidr("10.0.0.0/8"), cidr("2001:db8::/32"), members_of(edge)):
        assert refused(lambda source=source: vpc.allow(edge, tcp(443, **source))) == LIMIT


def test_lists_of_aws_count_their_published_weight(vpc: Vpc) -> None:
    edge = vpc.group()
    found = vpc.ec2.describe_managed_prefix_lists()["PrefixLists"]
    ids = {
        each["PrefixListName"].rpartition("com.amazonaws.")[2]: each["PrefixListId"]
        for each in found
    }
    vpc.allow(edge, tcp(443, **listed(ids["global.cloudfront.origin-facing"])))
    assert refused(lambda: vpc.allow(edge, *many(6, **cidr("10.0.0.0/8")))) == LIMIT
    vpc.allow(edge, *many(5, **cidr("10.0.0.0/8")))


def test_a_rule_does_not_come_to_name_a_list_that_weighs_too_much(vpc: Vpc) -> None:
    edge, small = vpc.group(), vpc.prefix_list(3)
    (made,) = vpc.allow(edge, tcp(25, **listed(small)))
    large = vpc.prefix_list(RULES_PER_GROUP + 1, name="large")
    id_ = made["SecurityGroupRuleId"]
    assert refused(lambda: modified(vpc, edge, id_, **tcp(25), PrefixListId=large)) == LIMIT
    assert vpc.rules(edge)[0]["PrefixListId"] == small


def test_a_region_holds_so_many_groups_and_lists(vpc: Vpc, monkeypatch: pytest.MonkeyPatch) -> None:
    # The default VPC's own group and that of this one count as well.
    monkeypatch.setattr(ec2, "_GROUPS_PER_REGION", 3)
    vpc.group()
    assert refused(lambda: vpc.group("other")) == "SecurityGroupLimitExceeded"
    for number in range(100):
        vpc.prefix_list(1, name=f"list {number}")
    assert refused(lambda: vpc.prefix_list(1))


def test_no_list_outgrows_the_groups_that_name_it(vpc: Vpc) -> None:
    edge = vpc.group()
    list_id = vpc.prefix_list(30)
    vpc.allow(edge, tcp(25, **listed(list_id)), tcp(80, **listed(list_id)))
    # "Check the state message": the call itself is answered.
    vpc.ec2.modify_managed_prefix_list(PrefixListId=list_id, MaxEntries=31)
    (found,) = vpc.ec2.describe_managed_prefix_lists(PrefixListIds=[list_id])["PrefixLists"]
    assert (found["State"], found["MaxEntries"]) == ("modify-failed", 30)
    assert edge in found["StateMessage"]


# ---- prefix lists ----


@pytest.mark.parametrize(
    "name, family, most, entries",
    [
        ("com.amazonaws.mine", "IPv4", 3, []),
        ("n" * 256, "IPv4", 3, []),
        ("", "IPv4", 3, []),
        ("internet", "IPv5", 3, []),
        ("internet", "IPv4", 0, []),
        ("internet", "IPv4", 1001, []),
        ("internet", "IPv4", 1, ["192.0.2.0/24", "198.51.100.0/24"]),
        ("internet", "IPv4", 3, ["2001:db8::/32"]),
        ("internet", "IPv6", 3, ["192.0.2.0/24"]),
        ("internet", "IPv4", 3, ["192.0.2.0/24", "192.0.2.0/24"]),
        ("internet", "IPv4", 200, [f"10.{n}.0.0/16" for n in range(101)]),
    ],
)
def test_a_prefix_list_is_refused(
    vpc: Vpc, name: str, family: str, most: int, entries: list[str]
) -> None:
    assert refused(lambda: vpc.prefix_list(most, *entries, family=family, name=name))
    assert without_ours(vpc.ec2)


def entries_of(vpc: Vpc, list_id: str) -> list[str]:
    found = vpc.ec2.get_managed_prefix_list_entries(PrefixListId=list_id)["Entries"]
    return sorted(each["Cidr"] for each in found)


def test_entries_change_at_the_current_version_alone(vpc: Vpc) -> None:
    list_id = vpc.prefix_list(2, "192.0.2.0/24")
    change = vpc.ec2.modify_managed_prefix_list

    def adding(*cidrs: str, **rest: Any) -> None:
        change(PrefixListId=list_id, AddEntries=[{"Cidr": one} for one in cidrs], **rest)

    assert refused(lambda: adding("198.51.100.0/24"))
    assert refused(lambda: adding("198.51.100.0/24", CurrentVersion=2))
    assert refused(lambda: adding("198.51.100.0/24", CurrentVersion=1, MaxEntries=3))
    assert refused(lambda: adding("198.51.100.0/24", "203.0.113.0/24", CurrentVersion=1))
    assert entries_of(vpc, list_id) == ["192.0.2.0/24"]
    adding("198.51.100.0/24", CurrentVersion=1, RemoveEntries=[{"Cidr": "192.0.2.0/24"}])
    assert entries_of(vpc, list_id) == ["198.51.100.0/24"]
    (found,) = vpc.ec2.describe_managed_prefix_lists(PrefixListIds=[list_id])["PrefixLists"]
    # The name is still there, and a name does not count as a version.
    assert (found["PrefixListName"], found["Version"]) == ("internet", 2)


@pytest.mark.parametrize(
    "change",
    [
        {"PrefixListName": "com.amazonaws.mine"},
        {"CurrentVersion": 1, "RemoveEntries": [{"Cidr": "203.0.113.0/24"}]},
        {"CurrentVersion": 1, "AddEntries": [{"Cidr": "203.0.113.0/24", "Description": "a > b"}]},
        {"CurrentVersion": 1, "AddEntries": [{"Cidr": f"10.{n}.0.0/16"} for n in range(101)]},
        {"CurrentVersion": 1, "RemoveEntries": [{"Cidr": f"10.{n}.0.0/16"} for n in range(101)]},
    ],
    ids=lambda change: next(reversed(change)),
)
def test_a_change_of_a_list_is_refused(vpc: Vpc, change: dict[str, Any]) -> None:
    list_id = vpc.prefix_list(300, "192.0.2.0/24")
    known = {f"10.{n}.0.0/16" for n in range(101)}
    if len(change.get("RemoveEntries", [])) > 100:
        # They are there: only their number is too large.
        for at, some in enumerate((sorted(known)[:60], sorted(known)[60:]), start=1):
            vpc.ec2.modify_managed_prefix_list(
                PrefixListId=list_id,
                CurrentVersion=at,
                AddEntries=[{"Cidr": each} for each in some],
            )
        change = {**change, "CurrentVersion": 3}
    before = entries_of(vpc, list_id)
    assert (
        refused(lambda: vpc.ec2.modify_managed_prefix_list(PrefixListId=list_id, **change))
        == INVALID
    )
    assert entries_of(vpc, list_id) == before


def test_one_call_does_not_remove_and_add_an_entry(vpc: Vpc) -> None:
    list_id = vpc.prefix_list(2, "192.0.2.0/24")
    assert refused(
        lambda: vpc.ec2.modify_managed_prefix_list(
            PrefixListId=list_id,
            CurrentVersion=1,
            AddEntries=[{"Cidr": "192.0.2.0/24", "Description": "anew"}],
            RemoveEntries=[{"Cidr": "192.0.2.0/24"}],
        )
    )


def test_a_list_is_not_made_smaller_than_it_is(vpc: Vpc) -> None:
    list_id = vpc.prefix_list(3, "192.0.2.0/24", "198.51.100.0/24")
    assert refused(lambda: vpc.ec2.modify_managed_prefix_list(PrefixListId=list_id, MaxEntries=1))
    vpc.ec2.modify_managed_prefix_list(PrefixListId=list_id, MaxEntries=2)


def test_a_list_in_use_stays(vpc: Vpc) -> None:
    edge, list_id = vpc.group(), vpc.prefix_list(3)
    (rule,) = vpc.allow(edge, tcp(25, **listed(list_id)))
    assert refused(lambda: vpc.ec2.delete_managed_prefix_list(PrefixListId=list_id))
    vpc.ec2.revoke_security_group_ingress(
        GroupId=edge, SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]]
    )
    vpc.ec2.delete_managed_prefix_list(PrefixListId=list_id)
    assert refused(lambda: vpc.ec2.describe_managed_prefix_lists(PrefixListIds=[list_id])) == (
        "InvalidPrefixListID.NotFound"
    )


# ---- interfaces ----


def test_an_interface_has_five_groups_of_its_own_vpc(vpc: Vpc) -> None:
    groups = [vpc.group(f"g{n}") for n in range(GROUPS_PER_INTERFACE + 1)]
    limit = "SecurityGroupsPerInterfaceLimitExceeded"
    assert refused(lambda: vpc.interface(*groups)) == limit
    interface = vpc.interface(*groups[1:])
    change = vpc.ec2.modify_network_interface_attribute
    assert refused(lambda: change(NetworkInterfaceId=interface, Groups=groups)) == limit
    far = Vpc(vpc.ec2, "10.30.0.0/16").group()
    assert refused(lambda: change(NetworkInterfaceId=interface, Groups=[far])) == "InvalidParameter"
    assert refused(lambda: vpc.interface("sg-0123456789abcdef0")) == "InvalidGroup.NotFound"


# ---- as a process ----


@pytest.mark.slow
def test_a_server_process_answers_the_same_and_ends_with_its_test() -> None:
    with ec2_server.served() as endpoint:
        vpc = Vpc(ec2_server.client(endpoint))
        edge = vpc.group()
        vpc.allow(edge, tcp(25, **members_of(edge, "one")))
        assert refused(lambda: vpc.allow(edge, tcp(25, **members_of(edge, "another")))) == (
            "InvalidPermission.Duplicate"
        )
    with pytest.raises(OSError, match="Connection refused"):
        _connect(endpoint)


def _connect(endpoint: str) -> None:
    import socket

    host, _, port = endpoint.removeprefix("http://").partition(":")
    socket.create_connection((host, int(port)), timeout=PATIENCE).close()
