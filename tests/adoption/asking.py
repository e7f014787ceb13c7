"""Asks the adoption about a stack, by what was printed of it: what the command does, without files.

Must not know: any cloud.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from exchange_ports.adoption.compare import (
    Adoption,
    adoption,
    check,
    component_of,
    expected_networks,
)
from exchange_ports.adoption.import_file import import_file, steps
from exchange_ports.adoption.state import read_state
from exchange_ports.clouds import cloud
from exchange_ports.clouds.existing import PrintedDocument, ResourceStatus, State, Urn
from exchange_ports.findings import Finding, Refused
from exchange_ports.planning import compile_plans
from exchange_ports.stackfile.stack_file import NAMESPACE
from exchange_ports.topology.models import Platform
from tests.support.strategies import declared

__all__ = ["Asked"]

Json = dict[str, Any]

_T = TypeVar("_T")


@dataclass(frozen=True)
class Asked:
    """A stack of which something was printed, and what is asked about it."""

    topology: Json
    networks: Json
    state: Json
    aws: Iterable[Json] = ()
    azure: Iterable[object] = ()
    told: Mapping[str, str] | None = None
    tags: Mapping[str, str] | None = None
    others: Mapping[str, object] | None = None

    def _read_state(self) -> State:
        return _good(read_state(PrintedDocument("state.json", self.state)))

    def answer(self) -> Adoption:
        """How everything stands.

        :raises Refused: something printed is not what it should be.
        """
        aws = [PrintedDocument(f"aws-{at}.json", each) for at, each in enumerate(self.aws)]
        azure = [PrintedDocument(f"azure-{at}.json", each) for at, each in enumerate(self.azure)]
        existing = {
            platform: _good(cloud(platform).live.read(documents))
            for platform, documents in ((Platform.AWS, aws), (Platform.AZURE, azure))
            if documents
        }
        state = self._read_state()
        component = component_of(state, None, None, NAMESPACE)
        assert isinstance(component, Urn)
        settings = {"networks": self.networks, "tags": dict(self.tags or {})}
        others = self.others or {}
        found = expected_networks(
            compile_plans(declared(self.topology)), component, settings, others
        )
        told = self.told or {}
        if refused := list(check(found, existing, told)):
            raise Refused(refused)
        return adoption(found, component, existing, state, told)

    def file(self) -> Json:
        """The import file."""
        made = import_file(self.answer(), self._read_state(), {"aws": "7.51.1"})
        assert made is not None
        return made

    def commands(self) -> list[str]:
        """What is to be run."""
        return [step.command for step in steps(self.answer(), "adopt.json")]

    def ids(self, *stands: ResourceStatus) -> dict[str, str]:
        """The ids of the verdicts of these kinds, by URN."""
        return {str(each.wanted.urn): each.id for each in self.answer().verdicts(*stands)}


def _good(read: _T | list[Finding]) -> _T:
    if isinstance(read, list):
        raise Refused(cast("list[Finding]", read))
    return read
