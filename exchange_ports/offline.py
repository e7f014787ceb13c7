"""Runs a Pulumi program in this process and records what it registers.

Knows: what the language host does for a program (directory, path, configuration, stack resource)
and what a program says to an engine. There is no engine behind it, no cloud and no credentials.
Must not know: what any program registers, nor either cloud's SDK.

Like a preview it tells the program that this is a dry run; unlike one it compares with nothing.
Every resource gets the id `<name>.id` and reads back what it was given, with a `name` and an
`arn`. What only a cloud could tell stays unknown, as in a preview: recorded as `UNKNOWN`, and an
`apply` on it does not run. One thread and one order: the same program gives the same recording.
"""

import asyncio
import contextvars
import importlib
import os
import runpy
import sys
import threading
import traceback
from collections.abc import Callable, Collection, Generator, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Final, NoReturn, ParamSpec, TypeVar, cast
from urllib.parse import unquote, urlsplit

import pulumi
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime import Settings, configure, run_in_stack, set_all_config
from pulumi.runtime.proto import alias_pb2, engine_pb2, resource_pb2, source_pb2

__all__ = [
    "UNKNOWN",
    "DuplicateUrn",
    "Logged",
    "ProgramFailed",
    "Recording",
    "Registration",
    "record",
]

#: Stands for a value that only a cloud could tell. The CLI shows such values in these words.
UNKNOWN: Final = "[unknown]"

_STACK_TYPE: Final = "pulumi:pulumi:Stack"

# How secrets, references and unknown values travel (pulumi/pulumi, sdk/go/common/resource/
# properties.go): part of the protocol, so written down here rather than taken from the SDK's
# private names. A test holds them against the SDK.
_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105
_REFERENCE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
_UNKNOWN_ON_THE_WIRE: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
#: In a dry run the SDK adds this key to a resource that is exported whole. The CLI hides it.
_RESOURCE_IN_A_DRY_RUN: Final = "@isPulumiResource"

#: Without output values, inputs arrive as the values themselves. Transforms and hooks are said to
#: be supported so that a program that uses them meets our refusal, not "update the CLI".
_FEATURES: Final = (
    resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_REPLACEMENT_TRIGGER,
    resource_pb2.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
    resource_pb2.RESOURCE_MONITOR_FEATURE_REPLACE_WITH,
    resource_pb2.RESOURCE_MONITOR_FEATURE_TRANSFORMS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_INVOKE_TRANSFORMS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_PARAMETERIZATION,
    resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_HOOKS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ERROR_HOOKS,
)

#: Directory, path and modules belong to the whole process: one program at a time.
_ONE_AT_A_TIME: Final = threading.Lock()

_P = ParamSpec("_P")
_T = TypeVar("_T")


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
        return _urn_of_the_stack(self.project, self.stack)

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


