"""What the clouds would refuse is known before they say no: as a finding, and never as a plan."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from ipaddress import ip_network
from itertools import islice
from typing import Any, Final

import pytest

from exchange_ports.clouds.aws import limits as aws_limits
from exchange_ports.clouds.aws import rules as aws
from exchange_ports.clouds.aws import transitions as aws_transitions
from exchange_ports.clouds.azure import limits as azure_limits
from exchange_ports.clouds.azure import rules as azure
from exchange_ports.clouds.azure.names import BANDS
from exchange_ports.clouds.base import Limit, Use
from exchange_ports.findings import Finding, Refused
from exchange_ports.flows import Reason
from exchange_ports.planning import Plans, compile_plans
from exchange_ports.topology.validate import load_topology
from exchange_ports.traffic.ports import tcp
from tests.support.strategies import GONE, SMALL, WITH_EDGE, declared, edited

#: Six probe ports and mail: seven rules towards the Internet.
PROBING: Final = edited(WITH_EDGE, {"sender_reputation": "direct"})


def refused(data: Mapping[str, Any]) -> tuple[Finding, ...]:
    with pytest.raises(Refused) as caught:
        compile_plans(declared(data))
    return caught.value.findings


def warned(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The warnings of a plan: code and what they say."""
    return [(each.kind.code, each.summary) for each in compile_plans(declared(data)).warnings]


def errors(findings: Iterable[Finding]) -> list[str]:
    return [each.summary for each in findings if each.is_error]


def warnings(findings: Iterable[Finding]) -> list[str]:
    return [each.summary for each in findings if not each.is_error]


def used(plans: Plans, code: str) -> dict[str, int]:
    """How much of a limit is used, by what it is counted for."""
    return {use.where: use.used for use in plans.uses("corp") if use.limit.code == code}


def wide(number: int) -> list[str]:
    """So many ranges, none inside another, outside the zones."""
    return [str(range_) for range_ in islice(ip_network("10.128.0.0/9").subnets(16), number)]


def clients(number: int, *services: str) -> dict[str, Any]:
    return edited(SMALL, {"clients.many": {"from": wide(number), "services": list(services)}})


# AWS.


def test_direct_probes_with_the_default_private_blocks_do_not_fit_a_security_group() -> None:
    """30 prefixes in each of 5 rules: 1080 and 1081 are one."""
    (finding,) = refused(edited(PROBING, {"private_blocks": GONE}))
    assert finding.kind.code == "probes-over-limit"
    assert finding.field == "topology.sender_reputation"
    assert "edge.hq, out, IPv4 needs 150 rules, and AWS allows 60 per" in finding.summary
    assert "only 2 can be added" in finding.why
    # One root cause is said once, though both families are over.
    assert "IPv6" not in str(finding)


def test_where_the_network_speaks_ipv6_too_probes_are_told_as_they_count_in_one_family() -> None:
    """The rules to 2000::/3 take one each of another budget: they are no ports of this one."""
    zones: dict[str, Any] = {
        "networks.corp.internal": ["10.20.0.0/20", "2001:db8:20::/64"],
        "networks.corp.perimeter": ["10.20.240.0/24", "2001:db8:20:f0::/64"],
    }
    (finding,) = refused(edited(PROBING, {"private_blocks": GONE, **zones}))
    assert "edge.hq, out, IPv4 needs 150 rules" in finding.summary
    assert "80/tcp are 5 port ranges, each to 30 prefixes" in finding.why
    assert "only 2 can be added" in finding.why


def test_with_the_blocks_that_are_in_use_they_fit() -> None:
    """9 prefixes in each of five rules."""
    plans = compile_plans(declared(PROBING))
    assert used(plans, "aws-rules-per-group")["edge.hq, out, IPv4"] == 5 * 9


def test_a_prefix_list_counts_with_its_whole_size_and_in_both_families() -> None:
    plans = compile_plans(declared(WITH_EDGE))
    taken = used(plans, "aws-rules-per-group")
    # The Internet in one group; Mailbox servers on 25 and 50636 by group in two others.
    for family in ("IPv4", "IPv6"):
        assert taken[f"edge-receiving.hq, in, {family}"] == 9
        assert taken[f"edge-sending.hq, in, {family}"] == 1
        assert taken[f"edge-synced.hq, in, {family}"] == 1


def test_a_range_counts_in_its_own_family_only() -> None:
    data = edited(
        SMALL,
        {"clients.many": {"from": ["10.64.0.0/16", "2001:db8::/48", "2001:db8:1::/48"]}},
    )
    taken = used(compile_plans(declared(data)), "aws-rules-per-group")
    # 443 and 587 for each range.
    assert (taken["client-access.hq, in, IPv4"], taken["client-access.hq, in, IPv6"]) == (2, 4)


