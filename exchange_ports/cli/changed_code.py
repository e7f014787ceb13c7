"""Files that changed between two sides, are no stack files, and can decide what is registered.

`diff` compares what stack files declare and runs nothing. So a change of the program, of what it
installs, of the project file or of a pipeline is no part of the comparison, and has to be named.
"""

import hashlib
import os
import stat
from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

from exchange_ports.cli.git_tree import git
from exchange_ports.cli.sides import Sides
from exchange_ports.stackfile.project_file import STACK

#: What no interpreter, package manager or pipeline reads: texts and pictures for people.
_HARMLESS: Final = frozenset((".md", ".rst", ".png", ".svg", ".jpg", ".jpeg", ".gif"))
_ABSENT: Final = "000000"
_PLAIN: Final = ("100644", "100755", _ABSENT)
_LINK: Final = "120000"
_SUBMODULE: Final = "160000"
#: Letters of a SHA-1; a longer id is a SHA-256.
_SHA1: Final = 40
#: Bytes that are read at once.
_CHUNK: Final = 1024 * 1024


class _ChangedFile(NamedTuple):
    """A file that differs: git's mode of it on both sides, and its path."""

    modes: tuple[str, str]
    path: str


def changed_code(found: Sides, *, on_disk: bool) -> tuple[str, ...]:
    """The changed files that can decide what is registered, by their paths from the repository's top.

    In the project's folder that is every file but stack files, texts and pictures. Elsewhere it is
    what stands in a folder above the project, or in a hidden one there: pipelines, lock files.
    `on_disk`: the new side is the work tree.

    :raises Refused: git cannot compare the two sides.
    """
    compared = (side.file for pair in found.pairs for side in pair if side is not None)
    folders = {file.rpartition("/")[0] for file in compared}
    folders |= {found.prefix.rstrip("/"), f"{found.prefix}stacks"}
    several = _on_disk(found) if on_disk else _between(found.base, found.head)
    paths = {
        each.path
        for each in several
        if _decides(each, found.prefix) and not _is_stack_file(each.path, folders)
    }
    return tuple(sorted(paths, key=lambda path: (not path.startswith(found.prefix), path)))


def _decides(each: _ChangedFile, prefix: str) -> bool:
    # A link or a submodule may have any name.
    plain = all(mode in _PLAIN for mode in each.modes)
    harmless = plain and os.path.splitext(each.path)[1].lower() in _HARMLESS
    return _is_near(each.path, prefix) and not harmless


def _is_near(path: str, prefix: str) -> bool:
    """Whether a path is in the project's folder, or in one above it, or hidden there."""
    if path.startswith(prefix):
        return True
    above = os.path.commonpath((f"/{prefix}", f"/{os.path.dirname(path)}"))
    inside, _, more = os.path.relpath(f"/{path}", above).partition("/")
    return not more or inside.startswith(".")


def _is_stack_file(path: str, folders: Collection[str]) -> bool:
    """Whether it stands where stack files are looked for, and is called like one."""
    folder, _, name = path.rpartition("/")
    return folder in folders and STACK.fullmatch(name) is not None


def _between(old: str, new: str) -> Iterator[_ChangedFile]:
    options = ("--raw", "-z", "-r", "--no-renames", "--full-index", "--no-ext-diff")
    return _listed(git(*options, old, new, command="diff-tree", of=new))


def _on_disk(found: Sides) -> Iterator[_ChangedFile]:
    # Not by git's own comparison with the work tree, which runs filters that are configured there.
    listed = git("-r", "-z", "--full-tree", found.base, command="ls-tree", of=found.base)
    known: set[bytes] = set()
    for line in filter(None, listed.split(b"\0")):
        words, _, name = line.partition(b"\t")
        mode, _, blob = words.decode().split()
        known.add(name)
        path = _path(name)
        if not _is_near(path, found.prefix):
            continue
        now = _mode(found.here(path))
        if now != mode or (mode != _SUBMODULE and not _is_blob(found.here(path), blob)):
            yield _ChangedFile((mode, now), path)
    there = ("-z", "--cached", "--others", "--exclude-standard", "--full-name")
    names = set(git(*there, command="ls-files", of="the work tree").split(b"\0"))
    for path in map(_path, names - known - {b""}):
        now = _mode(found.here(path))
        if now != _ABSENT:
            yield _ChangedFile((_ABSENT, now), path)


def _listed(answer: bytes) -> Iterator[_ChangedFile]:
    """What `--raw -z` answers: modes, ids and status, then a path, each with a zero byte behind it."""
    words = answer.split(b"\0")
    for state, name in zip(words[0::2], words[1::2], strict=False):
        old, new = state.decode().removeprefix(":").split()[:2]
        yield _ChangedFile((old, new), _path(name))


def _path(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")


def _mode(file: str) -> str:
    """What git would have as the mode of a file on disk."""
    try:
        found = os.lstat(file).st_mode
    except OSError:
        return _ABSENT
    if stat.S_ISREG(found):
        return _PLAIN[1] if found & stat.S_IXUSR else _PLAIN[0]
    return _SUBMODULE if stat.S_ISDIR(found) else _LINK


def _is_blob(file: str, blob: str) -> bool:
    """Whether a file on disk has the bytes of a blob, or a link its target."""
    # As git names it; what it protects is the repository's affair.
    hashed = hashlib.sha1(usedforsecurity=False) if len(blob) == _SHA1 else hashlib.sha256()
    try:
        if os.path.islink(file):
            target = os.fsencode(os.readlink(file))
            hashed.update(b"blob %d\0" % len(target) + target)
            return hashed.hexdigest() == blob
        with open(file, "rb") as opened:
            hashed.update(b"blob %d\0" % os.fstat(opened.fileno()).st_size)
            while content := opened.read(_CHUNK):
                hashed.update(content)
    except OSError:
        return False
    return hashed.hexdigest() == blob
