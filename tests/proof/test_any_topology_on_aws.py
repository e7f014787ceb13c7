"""Any topology on AWS: proved, or refused with findings that are listed."""

import pytest

from tests.proof.proving import kinds, prove_or_refuse

pytestmark = pytest.mark.slow

KINDS = kinds("aws")


@pytest.mark.parametrize("at", range(len(KINDS)), ids=[*map(str, KINDS)])
def test_every_topology_on_aws_is_proved_or_refused(at: int) -> None:
    prove_or_refuse(at, KINDS[at])
