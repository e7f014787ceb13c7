"""Each rule of a small organization, left out alone: what `explain` says of it, and how the proof fails, as goldens."""

from collections.abc import Callable, Iterable
from typing import Final

import pytest

from exchange_ports.planning import compile_plans
from exchange_ports.proof import prove
from exchange_ports.proof.answers import AnswerRow
from exchange_ports.proof.explain import Explainer, without
from tests.support.strategies import WITH_EDGE, declared, edited

ORGANIZATION: Final = edited(
    WITH_EDGE,
    {
        "sites.hq.servers": {
            "cas1": {"roles": ["client_access"], "address": "10.20.0.11"},
            "mbx1": {"roles": ["mailbox"], "address": "10.20.0.12"},
            "mbx2": {"roles": ["mailbox"], "address": "10.20.0.13"},
        },
        "edge_servers.edge1.address": ["10.20.240.5", "10.20.240.6"],
        "clients.office": {"from": ["10.64.0.0/16"], "services": ["https"]},
        "clients.branch": {"from": ["10.64.0.0/17"], "services": ["https"]},
        "additional_flows": [
            {"from": "10.20.6.0/24", "to": "exchange", "ports": ["3389/tcp"], "reason": "rdp"},
            {"from": "10.20.6.9", "to": "mailbox", "ports": ["3380-3390/tcp"], "reason": "tool"},
            {
                "from": "edge",
                "to": "mailbox",
                "ports": ["25/tcp"],
                "reason": "r",
                "accept_risk": True,
            },
        ],
        "networks.lab": {"platform": "external", "internal": ["10.90.0.0/24"]},
        "sites.lab": {
            "network": "lab",
            "servers": {"ex9": {"roles": ["client_access", "mailbox"], "address": "10.90.0.9"}},
        },
    },
)


@pytest.mark.parametrize("platform", ["aws", "azure"])
def test_what_is_reported_of_each_rule_is_what_was_read(
    platform: str, golden: Callable[[str, str], None]
) -> None:
    plans = compile_plans(declared(edited(ORGANIZATION, {"networks.corp.platform": platform})))
    explainer = Explainer(plans)
    lines = ["# Each rule of a small organization, left out alone", ""]
    for rule in explainer.rules:
        told = explainer.explain([rule])
        lines += [f"## {rule.name}", ""]
        lines += [f"* {rule.way} {rule.group} {rule.peer} {rule.ports}"]
        for why in told.whys:
            fields = ", ".join(".".join(map(str, path)) for path in why.fields) or "-"
            lines.append(f"* {why.reason.entry or why.reason.summary} at {fields}")
        lines += [f"* cut: {row}" for row in written(told.cut)]
        lines += [f"* opened: {row}" for row in written(told.opened)]
        lines += [f"* covered by {name}" for name in told.covered]
        failures = prove(without(plans, [rule])).failures
        lines += [f"* {failure.law}: {failure}" for failure in failures]
        lines.append("")
    golden(f"proof/without_rules_{platform}.md", "\n".join(lines))


def written(rows: Iterable[AnswerRow]) -> list[str]:
    return [f"{row.summary}, such as {row.packet}" for row in rows]
