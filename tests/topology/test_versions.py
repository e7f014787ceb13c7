"""Which findings the versions of servers add: a table, with a near miss beside every finding."""

from collections.abc import Callable, Mapping
from datetime import date
from itertools import product
from typing import Any, Final

import pytest

from exchange_ports.topology.checks.versions import out_of_support
from exchange_ports.topology.validate import parse_topology
from tests.support.exchange_versions import COEXIST, VERSIONS, written
from tests.support.strategies import GONE, SMALL, WITH_EDGE, Data, declared, edited

Edit = Mapping[str, Any]

BOTH: Final = ["client_access", "mailbox"]
#: A second server at hq.
EX2: Final = "sites.hq.servers.ex2"
#: The small organization as one of SE, its server without roles.
SE: Final = edited(SMALL, {"version": "se", "sites.hq.servers.ex1.roles": GONE})
SE_EDGE: Final = edited(WITH_EDGE, {"version": "se", "sites.hq.servers.ex1.roles": GONE})
PARIS: Final[Edit] = {"sites.paris": {"network": "corp", "servers": {"ex3": {}}}}
#: Exchange 2013 with its roles on two servers.
SPLIT: Final = edited(
    SMALL,
    {
        "sites.hq.servers": {
            "cas1": {"roles": ["client_access"], "own_group": True},
            "mbx1": {"roles": ["mailbox"]},
        }
    },
)


def found(data: Mapping[str, Any]) -> set[str]:
    """The findings, each as its code and the field where it is."""
    _, findings = parse_topology(dict(data), ())
    return {f"{each.kind.code} at {'.'.join(map(str, each.path))}" for each in findings}


def asked(source: str, need: str) -> Edit:
    """An additional flow with a need."""
    flow = {"from": source, "to": "10.20.7.40", "need": need, "accept_risk": source == "edge"}
    return {"additional_flows": [flow]}


#: Where a field has a wrong shape, nothing else is checked.
#: A site of 2013, and one of 2016.
TWO_VERSIONS: Final = edited(
    SMALL,
    {"sites.paris": {"network": "corp", "servers": {"ex3": {"version": 2016}}}},
)
NOT_CHECKED: Final = ("- no-administration at sites", "- no-updates at sites")

