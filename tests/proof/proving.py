"""Random topologies, each proved or refused with findings that are listed: 2,000, and 20,000 by name.

The laws stand in three files, so that two workers share them.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from hypothesis import HealthCheck, given, seed, settings

from exchange_ports.findings import Refused
from exchange_ports.findings.command_kinds import PLAN_KINDS as KINDS
from exchange_ports.planning import compile_plans
from exchange_ports.proof import prove
from tests.support.strategies import Data, declared, topologies

__all__ = ["LEAST", "kinds", "prove_or_refuse"]

#: How many different topologies of each kind: there are ten kinds in all, so 2,000 in the quick
#: profile and 20,000 in the full one.
LEAST: Final = max(200, settings().max_examples)

_ROUNDS: Final = 20

#: By what a topology that passes its checks may be refused: it does not fit into its cloud.
_REFUSALS: Final = frozenset(kind.code for kind in KINDS)


def kinds(platform: str) -> list[dict[str, Any]]:
    """The kinds of topologies that are proved on one cloud."""
    return [
        {"platform": platform, **kind} for kind in ({"networks": 1}, {"edge": True}, {"ipv6": True})
    ]


def prove_or_refuse(at: int, kind: Mapping[str, Any]) -> Counter[str]:
    """How many were proved, and how many refused; `at` tells the kinds apart where draws are fixed."""
    outcomes = Counter[str]()
    seen: set[str] = set()

    def one(data: Data) -> None:
        if (text := repr(data)) in seen:
            return
        outcomes[_outcome(data)] += 1
        seen.add(text)

    # Hypothesis draws some of them twice, so again until there are enough different ones.
    for again in range(_ROUNDS):
        missing = LEAST - len(seen)
        if missing <= 0:
            break
        asked = settings(
            max_examples=missing + missing // 4 + 1, suppress_health_check=[HealthCheck.too_slow]
        )
        law = asked(given(topologies(**kind))(one))
        if settings().derandomize:
            law = seed(at * _ROUNDS + again)(law)
        law()
    assert sum(outcomes.values()) == len(seen) >= LEAST
    # Nothing is said by topologies of which most are refused.
    assert outcomes["proved"] >= LEAST // 2
    print(f"\n{kind}: {dict(outcomes)}", end="")
    return outcomes


def _outcome(data: Data) -> str:
    try:
        plans = compile_plans(declared(data))
    except Refused as refused:
        errors = [finding for finding in refused.findings if finding.is_error]
        assert errors
        assert {finding.kind.code for finding in errors} <= _REFUSALS
        return "refused"
    proof = prove(plans)
    assert proof.holds, "\n".join(map(str, proof.failures))
    assert proof.figures.servers * 2 == proof.figures.directions
    return "proved"
