"""`matrix`: rows are the flows, each once, and no format lets an operator's words be more than words."""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings

from exchange_ports.cli import main
from exchange_ports.flows import ExternalEndpoint
from exchange_ports.planning import Plans
from exchange_ports.reports.matrix_report import (
    matrix,
    matrix_report,
)
from exchange_ports.reports.writers import write
from exchange_ports.topology.fields import read_ports
from exchange_ports.topology.groups import Group
from exchange_ports.traffic.ports import Ports
from exchange_ports.traffic.services import ServiceSet
from tests.support.hostile_words import HOSTILE, hostile
from tests.support.json_keys import REASON
from tests.support.paths import ROOT
from tests.support.planning import planned
from tests.support.strategies import topologies

PROD: Final = str(ROOT / "stacks/Pulumi.prod-aws.yaml")


# ---- laws ----

Triple = tuple[str, str, str]


def meant(plans: Plans) -> set[Triple]:
    """Every (from, to, ports) of the flows, servers and ranges one by one."""
    attached: dict[Group, list[str]] = {}
    for member in plans.inventory.servers:
        for group in member.groups:
            attached.setdefault(group, []).append(member.name)

    def ends(end: Group | ExternalEndpoint) -> list[str]:
        return (
            [str(r) for r in end.ranges]
            if isinstance(end, ExternalEndpoint)
            else attached.get(end, [])
        )

    return {
        (one, other, str(single))
        for flow in plans.usable_flows
        for one in ends(flow.source)
        for other in ends(flow.destination)
        for single in flow.ports.one_by_one()
    }


@pytest.mark.slow
@settings(max_examples=60)
@given(topologies())
def test_the_rows_say_what_the_flows_say_and_no_more(data: Any) -> None:
    plans = planned(data)
    reported: dict[tuple[str, str], ServiceSet] = {}
    for row in json.loads(write(matrix_report(matrix(plans)), "json")):
        sources: Any = [*row["from_servers"], *row["from_ranges"]]  # type: ignore[misc]
        targets: Any = [*row["to_servers"], *row["to_ranges"]]  # type: ignore[misc]
        passes = services_of(str(row["ports"]))
        for one in sources:
            for other in targets:
                reported[one, other] = reported.get((one, other), ServiceSet()) | passes
    wanted: dict[tuple[str, str], ServiceSet] = {}
    for one, other, ports in meant(plans):
        there = wanted.get((one, other), ServiceSet())
        wanted[one, other] = there | services_of(ports)
    assert reported == wanted


def services_of(text: str) -> ServiceSet:
    found = ServiceSet()
    for each in text.split(", "):
        numbers, slash, protocol = each.partition("/")
        for one in numbers.split(","):
            ports: Ports = read_ports(
                "any" if one == "all protocols" else f"{one}{slash}{protocol}"
            )
            found |= ServiceSet.of(ports, 4)
    return found


@pytest.mark.slow
@given(topologies())
@settings(max_examples=30)
def test_no_two_rows_have_the_same_ends(data: Any) -> None:
    rows = matrix(planned(data))
    pairs = [(row.source, row.destination, row.passes) for row in rows]
    assert len(pairs) == len(set(pairs))


# ---- an operator's words ----


@pytest.mark.parametrize("words", HOSTILE)
def test_no_cell_of_csv_is_a_formula(words: str) -> None:
    written = write(matrix_report(matrix(hostile(words))), "csv")
    cells = [cell for row in csv.reader(io.StringIO(written)) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    # The words are there, to the letter, at most behind a quote.
    assert [cell for cell in cells if cell.removeprefix("'") == words]
    assert {len(row) for row in csv.reader(io.StringIO(written))} == {4}


@pytest.mark.parametrize("words", HOSTILE)
def test_no_cell_of_markdown_is_markup(words: str) -> None:
    written = write(matrix_report(matrix(hostile(words))), "markdown")
    rows = [line for line in written.splitlines() if line.startswith("|")]
    for row in rows:
        assert len(re.findall(r"(?<!\\)\|", row)) == 5, row
        assert "<" not in row
        assert not re.search(r"(?<!\\)[`*\[]", row), row
        assert "@" not in row


def test_json_has_the_keys_that_the_page_lists(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["matrix", PROD, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    names = ("from", "to", "ports", "from_servers", "from_ranges", "to_servers", "to_ranges")
    page = Path(ROOT / "docs/asking.md").read_text("utf-8")
    for row in data:
        assert list(row) == [*names, "reasons"]
        assert list(row["reasons"][0]) == list(REASON)
    assert all(f"`{name}`" in page for name in names)