#: The topology, what is edited, and the findings more (+) and less (-) than without.
TABLE: Final[Mapping[str, tuple[Mapping[str, Any], Edit, list[str]]]] = {
    # Roles.
    "2013 without roles": (
        SMALL,
        {"sites.hq.servers.ex1.roles": GONE},
        ["+ organization-without-role at sites", "+ roles-missing at sites.hq.servers.ex1"],
    ),
    "2016 without roles": (
        SMALL,
        {EX2: {"version": 2016}},
        ["+ versions-need-updates at {}.version"],
    ),
    "SE without roles": (SE, {EX2: {}}, []),
    "SE with the Mailbox role": (SE, {EX2: {"roles": ["mailbox"]}}, []),
    "SE with both roles": (SE, {EX2: {"roles": BOTH}}, ["+ role-of-another-version at {}.roles"]),
    "SE with Client Access alone": (
        SE,
        {EX2: {"roles": ["client_access"]}},
        ["+ role-of-another-version at {}.roles"],
    ),
    "2013 in an organization of 2016, without roles": (
        edited(SE, {"version": 2016}),
        {EX2: {"version": 2013}},
        ["+ roles-missing at {}", "+ versions-need-updates at {}.version"],
    ),
    "no role of Client Access is missing where all are SE": (
        SE,
        {"sites.hq.servers.ex1.roles": ["mailbox"]},
        [],
    ),
    "a site of 2013 with Mailbox alone, beside 2016": (
        SMALL,
        {"sites.paris": {"network": "corp", "servers": {"mbx3": {"roles": ["mailbox"]}}}},
        ["+ mailbox-without-client-access at sites.paris"],
    ),
    "a site of 2013 with Mailbox alone, and 2016 in the site": (
        SMALL,
        {
            "sites.paris": {
                "network": "corp",
                "servers": {"mbx3": {"roles": ["mailbox"]}, "ex4": {"version": 2016}},
            }
        },
        ["+ versions-need-updates at sites.paris.servers.ex4.version"],
    ),
    # Older Exchange servers.
    "2010 beside 2016": (
        edited(SE, {"version": 2016}),
        {"sites.hq.other_exchange": {"addresses": ["10.20.5.1"], "version": 2010}},
        ["+ versions-need-updates at sites.hq.other_exchange.version"],
    ),
    "2010 beside 2019": (
        edited(SE, {"version": 2019}),
        {"sites.hq.other_exchange": {"addresses": ["10.20.5.1"], "version": 2010}},
        ["+ versions-exclude-each-other at sites.hq.other_exchange.version"],
    ),
    "other servers without a version": (
        edited(SE, {"version": 2019}),
        {"sites.hq.other_exchange": ["10.20.5.1"]},
        [],
    ),
    "2016 declared as another server": (
        SE,
        {"sites.hq.other_exchange": {"addresses": ["10.20.5.1"], "version": 2016}},
        ["+ unknown-version at sites.hq.other_exchange.version", *NOT_CHECKED],
    ),
    "2010 declared as a server": (
        SMALL,
        {EX2: {"version": 2010, "roles": BOTH}},
        ["+ unknown-version at {}.version", *NOT_CHECKED],
    ),
    # Edge servers.
    "an Edge server of the organization's version": (SE_EDGE, {}, []),
    "an Edge server of 2019 with SE": (
        SE_EDGE,
        {"edge_servers.edge1.version": 2019},
        ["+ versions-need-updates at edge_servers.edge1.version"],
    ),
    "an Edge server of 2013 with SE": (
        SE_EDGE,
        {"edge_servers.edge1.version": 2013},
        ["+ edge-version-unsupported at edge_servers.edge1.version"],
    ),
    "an Edge server of 2013 with 2019": (
        edited(SE_EDGE, {"version": 2019}),
        {"edge_servers.edge1.version": 2013},
        ["+ versions-need-updates at edge_servers.edge1.version"],
    ),
    "an Edge server of the organization's version that a server excludes": (
        WITH_EDGE,
        {"sites.hq.servers.ex1.version": "se", "sites.hq.servers.ex1.roles": GONE},
        ["+ edge-version-unsupported at edge_servers.edge1"],
    ),
    "two Edge servers that exclude each other": (
        edited(SE_EDGE, {"version": 2016, "edge_servers.edge1.version": 2010}),
        {
            "edge_servers.edge2": {
                "network": "corp",
                "subscribed_site": "hq",
                "version": 2019,
            }
        },
        ["+ edge-version-unsupported at edge_servers.edge2.version"],
    ),
    "two Edge servers that do not": (
        edited(SE_EDGE, {"version": 2016, "edge_servers.edge1.version": 2013}),
        {
            "edge_servers.edge2": {
                "network": "corp",
                "subscribed_site": "hq",
                "version": 2019,
            }
        },
        ["+ versions-need-updates at edge_servers.edge2.version"],
    ),
    "what two versions need is said once": (
        edited(
            WITH_EDGE,
            {EX2: {"version": 2016}, "sites.hq.servers.ex1.own_group": True},
        ),
        {"edge_servers.edge1.version": 2016},
        [],
    ),
    # Needs (exchange-later.md 8).
    **{
        f"the need {need} of {version}": (
            edited(SMALL, {"version": version, "sites.hq.servers.ex1.own_group": True})
            if version == 2013
            else edited(SE, {"version": version}),
            {"additional_flows": [{"from": "mailbox", "to": "10.20.7.40", "need": need}]},
            [
                *([] if able else ["+ need-of-other-servers at additional_flows.0.need"]),
            ],
        )
        for need, versions in {
            "emergency_mitigation": (2016, 2019, "se"),
            "feature_flighting": (2019, "se"),
            "graph": ("se",),
            "hybrid_modern_auth": (2013, 2016, 2019, "se"),
            "exchange_online": (2013, 2016, 2019, "se"),
        }.items()
        for version in (2013, 2016, 2019, "se")
        for able in [version in versions]
    },
    "a need of Mailbox servers, of Edge": (
        SE_EDGE,
        asked("edge", "emergency_mitigation"),
        ["+ need-of-other-servers at additional_flows.0.need"],
    ),
    "a need of every server, of Edge": (
        SE_EDGE,
        asked("edge", "certificate_checks"),
        [],
    ),
    "a need that one of the servers has": (
        edited(SE, {"version": 2016, EX2: {"version": 2019}}),
        asked("exchange", "feature_flighting"),
        [],
    ),
    # Witness servers.
    "one version behind a witness": (SE, {"witness_servers.w": {"address": "10.20.2.60"}}, []),
    "two versions behind a witness": (
        edited(SE, {EX2: {"version": 2019}}),
        {"witness_servers.w": {"address": "10.20.2.60"}},
        ["+ availability-group-of-several-versions at witness_servers.w"],
    ),
    "two versions, one of them behind a witness": (
        edited(SE, {**PARIS, "sites.paris.servers.ex3.version": 2019}),
        {"witness_servers.w": {"address": "10.20.2.60", "sites": ["paris"]}},
        [],
    ),
    "two versions of which one is Client Access alone": (
        edited(SE, {"version": 2016, EX2: {"version": 2013, "roles": ["client_access"]}}),
        {"witness_servers.w": {"address": "10.20.2.60"}},
        [],
    ),
    # Published servers.
    "published on a server without Client Access": (
        SPLIT,
        {"sites.hq.servers.mbx1.published": False},
        ["+ published-without-effect at sites.hq.servers.mbx1.published"],
    ),
    "published on a server with Client Access": (
        SPLIT,
        {"sites.hq.servers.cas1.published": True},
        [],
    ),
    "published on a site without Client Access": (
        SE,
        {"sites.rome": {"published": False}},
        ["+ published-without-effect at sites.rome.published"],
    ),
    "published on a site with Client Access": (
        edited(SE, PARIS),
        {"sites.paris.published": False},
        [],
    ),
    "clients of a site that is not published": (
        edited(SE, {**PARIS, "clients.c": {"to": ["paris"]}}),
        {"sites.paris.published": False},
        ["+ not-published at clients.c.to.0"],
    ),
    "clients of a site of which one server is published": (
        edited(SE, {**PARIS, "clients.c": {"to": ["paris"]}, "sites.paris.servers.ex4": {}}),
        {"sites.paris.published": False, "sites.paris.servers.ex4.published": True},
        [],
    ),
    "clients of a server that is not published": (
        edited(SE, {EX2: {"own_group": True}, "clients.c": {"to": ["ex2"]}}),
        {"sites.hq.servers.ex2.published": False},
        ["+ not-published at clients.c.to.0"],
    ),
    "mail to a site that is not published": (
        edited(SE, {**PARIS, "mail_flow.inbound": {"to": ["hq", "paris"]}}),
        {"sites.paris.published": False},
        ["+ not-published at mail_flow.inbound.to.1"],
    ),
    "nothing published, and clients": (
        edited(SE, {"clients.c": {}}),
        {"sites.hq.published": False},
        ["+ nothing-published at clients.c"],
    ),
    "nothing published, and mail": (
        edited(SE, {"mail_flow.inbound": {"from": "internet"}}),
        {"sites.hq.published": False},
        ["+ nothing-published at mail_flow.inbound"],
    ),
    "nothing published, and mail to Edge servers": (
        edited(SE_EDGE, {"mail_flow.inbound": {"from": "internet"}}),
        {"sites.hq.published": False},
        [],
    ),
    "nothing published, and nothing to reach": (SE, {"sites.hq.published": False}, []),
    "a relay to a server that is not published": (
        edited(SE, {"mail_flow.relays.r": {"from": "10.20.7.0/28"}}),
        {"sites.hq.published": False},
        [],
    ),
    # The Internet, to what is not published (V4).
    "from the Internet to a Client Access server": (
        SPLIT,
        {
            "additional_flows": [
                {"from": "internet", "to": "cas1", "ports": ["8443/tcp"], "reason": "r"}
            ]
        },
        [],
    ),
    "a witness of both sites by default": (
        TWO_VERSIONS,
        {"witness_servers.w": {"address": "10.20.9.60"}},
        ["+ availability-group-of-several-versions at witness_servers.w"],
    ),
    "a witness of a site with one version": (
        TWO_VERSIONS,
        {"witness_servers.w": {"address": "10.20.9.60", "sites": ["paris"]}},
        [],
    ),
    "a witness of a site with the other version": (
        TWO_VERSIONS,
        {"witness_servers.w": {"address": "10.20.9.60", "sites": ["hq"]}},
        [],
    ),
    "a witness of both sites": (
        TWO_VERSIONS,
        {"witness_servers.w": {"address": "10.20.9.60", "sites": ["hq", "paris"]}},
        ["+ availability-group-of-several-versions at witness_servers.w"],
    ),
    "a witness beside Client Access servers of another version": (
        edited(
            TWO_VERSIONS,
            {
                "sites.paris.servers.ex3": {"version": 2016},
                "version": 2016,
                "sites.hq.servers.cas1": {"roles": ["client_access"], "version": 2013},
            },
        ),
        {"witness_servers.w": {"address": "10.20.9.60"}},
        [],
    ),
    "from the Internet to one that is not published": (
        edited(SPLIT, {"sites.hq.servers.cas1.published": False}),
        {
            "additional_flows": [
                {"from": "internet", "to": "cas1", "ports": ["8443/tcp"], "reason": "r"}
            ]
        },
        ["+ risky-traffic at additional_flows.0"],
    ),
    "a public relay to a Client Access server": (
        SPLIT,
        {"mail_flow.relays.r": {"from": "198.51.100.7"}},
        [],
    ),
    "a public relay to one that is not published": (
        edited(SPLIT, {"sites.hq.servers.cas1.published": False}),
        {"mail_flow.relays.r": {"from": "198.51.100.7"}},
        ["+ risky-traffic at mail_flow.relays.r"],
    ),
    "a public relay to one that is not published, accepted": (
        edited(SPLIT, {"sites.hq.servers.cas1.published": False}),
        {"mail_flow.relays.r": {"from": "198.51.100.7", "accept_risk": True}},
        [],
    ),
    "a public relay to SE": (
        SE,
        {"mail_flow.relays.r": {"from": "198.51.100.7"}},
        ["+ risky-traffic at mail_flow.relays.r"],
    ),
}