def test_sixty_rules_pass_and_sixty_one_do_not() -> None:
    plans = compile_plans(declared(clients(60, "https")))
    assert used(plans, "aws-rules-per-group")["client-access.hq, in, IPv4"] == 60
    (finding,) = refused(clients(61, "https"))
    assert finding.kind.code == "over-limit"
    assert "client-access.hq, in, IPv4 needs 61 rules" in finding.summary


def test_directions_are_counted_apart() -> None:
    out = {"from": "client_access", "to": wide(40), "ports": ["443/tcp"], "reason": "out"}
    both = edited(clients(40, "https"), {"additional_flows": [out]})
    taken = used(compile_plans(declared(both)), "aws-rules-per-group")
    assert (taken["client-access.hq, in, IPv4"], taken["client-access.hq, out, IPv4"]) == (40, 40)


def test_every_limit_that_is_passed_is_named_at_once() -> None:
    data = clients(61, "https", "imap")
    two_sites = edited(
        data,
        {"sites.paris": {"network": "corp", "servers": {"cas3": {"roles": ["client_access"]}}}},
    )
    assert [finding.summary.split(" and ")[0] for finding in refused(two_sites)] == [
        f"client-access.{site}, in, IPv4 needs 183 rules," for site in ("hq", "paris")
    ]


def test_the_three_largest_contributors_are_named_and_no_more() -> None:
    (finding,) = refused(clients(30, "https", "http", "smtp_submission", "smtp_authenticated_25"))
    assert finding.why.endswith(
        "(largest contributors: clients submit mail by authenticated SMTP: 30; clients submit mail by "
        "authenticated SMTP on...: 30; encrypted web clients: Outlook, Outlook Web...: 30)."
    )


def test_groups_are_counted_for_each_server() -> None:
    data = edited(SMALL, {"sites.hq.servers.ex1.own_group": True})
    assert used(compile_plans(declared(data)), "aws-groups-per-interface") == {"ex1": 5}


def with_others(data: Mapping[str, Any], number: int) -> dict[str, Any]:
    return edited(data, {"networks.corp.other_groups": number})


def test_groups_of_others_on_the_same_interface_count() -> None:
    assert warned(with_others(SMALL, 1)) == [
        ("near-limit", "ex1 uses 5 of 5 groups that AWS allows per network interface.")
    ]
    (finding,) = refused(with_others(SMALL, 2))
    assert finding.summary == "ex1 needs 6 groups, and AWS allows 5 per network interface."
    assert finding.why.endswith("(largest contributors: groups of this plan: 4; other_groups: 2).")
    assert finding.fix.startswith("Attach fewer other groups (`other_groups`), ")
    raised = edited(
        with_others(SMALL, 2), {"networks.corp.quotas": {"security_groups_per_interface": 6}}
    )
    assert used(compile_plans(declared(raised)), "aws-groups-per-interface") == {"ex1": 6}


@pytest.mark.parametrize("old, new", [(1, 0), (0, 1)])
def test_groups_of_others_count_in_the_middle_of_an_update(old: int, new: int) -> None:
    """Groups from before and after are attached together, and those of others beside them."""
    before, after = (rule_set(other_groups=each, groups=GROUPS) for each in (old, new))
    both = aws_transitions.merged(before, after, lambda _: (True, True))
    for attached, found in (
        (member_of(4), []),
        (member_of(5), ["ex1 needs 6 groups, and AWS allows 5"]),
    ):
        joined = aws_transitions.with_memberships(both, attached, {})
        reported = [text.partition(" per ")[0] for text in errors(aws_limits.check(joined))]
        assert reported == found


GROUPS: Final = tuple(aws.SecurityGroup(f"group-{each}", "") for each in range(5))


def rule_set(**parts: Any) -> aws.AwsRuleSet:
    empty: dict[str, Any] = {
        "network": "corp",
        "groups": (),
        "prefix_lists": (),
        "rules": (),
        "memberships": {},
    }
    return aws.AwsRuleSet(**{**empty, **parts})


def member_of(number: int) -> dict[str, tuple[str, ...]]:
    return {"ex1": tuple(f"group-{each}" for each in range(number))}


def test_a_server_in_more_than_five_groups_is_over_the_limit() -> None:
    """No declaration leads there; other rule sets may."""
    assert errors(aws_limits.check(rule_set(memberships=member_of(5)))) == []
    assert errors(aws_limits.check(rule_set(memberships=member_of(6)))) == [
        "ex1 needs 6 groups, and AWS allows 5 per network interface."
    ]


def test_of_groups_a_warning_is_due_where_none_is_free() -> None:
    """Not at four fifths: a server with both roles has four by design, so that one is free."""
    assert warned(SMALL) == []
    assert used(compile_plans(declared(SMALL)), "aws-groups-per-interface") == {"ex1": 4}
    assert warned(edited(SMALL, {"sites.hq.servers.ex1.own_group": True})) == [
        ("near-limit", "ex1 uses 5 of 5 groups that AWS allows per network interface.")
    ]


