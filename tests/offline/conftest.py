"""Recordings are made here as a program's author gets them: on the thread that asks for one, in full."""

from collections.abc import Generator
from typing import Any
from unittest import mock

import pytest
from pulumi.runtime.resource import collapse_alias_to_urn

from exchange_ports.offline import runner


@pytest.fixture(autouse=True)
def _as_elsewhere() -> Generator[None]:  # pyright: ignore[reportUnusedFunction]
    threaded: Any = runner._run
    urns = mock.patch("pulumi.resource.collapse_alias_to_urn", collapse_alias_to_urn)
    with urns, mock.patch.object(runner, "_run", threaded.__wrapped__):
        yield
