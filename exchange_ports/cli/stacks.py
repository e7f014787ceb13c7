"""Stack files of the command line: from a name to its plans, and the two sides of a comparison.

A side is a revision of git, or the files on disk. Files are read when they are needed, each once.
"""

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from exchange_ports.cli.console import doing, say
from exchange_ports.cli.git_tree import Disk, Tree, here, inside
from exchange_ports.findings import Finding, Refused, in_order
from exchange_ports.findings import file_kinds as kinds
from exchange_ports.findings.command_kinds import CANNOT_READ
from exchange_ports.findings.finding import printable
from exchange_ports.pipeline import Compiled, StackSettings, compile_stack, read_content
from exchange_ports.planning import Plans
from exchange_ports.stackfile.nodes import Fields, YamlText, compose
from exchange_ports.stackfile.stack_file import NAMESPACE, StackFile, read_stack_file

if TYPE_CHECKING:
    from exchange_ports.reports.document import Origin


def read(file: str) -> StackFile:
    """The stack file.

    :raises Refused: it cannot be read, or is no stack file.
    """
    content = read_content(file)
    with doing(f"reading {printable(file)}"):
        return read_stack_file(content, file)


def read_with_origin(file: str) -> "tuple[StackFile, Origin]":
    """The stack file, and of what it was made, for reports that are kept.

    :raises Refused: it cannot be read, or is no stack file.
    """
    from hashlib import sha256  # what most commands do without

    from exchange_ports import __version__
    from exchange_ports.reports.document import Origin

    content = read_content(file)
    with doing(f"reading {printable(file)}"):
        stack = read_stack_file(content, file)
    return stack, Origin(file, sha256(content).hexdigest(), __version__)


def compiled(stack: StackFile) -> tuple[Plans, tuple[Finding, ...]]:
    """The plans of a stack file, with its and their warnings, every finding at its line.

    :raises Refused: there is an error in the file, a plan is over a limit, or the step of an update
        that is asked for is not offered.
    """
    found, _ = _compiled(stack)
    return found.plans, in_order(finding.located(stack.locate) for finding in found.findings)


def registered(stack: StackFile) -> Plans:
    """The plans that the program registers: those of the step that the stack is at, if it is at one.

    :raises Refused: as `compiled`.
    """
    _, found = _compiled(stack)
    return found


def _compiled(stack: StackFile) -> tuple[Compiled, Plans]:
    """What a stack file comes to, and what of it is registered."""
    warned: tuple[Finding, ...] = ()
    with doing(f"checking and planning {printable(stack.file)}"):
        try:
            found = compile_stack(StackSettings.of(stack))
            warned = found.declared
            return found, found.registered()
        except Refused as refused:
            findings = (*warned, *refused.findings)
            raise Refused(finding.located(stack.locate) for finding in findings) from None


def warn(warnings: Sequence[Finding]) -> None:
    """Say warnings on standard error, after what was asked."""
    say(warnings)


#: Where stack files are looked for beside the folder that the project itself names: in ours they
#: stand in `stacks`, and by Pulumi's default in the project's own folder.
_FOLDERS: Final = ("", "stacks")
STACK: Final = re.compile(r"Pulumi\..+\.ya?ml", re.DOTALL)
_PROJECTS: Final = ("Pulumi.yaml", "Pulumi.yml")
#: As git has it: files that share half of their lines may be one file under two names.
_ALIKE: Final = 0.5

#: A file's bytes. Raises Refused where it cannot be read.
_Read = Callable[[], bytes]


class NamedSide(NamedTuple):
    """A file by its path for people, to be read when it is needed."""

    file: str
    read: _Read


class Sides(NamedTuple):
    """Both sides, file by file. Where one side lacks the file it is None."""

    #: What each side is, for the comment's marker: a commit, or what else it was read from.
    base: str
    head: str
    pairs: tuple[tuple[NamedSide | None, NamedSide | None], ...]
    #: The folder that we stand in, as a prefix of the repository's paths; empty at its top.
    prefix: str = ""

    @property
    def folder(self) -> str:
        """The project's folder in its repository; `.` at the top."""
        return self.prefix.rstrip("/") or "."

    def here(self, path: str) -> str:
        """A path of the repository as seen from the folder that we stand in."""
        return here(self.prefix, path)


class _Source(Protocol):
    """Where the files of one side are; paths are those of the repository."""

    @property
    def id(self) -> str: ...
    def files(self, folder: str) -> tuple[str, ...]: ...
    def has(self, path: str) -> bool: ...
    def link(self, path: str) -> str | None: ...
    def read(self, path: str) -> bytes: ...


