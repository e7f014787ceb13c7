"""A row of the published tables that is left out fails the proof: in every stack, situation and draw."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from exchange_ports.catalog import ENTRIES
from exchange_ports.findings import Refused
from exchange_ports.flows import Flow
from exchange_ports.flows.flow_index import WAYS
from exchange_ports.planning import Plans, by_network, compile_plans
from exchange_ports.proof import prove
from exchange_ports.proof.network_model import NetworkModel
from exchange_ports.topology.validate import load_topology
from exchange_ports.traffic.services import ServiceSet
from exchange_ports.traffic.traffic import Traffic
from tests.support.recordings import ROOT, Platform
from tests.support.recordings import declared as declared_by_stack
from tests.support.strategies import Data, declared, topologies

STACKS: Final = ("both", "dev", "hybrid", "migration", "prod-aws", "prod-azure", "proxied")
SITUATIONS: Final = tuple(sorted((ROOT / "docs" / "situations").glob("*.md")))
#: The unrestricted rows are bounded from below by the ground rules.
GROUND_RULES: Final = frozenset(("R1", "R2", "R3"))
#: Never missed alone: wherever the first applies, the second asks for the same traffic.
BESIDE: Final = {"M4": "N1"}
ROWS: Final = tuple(entry.id for entry in ENTRIES if entry.id not in BESIDE)


def declarations() -> Iterator[dict[str, Any]]:
    platforms: tuple[Platform, ...] = ("aws", "azure")
    for stack in STACKS:
        for platform in platforms:
            yield declared_by_stack(stack, platform)
    for page in SITUATIONS:
        yield from map(yaml.safe_load, _blocks(page))


def _blocks(page: Path) -> list[str]:
    return re.findall(r"^```yaml\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE)


@cache
def planned() -> tuple[Plans, ...]:
    return tuple(compile_plans(load_topology(data)[0]) for data in declarations())


def without_row(plans: Plans, row: str) -> Plans | None:
    """The plans as if the row had never been compiled; None where it alone asks for nothing here."""
    kept: list[Flow] = []
    for flow in plans.flows:
        reasons = tuple(reason for reason in flow.reasons if reason.entry != row)
        if reasons:
            kept.append(replace(flow, reasons=reasons))
    if len(kept) == len(plans.flows):
        return None
    return Plans(plans.inventory, tuple(kept), by_network(plans.inventory, kept))


def laws_broken(plans: Plans) -> set[str]:
    return {failure.law for failure in prove(plans).failures}


@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS)
def test_an_emptied_row_fails_the_proof_wherever_it_applies(row: str) -> None:
    emptied = [found for plans in planned() if (found := without_row(plans, row)) is not None]
    assert emptied, f"{row} applies in no stack and no situation"
    law = "ground rules" if row in GROUND_RULES else "documented rows"
    found = [law in laws_broken(plans) for plans in emptied]
    # Another row can ask for the same traffic in other words: a wider source, or every protocol.
    assert any(found)
    for plans, broken in zip(emptied, found, strict=True):
        assert broken or nothing_missing(plans), plans.topology.organization


def nothing_missing(emptied: Plans) -> bool:
    """Whether other rows need all that traffic: a wider source, every protocol, or no other server."""
    whole, less = NetworkModel(compile_plans(emptied.topology)), NetworkModel(emptied)
    return not any(
        whole.required(server, way)
        - less.required(server, way)
        - Traffic.of([(server.address_set, ServiceSet.everything())])
        for server in whole.managed()
        for way in WAYS
    )


@pytest.mark.parametrize("row, always_beside", BESIDE.items())
def test_a_row_that_another_covers_is_missed_with_it(row: str, always_beside: str) -> None:
    applies = [plans for plans in planned() if without_row(plans, row) is not None]
    assert applies
    for plans in applies:
        emptied = without_row(plans, row)
        assert emptied is not None
        assert nothing_missing(emptied)
        both = without_row(emptied, always_beside)
        assert both is not None
        assert "documented rows" in laws_broken(both)


def test_every_stack_and_situation_has_all_its_rows() -> None:
    for plans in planned():
        assert prove(plans).failures == ()


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(topologies(), st.sampled_from([row for row in ROWS if row not in GROUND_RULES]))
def test_an_emptied_row_of_any_topology_is_missed_where_it_is_the_only_one(
    data: Data, row: str
) -> None:
    try:
        plans = compile_plans(declared(data))
    except Refused:
        assume(False)
        return
    emptied = without_row(plans, row)
    assume(emptied is not None)
    assert emptied is not None
    assert "documented rows" in laws_broken(emptied) or nothing_missing(emptied)
