"""Exported files as what runs, by platform: recognized by their content, in any order, compressed or not."""

import zlib
from collections.abc import Iterable
from typing import Any, Final

from exchange_ports.clouds import cloud, platforms
from exchange_ports.clouds.existing import PrintedDocument, loaded
from exchange_ports.findings import Finding, Place, Refused
from exchange_ports.findings.command_kinds import CANNOT_READ_OUTPUT, WRONG_OUTPUT
from exchange_ports.topology.models import Platform

#: Bytes of one file, compressed or not.
MOST_BYTES: Final = 1 << 26
#: How a file of gzip begins (RFC 1952).
_GZIP: Final = b"\x1f\x8b"
#: A reader of gzip, not of zlib's own format.
_GZIP_WINDOW: Final = 31
#: What may be passed, for findings.
COMMANDS: Final = "the commands that `exchange-ports collect --print-commands` lists"


def read_exports(files: Iterable[tuple[str, bytes]]) -> dict[Platform, Any]:
    """What runs in each cloud, out of files by name.

    :raises Refused: a file cannot be read, or an output is missing; all findings at once.
    """
    findings: list[Finding] = []
    documents: dict[Platform, list[PrintedDocument]] = {}
    for name, content in files:
        document = read_document(name, content)
        if isinstance(document, Finding):
            findings.append(document)
            continue
        owner = next((each for each in platforms() if cloud(each).running.owns(document)), None)
        if owner is not None:
            documents.setdefault(owner, []).append(document)
        elif document.data != []:
            # An empty list does not say of what it is empty.
            wrong = "it is no output of a command that lists security groups, rules or interfaces"
            findings.append(
                document.at(
                    WRONG_OUTPUT, (), file=name, wrong=wrong, fix=f"Pass the output of {COMMANDS}"
                )
            )
    found: dict[Platform, Any] = {}
    for platform, several in documents.items():
        running = cloud(platform).running.read(several)
        if isinstance(running, list):
            findings += running
        else:
            found[platform] = running
    if findings or not found:
        raise Refused(findings or [_unreadable("the export", "no file with an output is given")])
    return found


def read_document(name: str, content: bytes) -> PrintedDocument | Finding:
    """The JSON of a file, unpacked where it is compressed, or why it is none."""
    if content.startswith(_GZIP):
        reader = zlib.decompressobj(_GZIP_WINDOW)
        try:
            content = reader.decompress(content, MOST_BYTES)
        except zlib.error:
            return _unreadable(name, "it is not complete gzip data")
        if reader.unconsumed_tail:
            return _unreadable(name, f"it has more than {MOST_BYTES} bytes when unpacked")
        if not reader.eof:
            return _unreadable(name, "its gzip data ends too early")
    return loaded(content, name, COMMANDS)


def _unreadable(name: str, why: str) -> Finding:
    return CANNOT_READ_OUTPUT.at((), file=name, why=why, commands=COMMANDS).located(
        lambda _: Place(name)
    )
