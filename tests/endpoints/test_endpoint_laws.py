"""Laws of snapshots: written and read they stay what they are, and whatever is read gets a finding."""

import json
import string
from collections.abc import Sequence
from copy import deepcopy
from ipaddress import IPv4Network, IPv6Network
from typing import Any, Final, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange_ports.endpoints import EndpointSet, Instance, Selection, Snapshot
from exchange_ports.endpoints.changes import changes
from exchange_ports.endpoints.files import read_snapshot_file
from exchange_ports.endpoints.inline import InlineSnapshot
from exchange_ports.endpoints.reading import read_snapshot
from exchange_ports.endpoints.shipped import SHIPPED, resolve, shipped
from exchange_ports.endpoints.written import as_data, to_json, to_yaml
from exchange_ports.findings import Finding, Refused
from exchange_ports.traffic.addresses import without_covered
from tests.support.paths import TESTS

pytestmark = pytest.mark.slow

ANSWER: Final[list[dict[str, Any]]] = json.loads(
    (TESTS / "fixtures" / "endpoints" / "answer.json").read_text("utf-8")
)


# ---- any snapshot ----


def _ipv4(bits: int, at: int) -> IPv4Network:
    return IPv4Network((at >> (32 - bits) << (32 - bits), bits))


def _ipv6(bits: int, at: int) -> IPv6Network:
    return IPv6Network((at >> (128 - bits) << (128 - bits), bits))


#: Public addresses alone: between 11.0.0.0 and 99.255.255.255, and in 2001::/16 and 2600::/12.
_IPV4: Final = st.builds(_ipv4, st.integers(8, 32), st.integers(11 << 24, (100 << 24) - 1))
_IPV6: Final = st.builds(
    _ipv6,
    st.integers(24, 128),
    st.one_of(
        st.integers(0x2001 << 112, (0x2002 << 112) - 1),
        st.integers(0x2600 << 112, (0x2610 << 112) - 1),
    ),
)
_LABEL: Final = st.text(string.ascii_letters + string.digits + "*_-", min_size=1, max_size=12)
_LAST: Final = st.text(string.ascii_letters + string.digits + "-", max_size=8).map("m{}".format)
_NAME: Final = st.tuples(st.lists(_LABEL, min_size=1, max_size=4).map(".".join), _LAST).map(
    ".".join
)
_WORDS: Final = st.one_of(
    st.text(st.characters(categories=["L", "N", "P", "S"], include_characters=" ")),
    st.sampled_from(["no", "2026-07-01", "1:30", "'", '"', "a: b", "- x", "# y", "\\", "  ", "&a"]),
).filter(str.isprintable)


@st.composite
def _selections(draw: st.DrawFn, which: EndpointSet) -> Selection:
    ranges: list[IPv4Network | IPv6Network] = []
    if which.needs_addresses:
        ranges += draw(st.lists(_IPV4, min_size=1, max_size=5))
        ranges += draw(st.lists(_IPV6, max_size=5))
    return Selection(
        which,
        without_covered(ranges),
        tuple(sorted(draw(st.sets(_NAME, min_size=not ranges, max_size=4)))),
        tuple(sorted(draw(st.sets(st.integers(0, 999), max_size=3)))),
        draw(_WORDS),
    )


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    sets = draw(st.sets(st.sampled_from(EndpointSet), min_size=1))
    day = draw(st.dates())
    plain = draw(st.booleans())
    return Snapshot(
        draw(st.sampled_from(Instance)),
        day.isoformat()
        if plain
        else f"{day:%Y%m%d}".zfill(8) + draw(st.sampled_from(["00", "07"])),
        draw(_WORDS.filter(bool)),
        {which: draw(_selections(which)) for which in EndpointSet if which in sets},
        draw(_WORDS),
    )


@given(snapshots())
def test_a_snapshot_that_is_written_and_read_is_the_same(snapshot: Snapshot) -> None:
    for text in (to_yaml(snapshot), to_json(snapshot)):
        assert read_snapshot_file(text.encode(), "a.yaml") == snapshot
    assert read_snapshot(as_data(snapshot)) == snapshot


@given(snapshots())
def test_a_stack_can_have_any_snapshot_in_itself(snapshot: Snapshot) -> None:
    inline = InlineSnapshot.model_validate_json(to_json(snapshot))
    assert resolve(inline, snapshot.instance) == snapshot


