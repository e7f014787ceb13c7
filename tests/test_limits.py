"""What the clouds would refuse is known before they say no: as a finding, and never as a plan."""

from collections.abc import Mapping
from datetime import date
from ipaddress import ip_network
from itertools import islice
from typing import Any, Final

import pytest

from exchange_ports.aws import limits as aws_limits
from exchange_ports.aws import rules as aws
from exchange_ports.azure import limits as azure_limits
from exchange_ports.azure import rules as azure
from exchange_ports.findings import Finding, Refused
from exchange_ports.flows import Reason
from exchange_ports.limits import Limit, Use
from exchange_ports.plans import Plans, compile_plans
from exchange_ports.traffic.ports import tcp
from tests.strategies import GONE, SMALL, WITH_EDGE, declared, edited

#: Six probe ports and mail: seven rules towards the Internet.
PROBING: Final = edited(WITH_EDGE, {"sender_reputation": "direct"})


def refused(data: Mapping[str, Any]) -> tuple[Finding, ...]:
    with pytest.raises(Refused) as caught:
        compile_plans(declared(data))
    return caught.value.findings


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
    assert "edge.hq, out, IPv4 needs 150 rules, and AWS allows 60 per" in finding.says
    assert "2 of them fit beside the rest" in finding.why
    # One root cause is said once, though both families are over.
    assert "IPv6" not in str(finding)


def test_where_the_network_speaks_ipv6_too_probes_are_told_as_they_count_in_one_family() -> None:
    """The rules to 2000::/3 take one each of another budget: they are no ports of this one."""
    zones: dict[str, Any] = {
        "networks.corp.internal": ["10.20.0.0/20", "2001:db8:20::/64"],
        "networks.corp.perimeter": ["10.20.240.0/24", "2001:db8:20:f0::/64"],
    }
    (finding,) = refused(edited(PROBING, {"private_blocks": GONE, **zones}))
    assert "edge.hq, out, IPv4 needs 150 rules" in finding.says
    assert "80/tcp are 5 ranges of ports, each to 30 prefixes" in finding.why
    assert "2 of them fit beside the rest" in finding.why


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
    assert "client-access.hq, in, IPv4 needs 61 rules" in finding.says


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
    assert [finding.says.split(" and ")[0] for finding in refused(two_sites)] == [
        f"client-access.{site}, in, IPv4 needs 183 rules," for site in ("hq", "paris")
    ]


def test_the_three_largest_contributors_are_named_and_no_more() -> None:
    (finding,) = refused(clients(30, "https", "http", "smtp_submission", "smtp_authenticated_25"))
    assert finding.why.endswith(
        "(most is taken by: clients submit authenticated SMTP: 30; clients that can submit "
        "authenticated SMTP on...: 30; encrypted web clients: Outlook, Outlook Web...: 30)"
    )


def test_groups_are_counted_for_each_server() -> None:
    data = edited(SMALL, {"sites.hq.servers.ex1.own_group": True})
    assert used(compile_plans(declared(data)), "aws-groups-per-interface") == {"ex1": 5}


def rule_set(**parts: Any) -> aws.RuleSet:
    empty: dict[str, Any] = {
        "network": "corp",
        "groups": (),
        "prefix_lists": (),
        "rules": (),
        "wears": {},
    }
    return aws.RuleSet(**{**empty, **parts})


@pytest.mark.parametrize("number, passes", [(5, True), (6, False)])
def test_a_server_in_more_than_five_groups_is_over_the_limit(number: int, passes: bool) -> None:
    """No declaration leads there; other rule sets may."""
    worn = {"ex1": tuple(f"group-{each}" for each in range(number))}
    findings = list(aws_limits.check(rule_set(wears=worn)))
    assert (not findings) == passes
    assert (
        passes or findings[0].says == "ex1 needs 6 groups, and AWS allows 5 per network interface"
    )


