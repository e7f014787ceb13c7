"""Blocks of a page, and transcripts: commands, what was shown, and what was cut out.

A console block is a transcript: each line from `$ ` on is run, and the lines below it are what was
shown. A line `...` stands for lines that were left out.
"""

import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CUT: Final = "..."


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its lines, its line on the page, and the diff that applies."""

    language: str
    lines: tuple[str, ...]
    at: int
    edits: tuple[str, ...] = ()


def blocks(page: str) -> Iterator[Block]:
    language: str | None = None
    body: list[str] = []
    edits: tuple[str, ...] = ()
    start = 0
    for number, line in enumerate(page.splitlines(), start=1):
        if language is None and line.startswith("```"):
            language, body, start = line[3:].strip(), [], number
        elif language is None:
            edits = () if line.startswith("#") else edits
        elif line == "```":
            block = Block(language, tuple(body), start, edits)
            edits = block.lines if language == "diff" else edits
            language = None
            yield block
        else:
            body.append(line)
    assert language is None, f"the block at line {start} has no end"


@dataclass(frozen=True)
class Step:
    """One command of a transcript, with the lines that were shown for it."""

    command: str
    shown: tuple[str, ...]


def steps(lines: Iterable[str]) -> list[Step]:
    found: list[Step] = []
    for line in lines:
        if line.startswith("$ "):
            found.append(Step(line[2:], ()))
        else:
            last = found.pop()
            found.append(Step(last.command, (*last.shown, line)))
    return found


def pieces(shown: Iterable[str]) -> list[list[str]]:
    """What stands between the cuts; an empty piece where a cut is the first or last line."""
    found: list[list[str]] = [[]]
    for line in shown:
        if line.strip() == CUT:
            found.append([])
        else:
            found[-1].append(line.rstrip())
    return found


def missing(shown: Iterable[str], real: str) -> list[str]:
    """The first piece that is not where it is shown to be; nothing when all are."""
    lines = [line.rstrip() for line in real.strip("\n").splitlines()]
    first, *others = pieces(shown)
    if lines[: len(first)] != first:
        return first
    at = len(first)
    for piece in others:
        while lines[at : at + len(piece)] != piece:
            at += 1
            if at > len(lines):
                return piece
        at += len(piece)
    # Without a cut at the end, the end that is shown is the end.
    last = (others or [first])[-1]
    if last and lines[len(lines) - len(last) :] != last:
        return last
    return [] if others or at == len(lines) else ["(the output goes on, and no cut is marked)"]


def as_arguments(command: str) -> list[str] | None:
    """What `exchange-ports` gets of a command; none for a command that is not run here."""
    words = shlex.split(command)
    if words[0] == "exchange-ports":
        return words[1:]
    preview = re.fullmatch(r"make preview STACK=([\w-]+)", command)
    return ["preview", f"stacks/Pulumi.{preview[1]}.yaml"] if preview else None


def apply(edits: tuple[str, ...], folder: Path) -> None:
    """Apply a diff whose hunks are found by what they say, not by line numbers."""
    if not edits:
        return
    file = folder / edits[1].removeprefix("+++ b/")
    text = file.read_text(encoding="utf-8")
    for hunk in re.split(r"^@@.*\n", "\n".join(edits[2:]) + "\n", flags=re.MULTILINE)[1:]:
        lines = hunk.splitlines(keepends=True)
        old = "".join(line[1:] for line in lines if line[0] in " -")
        new = "".join(line[1:] for line in lines if line[0] in " +")
        assert text.count(old) == 1, f"not once in {file.name}:\n{old}"
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")
