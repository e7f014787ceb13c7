"""What edits of two sites ask for each server, derived from the topology alone, and that the plans allow just that."""

from collections.abc import Callable
from typing import Final

import pytest

from exchange_ports.planning import planned
from exchange_ports.proof import prove
from exchange_ports.topology.validate import parse_topology
from tests.proof.required_rows import required
from tests.support.hybrid_edits import EDITS
from tests.support.strategies import Data, declared, edited
from tests.support.two_sites import MORE, TWO_SITES


def _is_right(data: Data) -> bool:
    return not any(each.is_error for each in parse_topology(data, ())[1])


RIGHT: Final[dict[str, Data]] = {
    case: data for case, edit in EDITS.items() if _is_right(data := edited(TWO_SITES, edit))
}

SITES: Final[dict[str, Data]] = {case: edited(TWO_SITES, edit) for case, edit in MORE.items()}


@pytest.mark.parametrize("name, several", [("hybrid", RIGHT), ("two_sites", SITES)])
def test_the_required_rows_of_each_edit_are_those_that_were_read(
    name: str, several: dict[str, Data], golden: Callable[[str, str], None]
) -> None:
    usual = required(TWO_SITES)
    lines = ["# Rows that are required after each edit of two sites, beside those before", ""]
    for case, data in several.items():
        found = required(data)
        lines += [f"## {case}", "", *(line for line in found if line not in usual)]
        lines += [f"  without{line.removeprefix('*')}" for line in usual if line not in found]
        lines.append("")
    golden(f"proof/{name}.md", "\n".join(lines))


@pytest.mark.parametrize("case", [*RIGHT, *SITES])
def test_the_plans_of_each_edit_are_proved(case: str) -> None:
    plans, _ = planned(declared({**RIGHT, **SITES}[case]))
    proof = prove(plans)
    assert proof.holds, [str(each) for each in proof.failures]


def test_a_server_without_unified_messaging_requires_no_calls_beside_one_that_has_them() -> None:
    edit = {
        "sites.hq.servers.new1": {
            "roles": ["mailbox"],
            "version": 2019,
            "address": "10.20.0.14",
        },
        "unified_messaging.ip_gateways.gw1": {"address": "10.20.9.5"},
    }
    calls = [line for line in required(edited(TWO_SITES, edit)) if "10.20.9.5" in line]
    assert any(line.startswith("* mbx1 ") for line in calls)
    assert not any(line.startswith("* new1 ") for line in calls)


def test_an_unpublished_server_may_get_the_calls_of_its_group_from_a_public_address() -> None:
    edit = {
        "sites.hq.servers.new1": {
            "roles": ["mailbox"],
            "version": 2019,
            "address": "10.20.0.14",
            "published": False,
        },
        "unified_messaging.ip_gateways.gw1": {"address": "198.51.100.7"},
        "accept_risk": {
            "unified_messaging.ip_gateways.gw1": "the provider's session border controller"
        },
    }
    plans, _ = planned(declared(edited(TWO_SITES, edit)))
    proof = prove(plans)
    assert proof.holds, [str(each) for each in proof.failures]
