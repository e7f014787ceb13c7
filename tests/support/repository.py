"""A git repository made for a test: the same steps give the same commit ids everywhere."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

__all__ = ["Repository"]

#: Nothing of the user's own git has a say, and no clock.
_ENVIRONMENT: Final = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
    "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
}


class Repository:
    """A work tree at `path`, and what was committed in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main", "--object-format=sha1")

    def git(self, *arguments: str, given: bytes = b"") -> str:
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.path,
            env={**os.environ, **_ENVIRONMENT},
            input=given,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode().strip()

    def write(self, files: Mapping[str, str | bytes | None]) -> None:
        """Write these files into the work tree; None deletes one."""
        for name, content in files.items():
            path = self.path / name
            if content is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    def put(self, path: str, content: str, mode: str = "100644") -> str:
        """The id of a commit of one file more, made as no `git add` would: with no filter, no check."""
        blob = self.git("hash-object", "-w", "--no-filters", "--stdin", given=content.encode())
        self.git("update-index", "--add", "--cacheinfo", f"{mode},{blob},{path}")
        self.git("commit", "--quiet", "--message", path)
        return self.git("rev-parse", "HEAD")

    def commit(self, files: Mapping[str, str | bytes | None], summary: str = "an edit") -> str:
        """The id of a commit of these files and all that stood before."""
        self.write(files)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", summary)
        return self.git("rev-parse", "HEAD")