@pytest.mark.parametrize("case", TABLE)
def test_an_edit_adds_these_findings_and_no_others(case: str) -> None:
    base, edit, expected = TABLE[case]
    without, there = found(base), found(edited(base, edit))
    added = [f"+ {each}" for each in sorted(there - without)]
    gone = [f"- {each}" for each in sorted(without - there)]
    at = "sites.hq.servers.ex2"
    assert [*added, *gone] == [each.format(at) for each in expected]


def pair(one: str, other: str) -> Data:
    """An organization of one version with a server, or a neighbor, of another one."""
    managed = [each for each in (one, other) if each >= "2013"]
    data = edited(SMALL, {"version": written(max(managed)), "sites.hq.servers": {}})
    for number, each in enumerate(managed, start=1):
        server: Data = {"version": written(each)}
        if each == "2013":
            server["roles"] = BOTH
        data["sites"]["hq"]["servers"][f"ex{number}"] = server
    for each in {one, other} - {*managed}:
        older = {"addresses": ["10.20.5.1"], "version": written(each)}
        data["sites"]["hq"]["other_exchange"] = older
    return data


@pytest.mark.parametrize("one, other", [*product(VERSIONS, VERSIONS)])
def test_each_pair_of_versions_is_possible_needs_updates_or_is_refused(
    one: str, other: str
) -> None:
    if max(one, other) < "2013":
        return
    codes = {each.partition(" ")[0] for each in found(pair(one, other))}
    about = codes & {"versions-exclude-each-other", "versions-need-updates"}
    known = COEXIST.get((min(one, other), max(one, other)))
    if one == other:
        assert not about
    elif known is None:
        assert about == {"versions-exclude-each-other"}
    else:
        assert about == {"versions-need-updates"}


