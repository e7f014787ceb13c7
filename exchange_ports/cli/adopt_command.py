"""`adopt`: what exists and the engine does not know, and the file by which it comes to know it."""

import argparse
import json
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from exchange_ports.adoption import compare
from exchange_ports.adoption.import_file import import_file, steps
from exchange_ports.adoption.state import EXPORT, read_state
from exchange_ports.cli.console import FINE, NO, doing
from exchange_ports.cli.stacks import read, registered
from exchange_ports.clouds import cloud, platforms
from exchange_ports.clouds.existing import PrintedDocument, State, loaded
from exchange_ports.findings import Finding, Refused, counted
from exchange_ports.findings.command_kinds import CANNOT_READ_OUTPUT, CANNOT_WRITE, NOT_IN_PLAN
from exchange_ports.pipeline import read_at_most
from exchange_ports.reports.adoption_report import adoption_report
from exchange_ports.reports.writers import publish
from exchange_ports.stackfile.stack_file import NAMESPACE, StackFile
from exchange_ports.topology.models import Platform

#: What the import file is called where none is written.
_UNWRITTEN: Final = "adopt.json"
#: Bytes of one file: a state of 10,000 resources has 20 to 30 million.
_MOST_BYTES: Final = 64 * 1024 * 1024


def adopt(asked: argparse.Namespace) -> int:
    """What exists beside what the state has, what is in the way, and what to run."""
    stack = read(asked.file)
    plans = registered(stack)
    state, existing = _given(asked)
    found = compare.component_of(state, asked.component, _stack_name(stack.file), NAMESPACE)
    if isinstance(found, Finding):
        raise Refused([found])
    told = _told(asked.matches)
    wanted = compare.expected_networks(plans, found, stack.config, stack.others)
    _no_more(_located(compare.check(wanted, existing, told), stack))
    with doing("comparing what exists with the plan and the state"):
        result = compare.adoption(wanted, found, existing, state, told)
        file = import_file(result, state, _versions())
    todo = steps(result, asked.out or _UNWRITTEN)
    if asked.out is not None and file is not None:
        _write(asked.out, file)
    document = adoption_report(result, todo, file, _of_file(asked.out, file))
    publish(document, "json" if asked.json else "text")
    return FINE if result.clear else NO


def _given(asked: argparse.Namespace) -> tuple[State, compare.Existing]:
    """The state, and what clouds printed.

    :raises Refused: something given is not what it should be.
    """
    given: dict[Platform, list[str]] = {
        platform: files for platform in platforms() if (files := getattr(asked, platform.value))
    }
    if not given:
        commands = ", or of ".join(cloud(platform).live.OUTPUTS for platform in platforms())
        raise Refused(
            [
                CANNOT_READ_OUTPUT.at(
                    (), file="the existing resources", why="no output is given", commands=commands
                )
            ]
        )
    findings: list[Finding] = []
    states = _loaded([asked.state], f"`{EXPORT}`", findings)
    documents = {
        platform: _loaded(files, cloud(platform).live.OUTPUTS, findings)
        for platform, files in given.items()
    }
    existing: dict[Platform, Any] = {
        platform: cloud(platform).live.read(several)
        for platform, several in documents.items()
        if several
    }
    state = read_state(states[0]) if states else State()
    for each in (state, *existing.values()):
        findings += each if isinstance(each, list) else []
    _no_more(findings)
    assert isinstance(state, State)  # noqa: S101 - what it is otherwise was refused
    return state, existing


def _loaded(
    files: Iterable[str] | None, commands: str, findings: list[Finding]
) -> list[PrintedDocument]:
    documents: list[PrintedDocument] = []
    for file in files or ():
        try:
            content, size = read_at_most(file, _MOST_BYTES)
            why = f"it has {size} bytes; the limit is {_MOST_BYTES}"
        except OSError as failed:
            content, why = None, (failed.strerror or "the system gives no reason").lower()
        if content is None:
            findings.append(CANNOT_READ_OUTPUT.at((), file=file, why=why, commands=commands))
            continue
        document = loaded(content, file, commands)
        if isinstance(document, Finding):
            findings.append(document)
        else:
            documents.append(document)
    return documents


def _no_more(findings: Iterable[Finding]) -> None:
    """Go on only without findings.

    :raises Refused: there are some.
    """
    found = list(findings)
    if found:
        raise Refused(found)


def _located(findings: Iterable[Finding], stack: StackFile) -> Iterable[Finding]:
    """Those about a setting stand at its line."""
    return (each.located(stack.locate) if each.path else each for each in findings)


def _stack_name(file: str) -> str | None:
    """`dev`, of `stacks/Pulumi.dev.yaml`; none where the name says nothing."""
    stem = Path(file).stem
    return stem.removeprefix("Pulumi.") if stem.startswith("Pulumi.") else None


def _told(given: Iterable[str]) -> dict[str, str]:
    """NAME=ID, as a mapping.

    :raises Refused: one is none, or a name is there twice.
    """
    told: dict[str, str] = {}
    for each in given:
        name, equals, id_ = each.partition("=")
        if not (name and equals and id_):
            fix = "write `--match NAME=ID`, with the name that `pulumi preview` shows"
            raise Refused(
                [NOT_IN_PLAN.at((), name=each, what="it has not the form NAME=ID", fix=fix)]
            )
        if told.setdefault(name, id_) != id_:
            what = f"two ids are given, {told[name]} and {id_}"
            raise Refused([NOT_IN_PLAN.at((), name=name, what=what, fix="remove one of them")])
    return told


def _versions() -> dict[str, str]:
    """The versions of the SDKs that are installed, by package. They are not loaded."""
    found: dict[str, str] = {}
    for platform in platforms():
        package = cloud(platform).provider_package
        try:
            found[package] = version(f"pulumi-{package}")
        except PackageNotFoundError:
            # Then the engine takes the newest of its plugins.
            continue
    return found


def _write(file: str, data: dict[str, Any]) -> None:
    try:
        Path(file).write_text(json.dumps(data, indent=2) + "\n", "utf-8")
    except OSError as failed:
        why = (failed.strerror or "the system gives no reason").lower()
        raise Refused([CANNOT_WRITE.at((), file=file, why=why)]) from None


def _of_file(out: str | None, data: dict[str, Any] | None) -> str:
    """Where the import file is."""
    if data is None:
        return ""
    number = counted(sum("id" in each for each in data["resources"]), "resource")
    written = f"--out {_UNWRITTEN} writes the import file" if out is None else f"written to {out}"
    return f"{number} to import: {written}"
