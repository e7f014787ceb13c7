"""What a run of programs leaves behind: processes, ports that they listen on, and files.

Knows: Linux's /proc (proc(5)). Must not know: which programs.
"""

import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

__all__ = ["files", "listening", "ports", "processes"]

_PROC: Final = Path("/proc")
#: The state of a TCP socket that listens (Linux, include/net/tcp_states.h).
_LISTENS: Final = "0A"
#: What any run may write beside a program: compiled modules and caches of tools.
_CACHES: Final = (".git", ".hypothesis", ".venv", "__pycache__", "cache")


def processes(mark: str) -> list[int]:
    """Ids of the processes that have `mark` in their environment, as whoever they start has too.

    Ids are given again, so no list of ids would tell.
    """
    found: list[int] = []
    for process in _PROC.glob("[0-9]*"):
        try:
            if mark.encode() in (process / "environ").read_bytes():
                found.append(int(process.name))
        except OSError:
            # Not ours to look at, or gone.
            continue
    return found


def ports(several: Collection[int]) -> set[int]:
    """The TCP ports that these processes listen on."""
    held = {link for process in several for link in _links(process)}
    return {port for port, inode in _sockets() if f"socket:[{inode}]" in held}


def listening() -> set[int]:
    """The TCP ports that anyone listens on."""
    return {port for port, _ in _sockets()}


def files(directory: Path) -> set[Path]:
    """All files below, but for the caches of tools."""
    found: set[Path] = set()
    for where, below, names in os.walk(directory):
        below[:] = [name for name in below if not name.endswith(_CACHES)]
        found |= {Path(where, name).relative_to(directory) for name in names}
    return found


def _links(process: int) -> Iterator[str]:
    try:
        several = list((_PROC / str(process) / "fd").iterdir())
    except OSError:
        return
    for each in several:
        try:
            yield str(each.readlink())
        except OSError:
            continue


def _sockets() -> Iterator[tuple[int, str]]:
    """Of each socket that listens: its port and its inode."""
    for table in ("tcp", "tcp6"):
        file = _PROC / "net" / table
        for line in file.read_text().splitlines()[1:] if file.exists() else ():
            _, local, _, state, *rest = line.split()
            if state == _LISTENS:
                yield int(local.rpartition(":")[2], 16), rest[5]
