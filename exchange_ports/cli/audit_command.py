"""`audit`: what runs, compared with what a stack file declares."""

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from exchange_ports.audit.baseline import Accepted, Baseline, read_baseline
from exchange_ports.audit.compare import Audit, Change
from exchange_ports.audit.compare import audit as audited
from exchange_ports.audit.exports import COMMANDS, MOST_BYTES, read_document, read_exports
from exchange_ports.cli.console import FINE, NO, doing, failed
from exchange_ports.cli.days import the_day
from exchange_ports.cli.stacks import read, registered
from exchange_ports.clouds import cloud
from exchange_ports.clouds.existing import fields_of
from exchange_ports.findings import Finding, Refused
from exchange_ports.findings.command_kinds import CANNOT_READ_OUTPUT
from exchange_ports.findings.failed_checks import RUNS_OTHERWISE, RUNS_TOO_CLOSED, RUNS_TOO_OPEN
from exchange_ports.flows.labels import few
from exchange_ports.pipeline import read_at_most
from exchange_ports.planning import Plans
from exchange_ports.proof.answers import DIRECTIONS
from exchange_ports.reports.audit_report import audit_report, deviation_key, keys, line_key
from exchange_ports.reports.writers import publish
from exchange_ports.stackfile.stack_file import StackFile
from exchange_ports.topology.models import Platform

#: Files of one folder; a folder with more is none of exports.
_MOST_FILES: Final = 2_000


def audit(asked: argparse.Namespace) -> int:
    """What runs otherwise than declared, the worst first."""
    stack = read(asked.file)
    plans = registered(stack)
    if asked.print_commands:
        for line in commands(plans):
            print(line)
        return FINE
    as_of = None if asked.as_of is None else the_day(asked.as_of)
    accepted = () if asked.baseline is None else _accepted(asked.baseline)
    running = exports(asked.live)
    with doing("comparing what runs with the plan"):
        found = audited(plans, running, network_settings(stack))
    beside = Baseline(keys(found), accepted, as_of)
    publish(audit_report(found, beside), asked.format)
    place = stack.locate(("topology",))
    known = beside.accepted
    failed(each.located(lambda _: place) for each in _failures(found, known))
    return FINE if beside.holds and not found.not_checked else NO


def commands(plans: Plans) -> Iterator[str]:
    """The commands whose output shows what runs in the clouds of some plans."""
    for platform in sorted({plan.platform for plan in plans.networks.values()}):
        yield from cloud(platform).running.COMMANDS


def network_settings(stack: StackFile) -> dict[str, dict[str, Any]]:
    """The cloud ids of each network, as a stack file has them."""
    return {key: fields_of(each) for key, each in fields_of(stack.config.get("networks")).items()}


def exports(paths: Iterable[str]) -> dict[Platform, Any]:
    """What runs, out of files and folders.

    :raises Refused: a file cannot be read, or an output is missing.
    """
    findings: list[Finding] = []
    contents: list[tuple[str, bytes]] = []
    for file in _files(paths):
        content = _content(file)
        if isinstance(content, Finding):
            findings.append(content)
        else:
            contents.append((file, content))
    if findings:
        raise Refused(findings)
    with doing("reading what runs"):
        return read_exports(contents)


def _files(paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        folder = Path(path)
        if not folder.is_dir():
            yield path
            continue
        several = sorted(each for each in folder.iterdir() if each.is_file())
        for each in several[:_MOST_FILES]:
            if each.name.removesuffix(".gz").endswith(".json"):
                yield str(each)


def _content(file: str) -> bytes | Finding:
    try:
        content, size = read_at_most(file, MOST_BYTES)
        why = f"it has {size} bytes; the limit is {MOST_BYTES}"
    except OSError as refused:
        content, why = None, (refused.strerror or "the system gives no reason").lower()
    if content is None:
        return CANNOT_READ_OUTPUT.at((), file=file, why=why, commands=COMMANDS)
    return content


def _accepted(file: str) -> tuple[Accepted, ...]:
    content = _content(file)
    document = content if isinstance(content, Finding) else read_document(file, content)
    if isinstance(document, Finding):
        raise Refused([document])
    entries = read_baseline(document)
    if isinstance(entries, list):
        raise Refused(entries)
    return entries


def _failures(found: Audit, known: dict[str, Accepted]) -> Iterator[Finding]:
    for network in found.networks:
        for each in network.lines:
            if line_key(network, each) not in known:
                open_ = each.change is Change.TOO_OPEN
                yield (RUNS_TOO_OPEN if open_ else RUNS_TOO_CLOSED).at(
                    (),
                    network=network.network,
                    servers=few(each.servers),
                    direction=DIRECTIONS[each.way],
                    traffic=each.text,
                    packet=each.packet,
                    rules=", ".join(each.rules) or "no rule",
                    fix="; ".join(dict.fromkeys(cause.fix for cause in each.causes if cause.fix))
                    or "run `exchange-ports audit` for the differences",
                )
        for each in network.deviations:
            if deviation_key(network, each) not in known:
                rule = f"{each.deviation.rule}: " if each.deviation.rule else ""
                yield RUNS_OTHERWISE.at(
                    (),
                    network=network.network,
                    where=each.deviation.where,
                    what=f"{rule}{each.deviation.summary}",
                    effect=each.effect,
                    fix=each.deviation.fix or "restore what is planned, or declare it",
                )
