"""Repositories that are made for a test, object by object: also such as no work tree could hold."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

__all__ = ["FILE", "LINK", "SUBMODULE", "Entry", "Made", "plain"]

FILE: Final = "100644"
LINK: Final = "120000"
SUBMODULE: Final = "160000"
_WHO: Final = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (
        ("NAME", "Somebody"),
        ("EMAIL", "somebody@contoso.example"),
        ("DATE", "2026-11-20T10:00:00Z"),
    )
}


class Entry(NamedTuple):
    """What stands at a path; of a submodule, the commit."""

    content: bytes
    mode: str = FILE


def plain(text: str) -> Entry:
    return Entry(text.encode())


class Made:
    """A repository on a server: OWNER/NAME below a folder."""

    def __init__(self, server: Path, name: str) -> None:
        self.server, self.name = server, name
        self.path = server / name
        self.path.mkdir(parents=True)
        self.git("init", "--quiet", "--bare", "--template=", "--initial-branch=main", ".")

    def git(self, *arguments: str | bytes, reported: bytes = b"", **more: str) -> str:
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.path,
            env={"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", **_WHO, **more},
            input=reported,
            capture_output=True,
            check=True,
        )
        return done.stdout.decode("utf-8", "surrogateescape").strip()

    def commit(self, files: Mapping[str | bytes, Entry], *parents: str) -> str:
        """A commit of these files, whatever their names are."""
        index = str(self.path / "index-of-the-test")
        Path(index).unlink(missing_ok=True)
        for path, entry in files.items():
            name = path if isinstance(path, bytes) else path.encode()
            stored = (
                entry.content.decode()
                if entry.mode == SUBMODULE
                else self.git("hash-object", "-w", "--stdin", reported=entry.content)
            )
            line = f"{entry.mode} {stored}\t".encode() + name + b"\0"
            self.git("update-index", "-z", "--index-info", reported=line, GIT_INDEX_FILE=index)
        tree = self.git("write-tree", GIT_INDEX_FILE=index)
        above = [word for parent in parents for word in ("-p", parent)]
        return self.git("commit-tree", tree, *above, reported=b"a change")

    def set(self, ref: str, commit: str) -> None:
        self.git("update-ref", ref, commit)