def prefix_list(number: int, key: str = "many") -> aws.PrefixList:
    return aws.PrefixList(
        key, tuple(islice(ip_network("10.0.0.0/8").subnets(new_prefix=24), number))
    )


def test_a_prefix_list_holds_a_thousand_entries() -> None:
    for number, over_it, near in ((799, 0, 0), (800, 0, 1), (1000, 0, 1), (1001, 1, 0)):
        every = aws_limits.check(rule_set(prefix_lists=(prefix_list(number),)))
        findings = [each for each in every if each.kind.code != "created-over-limit"]
        assert (len(errors(findings)), len(warnings(findings))) == (over_it, near)


def test_a_prefix_list_is_created_with_a_hundred_entries_at_most() -> None:
    """Whether it exists is not known: more are a warning, which can be acknowledged."""
    for number, found in ((100, []), (101, ["created-over-limit"])):
        findings = list(aws_limits.check(rule_set(prefix_lists=(prefix_list(number),))))
        assert [each.kind.code for each in findings] == found


@pytest.mark.parametrize(
    "before, after, found",
    [
        # Created: the old rule set has no such list.
        (0, 100, []),
        (0, 101, ["prefix list many (101 entries to add)"]),
        # Changed: each side counts by itself, and what stays does not count.
        (119, 219, []),
        (119, 220, ["prefix list many (101 entries to add)"]),
        (220, 120, []),
        (220, 119, ["prefix list many (101 entries to remove)"]),
        # Deleted as a whole, in one call without entries.
        (220, 0, []),
    ],
)
def test_one_update_adds_and_removes_a_hundred_entries_of_a_list_at_most(
    before: int, after: int, found: list[str]
) -> None:
    old, new = (
        rule_set(prefix_lists=(prefix_list(number),) if number else ())
        for number in (before, after)
    )
    errors_ = errors(aws_limits.check_change(old, new))
    assert [each.partition(" needs ")[0] for each in errors_] == found


def test_a_region_holds_two_and_a_half_thousand_groups_and_a_hundred_lists() -> None:
    """As far as one network takes them: what else stands in the account is not known."""

    def groups(number: int) -> list[Finding]:
        made = tuple(aws.SecurityGroup(f"group-{each}", "a group") for each in range(number))
        return list(aws_limits.check(rule_set(groups=made)))

    def lists(number: int) -> list[Finding]:
        made = tuple(prefix_list(1, f"list-{each}") for each in range(number))
        return list(aws_limits.check(rule_set(prefix_lists=made)))

    region = "per Region (other resources in the account are not counted)"
    assert (errors(groups(1999)), warnings(groups(1999))) == ([], [])
    assert warnings(groups(2000)) == [
        f"corp uses 2000 of 2500 security groups that AWS allows {region}."
    ]
    assert errors(groups(2500)) == []
    assert errors(groups(2501)) == [
        f"corp needs 2501 security groups, and AWS allows 2500 {region}."
    ]
    assert warnings(lists(79)) == []
    assert warnings(lists(80)) == [f"corp uses 80 of 100 prefix lists that AWS allows {region}."]
    assert errors(lists(100)) == []
    assert errors(lists(101)) == [f"corp needs 101 prefix lists, and AWS allows 100 {region}."]


def rules_of(
    number: int, peer: aws.Peer | None = None, group: str = ""
) -> tuple[aws.SecurityGroupRule, ...]:
    """So many rules, of one port each, of one group or of a group each."""
    reasons = (Reason("clients"),)
    return tuple(
        aws.SecurityGroupRule(
            group or f"group-{each}",
            aws.Direction.IN,
            tcp(each + 1),
            peer or ip_network("192.0.2.0/24"),
            reasons,
        )
        for each in range(number)
    )


@pytest.mark.slow
def test_a_prefix_list_is_named_by_five_thousand_rules() -> None:
    for number, over_it, near in ((3999, 0, 0), (4000, 0, 1), (5000, 0, 1), (5001, 1, 0)):
        rules = rules_of(number, aws.ListRef("many"))
        findings = list(aws_limits.check(rule_set(rules=rules, prefix_lists=(prefix_list(1),))))
        assert (len(errors(findings)), len(warnings(findings))) == (over_it, near)


def test_forty_eight_rules_of_sixty_are_warned_of_with_the_same_facts() -> None:
    assert warned(clients(47, "https")) == []
    (finding,) = compile_plans(declared(clients(48, "https"))).warnings
    assert str(finding) == (
        "warning[near-limit] client-access.hq, in, IPv4 uses 48 of 60 rules that AWS allows per "
        "security group, direction and address family.\n"
        "  topology.networks.corp\n"
        "  why: AWS rejects an update that exceeds the limit (largest contributors: encrypted web clients: "
        "Outlook, Outlook Web...: 48).\n"
        "  fix: Combine ranges (a prefix list counts as its entries), or raise quota L-0EA8095F and declare "
        "`rules_per_security_group: 61`.\n"
        "  see docs/findings/near-limit.md"
    )