def record(
    program: str | os.PathLike[str] | Callable[[], object],
    *,
    project: str,
    stack: str,
    config: Mapping[str, str],
    secret_keys: Collection[str] = (),
    organization: str = "organization",
    answers: Mapping[str, Mapping[str, object]] | None = None,
) -> Recording:
    """Run `program` as the language host would, and return everything that it registered.

    `program` is a directory with a `__main__.py`, a file, or a function. `config` has full keys
    (`exchange-ports:topology`), with structured values as JSON text, the way an engine hands them
    over. `answers` says what a data source returns, by its token (`aws:ec2/getVpc:getVpc`); a
    program that asks for anything else is stopped. Nothing of the run stays behind: configuration,
    stack, path, directory, environment and the modules of the program's own directory are as
    before. What the program prints is printed.

    :raises ProgramFailed: when the program stops by itself.
    :raises DuplicateUrn: when it registers two resources with one URN.
    :raises FileNotFoundError: when there is no such program.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        pass
    else:
        raise RuntimeError("record() runs an event loop of its own: call it outside of any other")

    body, file = _runnable(program)
    tape = _Tape(project, stack, answers or {})
    with _ONE_AT_A_TIME, _as_in_a_process_of_its_own(file):
        error = _run(body, tape, config, secret_keys, organization)

    logs, registrations = tuple(tape.logs), tape.registrations()
    if error is not None:
        start = file or getattr(getattr(program, "__code__", None), "co_filename", None)
        raise ProgramFailed(_as_shown(error, start), logs, registrations) from error
    if tape.duplicates:
        raise DuplicateUrn(*tape.duplicates[0], logs, registrations)
    outputs, secret_outputs = tape.outputs.get(tape.stack_urn, ({}, ()))
    return Recording(project, stack, registrations, outputs, secret_outputs, logs)


# ---- running a program ----


def _runnable(
    program: str | os.PathLike[str] | Callable[[], object],
) -> tuple[Callable[[], object], str | None]:
    if callable(program):
        return program, None
    path = Path(program).resolve()
    file = path / "__main__.py" if path.is_dir() else path
    if not file.is_file():
        raise FileNotFoundError(f"no program at {file}")
    return lambda: runpy.run_path(str(file), run_name="__main__"), str(file)


class _HereAndNow(ThreadPoolExecutor):
    """Runs what is submitted at once, on the thread that submits it.

    The SDK hands each request to an engine over to a pool of threads. With a pool, which of two
    registrations comes first is a matter of luck.
    """

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> "Future[_T]":
        done: Future[_T] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:
            done.set_exception(error)
        return done


class _Exited(Exception):
    """The program called `sys.exit` with something else than success."""


def _run(
    body: Callable[[], object],
    tape: "_Tape",
    config: Mapping[str, str],
    secret_keys: Collection[str],
    organization: str,
) -> Exception | None:
    """The exception that ended the program, if one did."""

    def program() -> None:
        try:
            body()
        except SystemExit as stop:
            # Not passed on: a SystemExit tears down an event loop in the middle of its turn.
            if stop.code not in (None, 0):
                raise _Exited(f"Program exited with non-zero exit code: {stop.code}") from None

    async def run() -> None:
        set_all_config(dict(config), list(secret_keys))
        settings = Settings(
            project=tape.project,
            stack=tape.stack,
            monitor=_Monitor(tape),
            engine=_Engine(tape),
            dry_run=True,
            organization=organization,
            root_directory=os.getcwd(),
        )
        # Set, so that the SDK does not start a server for an engine to call back to.
        settings.callbacks = _NoCallbacks()  # pyright: ignore[reportAttributeAccessIssue]
        configure(settings)
        await run_in_stack(program)

    with _defaults_of_the_sdk_kept(), asyncio.Runner() as runner:
        loop = runner.get_loop()
        loop.set_default_executor(_HereAndNow())
        # A program that fails leaves outputs that nobody will ever ask for. The language host
        # keeps asyncio from complaining of them, too.
        loop.set_exception_handler(lambda _loop, _context: None)
        try:
            # An empty context: nothing of the caller's Pulumi comes in, nothing of ours goes out.
            runner.run(run(), context=contextvars.Context())
        except Exception as error:
            return error
    return None


@contextmanager
def _defaults_of_the_sdk_kept() -> Generator[None]:
    """Undo what the SDK's settings do to their own defaults.

    They are context variables, but each also keeps the last value that was set where there was
    none, for every context to come: our monitor would answer to whoever comes later.
    """
    name = "_ContextProperty__default"
    kept = [
        (setting, getattr(setting, name))
        for setting in vars(Settings).values()
        if hasattr(setting, name)
    ]
    try:
        yield
    finally:
        for setting, default in kept:
            setattr(setting, name, default)


@contextmanager
def _as_in_a_process_of_its_own(file: str | None) -> Generator[None]:
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


def _as_shown(error: Exception, start: object) -> str:
    """What the language host would print: tracebacks begin in the program's own file."""
    if isinstance(error, (pulumi.RunError, _Exited)):
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)
    ours = [at for at, frame in enumerate(frames) if frame.filename == start]
    limit = ours[0] - len(frames) if ours else None
    shown = "".join(traceback.format_exception(error, limit=limit))
    return f"Program failed with an unhandled exception:\n{shown.rstrip()}"


# ---- what stands in for the engine ----


def _urn_of_the_stack(project: str, stack: str) -> str:
    return f"urn:pulumi:{stack}::{project}::{_STACK_TYPE}::{project}-{stack}"


class _Tape:
    """What was said so far."""

    def __init__(
        self, project: str, stack: str, answers: Mapping[str, Mapping[str, object]]
    ) -> None:
        self.project = project
        self.stack = stack
        self.stack_urn = _urn_of_the_stack(project, stack)
        self.answers = answers
        self.resources: dict[str, Registration] = {}
        self.duplicates: list[tuple[Registration, Registration]] = []
        self.outputs: dict[str, tuple[dict[str, object], tuple[str, ...]]] = {}
        self.logs: list[Logged] = []

    def urn(self, parent: str, token: str, name: str) -> str:
        """The URN that an engine would give, all types of the ancestors in it."""
        ancestors = "" if parent in ("", self.stack_urn) else parent.split("::")[2] + "$"
        return f"urn:pulumi:{self.stack}::{self.project}::{ancestors}{token}::{name}"

    def add(self, one: Registration) -> None:
        first = self.resources.setdefault(one.urn, one)
        if first is not one:
            # The program goes on, to fail for its own reasons or to end: nothing is half said.
            self.duplicates.append((first, one))

    def registrations(self) -> tuple[Registration, ...]:
        return tuple(
            replace(one, outputs=self.outputs[urn][0]) if urn in self.outputs else one
            for urn, one in self.resources.items()
        )


