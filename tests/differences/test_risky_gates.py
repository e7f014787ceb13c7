"""The gates `risk` and `perimeter` check what results, not the shape of the difference."""

from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from exchange_ports.differences import diff_plans
from exchange_ports.differences.change import Gate, held_by
from exchange_ports.planning import compile_plans
from tests.support.risky_topology import BASE, flow
from tests.support.strategies import declared, edited

Data = dict[str, Any]

WEB: Final = flow("internet", "client_access", "443/tcp")


def held(before: Data, after: Data, gate: Gate) -> bool:
    old, new = (compile_plans(declared(edited(BASE, each))) for each in (before, after))
    return bool(held_by(gate, diff_plans(old, new).all))


def widened(*ports: str, source: str = "internet", to: str = "client_access") -> Data:
    return flow(source, to, *ports, accept_risk=True)


@pytest.mark.parametrize(
    "before, after, risk, perimeter",
    [
        (WEB, WEB, False, False),
        (WEB, widened("443/tcp", "8443/tcp"), False, True),
        (WEB, widened("443/tcp", "3389/tcp"), True, True),
        (WEB, widened("any"), True, True),
        (widened("443/tcp", "3389/tcp"), widened("any"), True, True),
        (widened("any"), WEB, False, False),
        (
            flow("10.20.6.0/24", "exchange", "443/tcp"),
            flow("10.20.6.0/24", "exchange", "3389/tcp"),
            False,
            False,
        ),
        (
            flow("10.20.6.0/24", "exchange", "443/tcp"),
            flow("10.20.6.0/24", "exchange", "any"),
            True,
            False,
        ),
    ],
    ids=[
        "nothing changes",
        "another port for the web",
        "remote desktop beside the web",
        "every protocol where the web was open",
        "every protocol where remote desktop was open",
        "fewer",
        "remote desktop from inside",
        "every protocol from inside",
    ],
)
def test_what_results_decides(before: Data, after: Data, risk: bool, perimeter: bool) -> None:
    assert held(before, after, Gate.RISK) is risk
    assert held(before, after, Gate.PERIMETER) is perimeter


#: Written here and not read from the catalog: what must never be opened without a gate.
_SENSITIVE: Final = ("22/tcp", "135/tcp", "445/tcp", "389/tcp", "3268/tcp", "1433/tcp", "3389/udp")
_PORTS: Final = (*_SENSITIVE, "any", "443/tcp", "20-25/tcp", "1-65535/tcp", "icmp", "esp")
_RISKY: Final = {*_SENSITIVE, "any", "20-25/tcp", "1-65535/tcp"}


@pytest.mark.slow
@given(
    st.sampled_from(["internet", "45.0.0.0/8", "10.20.240.9", "0.0.0.0/0", "2000::/3", "8.8.8.8"]),
    st.sampled_from(["exchange", "client_access", "mailbox", "mailbox@hq"]),
    st.lists(st.sampled_from(_PORTS), min_size=1, max_size=3, unique=True),
    st.lists(st.sampled_from(_PORTS), min_size=1, max_size=3, unique=True),
    st.sampled_from([["10.0.0.0/8"], ["10.0.0.0/8", "45.0.0.0/8"]]),
)
def test_no_gate_is_open_where_the_new_traffic_is_risky(
    source: str, to: str, before: list[str], after: list[str], blocks: list[str]
) -> None:
    more = set(after) - set(before)
    assume(more & _RISKY and not {"any", "1-65535/tcp"} & set(before))
    assume(not (more == {"22/tcp"} and "20-25/tcp" in before))
    assume(not (more == {"20-25/tcp"} and "22/tcp" in before))
    old, new = (
        {
            "private_blocks": blocks,
            "accept_risk": {"private_blocks": "ours"},
            **widened(*each, source=source, to=to),
        }
        for each in (before, after)
    )
    for gate in (Gate.RISK, Gate.PERIMETER):
        assert held(old, new, gate)


@pytest.mark.parametrize("ports", ["any", "3389/tcp"])
@pytest.mark.parametrize("source", ["internet", "10.20.240.9"])
def test_traffic_is_risky_whatever_its_reasons_say(source: str, ports: str) -> None:
    old, new = (
        compile_plans(declared(edited(BASE, widened(*each, source=source))))
        for each in (["443/tcp"], ["443/tcp", ports])
    )
    for change in diff_plans(old, new).opened:
        without_reasons = replace(change, reasons=())
        assert held_by(Gate.RISK, [without_reasons])
        assert held_by(Gate.PERIMETER, [without_reasons])
