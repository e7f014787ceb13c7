"""Any topology on whatever clouds, in up to three networks: proved, or refused with listed findings."""

from typing import Any

import pytest

from tests.proof.proving import prove_or_refuse

pytestmark = pytest.mark.slow

KINDS: list[dict[str, Any]] = [
    {},
    {"edge": True},
    {"edge": False},
    {"ipv6": True},
]


@pytest.mark.parametrize("at", range(len(KINDS)), ids=[*map(str, KINDS)])
def test_every_topology_across_clouds_is_proved_or_refused(at: int) -> None:
    prove_or_refuse(20 + at, KINDS[at])
