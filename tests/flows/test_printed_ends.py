"""What reports print as an end can be typed as one: a law over all stacks and situations."""

from collections.abc import Iterator

import pytest

from exchange_ports.api import load, plan
from exchange_ports.flows.flow_index import FlowIndex
from exchange_ports.flows.labels import (
    AddressLabels,
    EndpointNames,
    QueryEndpoint,
    outside_label,
    peer_label,
    roles_label,
)
from exchange_ports.planning import Plans, compile_plans
from exchange_ports.proof.explain import Explainer
from exchange_ports.reports.handover_report import handover
from exchange_ports.reports.matrix_report import matrix
from exchange_ports.topology.groups import Group
from exchange_ports.traffic.addresses import AddressSet, network
from tests.support.paths import ROOT, STACKS
from tests.support.situations import SITUATIONS, topology
from tests.support.strategies import declared

Printed = tuple[str, QueryEndpoint]


def _end(servers: tuple[str, ...], *ranges: str) -> QueryEndpoint:
    return QueryEndpoint("", tuple(sorted(servers)), AddressSet.of(map(network, ranges)))


def printed(plans: Plans) -> Iterator[Printed]:
    """What each report prints of each end, and what it stands for."""
    for row in matrix(plans):
        yield row.source, _end(row.source_servers, *row.source_ranges)
        yield row.destination, _end(row.destination_servers, *row.destination_ranges)
    flows = FlowIndex(plans.flows, {})
    names = AddressLabels(plans.inventory, flows)
    members: dict[Group, list[str]] = {}
    for server in plans.inventory.servers:
        for group in server.groups:
            members.setdefault(group, []).append(server.name)
    for group, servers in members.items():
        yield peer_label(group, ""), _end(tuple(servers))
        (roles,) = roles_label([group], plans.inventory)
        yield f"{roles} ({', '.join(servers)})", _end(tuple(servers))
    for end in flows.outside:
        there = QueryEndpoint("", (), flows.end(end))
        yield peer_label(end, "corp"), there
        yield ", ".join(outside_label([end], there.addresses, AddressSet())), there
        if len(there.addresses.spans) <= 3:
            yield names.several(there.addresses), there


def in_part(plans: Plans) -> Iterator[Printed]:
    """As `printed`, where a name of several ends may mean more: addresses stand beside it, or are of one rule."""
    groups = {group.key for server in plans.inventory.servers for group in server.groups}
    for rule in Explainer(plans).rules:
        # Which addresses a service tag has, the cloud decides; of a group, the network stands beside it.
        if (
            rule.peer not in groups
            and not rule.by_tag
            and "internet" not in rule.peer
            and len(rule.addresses.spans) <= 3
        ):
            yield rule.peer, QueryEndpoint("", (), rule.addresses)
    for row in handover(plans):
        for side in (row.source, row.destination):
            if not (side.servers and len(side.addresses) > len(side.servers)):
                where = f"{side.name} ({side.where})"
                yield where, _end(side.servers, *(() if side.servers else side.addresses))


def meant(plans: Plans, end: QueryEndpoint) -> QueryEndpoint:
    """The Internet is that of the question: what flows name as public, without our own zones."""
    for one in FlowIndex(plans.flows, {}).outside:
        if one.is_everyone and AddressSet.of(one.ranges) == end.addresses:
            return EndpointNames(plans).named["internet" if one.is_internet else "any"]
    return end


def _plans(name: str) -> Plans:
    if name in STACKS:
        return plan(load(ROOT / "stacks" / name).usable())
    return compile_plans(declared(topology(name, "aws")))


@pytest.mark.parametrize("name", [*STACKS, *SITUATIONS])
def test_what_a_report_prints_as_an_end_is_read_back_as_that_end(name: str) -> None:
    plans = _plans(name)
    ends = EndpointNames(plans)
    wrong: dict[str, str] = {}
    for text, printed_end in printed(plans):
        found, end = _found(ends, text), meant(plans, printed_end)
        if found not in (printed_end, end):
            wrong[text] = f"{found and found.addresses}, not {end.servers} {end.addresses}"
    for text, printed_end in in_part(plans):
        found = _found(ends, text)
        several = (printed_end, meant(plans, printed_end))
        if found is None or not any(_holds(found, end) for end in several):
            wrong[text] = f"{found and found.addresses} is less than {several}"
    assert wrong == {}


def _holds(outer: QueryEndpoint, inner: QueryEndpoint) -> bool:
    return {*inner.servers} <= {*outer.servers} and inner.addresses <= outer.addresses


def _found(ends: EndpointNames, text: str) -> QueryEndpoint | None:
    try:
        return ends.find(text)
    except ValueError:
        return None


@pytest.mark.parametrize(
    "text",
    ["", "nobody", "mbx1, nobody", "nobody (here)", "Edge servers of nowhere", "mbx1,", "()", "(mbx1)",
     "10.0.0.9-10.0.0.1", "10.0.0.1-10.0.0.2-10.0.0.3", "10.0.0.1-2001:db8::1", "-", "a, b and 2 more",
     "10.20.0.11/20", "4 ranges (nobody)"],
)  # fmt: skip
def test_what_is_no_end_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - a finding is made of it
        EndpointNames(_plans("edge-usual")).find(text)
