"""Made-up registrations for the tests of both providers, and what a provider wrote for them."""

from typing import Any

from exchange_ports.offline import Recording, Registration
from tests.engine.control import Control
from tests.engine.deployment import Refused

__all__ = ["Context", "Died", "die", "program", "registered", "urn", "words"]


def urn(token: str, name: str) -> str:
    """The URN of a resource in its network's component."""
    network = "AwsNetwork" if token.startswith("aws:") else "AzureNetwork"
    return f"urn:pulumi:dev::lab::exchange-ports:index:{network}${token}::{name}"


def registered(token: str, name: str, /, *needs: str, **inputs: Any) -> Registration:
    """A resource of a cloud; `needs` are the URNs that it depends on."""
    return Registration(
        urn=urn(token, name),
        type=token,
        name=name,
        parent=None,
        custom=True,
        id=f"{name}.id",
        inputs=inputs,
        dependencies=needs,
    )


def program(*registrations: Registration) -> Recording:
    """A program that registers these."""
    return Recording("lab", "dev", registrations, {}, (), ())


class Died(BaseException):
    """What stands for kill -9 where there is no process to kill."""


def die() -> None:
    """End as a process that is killed.

    :raises Died: always.
    """
    raise Died


def words(control: Control) -> list[str]:
    """What was written to the cloud since the last look."""
    written = [f"{call.call} {call.name}" for call in control.writes()]
    control.forget()
    return written


class Context:
    """What a provider answers to when it is called without a connection."""

    def __init__(self) -> None:
        self._metadata: list[Any] = []

    def set_trailing_metadata(self, given: Any) -> None:
        """What goes with the answer."""
        self._metadata.append(given)

    def abort(self, _code: object, text: str) -> None:
        """End the call.

        :raises Refused: always.
        """
        raise Refused(text)

    def details(self) -> bytes:
        """What the answer says of a resource that is there and yet failed."""
        (((key, value),),) = self._metadata
        assert key == "grpc-status-details-bin"
        assert b"ErrorResourceInitFailed" in value
        return value
