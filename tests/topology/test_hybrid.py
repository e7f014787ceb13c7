"""A hybrid deployment with Exchange Online: what is refused, what is warned of, and what is loaded."""

import subprocess
import sys
from collections.abc import Mapping
from typing import Any, Final, cast

import pytest

from exchange_ports.clouds.aws.rules import AwsRuleSet
from exchange_ports.endpoints import Instance, shipped
from exchange_ports.findings import Refused
from exchange_ports.planning import compile_plans
from exchange_ports.reports.plan_report import closed
from exchange_ports.topology.validate import load_topology
from tests.support.paths import ROOT
from tests.support.strategies import GONE, SMALL, WITH_EDGE, declared, edited

PIN: Final = "2026081400"
FULL: Final = {"mode": "classic_full", "endpoints": PIN, "mail": "edge"}
MINIMAL: Final = {"mode": "classic_minimal", "endpoints": PIN}
MODERN: Final = {"mode": "modern", "endpoints": PIN, "agent_hosts": ["10.20.7.40"]}


def codes(base: Mapping[str, Any], hybrid: Mapping[str, Any], **edit: object) -> set[str]:
    """The codes of all findings; keys of `edit` have two underscores for a dot."""
    more = {key.replace("__", "."): value for key, value in edit.items()}
    data = edited(base, {"hybrid": dict(hybrid), **more})
    try:
        return {each.kind.code for each in load_topology(data)[1]}
    except Refused as refused:
        return {each.kind.code for each in refused.findings}


def test_an_unknown_pin_is_refused_where_it_is_declared() -> None:
    with pytest.raises(Refused) as refused:
        load_topology(edited(SMALL, {"hybrid": {**MINIMAL, "endpoints": "2031010100"}}))
    (found,) = (each for each in refused.value.findings if each.is_error)
    assert found.kind.code == "endpoints-unknown"
    assert found.path == ("topology", "hybrid", "endpoints")


def test_a_pin_without_quotes_is_the_same_pin() -> None:
    one, other = (
        edited(SMALL, {"hybrid": {**MINIMAL, "endpoints": pin}}) for pin in (PIN, int(PIN))
    )
    assert declared(one) == declared(other)


def test_a_snapshot_of_another_instance_is_refused() -> None:
    assert "endpoints-unknown" in codes(SMALL, {**MINIMAL, "instance": "china"})


@pytest.mark.parametrize(
    "names, code",
    [
        (["nowhere"], "undeclared"),
        (["edge1"], "server-without-group"),
        (["ex1"], "server-without-group"),
    ],
)
def test_names_of_hybrid_mail_are_checked(names: list[str], code: str) -> None:
    assert code in codes(WITH_EDGE, {**FULL, "mail": names})
    assert not {"undeclared", "server-without-group"} & codes(WITH_EDGE, {**FULL, "mail": ["hq"]})


def test_a_site_that_is_not_published_takes_no_hybrid_mail() -> None:
    found = codes(SMALL, {**FULL, "mail": ["hq"]}, sites__hq__published=False)
    assert {"not-published", "nothing-published"} <= found


@pytest.mark.parametrize("host", ["internet", "mailbox", "nobody"])
def test_a_host_of_the_agent_is_an_address_or_an_internal_server(host: str) -> None:
    assert "undeclared" in codes(SMALL, {**MODERN, "agent_hosts": [host]})


def test_an_agent_host_that_reaches_win_rm_from_the_internet_is_a_risk() -> None:
    data = edited(SMALL, {"hybrid": {**MODERN, "agent_hosts": ["198.51.100.7"]}})
    with pytest.raises(Refused) as refused:
        compile_plans(declared(data))
    (found,) = (each for each in refused.value.findings if each.is_error)
    assert (found.kind.code, found.path) == (
        "risky-traffic",
        ("topology", "hybrid", "agent_hosts"),
    )
    accepted = {**data, "accept_risk": {"hybrid.agent_hosts": "a provider, MAIL-1"}}
    assert compile_plans(declared(accepted)).flows


@pytest.mark.parametrize(
    "source, warned",
    [
        ("internet", False),
        ("exchange_ranges", True),
        (["203.0.113.0/24"], True),
        (["10.20.7.9"], False),
    ],
)
def test_sources_that_microsoft_does_not_publish_are_warned_of(
    source: object, warned: bool
) -> None:
    found = codes(SMALL, {**MINIMAL, "web_services": {"from": source}})
    assert ("hybrid-requests-restricted" in found) is warned


@pytest.mark.parametrize(
    "organization, hybrid, fits",
    [
        ("2013", "2013", True),
        ("2013", "2016", True),
        ("2016", "2013", False),
        ("2019", "2016", False),
        ("2010", "2016", True),
        ("2010", "2019", False),
        ("se", "2019", False),
        ("2019", "se", True),
    ],
)
def test_the_version_of_hybrid_servers_is_that_of_the_published_table(
    organization: str, hybrid: str, fits: bool
) -> None:
    """ "On-premises environment" by "Exchange ...-based hybrid deployment"; SE follows 2019 (A-18)."""
    from exchange_ports.versions import Version, hybrid_fits

    assert hybrid_fits(Version(hybrid), Version(organization)) is fits


