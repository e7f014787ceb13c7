"""The two sides of a comparison: which stack files there are on each, and where each is registered.

A side is a revision of git, or the files on disk. Files are read when they are needed, each once.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from typing import Final, NamedTuple, Protocol

from exchange_ports.cli.git_tree import Disk, Tree, here, inside
from exchange_ports.cli.stacks import STACK_NAME
from exchange_ports.findings import Finding, Refused
from exchange_ports.findings import file_kinds as kinds
from exchange_ports.findings.command_kinds import CANNOT_READ
from exchange_ports.stackfile.project_file import (
    PROJECT_FILES,
    STACK,
    ProjectFile,
    environment_of,
    read_project_file,
)
from exchange_ports.stackfile.stack_file import (
    NAMESPACE,
    has_no_topology,
    read_environment,
    read_stack_file,
)

#: Where stack files are looked for beside the folder that the project itself names: in ours they
#: stand in `stacks`, and by Pulumi's default in the project's own folder.
_FOLDERS: Final = ("", "stacks")
#: As git has it: files that share half of their lines may be one file under two names.
_ALIKE: Final = 0.5

#: A file's bytes. Raises Refused where it cannot be read.
_Read = Callable[[], bytes]


class NamedSide(NamedTuple):
    """A file by its path for people, to be read when it is needed; and the project that it is a stack of."""

    file: str
    read: _Read
    project: ProjectFile | None = None


class Sides(NamedTuple):
    """Both sides, file by file. Where one side lacks the file it is None."""

    #: What each side is, for the comment's marker: a commit, or what else it was read from.
    base: str
    head: str
    pairs: tuple[tuple[NamedSide | None, NamedSide | None], ...]
    #: Why some of what Pulumi reads on either side is not known, so that nothing here is the whole.
    not_reviewed: tuple[Finding, ...] = ()
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
    both = tuple(_ProjectOf(source, prefix) for source in (old, new))
    both[0].other, both[1].other = both[1], both[0]
    paths = [_path(both, prefix, file) for file in files] or _stack_files(both, prefix)
    missing = [path for path in paths if not (old.has(path) or new.has(path))]
    if missing:
        why = "neither version has such a file"
        raise Refused([CANNOT_READ.at((), file=path, why=why) for path in missing])
    moved = dict(_moved(both, paths))
    before, after = (each.named((*paths, *moved, *filter(None, moved.values()))) for each in both)
    for path, was in moved.items():
        if was is None:
            # It was there, and no stack's file: Pulumi looked elsewhere.
            before.pop(path, None)
    pairs = tuple(_paired((both[0], before), (both[1], after), moved))
    # One fault on both sides is told once.
    faults = dict.fromkeys(each.fault for each in both if each.fault is not None)
    if faults:
        # With one project unknown, nothing is reported of what the other one adds.
        bare = [[each and each._replace(project=None) for each in pair] for pair in pairs]
        pairs = tuple((old_side, new_side) for old_side, new_side in bare)
    return Sides(old.id, new.id, pairs, tuple(faults), prefix)


class _ProjectOf:
    """The project of one side: the nearest project file, at the folder that we stand in or above it."""

    def __init__(self, source: _Source, prefix: str) -> None:
        """Read it, if there is one. `fault` says why nothing is known for certain, where that is so."""
        self.source = source
        self.file: ProjectFile | None = None
        self.fault: Finding | None = None
        #: Where its stack files are; None where there is no project file.
        self.folder: str | None = None
        #: The other side: what was a project of ours may be one still.
        self.other: _ProjectOf | None = None
        self._top = ""
        self._reads: dict[str, _Read] = {}
        try:
            self._read(prefix)
        except Refused as refused:
            (self.fault,) = refused.findings

    def _read(self, prefix: str) -> None:
        above = prefix.rstrip("/")
        while True:
            for name in PROJECT_FILES:
                path = f"{above}/{name}" if above else name
                if self.source.has(path):
                    self._take(path, above)
                    return
            if not above:
                return
            above = above.rpartition("/")[0]

    def _take(self, path: str, above: str) -> None:
        try:
            content = self.source.read(path)
        except Refused as refused:
            why = "; ".join(f"{each.summary} {each.why}".strip(" .") for each in refused.findings)
            raise Refused([kinds.NOT_REVIEWED.at((), what=path, why=why)]) from None
        project = read_project_file(content, path)
        folder = project.folder_from(above)
        if folder == ".." or folder.startswith("../"):
            why = f"its stack files are outside of the repository, in {project.folder}"
            raise Refused([kinds.NOT_REVIEWED.at((), what=path, why=why)])
        self.file = project
        self._top = path.rpartition("/")[0]
        self.folder = "" if folder == "." else folder
        link = self.source.link(self.folder)
        if link is not None:
            why = f"its stack files are behind the symbolic link {link}, which is not followed"
            self.fault = kinds.NOT_REVIEWED.at((), what=path, why=why)

    def path_of(self, stack: str) -> str | None:
        """Where Pulumi looks for the file of a stack; None where there is no project."""
        if self.folder is None or self.file is None:
            return None
        name = self.file.stack_file(stack)
        return f"{self.folder}/{name}" if self.folder else name

    def named(self, paths: Iterable[str]) -> dict[str, NamedSide]:
        """Those of the files that are there."""
        return {
            path: NamedSide(path, self._reader(path), self.file)
            for path in dict.fromkeys(paths)
            if self.source.has(path)
        }

    def _reader(self, path: str) -> _Read:
        return self._reads.setdefault(path, _once(self.source, path))

    def concerns(self, side: NamedSide) -> bool:
        """Whether a setting of ours may be in a file, or come to it from its environment.

        Of a file without a setting of ours the second may be so where Pulumi reads it for a project of
        ours. The stack files of other projects are none of our business, whatever their environments are.
        """
        return _ours(side) or (self._has_more(side) and self._may_be_ours(side.file))

    def _has_more(self, side: NamedSide) -> bool:
        """Whether a file without a word of ours takes settings from elsewhere, or cannot be read plainly."""
        content = side.read()
        if not _says_nothing(content):
            return True
        given = read_environment(content, side.file).given
        added = environment_of(given, "" if self.file is None else self.file.name)
        return bool(added.unknown) or any(map(_is_ours, added.config))

    def _may_be_ours(self, path: str) -> bool:
        folder, _, name = path.rpartition("/")
        found = STACK.fullmatch(name)
        if found is None or self.path_of(found[1]) not in (None, path):
            return False
        return any(each is not None and each.is_ours(folder) for each in (self, self.other))

    def is_ours(self, folder: str) -> bool:
        """Whether this side has a project of ours; without a project file, in this folder."""
        if self._program_is_ours:
            return True
        # One program reads all of them.
        several = self.source.files(folder if self.folder is None else self.folder)
        beside = (NamedSide(each, self._reader(each)) for each in several if _is_stack_file(each))
        return any(map(_ours, beside))

    @cached_property
    def _program_is_ours(self) -> bool:
        """Whether the project is named as ours, declares a setting of ours, or has a program that names us."""
        if self.file is None:
            return False
        above = f"{self._top}/" if self._top else ""
        several = (self.file.file, *(above + name for name in _PROGRAM))
        return self.file.ours or any(map(self._names_us, several))

    def _names_us(self, path: str) -> bool:
        if not self.source.has(path):
            return False
        try:
            content = self._reader(path)()
        except Refused:
            return True
        return any(word in content for word in _OUR_NAMES)


#: The names of the package, as programs and as requirements have them.
_OUR_NAMES: Final = (NAMESPACE.encode(), NAMESPACE.replace("-", "_").encode())
#: Beside a project file, what names the package that a program takes.
_PROGRAM: Final = ("__main__.py", "requirements.txt", "pyproject.toml", "package.json")


def _is_stack_file(path: str) -> bool:
    return STACK.fullmatch(path.rpartition("/")[2]) is not None


def _is_ours(name: str) -> bool:
    return name.partition(":")[0] == NAMESPACE


def _moved(both: Sequence[_ProjectOf], paths: Iterable[str]) -> Iterator[tuple[str, str | None]]:
    """Each file in which Pulumi newly looks for a stack, with the file in which it looked before, if it is there."""
    old, new = both
    for path in paths:
        found = STACK.fullmatch(path.rpartition("/")[2])
        if found is None:
            continue
        before, after = old.path_of(found[1]), new.path_of(found[1])
        if before is None or after is None or before == after or path not in (before, after):
            continue
        if new.source.has(after):
            yield after, before if old.source.has(before) else None


def _path(both: Sequence[_ProjectOf], prefix: str, word: str) -> str:
    """The path of the file called `word`, or else of that stack on either side, the new one first."""
    path = _from_top(prefix, word)
    if STACK_NAME.fullmatch(word) and not any(each.source.has(path) for each in both):
        for each in reversed(both):
            of_stack = each.path_of(word)
            if of_stack is not None and each.source.has(of_stack):
                return of_stack
    return path


def _from_top(prefix: str, file: str) -> str:
    path = os.path.relpath(file) if os.path.isabs(file) else file
    return os.path.normpath(prefix + path).replace(os.sep, "/")


def _once(source: _Source, path: str) -> _Read:
    return cache(lambda: source.read(path))


def _stack_files(both: Iterable[_ProjectOf], prefix: str) -> list[str]:
    """All stack files of a project on either side, whichever folder either side says."""
    folders = {_below(prefix, folder) for folder in _FOLDERS}
    folders |= {each.folder for each in both if each.folder is not None}
    return sorted(
        {
            path
            for each in both
            for folder in folders
            for path in each.source.files(folder)
            if _is_stack_file(path)
        }
    )


def _below(prefix: str, folder: str) -> str:
    path = os.path.normpath(prefix + folder).replace(os.sep, "/")
    return "" if path == "." else path


# ---- which file is which ----


def _paired(
    before: tuple[_ProjectOf, Mapping[str, NamedSide]],
    after: tuple[_ProjectOf, Mapping[str, NamedSide]],
    moved: Mapping[str, str | None],
) -> Iterator[tuple[NamedSide | None, NamedSide | None]]:
    """Each file with itself, a moved or renamed one with what it was, and what is new or gone alone.

    Only files with a setting of ours on one side at least, or that may take one from an environment
    and are not the same on both sides.
    """
    then, old = before
    now, new = after
    gone = {path: each for path, each in old.items() if path not in new and then.concerns(each)}
    came = {path: each for path, each in new.items() if path not in old and now.concerns(each)}
    stay = {path: path for path in old.keys() & new.keys() if path not in moved}
    pairs = dict(stay)
    for path, was in moved.items():
        if was is not None and was in old and path in new:
            pairs[was] = path
    rest = [set(each) - {*pairs, *pairs.values()} for each in (gone, came)]
    reads = [
        {path: side[path].read for path in left}
        for side, left in zip((gone, came), rest, strict=True)
    ]
    renamed = dict(_renamed(*reads))
    for was_at, is_at in sorted(pairs.items()):
        one, other = old[was_at], new[is_at]
        if (
            _ours(one)
            or _ours(other)
            or (not same(one, other) and (then.concerns(one) or now.concerns(other)))
        ):
            yield one, other
    for path in sorted(rest[0] - renamed.keys()):
        yield gone[path], None
    for path in sorted(rest[1] - set(renamed.values())):
        yield None, came[path]
    for was_at, is_at in sorted(renamed.items(), key=lambda pair: pair[1]):
        yield gone[was_at], came[is_at]


def same(one: NamedSide, other: NamedSide) -> bool:
    """Whether both sides are the same to the byte, and so is what their projects add."""
    try:
        return one.read() == other.read() and one.project == other.project
    except Refused:
        return False


def _ours(side: NamedSide) -> bool:
    """Whether a setting of ours may be in a file; what cannot be read is asked for later."""
    try:
        content = side.read()
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
        return has_no_topology(refused)
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
