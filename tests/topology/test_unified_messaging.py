"""Which findings Unified Messaging adds: a table, with a near miss beside every finding."""

from collections.abc import Callable

import pytest

from exchange_ports.topology.validate import parse_topology
from tests.support.strategies import edited
from tests.topology.unified_messaging_cases import LATE, SPLIT, TABLE, UM, found


@pytest.mark.parametrize("case", TABLE)
def test_an_edit_adds_these_findings_and_removes_those(case: str) -> None:
    base, edit, expected = TABLE[case]
    before, after = found(base), found(edited(base, edit))
    assert sorted(
        [*(f"+ {each}" for each in after - before), *(f"- {each}" for each in before - after)]
    ) == sorted(expected)


def test_an_organization_of_later_versions_has_no_unified_messaging() -> None:
    assert f"unified-messaging-unavailable at {UM}" in found(LATE)


@pytest.mark.parametrize("field", ["ip_gateways", "fax_partner_servers"])
def test_a_peer_needs_an_address(field: str) -> None:
    data = edited(SPLIT, {f"{UM}.{field}.added": {}})
    assert found(data) == {f"missing-key at {UM}.{field}.added"}


def test_the_words_of_these_findings_are_those_that_were_read(
    golden: Callable[[str, str], None],
) -> None:
    lines: list[str] = [
        "# What is said of each edit of `tests/topology/test_unified_messaging.py`",
        "",
    ]
    for case, (base, edit, _) in TABLE.items():
        before = parse_topology(dict(base), ())[1]
        lines += [f"## {case}", ""]
        for each in parse_topology(edited(base, edit), ())[1]:
            if each not in before:
                lines.append(f"* {each.kind.code}: {each.summary} / {each.why} / {each.fix}")
        lines.append("")
    golden("findings/unified_messaging.md", "\n".join(lines))
