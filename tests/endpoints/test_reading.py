"""Answers of the web service and our own sets, right and wrong: a finding at its field, never a traceback."""

import json
from typing import Any, Final

import pytest

from exchange_ports.endpoints import EndpointSet, Instance, Snapshot, select
from exchange_ports.endpoints.reading import MOST_ENTRIES, MOST_RECORDS, read_snapshot
from exchange_ports.endpoints.shipped import DATA
from exchange_ports.findings import Finding, Refused

WORLDWIDE: Final = json.loads((DATA / "worldwide-2026081400.json").read_text("utf-8"))


def answer() -> list[dict[str, Any]]:
    """The records as the service sends them: what is empty is absent."""
    records: list[dict[str, Any]] = json.loads(json.dumps(WORLDWIDE["records"]))
    return [
        {key: value for key, value in each.items() if value not in (None, [])} for each in records
    ]


def record(records: list[dict[str, Any]], number: int) -> dict[str, Any]:
    return next(each for each in records if each["id"] == number)


def read(data: object) -> Snapshot:
    return read_snapshot(data, instance=Instance.WORLDWIDE, version="2026081400")


def wrong(data: object) -> list[Finding]:
    with pytest.raises(Refused) as refused:
        read(data)
    return list(refused.value.findings)


def codes(data: object) -> list[tuple[str, str]]:
    return [(each.kind.code, each.field) for each in wrong(data)]


# ---- the answer of the web service ----


def test_the_answer_of_the_service_is_read_without_what_it_leaves_out() -> None:
    snapshot = read(answer())
    assert snapshot.sets == read_snapshot(WORLDWIDE).sets
    assert select(snapshot, EndpointSet.AUTODISCOVER).by_name_only


def test_records_are_selected_by_what_they_say_and_not_by_number() -> None:
    renumbered = [{**each, "id": each["id"] + 1000} for each in answer()]
    sets, usual = read(renumbered).sets, read(answer()).sets
    for which in EndpointSet:
        assert sets[which].ranges == usual[which].ranges
        assert sets[which].records == tuple(each + 1000 for each in usual[which].records)


@pytest.mark.parametrize("ports", ["25", " 25 ", "25,443", "443, 25", "20-30", "25,443,53,80"])
def test_ports_are_read_with_blanks_and_beside_others(ports: str) -> None:
    """China has 25, 443, 53 and 80 in one record, GCC High 25 and 443 (m365-data.md 4)."""
    records = answer()
    record(records, 10)["tcpPorts"] = ports
    assert select(read(records), EndpointSet.HYBRID_MAIL).records == (10,)


def test_a_default_record_with_port_25_is_not_hybrid_mail() -> None:
    """Record 5 of GCC High: clients that send mail (m365-data.md 4)."""
    records = answer()
    records.append(
        {
            **{"id": 5, "serviceArea": "Exchange", "category": "Default", "required": True},
            **{"tcpPorts": "143,25,587,993,995", "urls": ["outlook.office365.us"]},
        }
    )
    assert select(read(records), EndpointSet.HYBRID_MAIL).records == (10,)


def test_several_records_of_a_set_are_one_set() -> None:
    records = answer()
    records.append({**record(records, 10), "id": 11, "ips": ["40.93.0.0/16", "198.51.100.0/24"]})
    mail = select(read(records), EndpointSet.HYBRID_MAIL)
    assert mail.records == (10, 11)
    # 40.93.0.0/16 lies in 40.92.0.0/15.
    assert [*map(str, mail.ranges_of(4))] == [
        *("40.92.0.0/15", "40.107.0.0/16", "52.100.0.0/14", "104.47.0.0/17", "198.51.100.0/24"),
    ]


def test_what_no_set_uses_is_not_checked() -> None:
    records = answer()
    records.append({"id": 31, "serviceArea": "SharePoint", "ips": ["what?"], "urls": ["*cdn.<x>"]})
    assert read(records).sets == read(answer()).sets


@pytest.mark.parametrize(
    "number, key, value, code, field",
    [
        (10, "ips", ["0.0.0.0/0"], "endpoints-range", "[4].ips[0]"),
        (10, "ips", ["40.0.0.0/7"], "endpoints-range", "[4].ips[0]"),
        (10, "ips", ["40.92.0.0/15", "2a00::/16"], "endpoints-range", "[4].ips[1]"),
        (10, "ips", ["10.0.0.0/8"], "endpoints-range", "[4].ips[0]"),
        (10, "ips", ["169.254.169.254/32"], "endpoints-range", "[4].ips[0]"),
        (10, "ips", ["fd00::/32"], "endpoints-range", "[4].ips[0]"),
        (10, "ips", ["40.92.0.1/15"], "host-bits", "[4].ips[0]"),
        (10, "ips", ["40.92.0.0/33"], "bad-range", "[4].ips[0]"),
        (10, "ips", ["mail"], "bad-range", "[4].ips[0]"),
        (10, "ips", "40.92.0.0/15", "wrong-type", "[4].ips"),
        (10, "ips", [7], "wrong-type", "[4].ips[0]"),
        (10, "urls", ["*.mx.microsoft", "http://x"], "endpoints-name", "[4].urls[1]"),
        (10, "urls", [None], "wrong-type", "[4].urls[0]"),
        (10, "tcpPorts", "25;443", "endpoints-ports", "[4].tcpPorts"),
        (10, "tcpPorts", "0", "endpoints-ports", "[4].tcpPorts"),
        (10, "tcpPorts", "70000", "endpoints-ports", "[4].tcpPorts"),
        (10, "tcpPorts", ["25"], "wrong-type", "[4].tcpPorts"),
        (10, "id", "ten", "wrong-type", "[4].id"),
        (10, "id", None, "missing-key", "[4]"),
        (10, "serviceArea", None, "missing-key", "[4]"),
    ],
)
def test_a_wrong_record_is_refused_at_its_field(
    number: int, key: str, value: object, code: str, field: str
) -> None:
    records = answer()
    if value is None:
        del record(records, number)[key]
    else:
        record(records, number)[key] = value
    assert codes(records) == [(code, field)]


