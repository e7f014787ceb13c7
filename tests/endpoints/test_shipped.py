"""The snapshots of the package: their sets as the reference sheets have them, written from these by hand."""

import json
import subprocess
import sys
from datetime import date
from typing import Any, Final

import pytest

from exchange_ports.endpoints import EndpointSet, Instance, ranges, select
from exchange_ports.endpoints.age import old_snapshot
from exchange_ports.endpoints.inline import InlineSnapshot
from exchange_ports.endpoints.shipped import DATA, SHIPPED, newest, resolve, shipped
from exchange_ports.findings import Refused
from tests.support.paths import ROOT

#: exchange.md 9.3 (M365-EP, 2026-08-14).
_ID_1_IPV4: Final = [
    "13.107.6.152/31",
    "13.107.18.10/31",
    "13.107.128.0/22",
    "23.103.160.0/20",
    "40.96.0.0/13",
    "40.104.0.0/15",
    "52.96.0.0/14",
    "131.253.33.215/32",
    "132.245.0.0/16",
    "150.171.32.0/22",
    "204.79.197.215/32",
]
_ID_1_IPV6: Final = [
    "2603:1006::/40",
    "2603:1016::/36",
    "2603:1026::/36",
    "2603:1036::/36",
    "2603:1046::/36",
    "2603:1056::/36",
    "2620:1ec:4::152/128",
    "2620:1ec:4::153/128",
    "2620:1ec:c::10/128",
    "2620:1ec:c::11/128",
    "2620:1ec:d::10/128",
    "2620:1ec:d::11/128",
    "2620:1ec:8f0::/46",
    "2620:1ec:900::/46",
    "2620:1ec:a92::152/128",
    "2620:1ec:a92::153/128",
]
_ID_10_IPV4: Final = ["40.92.0.0/15", "40.107.0.0/16", "52.100.0.0/14", "104.47.0.0/17"]
_ID_10_IPV6: Final = ["2a01:111:f400::/48", "2a01:111:f403::/48"]
_ID_56_IPV4: Final = ["20.20.32.0/19", "20.190.128.0/18", "20.231.128.0/19", "40.126.0.0/18"]
_ID_56_IPV6: Final = [
    "2603:1006:2000::/48",
    "2603:1007:200::/48",
    "2603:1016:1400::/48",
    "2603:1017::/48",
    "2603:1026:3000::/48",
    "2603:1027:1::/48",
    "2603:1036:3000::/48",
    "2603:1037:1::/48",
    "2603:1046:2000::/48",
    "2603:1047:1::/48",
    "2603:1056:2000::/48",
    "2603:1057:2::/48",
]


@pytest.mark.parametrize(
    "which, ipv4, ipv6, records",
    [
        (EndpointSet.HYBRID_MAIL, _ID_10_IPV4, _ID_10_IPV6, (10,)),
        (EndpointSet.EXCHANGE_ONLINE, _ID_1_IPV4, _ID_1_IPV6, (1,)),
        (EndpointSet.SIGN_IN, _ID_56_IPV4, _ID_56_IPV6, (56,)),
        (EndpointSet.AUTODISCOVER, [], [], (8,)),
        (EndpointSet.OFFICECLIENT, [], [], (86,)),
        (EndpointSet.CERTIFICATE_CHECKS, [], [], (84, 125)),
    ],
)
def test_worldwide_sets_are_those_of_the_published_page(
    which: EndpointSet, ipv4: list[str], ipv6: list[str], records: tuple[int, ...]
) -> None:
    snapshot = shipped(Instance.WORLDWIDE, "2026081400")
    assert [*map(str, ranges(snapshot, which, ipv6=False))] == ipv4
    assert {*map(str, ranges(snapshot, which, ipv4=False))} == {*ipv6}
    selection = select(snapshot, which)
    assert selection.records == records
    assert selection.by_name_only == (not ipv4)
    assert selection.names


@pytest.mark.parametrize(
    "instance, counts",
    [
        # m365-data.md 4: IPv4 and IPv6 ranges of Exchange.
        (Instance.CHINA, (16, 9)),
        (Instance.GCC_HIGH, (10, 8)),
        (Instance.DOD, (6, 7)),
    ],
)
def test_instances_without_records_have_all_ranges_of_the_service_area_and_say_why(
    instance: Instance, counts: tuple[int, int]
) -> None:
    snapshot = newest(instance)
    for which in (EndpointSet.HYBRID_MAIL, EndpointSet.EXCHANGE_ONLINE):
        selection = select(snapshot, which)
        assert (len(selection.ranges_of(4)), len(selection.ranges_of(6))) == counts
        assert "by service area and not by record" in selection.basis
    assert all(each.basis for each in snapshot.sets.values())
    assert all(not each.records for each in snapshot.sets.values())


