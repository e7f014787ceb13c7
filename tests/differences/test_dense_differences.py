"""What `diff` tells of one edit more of dense topologies, as a golden."""

from collections.abc import Callable, Iterator

from exchange_ports.differences import Gate, diff_plans, held_by
from exchange_ports.differences.declaration_diff import diff_declarations
from exchange_ports.differences.flow_diff import FlowDiff, FlowEnd
from exchange_ports.flows import ExternalEndpoint
from exchange_ports.flows.flow import Endpoint
from exchange_ports.planning import Plans
from exchange_ports.topology.renames import renamed_without_id
from tests.differences.test_edits import row, where
from tests.support.combined_edits import TOGETHER, planned
from tests.support.counted import CountedLines


def told(old: Plans, new: Plans) -> Iterator[str]:
    found = diff_plans(old, new)
    for each in found.all:
        gates = ", ".join(gate for gate in Gate if held_by(gate, [each]))
        risks = "; ".join(map(str, each.risks))
        asked = ", ".join(".".join(map(str, path)) for path in each.asked)
        inward = ", inward" if each.inward else ""
        yield f"{row(each)} [rank {each.rank}{inward}; {gates}; {risks}; {asked}]"
        yield f"{each.source} at {where(each.source)} -> {each.destination} at {where(each.destination)}"
        for one in each.already:
            yield f"{one.way} before: {one.sources} -> {one.destinations} {one.services}"
    for note in (*found.comes, *found.goes, *found.moves, *found.regrouped):
        yield f"{note.name} at {'.'.join(map(str, note.path))}: {note.summary}"
    for each in found.renamed:
        yield f"{each.what} {each.old} is {each.new} at {'.'.join(map(str, each.path))}"
    words = diff_declarations(old, new)
    for each in words.sites:
        yield f"site {each.name} {each.edit}: {', '.join(each.servers)}"
    for each in words.addresses:
        yield (
            f"{each.what} of {each.of}: {each.before} -> {each.after}, alone {each.alone}, "
            f"with {each.with_site}"
        )
    yield f"the Internet has {words.internet_added}, no longer {words.internet_removed}"
    yield from (each.text() for each in renamed_without_id(old.inventory, new.inventory))
    flows = FlowDiff(old, new)
    yield f"other addresses: {', '.join(flows.readdressed)}"
    for flow in new.flows:
        for source in ends(new, flow.source):
            for target in ends(new, flow.destination):
                for part in flows.parts(source, target, flow.ports, of_old=False):
                    if not part.shared:
                        at = "" if part.addresses is None else f" at {part.addresses}"
                        yield f"new part: {flow.ports}: {part.ports}{at}"


def ends(plans: Plans, end: Endpoint) -> list[FlowEnd]:
    """An end outside, or each server of a group."""
    if isinstance(end, ExternalEndpoint):
        return [end]
    return [each.identity for each in plans.inventory.members.get(end, ())]


def test_what_is_told_of_one_edit_more_is_what_was_read(
    golden: Callable[[str, str], None],
) -> None:
    found = CountedLines()
    for number in range(len(TOGETHER)):
        platform = ("aws", "azure")[number // 2 % 2]
        new, old = planned(number, platform), planned(number, platform, -2)
        found.add(str(number), told(old, new))
        found.add(f"{number} taken back", told(new, old))
        if number % 3 == 0:
            earlier = planned(number, platform, -4)
            found.add(f"{number} with three edits", told(earlier, new))
    golden("differences/dense.md", found.text("Differences of dense topologies"))