@given(snapshots())
def test_a_snapshot_does_not_differ_from_itself(snapshot: Snapshot) -> None:
    found = changes(snapshot, snapshot)
    assert found.same_rules
    assert all(each.same and each.same_addresses for each in found.sets)


@given(snapshots(), snapshots())
def test_a_difference_leads_from_the_old_snapshot_to_the_new_one(
    one: Snapshot, other: Snapshot
) -> None:
    there, back = changes(one, other), changes(other, one)
    assert there.same_rules == back.same_rules
    for way, reverse in zip(there.sets, back.sets, strict=True):
        assert way.ranges_added == reverse.ranges_removed
        assert way.names_added == reverse.names_removed
        became = {*way.old.ranges} - {*way.ranges_removed} | {*way.ranges_added}
        assert became == {*way.new.ranges}
        named = {*way.old.names} - {*way.names_removed} | {*way.names_added}
        assert named == {*way.new.names}
        if way.same_rules:
            assert way.same_addresses


def test_the_snapshots_of_the_package_are_the_same_when_they_are_written_and_read() -> None:
    for instance, versions in SHIPPED.items():
        for version in versions:
            snapshot = shipped(instance, version)
            for text in (to_yaml(snapshot), to_json(snapshot)):
                assert read_snapshot_file(text.encode(), "a.yaml") == snapshot


# ---- answers of the web service ----


@given(st.permutations(ANSWER), st.integers(1, 10**6))
def test_neither_the_order_nor_the_numbers_of_records_decide(
    records: list[dict[str, Any]], more: int
) -> None:
    usual = read_snapshot(ANSWER, version="2026081400")
    renumbered = [{**each, "id": each["id"] + more} for each in records]
    found = read_snapshot(renumbered, version="2026081400")
    for which, each in usual.sets.items():
        assert (found.sets[which].ranges, found.sets[which].names) == (each.ranges, each.names)


# ---- whatever is read ----

_JSON: Final = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(["25", "40.92.0.0/15", "0.0.0.0/0", "::/0", "*.x", "Exchange", "Optimize"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["id", "serviceArea", "ips", "urls", "tcpPorts", "sets", "records", "hybrid_mail"]
            )
            | st.text(max_size=4),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


def read_or_refused(data: object) -> None:
    findings: Sequence[Finding] = ()
    try:
        snapshot = read_snapshot(data, instance=Instance.WORLDWIDE, version="2026081400")
    except Refused as refused:
        findings = refused.findings
        snapshot = None
    assert bool(findings) == (snapshot is None)
    assert all(str(each) and each.fix for each in findings)
    if snapshot is not None:
        assert read_snapshot(as_data(snapshot)) == snapshot


@given(_JSON)
def test_whatever_is_no_snapshot_gets_findings(data: object) -> None:
    read_or_refused(data)
    read_or_refused([data])
    read_or_refused({"sets": {"hybrid_mail": data}})


@given(st.data())
def test_a_spoilt_answer_gets_findings_or_is_read(data: st.DataObject) -> None:
    records = deepcopy(ANSWER)
    for _ in range(data.draw(st.integers(1, 3))):
        record = data.draw(st.sampled_from(records))
        key = data.draw(st.sampled_from(sorted(record)))
        value = record[key]
        if isinstance(value, list) and value and data.draw(st.booleans()):
            several = cast("list[object]", value)
            several[data.draw(st.integers(0, len(several) - 1))] = data.draw(_JSON)
        elif data.draw(st.booleans()):
            record[key] = data.draw(_JSON)
        elif len(record) > 1:
            del record[key]
    read_or_refused(records)


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_get_findings_with_the_file(content: bytes) -> None:
    with pytest.raises(Refused) as refused:
        read_snapshot_file(content, "some.json", instance=Instance.WORLDWIDE, version="2026081400")
    assert {each.place.file for each in refused.value.findings} == {"some.json"}


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        b"{" * 1000,
        b"[" + b"0," * 200_000 + b"0]",
        b"a: &a [*a]",
        b"\xff\xfe[\x00]\x00",
    ],
)
def test_deep_and_large_files_are_bounded(content: bytes) -> None:
    with pytest.raises(Refused):
        read_snapshot_file(content, "some.json")
