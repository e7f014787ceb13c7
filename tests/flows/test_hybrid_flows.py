"""A hybrid deployment, edit by edit: its flows with their fields, and all that is found of it, as goldens."""

from collections.abc import Callable

from exchange_ports.planning import planned
from exchange_ports.topology.validate import parse_topology
from tests.support.flow_lines import flow_lines
from tests.support.hybrid_edits import EDITS, FULL, hybrid
from tests.support.strategies import SMALL, edited
from tests.support.two_sites import TWO_SITES


def test_the_flows_of_each_edit_are_those_that_were_read(
    golden: Callable[[str, str], None],
) -> None:
    usual = flow_lines(TWO_SITES)
    lines = ["# Flows that a hybrid deployment of two sites adds", ""]
    for case, edit in EDITS.items():
        data = edited(TWO_SITES, edit)
        if any(each.is_error for each in parse_topology(data, ())[1]):
            continue
        found = flow_lines(data)
        lines += [f"## {case}", "", *(line for line in found if line not in usual)]
        lines += [f"  without{line.removeprefix('*')}" for line in usual if line not in found]
        lines.append("")
    golden("flows/hybrid.md", "\n".join(lines))


def test_the_words_of_the_findings_of_each_edit_are_those_that_were_read(
    golden: Callable[[str, str], None],
) -> None:
    lines = [
        "# What is found of each edit of `tests/flows/test_hybrid_flows.py`, beside the first",
        "",
    ]
    usual: list[str] = []
    for case, edit in {**EDITS, "one server": hybrid(FULL, mail=["hq"])}.items():
        data = edited(SMALL if case == "one server" else TWO_SITES, edit)
        topology, found = parse_topology(data, ())
        if topology is not None and not any(each.is_error for each in found):
            found = (*found, *planned(topology)[1])
        reported = [
            f"* {each.kind.code} at {'.'.join(map(str, each.path))}: "
            f"{each.summary} / {each.why} / {each.fix}"
            for each in found
        ]
        lines += [f"## {case}", "", *(line for line in reported if line not in usual), ""]
        usual = usual or reported
    golden("findings/hybrid.md", "\n".join(lines))
