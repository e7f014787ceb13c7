"""Which findings an edit of a small topology adds: a table, with a near miss beside every finding."""

from collections.abc import Callable
from functools import reduce

import pytest

from exchange_ports.topology.validate import parse_topology
from tests.support.strategies import SMALL, edited
from tests.topology.check_cases import TABLE, found


@pytest.mark.parametrize("case", TABLE)
def test_an_edit_adds_these_findings_and_no_others(case: str) -> None:
    data, edits, expected = TABLE[case]
    without = found(data)
    for edit in edits:
        data = edited(data, edit)
    there = found(data)
    more = [f"+ {each}" for each in sorted(there - without)]
    assert [*more, *(f"- {each}" for each in sorted(without - there))] == expected


@pytest.mark.parametrize(
    "network, refused",
    [
        ({"other_subnet_groups": ["nsg-baseline"]}, ["other_subnet_groups"]),
        ({"platform": "azure", "other_subnet_groups": ["nsg-baseline"]}, []),
        (
            {
                "platform": "azure",
                "attach_to": "subnets",
                "other_subnet_groups": ["nsg-baseline"],
            },
            ["other_subnet_groups"],
        ),
        ({"platform": "azure", "other_groups": 1}, ["other_groups"]),
        ({"other_groups": 1}, []),
    ],
)
def test_groups_of_others_are_refused_where_they_have_no_effect(
    network: dict[str, object], refused: list[str]
) -> None:
    data = edited(SMALL, {f"networks.corp.{field}": value for field, value in network.items()})
    code = "other-groups-not-counted at networks.corp."
    assert sorted(each for each in found(data) if each.startswith(code)) == [
        f"{code}{field}" for field in refused
    ]


def test_the_words_of_these_findings_are_those_that_were_read(
    golden: Callable[[str, str], None],
) -> None:
    lines: list[str] = ["# What is said of each edit of `tests/topology/test_checks.py`", ""]
    for case, (base, edits, _) in TABLE.items():
        _, before = parse_topology(dict(base), ())
        _, findings = parse_topology(reduce(edited, edits, dict(base)), ())
        lines += [f"## {case}", ""]
        for each in findings:
            if each not in before:
                lines.append(f"* {each.kind.code}: {each.summary} / {each.why} / {each.fix}")
        lines.append("")
    golden("findings/edits.md", "\n".join(lines))
