"""Files of a revision, read from git without trusting the repository; and files on disk, read alike.

Knows: git's reading commands, folders, symbolic links and sizes.
Must not know: what is in a file.
"""

import os
from pathlib import Path
from typing import Final, NamedTuple

from exchange_ports.findings import Refused
from exchange_ports.findings.command_kinds import CANNOT_READ, NO_REVISION
from exchange_ports.pipeline import read_content
from exchange_ports.stackfile.nodes import MAX_BYTES

#: Git answers from its own files at once; a repository that makes it wait is stopped.
_SECONDS: Final = 60
_SYMBOLIC_LINK: Final = "120000"
#: Whatever the user's git would do beside reading, it does not do for us.
_QUIET: Final = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    # No transport at all: a missing object is missing.
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_PAGER": "",
    "LC_ALL": "C",
}
_OPTIONS: Final = (
    "--no-pager",
    "--literal-pathspecs",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.fsmonitor=false",
)


class Revision(NamedTuple):
    """A revision: as it was asked for, the commit (or the tree, where it is only that), its tree."""

    asked: str
    id: str
    tree: str


class _TreeEntry(NamedTuple):
    mode: str
    kind: str
    id: str


def inside() -> str:
    """Where we stand in the repository, as a prefix of its paths: "" at its top, "infra/" below.

    :raises Refused: this is no repository.
    """
    return git("--show-prefix", command="rev-parse", of="this folder").decode().rstrip("\n")


class Tree:
    """The files of one revision, by their paths from the repository's top.

    Goes from folder to folder by the ids that git has for them, so no path is ever followed.
    """

    def __init__(self, asked: str) -> None:
        """Find a revision.

        :raises Refused: there is no such revision here.
        """
        self.revision = _revision(asked)
        self._folders: dict[str, dict[str, _TreeEntry]] = {}

    @property
    def id(self) -> str:
        """What the revision is, whatever it was called: the commit's id, or the tree's."""
        return self.revision.id

    def files(self, folder: str) -> tuple[str, ...]:
        """The paths of the files of a folder, in order. Symbolic links are among them."""
        found, link = self._folder(folder)
        if link is not None:
            return ()
        above = f"{folder}/" if folder else ""
        return tuple(sorted(above + name for name, each in found.items() if each.kind == "blob"))

    def has(self, path: str) -> bool:
        """Whether there is such a file, or a symbolic link on the way to it."""
        folder, _, name = path.rpartition("/")
        found, link = self._folder(folder)
        return link is not None or (name in found and found[name].kind == "blob")

    def link(self, path: str) -> str | None:
        """The symbolic link on the way to a path or at its end, if there is one."""
        folder, _, name = path.rpartition("/")
        found, link = self._folder(folder)
        if link is None and name in found and found[name].mode == _SYMBOLIC_LINK:
            return path
        return link

    def read(self, path: str) -> bytes:
        """A file's bytes, as they are in the repository.

        :raises Refused: it is not there, is behind a symbolic link, or is too big to be a stack file.
        """
        folder, _, name = path.rpartition("/")
        found, link = self._folder(folder)
        if link is not None:
            raise self._refused(path, _not_followed(path, link))
        if name not in found or found[name].kind != "blob":
            raise self._refused(path, "the file does not exist")
        entry = found[name]
        if entry.mode == _SYMBOLIC_LINK:
            raise self._refused(path, _not_followed(path, path))
        of = f"{path} in {self.revision.asked}"
        size = int(git("-s", entry.id, command="cat-file", of=of))
        if size > MAX_BYTES:
            raise self._refused(path, f"it has {size} bytes; the limit is {MAX_BYTES}")
        return git("blob", entry.id, command="cat-file", of=of)

    def _folder(self, path: str) -> tuple[dict[str, _TreeEntry], str | None]:
        """What is in a folder, nothing where there is none; and the link on the way to it, if any."""
        id_ = self.revision.tree
        walked: list[str] = []
        for step in path.split("/") if path else ():
            entry = self._listed(id_).get(step)
            walked.append(step)
            if entry is not None and entry.mode == _SYMBOLIC_LINK:
                return {}, "/".join(walked)
            if entry is None or entry.kind != "tree":
                return {}, None
            id_ = entry.id
        return self._listed(id_), None

    def _listed(self, tree: str) -> dict[str, _TreeEntry]:
        if tree not in self._folders:
            answer = git("-z", "--full-tree", tree, command="ls-tree", of=self.revision.asked)
            found: dict[str, _TreeEntry] = {}
            for line in filter(None, answer.split(b"\0")):
                words, _, name = line.partition(b"\t")
                entry = _TreeEntry(*words.decode().split())
                found[name.decode("utf-8", "backslashreplace")] = entry
            self._folders[tree] = found
        return self._folders[tree]

    def _refused(self, path: str, why: str) -> Refused:
        return Refused([CANNOT_READ.at((), file=f"{path} in {self.revision.asked}", why=why)])