@pytest.mark.parametrize(
    "number, missing",
    [(10, "hybrid_mail"), (1, "exchange_online"), (56, "sign_in")],
)
def test_an_answer_without_a_set_that_has_addresses_is_refused(number: int, missing: str) -> None:
    records = answer()
    without = [each for each in records if each["id"] != number]
    (finding,) = wrong(without)
    assert finding.kind.code == "endpoints-empty"
    assert f"`{missing}` has no addresses" in finding.summary
    del record(records, number)["ips"]
    (finding,) = wrong(records)
    assert f"`{missing}` has no IPv4 addresses" in finding.summary


def test_an_answer_with_ipv6_alone_is_refused() -> None:
    records = answer()
    record(records, 10)["ips"] = ["2a01:111:f400::/48"]
    (finding,) = wrong(records)
    assert "`hybrid_mail` has no IPv4 addresses" in finding.summary


def test_an_answer_without_a_version_is_refused_and_says_where_it_is() -> None:
    with pytest.raises(Refused) as refused:
        read_snapshot(answer(), instance=Instance.GCC_HIGH)
    (finding,) = refused.value.findings
    assert finding.kind.code == "endpoints-without-version"
    assert "https://endpoints.office.com/version/USGovGCCHigh" in finding.fix


@pytest.mark.parametrize(
    "data", [[], {}, None, "text", 7, {"records": {}}, {"sets": []}, [[]], [7]]
)
def test_what_is_no_snapshot_is_refused(data: object) -> None:
    assert wrong(data)


def test_lists_are_bounded() -> None:
    records = [dict[str, Any]()] * (MOST_RECORDS + 1)
    assert codes(records) == [("endpoints-too-many", "")]
    records = answer()
    record(records, 10)["ips"] = ["40.92.0.0/15"] * (MOST_ENTRIES + 1)
    assert codes(records) == [("endpoints-too-many", "[4].ips")]


# ---- our own sets ----


def sets(**changes: object) -> dict[str, object]:
    usual: dict[str, object] = {
        "instance": "worldwide",
        "version": "2026081400",
        "source": "endpoints.office.com",
        "sets": {"hybrid_mail": {"ranges": ["40.92.0.0/15"], "names": ["*.mx.microsoft"]}},
    }
    return {key: value for key, value in {**usual, **changes}.items() if value is not None}


def test_our_own_sets_are_read() -> None:
    snapshot = read_snapshot(sets(version=2026081400, instance="USGovDoD"))
    assert (snapshot.instance, snapshot.version) == (Instance.DOD, "2026081400")
    assert [*snapshot.sets] == [EndpointSet.HYBRID_MAIL]


@pytest.mark.parametrize(
    "changes, code, field",
    [
        ({"instance": "germany"}, "unknown-word", "instance"),
        ({"instance": "china"}, "endpoints-other-instance", "instance"),
        ({"instance": 7}, "wrong-type", "instance"),
        ({"version": "latest"}, "endpoints-version", "version"),
        ({"version": "2026130100"}, "endpoints-version", "version"),
        ({"version": 20260814}, "endpoints-version", "version"),
        ({"version": True}, "wrong-type", "version"),
        ({"source": ["x"]}, "wrong-type", "source"),
        ({"source": "x\ny"}, "wrong-type", "source"),
        ({"sets": {}}, "empty-list", "sets"),
        ({"extra": 1}, "unknown-key", "extra"),
        ({"sets": {"hybrid_mial": {}}}, "unknown-word", "sets.hybrid_mial"),
        ({"sets": {"hybrid_mail": {}}}, "endpoints-empty", "sets.hybrid_mail"),
        ({"sets": {"hybrid_mail": []}}, "wrong-type", "sets.hybrid_mail"),
        ({"sets": {"officeclient": {}}}, "endpoints-empty", "sets.officeclient"),
        ({"sets": {"officeclient": {"urls": []}}}, "unknown-key", "sets.officeclient.urls"),
        (
            {"sets": {"sign_in": {"ranges": ["20.20.32.0/19"], "records": ["56"]}}},
            "wrong-type",
            "sets.sign_in.records[0]",
        ),
    ],
)
def test_wrong_sets_are_refused_at_their_field(
    changes: dict[str, object], code: str, field: str
) -> None:
    found = codes(sets(**changes))
    assert (code, field) in found
    assert len(found) == 1