@pytest.mark.parametrize("number, passes", [(1000, True), (1001, False)])
def test_a_prefix_list_holds_a_thousand_entries(number: int, passes: bool) -> None:
    entries = tuple(islice(ip_network("10.0.0.0/8").subnets(new_prefix=24), number))
    findings = list(aws_limits.check(rule_set(prefix_lists=(aws.PrefixList("many", entries),))))
    assert (not findings) == passes


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
    assert "the internal zone needs 4001 " in finding.says
    assert (
        f"(most is taken by: encrypted web clients: Outlook, Outlook Web...: {room + 1};"
        in finding.why
    )


def inline(number: int, **parts: Any) -> tuple[azure.Rule, ...]:
    """So many rules, each with a reason."""
    usual: dict[str, Any] = {
        "direction": azure.Direction.IN,
        "access": azure.Access.ALLOW,
        "ports": tcp(443),
        "source": azure.Anything(),
        "destination": azure.Anything(),
        "reasons": (Reason("clients"),),
    }
    return tuple(
        azure.Rule(name=f"in-{at}", priority=100 + at, **{**usual, **parts}) for at in range(number)
    )


def nsg(*rules: azure.Rule, wears: Mapping[str, tuple[str, ...]] | None = None) -> azure.RuleSet:
    group = azure.SecurityGroup(azure.Zone.INTERNAL, rules)
    return azure.RuleSet("corp", (group,), (), wears or {}, {})


def over(rules: azure.RuleSet) -> list[str]:
    return [finding.says for finding in azure_limits.check(rules)]


def test_a_thousand_rules_pass_and_one_more_does_not() -> None:
    assert over(nsg(*inline(1000))) == []
    assert over(nsg(*inline(1001))) == [
        "the internal zone needs 1001 rules, and Azure allows 1000 per network security group, both "
        "directions together"
    ]


def test_both_directions_count_together() -> None:
    rules = (*inline(501), *inline(500, direction=azure.Direction.OUT))
    assert len(over(nsg(*rules))) == 1


def test_a_hundred_application_security_groups_pass_and_one_more_does_not() -> None:
    def named(number: int) -> list[azure.Rule]:
        sides = [azure.GroupRef(f"group-{each}") for each in range(number)]
        return [inline(1, source=side, destination=sides[0])[0] for side in sides]

    assert over(nsg(*named(100))) == []
    (says,) = over(nsg(*named(101)))
    assert says.startswith("the internal zone needs 101 application security groups, and ")


def test_four_thousand_ports_pass_and_one_more_does_not() -> None:
    several = tcp(*range(1, 80, 2))
    assert len(several.ranges) == 40
    assert over(nsg(*inline(100, ports=several))) == []
    assert len(over(nsg(*inline(101, ports=several)))) == 1


def test_an_interface_takes_twenty_application_security_groups() -> None:
    for number, passes in ((20, True), (21, False)):
        worn = {"ex1": tuple(f"group-{each}" for each in range(number))}
        assert (over(nsg(wears=worn)) == []) == passes


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
    assert "the internal zone needs 1057 rules, and Azure allows 1000" in finding.says


# Limits as data.

LIMITS: Final = (*aws_limits.LIMITS, *azure_limits.LIMITS)


@pytest.mark.parametrize("limit", LIMITS, ids=[limit.code for limit in LIMITS])
def test_a_limit_says_where_it_is_written_when_it_was_checked_and_what_helps(limit: Limit) -> None:
    assert limit.most > 0
    assert limit.cite
    assert date.fromisoformat(limit.checked) >= date(2026, 1, 1)
    assert limit.way_out
    assert limit.code.startswith(limit.cloud.lower())


def test_a_limit_has_one_code() -> None:
    assert len({limit.code for limit in LIMITS}) == len(LIMITS)


def test_every_limit_is_counted_in_some_plan() -> None:
    plans = [
        compile_plans(declared(edited(WITH_EDGE, {"networks.corp.platform": platform})))
        for platform in ("aws", "azure")
    ]
    counted = {use.limit.code for each in plans for use in each.uses("corp")}
    assert counted == {limit.code for limit in LIMITS}


def test_contributors_are_added_up_by_reason_the_largest_first() -> None:
    weights = [("a", 1), ("b", 5), ("a", 2), ("c", 3), ("d", 1)]
    use = Use.summed(LIMITS[0], "here", weights)
    assert (use.used, use.largest) == (12, (("b", 5), ("a", 3), ("c", 3)))
