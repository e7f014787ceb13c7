"""Facts are derived once: nothing that reads them derives them again."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from exchange_ports.cli import main
from exchange_ports.flows import FieldOrigins
from exchange_ports.flows.risky_flows import RiskyFlows
from exchange_ports.flows.rows import FlowContext
from exchange_ports.proof.network_model import NetworkModel
from exchange_ports.topology.groups import RoleGroups
from exchange_ports.topology.inventory import Inventory

STACK = Path(__file__).parents[2] / "stacks/Pulumi.prod-aws.yaml"


def test_each_derived_fact_is_made_once_from_file_to_report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`report` compiles the plans, proves them, and writes every rule with its reasons."""
    made: Counter[str] = Counter()

    def counted(kind: type[Any]) -> None:
        real = kind.__init__

        def init(self: Any, *args: Any, **named: Any) -> None:
            made[kind.__name__] += 1
            real(self, *args, **named)

        monkeypatch.setattr(kind, "__init__", init)

    kinds = (Inventory, RoleGroups, FlowContext, RiskyFlows, FieldOrigins, NetworkModel)
    for kind in kinds:
        counted(kind)
    assert main(["report", str(STACK)]) == 0
    assert capsys.readouterr().out
    assert made == {kind.__name__: 1 for kind in kinds}
