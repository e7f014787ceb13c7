"""Any topology on Azure: proved, or refused with findings that are listed."""

import pytest

from tests.proof.proving import kinds, prove_or_refuse

pytestmark = pytest.mark.slow

KINDS = kinds("azure")


@pytest.mark.parametrize("at", range(len(KINDS)), ids=[*map(str, KINDS)])
def test_every_topology_on_azure_is_proved_or_refused(at: int) -> None:
    prove_or_refuse(10 + at, KINDS[at])
