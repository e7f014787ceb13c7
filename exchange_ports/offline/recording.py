"""What one run of a program leaves: resources, outputs and messages as plain data."""

import importlib
import os
import sys
import traceback
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Final

import pulumi

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
    #: The URN of the resource with which it is gone, so that deleting both is one call. Empty for none.
    deleted_with: str = ""
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
    #: The resource it is about, if it is about one.
    urn: str | None


@dataclass(frozen=True, slots=True)
class Recording:
    """What one run of a program sent to its engine, in the order in which it did."""

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
        """Keep what was logged and registered until then."""
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


# ---- what a program finds around it, and what is left of it: nothing ----


class Exited(Exception):
    """The program called `sys.exit` with something else than success."""


@contextmanager
def as_in_a_process_of_its_own(file: str | None) -> Generator[None]:
    """The directory, path, arguments and environment that a program finds, and then the old ones."""
    directory = Path(file).parent if file else None
    where, path, arguments = os.getcwd(), sys.path[:], sys.argv[:]
    environment = dict(os.environ)
    before = dict(sys.modules)
    try:
        # They would answer for keys that `config` does not have.
        for key in environment:
            if key.startswith("PULUMI_CONFIG"):
                del os.environ[key]
        if file and directory:
            os.chdir(directory)
            sys.path.insert(0, str(directory))
            sys.argv[:] = [file]
            importlib.invalidate_caches()
            for name in _hidden_by(directory, before):
                del sys.modules[name]
        yield
    finally:
        if dict(os.environ) != environment:
            os.environ.clear()
            os.environ.update(environment)
        os.chdir(where)
        sys.path[:] = path
        sys.argv[:] = arguments
        if directory:
            _forget_modules_of(directory, before)


def _origin(module: ModuleType) -> Path | None:
    file: object = getattr(module, "__file__", None)
    if not isinstance(file, str):
        # A folder without __init__.py has no file, only places where it looks.
        places: Iterable[object] = getattr(module, "__path__", ())
        file = next(iter(places), None)
    return Path(file) if isinstance(file, str) else None


def _belongs_to(module: ModuleType, directory: Path) -> bool:
    origin = _origin(module)
    # A virtual environment often lies in the program's directory. It is not the program's.
    return (
        origin is not None
        and origin.is_relative_to(directory)
        and "site-packages" not in origin.relative_to(directory).parts
    )


def _hidden_by(directory: Path, modules: Mapping[str, ModuleType]) -> list[str]:
    """Modules from elsewhere that bear the name of one beside the program."""
    own = {one.stem for one in directory.glob("*.py")}
    own |= {one.parent.name for one in directory.glob("*/__init__.py")}
    own -= sys.stdlib_module_names | {"__main__"}
    tops = {name for name in own if name in modules and not _belongs_to(modules[name], directory)}
    return [name for name in modules if name.partition(".")[0] in tops]


def _forget_modules_of(directory: Path, before: Mapping[str, ModuleType]) -> None:
    """Drop what the program imported from beside itself, and put back what that had hidden.

    Parts of a package that was in use before stay: to load them anew would make a second class of
    each of its classes.
    """
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] not in before and _belongs_to(module, directory):
            del sys.modules[name]
    for name, module in before.items():
        if sys.modules.get(name) is not module:
            sys.modules[name] = module


def as_shown(error: Exception, start: object) -> str:
    """What the language host would print: tracebacks begin in the program's own file."""
    if isinstance(error, (pulumi.RunError, Exited)):
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)
    ours = [at for at, frame in enumerate(frames) if frame.filename == start]
    limit = ours[0] - len(frames) if ours else None
    shown = "".join(traceback.format_exception(error, limit=limit))
    return f"Program failed with an unhandled exception:\n{shown.rstrip()}"
