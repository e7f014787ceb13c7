"""What one run of a program leaves: resources, outputs and messages as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

__all__ = [
    "STACK_TYPE",
    "UNKNOWN",
    "DuplicateUrn",
    "Logged",
    "ProgramFailed",
    "Recording",
    "Registration",
    "urn_of_the_stack",
]

#: Stands for a value that only a cloud could tell. The CLI shows such values in these words.
UNKNOWN: Final = "[unknown]"

STACK_TYPE: Final = "pulumi:pulumi:Stack"


def urn_of_the_stack(project: str, stack: str) -> str:
    """The URN of the stack itself, the parent of whatever has no other."""
    return f"urn:pulumi:{stack}::{project}::{STACK_TYPE}::{project}-{stack}"


@dataclass(frozen=True, slots=True)
class Registration:
    """One resource as the program registered it.

    `inputs` are plain data under the names that travel (camelCase): a reference to a resource is
    its id, a secret is its value with its path in `secrets` (`tags.password`, `rules[0].key`), a
    whole number is an int. `outputs` is what a component registered as its own.
    """

    urn: str
    type: str
    name: str
    #: The URN above: a component's, or the stack's. None for nothing that a program registers.
    parent: str | None
    #: False for a component.
    custom: bool
    #: Made up, `<name>.id`, but for a read or imported resource. Empty for a component.
    id: str
    inputs: Mapping[str, object]
    secrets: tuple[str, ...] = ()
    #: URNs in alphabetical order, here and below.
    dependencies: tuple[str, ...] = ()
    property_dependencies: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict[str, tuple[str, ...]]
    )
    #: The URN of the provider that was given. Empty for the default one.
    provider: str = ""
    aliases: tuple[Mapping[str, object], ...] = ()
    delete_before_replace: bool | None = None
    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    protect: bool | None = None
    retain_on_delete: bool | None = None
    import_id: str = ""
    version: str = ""
    #: The program looks at something that exists (`Vpc.get`): nothing is to be made.
    read: bool = False
    outputs: Mapping[str, object] = field(default_factory=dict[str, object])
    #: `file:line` of the program, for messages. The same resource may be written elsewhere.
    source: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Logged:
    """A message to the user through `pulumi.log`: info, warning or error. Debugging is left out."""

    severity: str
    message: str
    #: The resource it is about, if it was said about one.
    urn: str | None


@dataclass(frozen=True, slots=True)
class Recording:
    """What one run of a program said to its engine, in the order in which it did."""

    project: str
    stack: str
    #: Everything but the stack itself, whose outputs stand in `outputs`.
    registrations: tuple[Registration, ...]
    outputs: Mapping[str, object]
    #: The paths in `outputs` that are secret: never to be shown.
    secret_outputs: tuple[str, ...]
    logs: tuple[Logged, ...]

    @property
    def stack_urn(self) -> str:
        """The URN of the stack, which is the parent of whatever has no other."""
        return urn_of_the_stack(self.project, self.stack)

    def of_type(self, token: str) -> tuple[Registration, ...]:
        """All resources with the type `token`, as `aws:ec2/securityGroup:SecurityGroup`."""
        return tuple(one for one in self.registrations if one.type == token)

    def children(self, urn: str) -> tuple[Registration, ...]:
        """The resources right below the one with this URN."""
        return tuple(one for one in self.registrations if one.parent == urn)

    def by_urn(self, urn: str) -> Registration:
        """The one resource with this URN.

        :raises KeyError: when there is none.
        """
        for one in self.registrations:
            if one.urn == urn:
                return one
        raise KeyError(urn)


class ProgramFailed(Exception):
    """The program stopped. `text` is what a user of the CLI would read.

    That is the message alone for `pulumi.RunError`, a traceback from the program's own first line
    for any other exception, which is the `__cause__`.
    """

    def __init__(
        self, text: str, logs: tuple[Logged, ...], registrations: tuple[Registration, ...]
    ) -> None:
        """Keep what was said and registered until then."""
        super().__init__(text)
        self.text = text
        self.logs = logs
        self.registrations = registrations


class DuplicateUrn(ProgramFailed):
    """Two resources with one URN, which an engine refuses and mocks let pass."""

    def __init__(
        self,
        first: Registration,
        second: Registration,
        logs: tuple[Logged, ...],
        registrations: tuple[Registration, ...],
    ) -> None:
        """Name both."""
        super().__init__(
            f"Cannot register {second.type} '{second.name}' twice: both have the URN {second.urn}\n"
            f"  first:  {first.source or 'unknown place'}\n"
            f"  second: {second.source or 'unknown place'}\n"
            "  fix: give one of them another name, or another parent",
            logs,
            registrations,
        )
        self.first = first
        self.second = second
