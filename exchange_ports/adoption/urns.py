"""How an engine names a resource: `urn:pulumi:dev::exchange-ports::<types of its parents>$<type>::<name>`.

Source: pulumi/pulumi, `sdk/go/common/resource/urn/urn.go`. A name may hold anything, colons too.
"""

from dataclasses import dataclass
from typing import Final

__all__ = ["Urn"]

_PREFIX: Final = "urn:pulumi:"
#: Stack, project, types and name.
_PARTS: Final = 4
_STACK_TYPE: Final = "pulumi:pulumi:Stack"


@dataclass(frozen=True, slots=True, order=True)
class Urn:
    """One resource of one stack. `types` are the types of its parents and its own, joined by `$`."""

    stack: str
    project: str
    types: str
    name: str

    @classmethod
    def read(cls, text: str) -> "Urn":
        """The URN that a text is.

        :raises ValueError: it is none.
        """
        parts = text.removeprefix(_PREFIX).split("::", _PARTS - 1)
        if not text.startswith(_PREFIX) or len(parts) != _PARTS:
            raise ValueError("it is no URN")
        return cls(*parts)

    @property
    def type(self) -> str:
        """The type token of the resource itself."""
        return self.types.rpartition("$")[2]

    def child(self, token: str, name: str) -> "Urn":
        """The URN of a resource below this one; below the stack there is no type of a parent."""
        types = token if self.types == _STACK_TYPE else f"{self.types}${token}"
        return Urn(self.stack, self.project, types, name)

    @classmethod
    def of_stack(cls, stack: str, project: str) -> "Urn":
        """The URN of the stack itself."""
        return cls(stack, project, _STACK_TYPE, f"{project}-{stack}")

    def __str__(self) -> str:
        return f"{_PREFIX}{self.stack}::{self.project}::{self.types}::{self.name}"
