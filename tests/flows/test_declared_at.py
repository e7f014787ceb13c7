"""Each flow is led back to the fields that ask for it."""

from collections.abc import Collection, Iterator
from typing import Any, Final

import pytest
from hypothesis import given

from exchange_ports.catalog import ENTRIES
from exchange_ports.findings.finding import Path
from exchange_ports.flows import ExternalEndpoint, FieldOrigins, Flow, Reason, compile_flows
from exchange_ports.flows.rows import ROWS
from exchange_ports.topology.groups import Group
from exchange_ports.topology.inventory import Inventory
from exchange_ports.topology.models import Topology
from tests.support.strategies import SMALL, WITH_EDGE, declared, edited, topologies


def asked_for(topology: Topology) -> Iterator[tuple[Flow, Reason, Collection[Path]]]:
    """Each reason of each flow, with the fields that ask for it."""
    origins = FieldOrigins(Inventory(topology))
    for flow in compile_flows(Inventory(topology)):
        for reason in flow.reasons:
            yield flow, reason, origins.of(flow, reason)


def asked(data: Any) -> dict[str, set[str]]:
    """The fields by the row, or the words, of the reason."""
    found: dict[str, set[str]] = {}
    for _, reason, paths in asked_for(declared(data)):
        written = {".".join(map(str, path)) for path in paths}
        found.setdefault(reason.entry or reason.summary, set()).update(written)
    return found


def value_at(data: Any, path: Any) -> Any:
    for step in path:
        data = data[step] if isinstance(step, int) else data.get(step)
    return data


def test_every_row_of_the_catalog_has_one_entry() -> None:
    assert set(ROWS) == {entry.id for entry in ENTRIES}


@pytest.mark.slow
@given(topologies())
def test_every_flow_is_asked_for_by_fields_that_are_there(data: dict[str, Any]) -> None:
    for flow, reason, paths in asked_for(declared(data)):
        ours = isinstance(flow.source, Group) and isinstance(flow.destination, Group)
        assert paths or (reason.entry == "R1" and ours), (flow, reason)
        for path in paths:
            assert value_at(data, path) is not None, (path, reason)


@pytest.mark.slow
@given(topologies())
def test_without_who_asked_the_reason_is_gone(data: dict[str, Any]) -> None:
    """The additional flows, which are the easiest to take away: each alone."""
    topology = declared(data)
    for flow, reason, paths in asked_for(topology):
        indices = {p[1] for p in paths if p[0] == "additional_flows"}
        if not indices or any(p[0] != "additional_flows" for p in paths):
            continue
        kept = tuple(each for i, each in enumerate(topology.additional_flows) if i not in indices)
        others = compile_flows(Inventory(topology.model_copy(update={"additional_flows": kept})))
        assert not [f for f in others if f == flow and reason in f.reasons]


CLIENTS: Final = {
    "internet": {"services": ["https"]},
    "office": {"from": ["10.64.0.0/16"], "services": ["https", "imap"]},
}


@pytest.mark.parametrize(
    "data, entry, paths",
    [
        (SMALL, "R1", set[str]()),
        (SMALL, "R3", {"sites.hq.domain_controllers"}),
        (edited(SMALL, {"clients": CLIENTS}), "C3", {"clients.office.services"}),
        (
            edited(SMALL, {"clients": CLIENTS}),
            "C1",
            {"clients.internet.services", "clients.office.services"},
        ),
        (WITH_EDGE, "E5", {"edge_servers.edge1.subscribed_site"}),
        (edited(WITH_EDGE, {"mail_flow": {}}), "E4", {"edge_servers.edge1.subscribed_site"}),
        (
            edited(WITH_EDGE, {"mail_flow": {"outbound": [{"through": "edge"}]}}),
            "E4",
            {"mail_flow.outbound.0"},
        ),
        (
            edited(SMALL, {"mail_flow": {"outbound": [{"through": "mailbox"}]}}),
            "M2",
            {"mail_flow.outbound.0"},
        ),
        (
            edited(SMALL, {"mail_flow.relays": {"erp": {"from": ["10.20.7.40"]}}}),
            "M6",
            {"mail_flow.relays.erp"},
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_row_is_asked_for_by_its_field(data: Any, entry: str, paths: set[str]) -> None:
    assert asked(data)[entry] == paths


def test_of_two_connectors_each_flow_has_its_own() -> None:
    hops = [
        {"through": "mailbox", "next_hop": [{"address": a}]} for a in ("10.20.7.25", "10.20.7.26")
    ]
    topology = declared(edited(SMALL, {"mail_flow": {"outbound": hops}}))
    fields_of = FieldOrigins(Inventory(topology))
    found = {
        str(flow.destination.ranges[0]): fields_of.of(flow, reason)
        for flow in compile_flows(Inventory(topology))
        for reason in flow.reasons
        if reason.entry == "M2" and isinstance(flow.destination, ExternalEndpoint)
    }
    assert found == {
        "10.20.7.25/32": (("mail_flow", "outbound", 0),),
        "10.20.7.26/32": (("mail_flow", "outbound", 1),),
    }