def test_a_warning_of_planning_is_acknowledged_like_others() -> None:
    near = edited(clients(48, "https"), {"acknowledge": {"near-limit": "branches never grow"}})
    assert warned(near) == []
    in_vain = edited(SMALL, {"acknowledge": {"near-limit": "branches never grow"}})
    topology, about = load_topology(in_vain)
    assert not [each for each in about if each.kind.code == "unused-acknowledgment"]
    (finding,) = compile_plans(topology).warnings
    assert (finding.kind.code, finding.field) == (
        "unused-acknowledgment",
        "topology.acknowledge.near-limit",
    )


def test_an_acknowledged_warning_is_no_way_past_an_error() -> None:
    over_it = edited(clients(61, "https"), {"acknowledge": {"near-limit": "known"}})
    assert "over-limit" in {finding.kind.code for finding in refused(over_it)}


# What helps.


def way_out(findings: Iterable[Finding]) -> str:
    (finding,) = (each for each in findings if each.is_error)
    return finding.fix


def test_private_blocks_are_the_way_out_only_where_the_internet_takes_the_room() -> None:
    blocks = "eclare only the `private_blocks` in use"
    assert blocks not in way_out(refused(clients(61, "https")))
    internet = edited(PROBING, {"private_blocks": GONE})
    assert blocks in way_out(refused(internet))
    # 7 lists of 9: nothing shorter can be declared.
    nine = rule_set(
        rules=rules_of(7, aws.ListRef("many"), "edge.hq"), prefix_lists=(prefix_list(9),)
    )
    assert way_out(aws_limits.check(nine)) == (
        "Raise quota L-0EA8095F and declare `rules_per_security_group: 63`."
    )


def test_ranges_are_joined_only_where_there_are_several_for_the_same_ports() -> None:
    assert "Combine ranges" in way_out(refused(clients(61, "https")))
    ports = rule_set(rules=rules_of(61, group="mailbox.hq"))
    assert "ombine ranges" not in way_out(aws_limits.check(ports))


def test_a_quota_is_no_way_out_where_aws_would_not_raise_it_so_far() -> None:
    """Beside five groups per interface there are two hundred rules per group at most."""
    assert "rules_per_security_group: 200" in way_out(refused(clients(200, "https")))
    assert way_out(refused(clients(201, "https"))) == (
        "Combine ranges (a prefix list counts as its entries)."
    )
    ports = rule_set(rules=rules_of(201, group="mailbox.hq"))
    assert way_out(aws_limits.check(ports)) == (
        "Declare fewer ports, sources or destinations for this group."
    )


# Quotas.


def with_quotas(data: Mapping[str, Any], **quotas: object) -> dict[str, Any]:
    return edited(data, {"networks.corp.quotas": quotas})


def test_a_raised_quota_is_what_the_plan_is_held_against() -> None:
    plans = compile_plans(declared(with_quotas(clients(61, "https"), rules_per_security_group=100)))
    (use,) = (use for use in plans.uses("corp") if use.where == "client-access.hq, in, IPv4")
    assert (use.used, use.limit.most, plans.warnings) == (61, 100, ())
    (finding,) = refused(with_quotas(clients(101, "https"), rules_per_security_group=100))
    assert "needs 101 rules, and AWS allows 100 per" in finding.summary
    at_80 = with_quotas(clients(80, "https"), rules_per_security_group=100)
    assert [code for code, _ in warned(at_80)] == ["near-limit"]


@pytest.mark.parametrize(
    "limit", [each for each in aws_limits.LIMITS if each.quota], ids=lambda limit: limit.code
)
def test_each_quota_raises_its_limit_and_no_other(limit: Limit) -> None:
    rules = rule_set(
        rules=rules_of(1, aws.ListRef("many")),
        prefix_lists=(prefix_list(1),),
        memberships=member_of(1),
    )

    def most(quotas: dict[str, int]) -> dict[str, int]:
        return {use.limit.code: use.limit.most for use in aws_limits.uses(rules, quotas)}

    changed = most({limit.quota: 7}).items() - most({}).items()
    assert changed == {(limit.code, 7)}


def test_what_a_topology_calls_quotas_are_those_that_aws_can_raise() -> None:
    from exchange_ports.topology.models import Quotas

    assert set(Quotas.model_fields) == {each.quota for each in aws_limits.LIMITS if each.quota}
    assert not [limit for limit in azure_limits.LIMITS if limit.quota]


