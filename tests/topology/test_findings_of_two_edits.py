"""The findings of each edit of several tables, and of two of them together, on an organization of two sites."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from exchange_ports.topology.validate import parse_topology
from tests.support.combined_edits import EDITS
from tests.support.counted import CountedLines
from tests.support.strategies import Data, edited
from tests.support.two_sites import TWO_SITES

Edit = Mapping[str, Any]

#: Each edit alone, and together with the one so many entries behind it.
DISTANCES: Final = (0, 7)


def both(one: Edit, other: Edit) -> Data | None:
    """Two sites with both edits; None where one takes away what is not there."""
    try:
        return edited(edited(TWO_SITES, one), other)
    except (AttributeError, KeyError, TypeError):
        return None


def test_the_findings_of_one_edit_or_two_are_those_that_were_read(
    golden: Callable[[str, str], None],
) -> None:
    cases = list(EDITS)
    found = CountedLines()
    for distance in DISTANCES:
        for number, case in enumerate(cases):
            other = cases[(number + distance) % len(cases)]
            data = both(EDITS[case], EDITS[other] if distance else {})
            if data is not None:
                _, findings = parse_topology(data, ())
                found.add(
                    f"{case}, {other}" if distance else case,
                    (
                        f"{each.kind.code} at {'.'.join(map(str, each.path))}: "
                        f"{each.summary} / {each.why} / {each.fix}"
                        for each in findings
                    ),
                )
    golden("findings/two_edits.md", found.text("Findings of one edit or two of two sites"))