def sides(against: str, at: str | None, files: Sequence[str]) -> Sides:
    """A revision and another, or what is on disk: the files named, or all stack files of both.

    :raises Refused: there is no such revision here, or neither side has a file that is named.
    """
    prefix = inside()
    old = Tree(against)
    new: _Source = Disk(prefix) if at is None else Tree(at)
    paths = [_from_top(prefix, file) for file in files] or _stack_files((old, new), prefix)
    missing = [path for path in paths if not (old.has(path) or new.has(path))]
    if missing:
        why = "there is no such file on either side"
        raise Refused([CANNOT_READ.at((), file=path, why=why) for path in missing])
    before, after = (_of(source, paths) for source in (old, new))
    return Sides(old.id, new.id, tuple(_paired(before, after)), prefix)


def _from_top(prefix: str, file: str) -> str:
    path = os.path.relpath(file) if os.path.isabs(file) else file
    return os.path.normpath(prefix + path).replace(os.sep, "/")


def _of(source: _Source, paths: Sequence[str]) -> dict[str, _Read]:
    return {path: _once(source, path) for path in paths if source.has(path)}


def _once(source: _Source, path: str) -> _Read:
    return cache(lambda: source.read(path))


def _stack_files(both: tuple[_Source, _Source], prefix: str) -> list[str]:
    """All stack files of a project on either side, whichever folder either side says."""
    folders = {_below(prefix, folder) for folder in _FOLDERS}
    for source in both:
        folders |= {_below(prefix, folder) for folder in _configured(source, prefix)}
    return sorted(
        {
            path
            for source in both
            for folder in folders
            for path in source.files(folder)
            if STACK.fullmatch(path.rpartition("/")[2])
        }
    )


def _below(prefix: str, folder: str) -> str:
    path = os.path.normpath(prefix + folder).replace(os.sep, "/")
    return "" if path == "." else path


def _configured(source: _Source, prefix: str) -> Iterator[str]:
    """`stackConfigDir` of the project file, where it is a folder below."""
    for name in _PROJECTS:
        path = prefix + name
        if not source.has(path):
            continue
        try:
            root = compose(source.read(path), path)
        except Refused:
            continue
        for entry in root.entries if isinstance(root, Fields) else ():
            if isinstance(entry.key, YamlText) and entry.key.text == "stackConfigDir":
                folder = entry.value.text if isinstance(entry.value, YamlText) else ""
                if not (os.path.isabs(folder) or os.path.normpath(folder).startswith("..")):
                    yield folder


# ---- which file is which ----


def _paired(
    old: Mapping[str, _Read], new: Mapping[str, _Read]
) -> Iterator[tuple[NamedSide | None, NamedSide | None]]:
    """Each file with itself, a renamed one with what it was, and what is new or gone alone.

    Only files with a setting of ours on one side at least.
    """
    gone = {path: read for path, read in old.items() if path not in new and _ours(read)}
    came = {path: read for path, read in new.items() if path not in old and _ours(read)}
    renamed = dict(_renamed(gone, came))
    for path in sorted({*old, *new} - {*renamed, *renamed.values()}):
        if path in gone:
            yield NamedSide(path, gone[path]), None
        elif path in came:
            yield None, NamedSide(path, came[path])
        elif path in old and path in new and (_ours(old[path]) or _ours(new[path])):
            yield NamedSide(path, old[path]), NamedSide(path, new[path])
    for before, after in sorted(renamed.items(), key=lambda pair: pair[1]):
        yield NamedSide(before, gone[before]), NamedSide(after, came[after])


def _ours(read: _Read) -> bool:
    """Whether a setting of ours may be in a file; what cannot be read is asked for later."""
    try:
        content = read()
    except Refused:
        return True
    if NAMESPACE.encode() in content:
        return True
    # YAML can write a name so that its letters do not stand in the file: escaped, or in a tag.
    return any(sign in content for sign in (b"\\", b"!", b"\0")) and not _says_nothing(content)


def _says_nothing(content: bytes) -> bool:
    """Whether the reader finds nothing of ours, and nothing else to say about that."""
    try:
        read_stack_file(content, "")
    except Refused as refused:
        nothing = (kinds.EMPTY_FILE, kinds.NO_CONFIG, kinds.MISSING_TOPOLOGY)
        return all(finding.kind in nothing for finding in refused.findings)
    return False


def _renamed(gone: Mapping[str, _Read], came: Mapping[str, _Read]) -> Iterator[tuple[str, str]]:
    """Files that went and came with much the same lines, the most alike first."""
    lines = {path: _lines(read) for path, read in (*gone.items(), *came.items())}
    found = sorted((-_alike(lines[a], lines[b]), a, b) for a in gone for b in came)
    done: set[str] = set()
    for alike, before, after in found:
        if -alike >= _ALIKE and before not in done and after not in done:
            done |= {before, after}
            yield before, after


def _lines(read: _Read) -> Counter[bytes]:
    try:
        return Counter(read().splitlines())
    except Refused:
        return Counter()


def _alike(one: Counter[bytes], other: Counter[bytes]) -> float:
    most = max(one.total(), other.total())
    return (one & other).total() / most if most else 0.0