@pytest.mark.parametrize(
    "rules, groups", [(200, 5), (125, 8), (62, 16), (100, 10), (90, 11), (250, 4)]
)
def test_rules_times_groups_are_a_thousand_at_most(rules: int, groups: int) -> None:
    data = with_quotas(SMALL, rules_per_security_group=rules, security_groups_per_interface=groups)
    plans = compile_plans(declared(data))
    assert used(plans, "aws-rules-times-groups") == {"every server": rules * groups}
    data = with_quotas(
        SMALL, rules_per_security_group=rules + 1, security_groups_per_interface=groups
    )
    if (rules + 1) * groups > 1000:
        (finding,) = (each for each in refused(data) if each.is_error)
        assert finding.kind.code == "quota-too-high"
        assert finding.why.startswith(
            f"The product is {(rules + 1) * groups}, and AWS allows at most 1000"
        )


def test_one_quota_alone_can_exceed_the_product() -> None:
    (rules,) = refused(with_quotas(SMALL, rules_per_security_group=250))
    assert rules.fix.endswith("with 250 rules per group, 4 groups per interface.")
    with_four = with_quotas(SMALL, rules_per_security_group=250, security_groups_per_interface=4)
    # Four groups are what a server with both roles has, so none is free.
    assert [code for code, _ in warned(with_four)] == ["near-limit"]
    (beyond,) = refused(with_quotas(SMALL, rules_per_security_group=1001))
    assert beyond.fix.endswith("with 5 groups per interface, 200 rules per group.")


def test_an_interface_has_sixteen_groups_at_most() -> None:
    compile_plans(declared(with_quotas(SMALL, security_groups_per_interface=16)))
    (finding,) = refused(with_quotas(SMALL, security_groups_per_interface=17))
    assert finding.field == "topology.networks.corp.quotas.security_groups_per_interface"
    assert finding.why == "AWS raises this quota to at most 16."


@pytest.mark.parametrize("value", [0, -1, True, "100", 100.5, None])
def test_a_quota_is_a_whole_number_above_0(value: object) -> None:
    data = with_quotas(SMALL, rules_per_security_group=value)
    if value is None:
        assert not [f for f in load_topology(data)[1] if f.is_error]
        return
    with pytest.raises(Refused) as caught:
        load_topology(data)
    (finding,) = (each for each in caught.value.findings if each.is_error)
    assert finding.kind.code == "wrong-type"
    assert finding.summary.startswith("Expected a whole number above 0; got ")
    assert finding.fix == "Write `rules_per_security_group: 100`."


@pytest.mark.parametrize("platform", ["azure", "external"])
def test_a_quota_of_aws_on_another_network_is_an_error_that_says_so(platform: str) -> None:
    data = edited(
        with_quotas(SMALL, rules_per_security_group=100), {"networks.corp.platform": platform}
    )
    with pytest.raises(Refused) as caught:
        load_topology(data)
    (finding,) = (each for each in caught.value.findings if each.is_error)
    assert finding.kind.code == "quota-of-another-cloud"
    assert finding.summary == (
        "`rules_per_security_group` is an AWS quota, and the platform of network corp is "
        f"{platform}."
    )


# What only other rule sets than ours can break.


def described(text: str) -> list[str]:
    (rule,) = rules_of(1)
    return errors(aws_limits.check(rule_set(rules=(replace(rule, description=text),))))


def test_a_description_on_aws_has_255_characters_that_ec2_takes() -> None:
    assert described("a" * 255) == []
    assert described("a" * 256) == [
        "group-0/in/tcp/1/192.0.2.0/24 needs 256 characters, and AWS allows 255 per description of a "
        "group or rule."
    ]
    assert described("a -> b, c") != []
    (summary,) = described("Kurbøl > \n")
    # The facts of a finding are cut at 200 characters, so they are short.
    assert summary.startswith(
        "group-0/in/tcp/1/192.0.2.0/24 needs 3 characters other than letters, "
    )
    group = aws.SecurityGroup("exchange", "Exchange & more")
    assert len(errors(aws_limits.check(rule_set(groups=(group,))))) == 1


def test_two_rules_that_ec2_takes_for_one_are_named() -> None:
    (rule,) = rules_of(1)
    twice = rule_set(rules=(rule, replace(rule, description="another")))
    assert errors(aws_limits.check(twice)) == [
        "group-0/in/tcp/1/192.0.2.0/24 needs 2 rules, and AWS allows 1 per group, direction, "
        "protocol, ports and source or destination."
    ]


# Azure.


def test_what_a_security_group_on_aws_cannot_hold_fits_on_azure() -> None:
    """The Internet's prefixes are counted once a rule there, against 4,000."""
    data = edited(PROBING, {"private_blocks": GONE, "networks.corp.platform": "azure"})
    taken = used(compile_plans(declared(data)), "azure-destinations-per-group")
    # In the perimeter: 30 each for mail and for the probes; Mailbox servers, the probe and two
    # denies; mail from the Internet and from inside, and EdgeSync, with one destination each.
    assert taken["the perimeter zone"] == 2 * 30 + 1 + 1 + 2 + 3