def reported(data: Mapping[str, Any], code: str) -> list[str]:
    """The texts of the findings with this code."""
    _, findings = parse_topology(dict(data), ())
    return [f"{f.summary} / {f.why} / {f.fix}" for f in findings if f.kind.code == code]


def test_a_pair_names_a_server_of_each_and_what_they_need() -> None:
    assert reported(pair("2013", "2019"), "versions-need-updates") == [
        "Exchange 2013 (ex1) and Exchange 2019 (ex2) are in one organization. / That requires: Exchange 2013 "
        'CU21, and Exchange 2019 no later than CU14 ("Exchange Server system requirements"). / Check the '
        "builds of these servers, then acknowledge the warning."
    ]
    assert reported(pair("se", "2013"), "versions-exclude-each-other") == [
        "Exchange Server SE (ex1) cannot be in one organization with Exchange 2013 (ex2). / Setup of Exchange "
        'Server SE stops while an Exchange 2013 server exists ("Upgrade to Exchange Server SE"). / Correct '
        "the `version` of one of them."
    ]


def test_an_edge_server_that_is_excluded_names_the_versions_that_are_not() -> None:
    data = edited(SE_EDGE, {"edge_servers.edge1.version": 2013})
    [text] = reported(data, "edge-version-unsupported")
    assert text.startswith(
        "edge1 is an Edge server of Exchange 2013, in an organization with Exchange Server SE (ex1)."
    )
    assert text.endswith("that can be in this organization: 2016, 2019, se.")


