"""The example of docs/unified-messaging.md allows what the table below it says."""

import re
from typing import Any, Final, cast

import yaml

from exchange_ports.catalog import BY_ID, CatalogSection
from exchange_ports.flows import ExternalEndpoint, compile_flows
from exchange_ports.flows.flow import Endpoint
from exchange_ports.topology.groups import GroupKind
from exchange_ports.topology.inventory import Inventory
from exchange_ports.topology.validate import load_topology
from tests.support.paths import ROOT

PAGE: Final = (ROOT / "docs" / "unified-messaging.md").read_text("utf-8")
WORDS: Final = {
    GroupKind.CLIENT_ACCESS: "Client Access services of",
    GroupKind.MAILBOX: "Mailbox servers of",
}


def example() -> dict[str, Any]:
    block = re.search(r"^```yaml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    assert block is not None
    stack = cast("dict[str, Any]", yaml.safe_load(block[1]))
    return cast("dict[str, Any]", stack["config"]["exchange-ports:topology"])


def called(end: Endpoint) -> str:
    return end.of if isinstance(end, ExternalEndpoint) else f"{WORDS[end.kind]} {end.of}"


def test_the_table_has_every_flow_of_the_example() -> None:
    inventory = Inventory(load_topology(example())[0])
    found = {
        (called(flow.source), called(flow.destination), str(flow.ports), ", ".join(rows))
        for flow in compile_flows(inventory)
        if (rows := [each.entry for each in flow.reasons if each.entry in BY_ID])
        and BY_ID[str(rows[0])].section is CatalogSection.UNIFIED_MESSAGING
    }
    table = PAGE.partition("| from | to | ports | row |")[2].partition("\n\n")[0]
    rows = [
        tuple(cell.strip() for cell in line.strip("|").split("|"))
        for line in table.splitlines()[2:]
    ]
    assert len(rows) == len(set(rows))
    assert set(rows) == found


def test_the_example_has_no_finding_about_unified_messaging() -> None:
    _, findings = load_topology(example())
    assert {each.kind.code for each in findings} == {"no-administration", "no-updates"}