def test_four_thousand_addresses_pass_and_one_more_does_not() -> None:
    sources = "azure-sources-per-group"
    base = used(
        compile_plans(declared(edited(SMALL, {"networks.corp.platform": "azure"}))), sources
    )
    room = 4000 - base["the internal zone"]
    ranges = [str(r) for r in islice(ip_network("10.128.0.0/9").subnets(new_prefix=24), room + 1)]

    def with_sources(number: int) -> dict[str, Any]:
        source = {"from": ranges[:number], "services": ["https"]}
        return edited(SMALL, {"networks.corp.platform": "azure", "clients.many": source})

    assert used(compile_plans(declared(with_sources(room))), sources) == {"the internal zone": 4000}
    (finding,) = refused(with_sources(room + 1))
    assert "the internal zone needs 4001 " in finding.summary
    assert (
        f"(largest contributors: encrypted web clients: Outlook, Outlook Web...: {room + 1};"
        in finding.why
    )


def inline(number: int, first: int = 100, **parts: Any) -> tuple[azure.SecurityRule, ...]:
    """So many rules with priorities from `first` on, each with a reason."""
    usual: dict[str, Any] = {
        "direction": azure.Direction.IN,
        "access": azure.Access.ALLOW,
        "ports": tcp(443),
        "source": azure.Anything(),
        "destination": azure.Anything(),
        "reasons": (Reason("clients"),),
    }
    usual |= parts
    return tuple(
        azure.SecurityRule(name=f"{usual['direction']}-{first + at}", priority=first + at, **usual)
        for at in range(number)
    )


def nsg(
    *rules: azure.SecurityRule, memberships: Mapping[str, tuple[str, ...]] | None = None
) -> azure.AzureRuleSet:
    """A rule set of one network security group, with whatever application security groups it needs."""
    sides = [side for rule in rules for side in (rule.source, rule.destination)]
    named = {side.key for side in sides if isinstance(side, azure.GroupRef)}
    named.update(key for keys in (memberships or {}).values() for key in keys)
    made = tuple(azure.ApplicationGroup(key) for key in sorted(named))
    group = azure.NetworkSecurityGroup(azure.Zone.INTERNAL, rules)
    return azure.AzureRuleSet("corp", (group,), made, memberships or {}, {})


def over(rules: azure.AzureRuleSet, code: str = "") -> list[str]:
    """What is over a limit, or over this one."""
    if not code:
        return errors(azure_limits.check(rules))
    return [
        f"{use.where}: {use.used} of {use.limit.most}"
        for use in azure_limits.uses(rules)
        if use.is_over and use.limit.code == code
    ]


def near(rules: azure.AzureRuleSet) -> list[str]:
    return warnings(azure_limits.check(rules))


def flowing(number: int, **parts: Any) -> tuple[azure.SecurityRule, ...]:
    return inline(number, BANDS["flows"].first, **parts)


def test_a_thousand_rules_pass_and_one_more_does_not() -> None:
    assert near(nsg(*flowing(799))) == []
    assert near(nsg(*flowing(800))) == [
        "the internal zone uses 800 of 1000 rules that Azure allows per network security group, "
        "both directions together."
    ]
    assert over(nsg(*flowing(1000))) == []
    assert over(nsg(*flowing(1001))) == [
        "the internal zone needs 1001 rules, and Azure allows 1000 per network security group, both "
        "directions together."
    ]


def test_both_directions_count_together() -> None:
    rules = (*flowing(501), *flowing(500, direction=azure.Direction.OUT))
    assert len(over(nsg(*rules))) == 1


def test_a_hundred_application_security_groups_pass_and_one_more_does_not() -> None:
    def named(number: int) -> azure.AzureRuleSet:
        sides = [azure.GroupRef(f"group-{each}") for each in range(number)]
        return nsg(
            *(
                inline(1, 1200 + at, source=side, destination=sides[0])[0]
                for at, side in enumerate(sides)
            )
        )

    assert near(named(79)) == []
    (summary,) = near(named(80))
    assert summary.startswith("the internal zone uses 80 of 100 application security groups ")
    assert over(named(100)) == []
    (summary,) = over(named(101))
    assert summary.startswith("the internal zone needs 101 application security groups, and ")


def test_four_thousand_ports_pass_and_one_more_does_not() -> None:
    several = tcp(*range(1, 80, 2))
    assert len(several.ranges) == 40
    assert near(nsg(*flowing(79, ports=several))) == []
    assert len(near(nsg(*flowing(80, ports=several)))) == 1
    assert over(nsg(*flowing(100, ports=several))) == []
    one = inline(1, 3999)
    assert over(nsg(*flowing(100, ports=several), *one)) == [
        "the internal zone needs 4001 ports and port ranges, and Azure allows 4000 per network "
        "security group, ports and port ranges of all rules in total."
    ]