def _refuse(what: str) -> NoReturn:
    raise pulumi.RunError(f"Cannot {what} offline: there is no engine and no cloud to ask")


class _NoCallbacks:
    """Stands where the SDK keeps its server for transforms and hooks."""

    def __getattr__(self, name: str) -> Callable[..., NoReturn]:
        def refuse(*_args: object, **_options: object) -> NoReturn:
            _refuse(f"{name.replace('_', ' ')}s")

        return refuse


class _Engine:
    """The part of an engine that hears messages."""

    def __init__(self, tape: _Tape) -> None:
        self._tape = tape

    def Log(self, request: engine_pb2.LogRequest) -> empty_pb2.Empty:  # noqa: N802
        names = {engine_pb2.INFO: "info", engine_pb2.WARNING: "warning", engine_pb2.ERROR: "error"}
        severity = names.get(request.severity)
        # The SDK tells of its own steps in debugging messages, and a terminal shows an ephemeral
        # one only until the next.
        if severity is not None and not request.ephemeral:
            self._tape.logs.append(Logged(severity, request.message, request.urn or None))
        return empty_pb2.Empty()

    def RequirePulumiVersion(self, _request: object) -> empty_pb2.Empty:  # noqa: N802
        return empty_pb2.Empty()


class _Monitor:
    """The part of an engine that hears of resources. Method names are those of the protocol."""

    def __init__(self, tape: _Tape) -> None:
        self._tape = tape

    def __getattr__(self, name: str) -> Callable[..., NoReturn]:
        def refuse(*_args: object, **_options: object) -> NoReturn:
            _refuse(f"answer {name}")

        return refuse

    def GetDeploymentInfo(self, _request: object) -> resource_pb2.DeploymentInfo:  # noqa: N802
        return resource_pb2.DeploymentInfo(supportedFeatures=_FEATURES)

    def RegisterPackage(self, _request: object) -> resource_pb2.RegisterPackageResponse:  # noqa: N802
        return resource_pb2.RegisterPackageResponse(ref="offline")

    def SignalAndWaitForShutdown(self, _request: object) -> empty_pb2.Empty:  # noqa: N802
        return empty_pb2.Empty()

    def RegisterResource(  # noqa: N802
        self, request: resource_pb2.RegisterResourceRequest
    ) -> resource_pb2.RegisterResourceResponse:
        urn = self._tape.urn(request.parent, request.type, request.name)
        if request.type == _STACK_TYPE:
            return resource_pb2.RegisterResourceResponse(urn=self._tape.stack_urn)
        if request.remote:
            _refuse(f"build the remote component {request.type} '{request.name}'")
        id_ = (request.importId or f"{request.name}.id") if request.custom else ""
        inputs, secrets = _plain(request.object)
        self._tape.add(
            Registration(
                urn=urn,
                type=request.type,
                name=request.name,
                parent=request.parent or None,
                custom=request.custom,
                id=id_,
                inputs=inputs,
                secrets=secrets,
                dependencies=tuple(sorted(request.dependencies)),
                property_dependencies={
                    key: tuple(sorted(request.propertyDependencies[key].urns))
                    for key in sorted(request.propertyDependencies)
                },
                provider=request.provider.rpartition("::")[0],
                aliases=_plain_aliases(request),
                delete_before_replace=request.deleteBeforeReplace
                if request.deleteBeforeReplaceDefined
                else None,
                ignore_changes=tuple(request.ignoreChanges),
                replace_on_changes=tuple(request.replaceOnChanges),
                protect=request.protect if request.HasField("protect") else None,
                retain_on_delete=request.retainOnDelete
                if request.HasField("retainOnDelete")
                else None,
                import_id=request.importId,
                version=request.version,
                source=_place(request),
            )
        )
        return resource_pb2.RegisterResourceResponse(
            urn=urn, id=id_, object=_state(request.object, request.type, request.name, id_)
        )

    def ReadResource(  # noqa: N802
        self, request: resource_pb2.ReadResourceRequest
    ) -> resource_pb2.ReadResourceResponse:
        if request.type == "pulumi:pulumi:StackReference":
            _refuse(f"read the outputs of the stack '{request.id}'")
        urn = self._tape.urn(request.parent, request.type, request.name)
        inputs, secrets = _plain(request.properties)
        self._tape.add(
            Registration(
                urn=urn,
                type=request.type,
                name=request.name,
                parent=request.parent or None,
                custom=True,
                id=request.id,
                inputs=inputs,
                secrets=secrets,
                dependencies=tuple(sorted(request.dependencies)),
                provider=request.provider.rpartition("::")[0],
                version=request.version,
                read=True,
                source=_place(request),
            )
        )
        # Nothing is made up for what exists: its name is not ours to say.
        return resource_pb2.ReadResourceResponse(
            urn=urn, id=request.id, properties=request.properties
        )

    def RegisterResourceOutputs(  # noqa: N802
        self, request: resource_pb2.RegisterResourceOutputsRequest
    ) -> empty_pb2.Empty:
        self._tape.outputs[request.urn] = _plain(request.outputs)
        return empty_pb2.Empty()

    def Invoke(  # noqa: N802
        self, request: resource_pb2.ResourceInvokeRequest
    ) -> resource_pb2.ResourceInvokeResponse:
        answer = self._tape.answers.get(request.tok)
        if answer is None:
            _refuse(f"look up {request.tok}")
        response = resource_pb2.ResourceInvokeResponse()
        # The field is named by a word that Python keeps for itself.
        getattr(response, "return").update(answer)
        return response


