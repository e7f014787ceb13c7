"""Every flow of an organization of two sites, with its reasons and fields, edit by edit, as a golden."""

from collections.abc import Callable

from tests.support.flow_lines import flow_lines
from tests.support.strategies import edited
from tests.support.two_sites import EDITS, MORE, TWO_SITES


def test_the_flows_of_each_edit_are_those_that_were_read(
    golden: Callable[[str, str], None],
) -> None:
    usual = flow_lines(TWO_SITES)
    lines = ["# Flows of two sites, each with an Edge server", "", *usual, ""]
    for case, edit in {**EDITS, **MORE}.items():
        found = flow_lines(edited(TWO_SITES, edit))
        lines += [f"## {case}", "", *(line for line in found if line not in usual)]
        lines += [f"  without{line.removeprefix('*')}" for line in usual if line not in found]
        lines.append("")
    golden("flows/two_sites.md", "\n".join(lines))