def test_an_interface_takes_twenty_application_security_groups() -> None:
    for number, over_it, close in ((15, 0, 0), (16, 0, 1), (20, 0, 1), (21, 1, 0)):
        rules = nsg(memberships=member_of(number))
        assert (len(over(rules)), len(near(rules))) == (over_it, close)


def test_an_application_security_group_takes_four_thousand_interfaces() -> None:
    for number, over_it, close in ((3199, 0, 0), (3200, 0, 1), (4000, 0, 1), (4001, 1, 0)):
        rules = nsg(memberships={f"ex{each}": ("exchange",) for each in range(number)})
        assert (len(over(rules)), len(near(rules))) == (over_it, close)


def test_a_region_takes_three_thousand_application_security_groups() -> None:
    for number, over_it, close in ((2399, 0, 0), (2400, 0, 1), (3000, 0, 1), (3001, 1, 0)):
        made = tuple(azure.ApplicationGroup(f"group-{each}") for each in range(number))
        rules = replace(nsg(), application_groups=made)
        assert (len(over(rules)), len(near(rules))) == (over_it, close)


@pytest.mark.slow
def test_a_region_takes_five_thousand_network_security_groups() -> None:
    """A network has two at most; other rule sets may have more."""
    group = azure.NetworkSecurityGroup(azure.Zone.INTERNAL, ())
    for number, over_it, close in ((3999, 0, 0), (4000, 0, 1), (5000, 0, 1), (5001, 1, 0)):
        rules = replace(nsg(), groups=(group,) * number)
        assert (len(over(rules)), len(near(rules))) == (over_it, close)


def test_a_side_of_a_rule_names_one_application_security_group_of_ten() -> None:
    (rule,) = inline(1, source=azure.GroupRef("exchange"), destination=azure.GroupRef("exchange"))
    (use,) = (
        use
        for use in azure_limits.uses(nsg(rule))
        if use.limit.code == "azure-application-groups-per-side"
    )
    assert (use.used, use.limit.most) == (1, 10)


@pytest.mark.parametrize("name", BANDS)
def test_a_band_of_priorities_that_is_full_is_named(name: str) -> None:
    """A rule without a place in its band comes behind the last priority, which Azure refuses."""
    band = BANDS[name]
    access = azure.Access.DENY if name == "denies" else azure.Access.ALLOW
    full = inline(band.size, band.first, access=access)
    behind = inline(2, BANDS["denies"].last + 1, access=access)
    code = "azure-priorities-per-band"
    assert over(nsg(*full), code) == []
    assert over(nsg(*full, *behind), code) == [
        f"the internal zone, in, {name}: {band.size + 2} of {band.size}"
    ]
    assert any(
        summary.startswith(f"the internal zone, in, {name} needs {band.size + 2} priorities, and ")
        for summary in over(nsg(*full, *behind))
    )
    # The other direction has priorities of its own.
    out = inline(1, band.first, access=access, direction=azure.Direction.OUT)
    assert over(nsg(*full, *out), code) == []


def test_a_band_is_near_its_limit_at_four_fifths() -> None:
    denies = BANDS["denies"]
    for number, close in ((77, 0), (78, 1), (97, 1)):
        rules = inline(number, denies.first, access=azure.Access.DENY)
        assert len(near(nsg(*rules))) == close


def rule_with(**parts: Any) -> azure.AzureRuleSet:
    (rule,) = inline(1, **{key: part for key, part in parts.items() if key in ("source",)})
    others = {key: part for key, part in parts.items() if key != "source"}
    return nsg(replace(rule, **others))


@pytest.mark.parametrize("name", ["a", "in-1200-tcp", "_a", "1_", "a" * 80, "a.b-c_d"])
def test_azure_takes_such_names_of_rules(name: str) -> None:
    assert over(rule_with(name=name)) == []


@pytest.mark.parametrize(
    "name", ["", "-a", ".a", "a-", "a.", "a b", "a/b", "é", "a" * 81, "a\n", "a,b"]
)
def test_azure_refuses_such_names_of_rules(name: str) -> None:
    assert len(over(rule_with(name=name))) == 1


def test_four_thousand_destinations_pass_and_one_more_does_not() -> None:
    ranges = tuple(islice(ip_network("10.0.0.0/8").subnets(new_prefix=24), 4001))

    def towards(number: int) -> azure.AzureRuleSet:
        (rule,) = inline(1, destination=azure.Prefixes(ranges[:number]))
        return nsg(rule)

    assert (near(towards(3199)), over(towards(3199))) == ([], [])
    assert len(near(towards(3200))) == 1
    assert over(towards(4000)) == []
    (summary,) = over(towards(4001))
    assert summary.startswith(
        "the internal zone needs 4001 destination addresses, and Azure allows 4000"
    )


def test_names_of_rules_differ_by_more_than_case_in_both_directions() -> None:
    one, other = inline(1), inline(1, direction=azure.Direction.OUT)
    assert over(nsg(*one, *other)) == []
    same = [replace(one[0], name="in-a"), replace(other[0], name="IN-A")]
    assert over(nsg(*same)) == [
        "the internal zone, in-a needs 2 rules, and Azure allows 1 per name, whatever its case, in "
        "both directions of a network security group."
    ]