def test_2010_is_not_a_version_of_a_server_and_the_fix_says_where_it_belongs() -> None:
    assert reported(edited(SE, {EX2: {"version": 2010}}), "unknown-version") == [
        'Unknown Exchange version "2010". / Servers of this version are not declared one by one. / Declare '
        "their addresses in `other_exchange` of their site, with `version: 2010`."
    ]
    assert reported(edited(SE, {"version": 2018}), "unknown-version") == [
        'Unknown Exchange version "2018". /  / Write one of 2013, 2016, 2019, se, such as `version: se`.'
    ]


def test_the_risk_names_servers_that_are_not_published() -> None:
    closed = edited(SE, {"sites.hq.published": False, "mail_flow.relays.r.from": "198.51.100.7"})
    [text] = reported(closed, "risky-traffic")
    assert "traffic from the Internet to servers that are not published" in text
    opened = edited(SE, {"mail_flow.relays.r.from": "198.51.100.7"})
    [text] = reported(opened, "risky-traffic")
    assert "traffic from the Internet to Mailbox servers" in text


# ---- support ----


@pytest.mark.parametrize(
    "day, versions",
    [
        (date(2020, 10, 13), []),
        (date(2020, 10, 14), ["2010"]),
        (date(2023, 4, 11), ["2010"]),
        (date(2023, 4, 12), ["2010", "2013"]),
        (date(2025, 10, 14), ["2010", "2013"]),
        (date(2025, 10, 15), ["2010", "2013", "2016"]),
        (date(2040, 1, 1), ["2010", "2013", "2016"]),
    ],
)
def test_a_version_is_out_of_support_from_the_day_after_its_last(
    day: date, versions: list[str]
) -> None:
    data = edited(
        SMALL,
        {
            EX2: {"version": 2016},
            "sites.hq.servers.ex3": {"version": 2016},
            "sites.hq.other_exchange": {"addresses": ["10.20.5.1"], "version": 2010},
        },
    )
    found = list(out_of_support(declared(data), day))
    assert [each.summary.split()[3] for each in found] == versions


def test_the_warning_is_at_the_first_server_and_counts_the_others() -> None:
    data = edited(SMALL, {"version": 2019, "sites.hq.servers": {"a": {}, "b": {}, "c": {}}})
    [warning] = out_of_support(declared(data), date(2026, 1, 1))
    assert warning.summary == "Support for Exchange 2019 ended on 2025-10-14: a and 2 more."
    assert warning.path == ("topology", "sites", "hq", "servers", "a")


def test_se_is_supported_and_an_acknowledged_warning_is_not_repeated() -> None:
    assert not list(out_of_support(declared(SE), date(2030, 1, 1)))
    data = edited(SMALL, {"acknowledge": {"version-out-of-support": "ends this year"}})
    assert not list(out_of_support(declared(data), date(2030, 1, 1)))


def test_the_words_of_these_findings_are_those_that_were_read(
    golden: Callable[[str, str], None],
) -> None:
    lines: list[str] = ["# What is said of each edit of `tests/topology/test_versions.py`", ""]
    for case, (base, edit, _) in TABLE.items():
        before = parse_topology(dict(base), ())[1]
        lines += [f"## {case}", ""]
        for each in parse_topology(edited(base, edit), ())[1]:
            if each not in before:
                lines.append(f"* {each.kind.code}: {each.summary} / {each.why} / {each.fix}")
        lines.append("")
    golden("findings/versions.md", "\n".join(lines))


def test_where_nothing_is_published_clients_of_a_named_site_are_reported_at_that_name_only() -> (
    None
):
    data = edited(
        SMALL,
        {
            "sites.hq.published": False,
            "clients.named": {"from": ["10.64.0.0/16"], "services": ["https"], "to": ["hq"]},
            "clients.unnamed": {"from": ["10.65.0.0/16"], "services": ["https"]},
        },
    )
    _, findings = parse_topology(data, ())
    codes = {".".join(map(str, each.path)): each.kind.code for each in findings if each.is_error}
    assert codes == {
        "clients.named.to.0": "not-published",
        "clients.unnamed": "nothing-published",
    }


def test_a_warning_that_occurs_and_is_acknowledged_is_not_reported_at_all() -> None:
    def codes(data: Data) -> set[str]:
        return {each.kind.code for each in parse_topology(data, ())[1]}

    assert "no-administration" in codes(edited(SMALL, {}))
    known = codes(edited(SMALL, {"acknowledge": {"no-administration": "by console"}}))
    assert not known & {"no-administration", "unused-acknowledgment"}