def test_without_hybrid_only_its_rows_are_loaded() -> None:
    code = (
        "import sys; from exchange_ports.cli import main; main(['plan', 'stacks/Pulumi.dev.yaml']);"
        "print(sorted(n for n in sys.modules if not n.startswith('exchange_ports.catalog.')"
        " and ('endpoints' in n or 'hybrid' in n or '365' in n)),"
        "file=sys.stderr)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ran.stderr.splitlines()[-1] == "[]"


def test_a_newer_snapshot_in_the_package_changes_no_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    topology = declared(edited(WITH_EDGE, {"hybrid": FULL}))
    before = compile_plans(topology)
    versions = (*shipped.SHIPPED[Instance.WORLDWIDE], "2027010100")
    monkeypatch.setitem(shipped.SHIPPED, Instance.WORLDWIDE, versions)
    after = compile_plans(topology)
    assert (before.flows, before.networks) == (after.flows, after.networks)


def inline(*ranges: str) -> dict[str, Any]:
    """The shipped snapshot in the shape of a stack file, with other ranges of hybrid mail."""
    kept = shipped.newest(Instance.WORLDWIDE)
    sets = {
        which.value: {"ranges": list(map(str, each.ranges)), "names": list(each.names)}
        for which, each in kept.sets.items()
    }
    sets["hybrid_mail"]["ranges"] = list(ranges)
    return {"instance": "worldwide", "version": "2027010100", "sets": sets}


def test_another_snapshot_changes_the_addresses_of_hybrid_mail() -> None:
    mail = {**FULL, "mail": ["hq"]}
    old = compile_plans(declared(edited(SMALL, {"hybrid": mail})))
    changed = {**mail, "endpoints": inline("40.92.0.0/15", "8.8.8.0/24")}
    new = compile_plans(declared(edited(SMALL, {"hybrid": changed})))
    lists = [
        {each.key: list(map(str, each.entries)) for each in rules.prefix_lists}
        for rules in (cast("AwsRuleSet", plans.networks["corp"]) for plans in (old, new))
    ]
    assert lists[0]["prefix-list.hybrid_mail"] == [
        *("40.92.0.0/15", "40.107.0.0/16", "52.100.0.0/14", "104.47.0.0/17")
    ]
    assert sorted(lists[1]["prefix-list.hybrid_mail"]) == ["40.92.0.0/15", "8.8.8.0/24"]
    assert lists[0]["prefix-list.sign_in"] == lists[1]["prefix-list.sign_in"]


def test_what_the_rules_leave_out_is_named() -> None:
    ad_fs = {"servers": ["10.20.2.30"], "proxies": ["10.20.240.30"], "entra_connect": "10.20.2.31"}
    reported = closed(declared(edited(WITH_EDGE, {"hybrid": {**FULL, "ad_fs": ad_fs}})))
    assert "2 IPv6 ranges of hybrid mail in no rule: no IPv6 in corp" in reported
    assert any("from internet to AD FS proxies (10.20.240.30) (H5)" in each for each in reported)
    assert any(
        "from Microsoft Entra Connect (10.20.2.31) to AD FS (10.20.2.30) (H6)" in each
        for each in reported
    )


def test_the_wider_ranges_of_an_instance_without_records_are_named() -> None:
    china = {**MINIMAL, "instance": "china", "endpoints": "2026-07-01"}
    reported = closed(
        declared(edited(SMALL, {"hybrid": {**china, "mode": "classic_full", "mail": ["hq"]}}))
    )
    assert any("no record has 25 alone" in each for each in reported)


@pytest.mark.parametrize("published, warned", [(True, False), (False, True)])
def test_a_server_that_is_not_published_is_no_classic_hybrid_server(
    published: bool, warned: bool
) -> None:
    newest = {"address": "10.20.0.12", "version": 2019, "published": published}
    edit = {
        "version": 2016,
        "sites__hq__servers__ex1__roles": GONE,
        "sites__hq__servers__ex2": newest,
    }
    assert ("hybrid-server-version" in codes(SMALL, MINIMAL, **edit)) is warned


def test_the_first_edge_server_is_the_example_of_one_that_could_send_hybrid_mail() -> None:
    edge = {"network": "corp", "subscribed_site": "hq", "sends": False}
    servers = {
        key: {**edge, "address": f"10.20.240.{last}"} for key, last in (("edge7", 7), ("edge3", 3))
    }
    with pytest.raises(Refused) as refused:
        load_topology(edited(WITH_EDGE, {"edge_servers": servers, "hybrid": FULL}))
    (found,) = (f for f in refused.value.findings if f.kind.code == "hybrid-mail-without-edge")
    assert found.fix == "Set `sends: true` for an Edge server, or name it: `mail: [edge3]`."


def test_of_several_versions_that_a_hybrid_server_does_not_fit_the_newest_is_told() -> None:
    edit = {"hybrid": MINIMAL, "version": 2016, "sites.hq.servers.ex1.roles": GONE}
    for last, version in ((12, 2019), (13, "se")):
        address = f"10.20.0.{last}"
        edit[f"sites.hq.servers.ex{last}"] = {
            "address": address,
            "version": version,
            "published": False,
        }
    found = [
        each.summary
        for each in load_topology(edited(SMALL, edit))[1]
        if each.kind.code == "hybrid-server-version"
    ]
    assert len(found) == 1
    assert "Exchange Server SE (ex13)" in found[0]