def test_names_of_application_security_groups_differ_by_more_than_case() -> None:
    made = (azure.ApplicationGroup("mailbox.HQ"), azure.ApplicationGroup("mailbox.hq"))
    assert over(replace(nsg(), application_groups=made)) == [
        "mailbox.hq needs 2 groups, and Azure allows 1 per name in a resource group, whatever its case."
    ]


def test_a_priority_is_taken_once_in_each_direction() -> None:
    one = inline(1)
    other = inline(1, direction=azure.Direction.OUT)
    assert over(nsg(*one, *other)) == []
    assert over(nsg(*one, replace(one[0], name="in-b"))) == [
        "the internal zone, in, 100 needs 2 rules, and Azure allows 1 per priority and direction of a "
        "network security group."
    ]


def test_a_description_on_azure_has_140_characters() -> None:
    assert over(rule_with(description="é" * 140)) == []
    (summary,) = over(rule_with(description="é" * 141))
    assert summary.startswith("in-100 needs 141 characters, and Azure allows 140 per description")


def test_groups_of_another_network_are_named_at_rules_and_servers() -> None:
    (rule,) = inline(1, source=azure.GroupRef("theirs"), destination=azure.GroupRef("ours"))
    rules = nsg(rule, memberships={"ex1": ("ours", "theirs")})
    assert over(rules) == []
    without = replace(rules, application_groups=(azure.ApplicationGroup("ours"),))
    assert [summary.partition(" of another")[0] for summary in over(without)] == [
        "ex1 needs 1 application security groups",
        "in-100 needs 1 application security groups",
    ]


def test_prefixes_that_lie_in_another_one_are_counted() -> None:
    def prefixes(*ranges: str) -> azure.AzureRuleSet:
        return rule_with(source=azure.Prefixes(tuple(ip_network(each) for each in ranges)))

    assert over(prefixes("10.0.0.0/16", "10.1.0.0/16", "2001:db8::/32")) == []
    for ranges, number in (
        (("10.0.0.0/8", "10.0.0.0/16"), 1),
        (("10.0.0.0/16", "10.0.0.0/8"), 1),
        (("10.0.0.0/24", "10.0.0.0/24"), 1),
        (("10.0.0.0/8", "10.0.0.0/16", "10.255.0.0/16", "11.0.0.0/8"), 2),
    ):
        (summary,) = over(prefixes(*ranges))
        assert summary.startswith(f"in-100 needs {number} prefixes that are part of another prefix")


def test_over_a_limit_there_is_no_plan_on_azure_either() -> None:
    """Each of 21 sources and 24 sites makes rules of its own: some 1,000 in one group."""
    data = edited(
        SMALL,
        {
            "networks.corp.platform": "azure",
            **{
                f"sites.s{at}": {
                    "network": "corp",
                    "servers": {f"cas{at}": {"roles": ["client_access"]}},
                }
                for at in range(24)
            },
            **{
                f"clients.c{at}": {"from": [range_], "services": ["https", "imap"]}
                for at, range_ in enumerate(wide(21))
            },
        },
    )
    (finding,) = refused(data)
    assert "the internal zone needs 1057 rules, and Azure allows 1000" in finding.summary


# Limits as data.

COUNTED: Final = (*aws_limits.LIMITS, *azure_limits.LIMITS)
LIMITS: Final = (*COUNTED, *aws_limits.TEXTS, *azure_limits.TEXTS)


@pytest.mark.parametrize("limit", LIMITS, ids=[limit.code for limit in LIMITS])
def test_a_limit_says_where_it_is_written_when_it_was_checked_and_what_helps(limit: Limit) -> None:
    assert limit.most >= 0
    assert limit.cite
    assert date.fromisoformat(limit.checked) >= date(2026, 1, 1)
    assert 0 < len(limit.way_out) <= 200
    assert limit.code.startswith(limit.cloud.lower())


def test_a_limit_has_one_code() -> None:
    assert len({limit.code for limit in LIMITS}) == len(LIMITS)


def test_every_limit_is_counted_in_some_plan() -> None:
    plans = [
        compile_plans(declared(edited(WITH_EDGE, {"networks.corp.platform": platform})))
        for platform in ("aws", "azure")
    ]
    counted = {use.limit.code for each in plans for use in each.uses("corp")}
    assert counted == {limit.code for limit in COUNTED}


def test_contributors_are_added_up_by_reason_the_largest_first() -> None:
    weights = [("a", 1), ("b", 5), ("a", 2), ("c", 3), ("d", 1)]
    use = Use.summed(LIMITS[0], "here", weights)
    assert (use.used, use.largest) == (12, (("b", 5), ("a", 3), ("c", 3)))
