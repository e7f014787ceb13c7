"""Which findings the versions of servers add: a table, with a near miss beside every finding."""

from collections.abc import Callable, Mapping
from datetime import date
from itertools import product
from typing import Any

import pytest

from exchange_ports.topology.checks.versions import out_of_support
from exchange_ports.topology.validate import parse_topology
from tests.support.exchange_versions import COEXIST, VERSIONS, written
from tests.support.strategies import SMALL, Data, declared, edited
from tests.topology.version_cases import BOTH, EX2, SE, SE_EDGE, TABLE, found


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