def _state(inputs: struct_pb2.Struct, token: str, name: str, id_: str) -> struct_pb2.Struct:
    """What the resource reads back: its inputs, a `name` and an `arn`."""
    state = struct_pb2.Struct()
    state.CopyFrom(inputs)
    if id_ and not token.startswith("pulumi:"):
        kind = token.rpartition(":")[2]
        # Azure asks for the physical name under another key than it answers.
        physical = f"{kind[:1].lower()}{kind[1:]}Name"
        if "name" not in state.fields:
            if physical in state.fields:
                state.fields["name"].CopyFrom(state.fields[physical])
            else:
                state.fields["name"].string_value = name
        if "arn" not in state.fields:
            state.fields["arn"].string_value = f"arn:offline:{token}/{name}"
    return state


def _place(
    request: resource_pb2.RegisterResourceRequest | resource_pb2.ReadResourceRequest,
) -> str:
    # The SDK's stubs name this type by a module that does not exist.
    position = cast(source_pb2.SourcePosition, request.sourcePosition)  # pyright: ignore[reportUnknownMemberType]
    return f"{unquote(urlsplit(position.uri).path)}:{position.line}" if position.uri else ""


# ---- from the wire to plain data ----


def _plain(struct: struct_pb2.Struct) -> tuple[dict[str, object], tuple[str, ...]]:
    """The values, and the paths of those that were secret."""
    secrets: list[str] = []
    values = {
        key: _plain_value(value, key, secrets) for key, value in sorted(struct.fields.items())
    }
    return values, tuple(secrets)


def _plain_value(value: struct_pb2.Value, path: str, secrets: list[str]) -> object:
    match value.WhichOneof("kind"):
        case "string_value":
            text = value.string_value
            return UNKNOWN if text == _UNKNOWN_ON_THE_WIRE else text
        case "bool_value":
            return value.bool_value
        case "number_value":
            # All numbers travel as floats. A port is a whole one.
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "list_value":
            return [
                _plain_value(item, f"{path}[{at}]", secrets)
                for at, item in enumerate(value.list_value.values)
            ]
        case "struct_value":
            return _plain_struct(value.struct_value, path, secrets)
        case _:
            return None


def _plain_struct(struct: struct_pb2.Struct, path: str, secrets: list[str]) -> object:
    fields = struct.fields
    signature = fields[_SIGNATURE].string_value if _SIGNATURE in fields else ""
    if signature == _SECRET:
        secrets.append(path)
        return _plain_value(fields["value"], path, secrets)
    if signature == _REFERENCE:
        # A component has no id.
        return _plain_value(fields["id" if "id" in fields else "urn"], path, secrets)
    return {
        key: _plain_value(item, f"{path}.{key}", secrets)
        for key, item in sorted(fields.items())
        if key != _RESOURCE_IN_A_DRY_RUN
    }


def _plain_aliases(
    request: resource_pb2.RegisterResourceRequest,
) -> tuple[Mapping[str, object], ...]:
    """Only what the program said: the rest is as the resource itself has it."""
    # The SDK's stubs name this type by a module that does not exist.
    aliases = cast(Iterable[alias_pb2.Alias], request.aliases)  # pyright: ignore[reportUnknownMemberType]
    plain: list[Mapping[str, object]] = []
    for alias in aliases:
        spec = alias.spec
        said = {
            "urn": alias.urn,
            "name": spec.name,
            "type": spec.type,
            "project": spec.project,
            "stack": spec.stack,
            "parent": spec.parentUrn,
            "no_parent": spec.noParent,
        }
        plain.append({key: value for key, value in said.items() if value})
    return tuple(plain)
