"""Any topology on AWS: proved, or refused with findings that are listed."""

from typing import Any

import pytest

from tests.proof.proving import prove_or_refuse

pytestmark = pytest.mark.slow

KINDS: list[dict[str, Any]] = [
    {"platform": "aws", "networks": 1},
    {"platform": "aws", "edge": True},
    {"platform": "aws", "ipv6": True},
]


@pytest.mark.parametrize("at", range(len(KINDS)), ids=[*map(str, KINDS)])
def test_every_topology_on_aws_is_proved_or_refused(at: int) -> None:
    prove_or_refuse(at, KINDS[at])
