"""What a program finds around it, and what is left of it: nothing.

Knows: what the language host does for a program (directory, path, arguments, environment).
"""

import importlib
import os
import sys
import traceback
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pulumi

__all__ = ["Exited", "as_in_a_process_of_its_own", "as_shown"]


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