class Disk:
    """The files on disk, by their paths from the repository's top. No symbolic link below it is followed."""

    id = "the-work-tree"

    def __init__(self, prefix: str) -> None:
        """Stand in the folder `prefix` of the repository, as `inside` gives it."""
        self._prefix = prefix

    def files(self, folder: str) -> tuple[str, ...]:
        """The paths of the files of a folder, in order. Symbolic links are among them."""
        there = Path(self._here(folder) or ".")
        if self.link(folder) is not None or not there.is_dir():
            return ()
        above = f"{folder}/" if folder else ""
        found = (each.name for each in there.iterdir() if each.is_symlink() or each.is_file())
        return tuple(sorted(above + name for name in found))

    def has(self, path: str) -> bool:
        """Whether there is such a file, or a symbolic link on the way to it."""
        return self.link(path) is not None or Path(self._here(path)).is_file()

    def read(self, path: str) -> bytes:
        """A file's bytes.

        :raises Refused: it is not there, is behind a symbolic link, or is too big to be a stack file.
        """
        link = self.link(path)
        if link is not None:
            raise Refused([CANNOT_READ.at((), file=path, why=_not_followed(path, link))])
        return read_content(self._here(path))

    def link(self, path: str) -> str | None:
        """The symbolic link on the way to a path or at its end, if there is one."""
        steps = path.split("/") if path else []
        for length in range(1, len(steps) + 1):
            above = "/".join(steps[:length])
            # Of a path that leads up and out, the way up is no part of the repository.
            if steps[length - 1] != ".." and Path(self._here(above)).is_symlink():
                return above
        return None

    def _here(self, path: str) -> str:
        return here(self._prefix, path)


def here(prefix: str, path: str) -> str:
    """A path from the repository's top as seen from the folder below it that `prefix` names."""
    if f"{path}/".startswith(prefix):
        return path.removeprefix(prefix.rstrip("/")).removeprefix("/")
    return "../" * prefix.count("/") + path


def _not_followed(path: str, link: str) -> str:
    what = "it is a symbolic link" if link == path else f"{link} is a symbolic link"
    return f"{what}, which is not followed"


def _revision(asked: str) -> Revision:
    tree = _resolved(f"{asked}^{{tree}}", asked)
    try:
        commit = _resolved(f"{asked}^{{commit}}", asked)
    except Refused:
        # `git merge-tree` makes a tree that no commit has.
        commit = tree
    return Revision(asked, commit, tree)


def _resolved(name: str, asked: str) -> str:
    answer = git("--verify", "--quiet", "--end-of-options", name, command="rev-parse", of=asked)
    return answer.decode().split()[-1]


def last_commit(file: str, content: bytes) -> str:
    """The id of the last commit that changed a file; `content` is what the file contains on disk.

    :raises Refused: this is no repository, or no commit contains the file as it is.
    """
    path = os.path.relpath(file)
    found = git("-1", "--format=%H", "--end-of-options", "HEAD", "--", path, command="log", of=file)
    commit = found.decode().strip()
    why = "" if commit else "it is not committed"
    if commit and git("blob", f"{commit}:./{path}", command="cat-file", of=file) != content:
        why = "it has changes that are not committed"
    if why:
        raise Refused([NO_REVISION.at((), revision=file, why=why)])
    return commit


def git(*arguments: str, command: str, of: str) -> bytes:
    """What one of git's reading commands answers.

    :raises Refused: git is not there, or refuses.
    """
    import subprocess  # only what asks for a revision should pay for it

    try:
        # No shell; what a user gives is behind --end-of-options or --, or an id that git gave.
        done = subprocess.run(  # noqa: S603
            ["git", *_OPTIONS, command, *arguments],  # noqa: S607 git stands where the user has it
            env={**os.environ, **_QUIET},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_SECONDS,
        )
    except OSError:
        why = "Git is not on PATH, or cannot be run"
    except subprocess.TimeoutExpired:
        why = f"Git did not answer within {_SECONDS} seconds"
    else:
        if done.returncode == 0:
            return done.stdout
        lines = done.stderr.decode("utf-8", "backslashreplace").strip().splitlines()
        why = (
            lines[0].removeprefix("fatal: ")
            if lines
            else "the revision does not exist in this repository"
        )
    raise Refused([NO_REVISION.at((), revision=of, why=why)])