@pytest.mark.parametrize(
    "instance, hosts",
    [
        # exchange-later.md 8.
        (Instance.WORLDWIDE, {"login.microsoftonline.com", "graph.microsoft.com"}),
        (Instance.CHINA, {"login.partner.microsoftonline.cn", "microsoftgraph.chinacloudapi.cn"}),
        (Instance.GCC_HIGH, {"login.microsoftonline.us", "graph.microsoft.us"}),
        (Instance.DOD, {"login.microsoftonline.us", "dod-graph.microsoft.us"}),
    ],
)
def test_sign_in_has_the_hosts_of_tokens_and_of_graph(instance: Instance, hosts: set[str]) -> None:
    selection = select(newest(instance), EndpointSet.SIGN_IN)
    assert hosts <= {*selection.names}
    assert selection.ranges_of(4)


def test_opening_exchange_online_alone_would_block_graph() -> None:
    """m365-data.md 10: graph.microsoft.com is a name of record 56, not of record 1."""
    worldwide = newest(Instance.WORLDWIDE)
    assert "graph.microsoft.com" not in select(worldwide, EndpointSet.EXCHANGE_ONLINE).names


def test_every_file_of_the_folder_is_listed_and_named_by_its_content() -> None:
    files = {path.name for path in DATA.iterdir()}
    named = {f"{instance}-{each}.json" for instance, several in SHIPPED.items() for each in several}
    assert files == named
    for instance, several in SHIPPED.items():
        assert list(several) == sorted(several)
        for version in several:
            snapshot = shipped(instance, version)
            assert (snapshot.instance, snapshot.version) == (instance, version)
            assert snapshot.source
            assert snapshot.note


def test_names_of_instances_without_records_are_in_the_published_lists() -> None:
    for instance in (Instance.CHINA, Instance.GCC_HIGH, Instance.DOD):
        (version,) = SHIPPED[instance]
        data: dict[str, Any] = json.loads((DATA / f"{instance}-{version}.json").read_text("utf-8"))
        published = {url for area in data["serviceAreas"].values() for url in area["urls"]}
        for each in data["sets"].values():
            assert {*each["names"]} <= published


def test_the_known_versions_are_reported_where_a_stack_names_another_one() -> None:
    with pytest.raises(Refused) as refused:
        resolve("2026090100", Instance.WORLDWIDE, ("topology", "hybrid", "endpoints"))
    (finding,) = refused.value.findings
    assert finding.kind.code == "endpoints-unknown"
    assert finding.field == "topology.hybrid.endpoints"
    assert '`"2026081400"`' in finding.fix
    with pytest.raises(Refused):
        resolve("2026081400", Instance.CHINA)


def test_an_inline_snapshot_is_used_as_it_stands() -> None:
    inline = InlineSnapshot.model_validate_json(
        '{"instance": "worldwide", "version": 2027010100, "source": "endpoints.office.com", '
        '"sets": {"hybrid_mail": {"ranges": ["40.92.0.0/15", "2a01:111:f400::/48"], "names": ["*.mx.microsoft"]}}}'
    )
    snapshot = resolve(inline)
    assert snapshot.version == "2027010100"
    assert [*map(str, ranges(snapshot, EndpointSet.HYBRID_MAIL, ipv6=False))] == ["40.92.0.0/15"]
    assert ranges(snapshot, EndpointSet.SIGN_IN) == ()


def test_an_inline_snapshot_of_another_instance_is_refused() -> None:
    inline = InlineSnapshot.model_validate_json(
        '{"instance": "china", "version": "2027010100", "sets": {"hybrid_mail": {"ranges": ["40.92.0.0/15"]}}}'
    )
    with pytest.raises(Refused) as refused:
        resolve(inline, Instance.WORLDWIDE, ("endpoints",))
    assert [each.kind.code for each in refused.value.findings] == ["endpoints-other-instance"]
    assert refused.value.findings[0].field == "endpoints.instance"


def test_a_snapshot_is_old_after_a_year_and_not_before() -> None:
    snapshot = newest(Instance.WORLDWIDE)
    assert not [*old_snapshot(snapshot, date(2027, 8, 14))]
    (finding,) = old_snapshot(snapshot, date(2027, 8, 15), ("topology", "hybrid"))
    assert finding.kind.code == "endpoints-old"
    assert not finding.is_error
    assert "2026-08-14" in finding.summary


@pytest.mark.slow
def test_no_snapshot_is_read_where_no_stack_needs_one() -> None:
    code = (
        "import sys; from exchange_ports.cli import main; main(['plan', 'stacks/Pulumi.dev.yaml']); "
        "sys.exit(any(name.startswith('exchange_ports.endpoints.') and name.rsplit('.', 1)[1] in "
        "('reading', 'records', 'shipped') for name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False, text=True
    )
    assert done.returncode == 0, done.stderr
