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
import os
import runpy
import selectors
import threading
from collections.abc import Callable, Collection, Generator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

import pulumi
from pulumi.runtime import Settings, configure, run_in_stack, set_all_config

from exchange_ports.offline import recording
from exchange_ports.offline.engine import Engine, Monitor, NoCallbacks, Tape

#: Directory, path and modules belong to the whole process: one program at a time.
_ONE_AT_A_TIME: Final = threading.Lock()

#: How many seconds a program may wait for its own threads, subprocesses, sockets and timers.
_PATIENCE: Final = 60.0

_P = ParamSpec("_P")
_T = TypeVar("_T")


def record(
    program: str | os.PathLike[str] | Callable[[], object],
    *,
    project: str,
    stack: str,
    config: Mapping[str, str],
    secret_keys: Collection[str] = (),
    organization: str = "organization",
    answers: Mapping[str, Mapping[str, object]] | None = None,
) -> recording.Recording:
    """Run `program` as the language host would, and return everything that it registered.

    `program` is a directory with a `__main__.py`, a file, or a function. `config` has full keys
    (`exchange-ports:topology`), with structured values as JSON text, the way an engine hands them
    over. `answers` says what a data source returns, by its token (`aws:ec2/getVpc:getVpc`); a
    program that asks for anything else is stopped. Nothing of the run stays behind: configuration,
    stack, path, directory, environment and the modules of the program's own directory are as
    before. What the program prints is printed.

    :raises ProgramFailed: when the program stops by itself, or waits for what never comes.
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
    tape = Tape(project, stack, answers or {})
    with _ONE_AT_A_TIME, recording.as_in_a_process_of_its_own(file):
        error = _run(body, tape, config, secret_keys, organization)

    logs, registrations = tuple(tape.logs), tape.registrations()
    if error is not None:
        start = file or getattr(getattr(program, "__code__", None), "co_filename", None)
        raise recording.ProgramFailed(
            recording.as_shown(error, start), logs, registrations
        ) from error
    if tape.duplicates:
        raise recording.DuplicateUrn(*tape.duplicates[0], logs, registrations)
    outputs, secret_outputs = tape.outputs.get(tape.stack_urn, ({}, ()))
    return recording.Recording(project, stack, registrations, outputs, secret_outputs, logs)


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


class _Awaited(selectors.DefaultSelector):
    """What the event loop waits in. Where nothing can come any more, it fails instead of waiting.

    Every answer is given at once, so a loop with nothing to do is one that waits for the program's
    own doings: its threads, subprocesses and sockets. Where it has none of these, for ever.
    """

    def __init__(self) -> None:
        super().__init__()
        self._threads_before = set(threading.enumerate())

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        # One file is the loop's own, by which threads wake it. Threads are counted before it is
        # looked at: one that ends in between has written to it.
        files = self.get_map()
        others = len(files) > 1 or set(threading.enumerate()) - self._threads_before
        longest = _PATIENCE if timeout is not None or others else 0
        ready = super().select(longest if timeout is None else min(timeout, longest))
        if not ready and (timeout is None or timeout > longest):
            raise pulumi.RunError(
                "The program never ends: it waits for an output, a future or a task that nothing "
                "will complete"
            )
        return ready


def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.SelectorEventLoop(_Awaited())


def _run(
    body: Callable[[], object],
    tape: "Tape",
    config: Mapping[str, str],
    secret_keys: Collection[str],
    organization: str,
) -> Exception | None:
    """The exception that ended the program, if one did."""
    #: The first is what went wrong: the program's own error goes before those that it leads to.
    errors: list[Exception] = []

    def program() -> None:
        try:
            body()
        except SystemExit as stop:
            # Not passed on: a SystemExit tears down an event loop in the middle of its turn.
            if stop.code not in (None, 0):
                errors.append(
                    recording.Exited(f"Program exited with non-zero exit code: {stop.code}")
                )
                raise errors[0] from None
        except Exception as error:
            errors.append(error)
            raise

    async def run() -> None:
        set_all_config(dict(config), list(secret_keys))
        settings = Settings(
            project=tape.project,
            stack=tape.stack,
            monitor=Monitor(tape),
            engine=Engine(tape),
            dry_run=True,
            organization=organization,
            root_directory=os.getcwd(),
        )
        # Set, so that the SDK does not start a server for an engine to call back to.
        settings.callbacks = NoCallbacks()  # pyright: ignore[reportAttributeAccessIssue]
        configure(settings)
        await run_in_stack(program)

    try:
        with _defaults_of_the_sdk_kept(), asyncio.Runner(loop_factory=_loop) as runner:
            loop = runner.get_loop()
            loop.set_default_executor(_HereAndNow())
            # A program that fails leaves outputs that are never read. The language host
            # keeps asyncio from complaining of them, too.
            loop.set_exception_handler(lambda _loop, _context: None)
            try:
                # An empty context: nothing of the caller's Pulumi comes in, nothing of ours goes out.
                runner.run(run(), context=contextvars.Context())
            except Exception as error:
                errors.append(error)
    except Exception as error:
        # What is left is cancelled at the end, and may refuse to go.
        errors.append(error)
    return errors[0] if errors else None


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
