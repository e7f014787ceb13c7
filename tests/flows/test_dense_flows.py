"""The flows of dense topologies with their reasons, fields, risks and common names, as a golden."""

from collections.abc import Callable, Iterator

from exchange_ports.flows import ExternalEndpoint
from exchange_ports.flows.flow import Endpoint
from exchange_ports.flows.flow_index import FlowIndex
from exchange_ports.flows.labels import AddressLabels, EndpointLabels, peer_label, roles_label
from exchange_ports.planning import Plans
from tests.support.combined_edits import TOGETHER, both_clouds, dense
from tests.support.counted import CountedLines
from tests.support.flow_lines import flow_lines


def test_the_flows_of_dense_topologies_are_those_that_were_read(
    golden: Callable[[str, str], None],
) -> None:
    found = CountedLines()
    for number in range(len(TOGETHER)):
        found.add(str(number), (line.removeprefix("* ") for line in flow_lines(dense(number))))
    golden("flows/dense.md", found.text("Flows of dense topologies"))


def names(plans: Plans) -> Iterator[str]:
    """Each end of a flow in each of its names."""
    inventory = plans.inventory
    labels = EndpointLabels(inventory)
    ends: dict[Endpoint, None] = {}
    for flow in plans.flows:
        ends |= dict.fromkeys((flow.source, flow.destination))
    for end in ends:
        if isinstance(end, ExternalEndpoint):
            several = frozenset((end,))
            roles = ""
        else:
            several = frozenset(each.name for each in inventory.members.get(end, ()))
            roles = f", {', '.join(roles_label([end], inventory))}"
        yield (
            f"{peer_label(end, 'corp')}: rank {labels.rank(several)}, {labels.name(several)}, "
            f"{labels.name(several, ranges=False)}{roles}"
        )
    addresses = AddressLabels(inventory, FlowIndex(plans.flows, inventory.addresses))
    for end in ends:
        if isinstance(end, ExternalEndpoint):
            there = addresses.name(end.ranges[0][0])
            yield f"{end.name} begins with {there}"


def test_the_names_of_their_ends_are_those_that_were_read(
    golden: Callable[[str, str], None],
) -> None:
    found = CountedLines()
    for case, plans in both_clouds():
        found.add(case, names(plans))
    golden("flows/dense_names.md", found.text("Names of the ends of flows of dense topologies"))
