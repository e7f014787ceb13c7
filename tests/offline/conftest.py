"""Recordings are made here as a program's author gets them: on the thread that asks for one."""

from collections.abc import Generator
from typing import Any
from unittest import mock

import pytest

from exchange_ports.offline import runner


@pytest.fixture(autouse=True)
def _on_the_callers_thread() -> Generator[None]:  # pyright: ignore[reportUnusedFunction]
    threaded: Any = runner._run
    with mock.patch.object(runner, "_run", threaded.__wrapped__):
        yield
