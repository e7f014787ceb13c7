"""`endpoints`: list, show, compare and import snapshots of the endpoints of Microsoft 365."""

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Final

from exchange_ports.cli.console import FINE, NO, doing
from exchange_ports.cli.days import the_day
from exchange_ports.cli.stacks import compiled, file_of, read, warn
from exchange_ports.endpoints import Instance, Snapshot
from exchange_ports.endpoints.age import old_snapshot
from exchange_ports.endpoints.changes import changes
from exchange_ports.endpoints.files import read_snapshot_file
from exchange_ports.endpoints.shipped import SHIPPED, newest, resolve, shipped
from exchange_ports.endpoints.written import to_json, to_yaml
from exchange_ports.findings import Refused
from exchange_ports.findings.endpoint_kinds import CANNOT_READ_ENDPOINTS, OTHER_INSTANCE
from exchange_ports.findings.finding import printable
from exchange_ports.pipeline import read_at_most
from exchange_ports.reports import endpoint_report as reports
from exchange_ports.reports.writers import publish
from exchange_ports.stackfile.nodes import MAX_BYTES
from exchange_ports.topology.microsoft_365 import old_endpoints


def endpoints(asked: argparse.Namespace) -> int:
    """Run the action that is asked for."""
    return _ACTIONS[asked.action](asked)


def _list(asked: argparse.Namespace) -> int:
    day = _day(asked)
    snapshots = [shipped(each, version) for each in Instance for version in SHIPPED[each]]
    publish(reports.list_report(snapshots), asked.format)
    _warn_of_age(snapshots, day)
    return FINE


def _show(asked: argparse.Namespace) -> int:
    if asked.stack is not None:
        return _show_stack(asked)
    day = _day(asked)
    instance = _instance(asked)
    if asked.version is None:
        snapshot = newest(instance or Instance.WORLDWIDE)
    else:
        snapshot = _named(asked.version, instance)
    publish(reports.snapshot_report(snapshot), asked.format)
    _warn_of_age([snapshot], day)
    return FINE


def _show_stack(asked: argparse.Namespace) -> int:
    day = _day(asked)
    stack = read(asked.stack)
    plans, _ = compiled(stack)
    wanted = _instance(asked)
    uses = [
        each for each in reports.endpoint_uses(plans) if wanted in (None, each.snapshot.instance)
    ]
    publish(reports.use_report(file_of(asked.stack), uses), asked.format)
    found = () if day is None else tuple(old_endpoints(plans.topology, day))
    warn([each.located(stack.locate) for each in found])
    return FINE


def _diff(asked: argparse.Namespace) -> int:
    old, new = (_named(each, _instance(asked)) for each in (asked.old, asked.new))
    if old.instance is not new.instance:
        facts = {"got": new.instance, "instance": old.instance}
        raise Refused([OTHER_INSTANCE.at((), **facts)])
    found = changes(old, new)
    publish(reports.changes_report(found), asked.format)
    return FINE if found.same_rules else NO


def _named(word: str, instance: Instance | None, version: str | None = None) -> Snapshot:
    """The snapshot in the file of that name, or else the one of that version.

    :raises Refused: there is neither, or the file has no snapshot.
    """
    if not os.path.exists(word) and not os.path.dirname(word) and "." not in word:
        return resolve(word, instance or Instance.WORLDWIDE)
    return _read(word, instance, version)


def _import(asked: argparse.Namespace) -> int:
    snapshot = _named(asked.file, _instance(asked), asked.version)
    write = {"yaml": to_yaml, "json": to_json}[asked.format]
    # Not by print: the same bytes wherever it runs.
    sys.stdout.flush()
    sys.stdout.buffer.write(write(snapshot).encode())
    return FINE


def _instance(asked: argparse.Namespace) -> Instance | None:
    return None if asked.instance is None else Instance(asked.instance)


def _read(file: str, instance: Instance | None, version: str | None) -> Snapshot:
    """The snapshot in a file.

    :raises Refused: the file cannot be read, or has none.
    """
    try:
        content, size = read_at_most(file, MAX_BYTES)
        why = f"it has {size} bytes; the limit is {MAX_BYTES}"
    except OSError as failed:
        content, why = None, (failed.strerror or "the system gives no reason").lower()
    if content is None:
        raise Refused([CANNOT_READ_ENDPOINTS.at((), file=file, why=why)])
    with doing(f"reading {printable(file)}"):
        return read_snapshot_file(content, file, instance=instance, version=version)


def _day(asked: argparse.Namespace) -> date | None:
    return None if asked.as_of is None else the_day(asked.as_of)


def _warn_of_age(snapshots: Iterable[Snapshot], day: date | None) -> None:
    if day is not None:
        distinct = {each.label: each for each in snapshots}.values()
        warn([finding for each in distinct for finding in old_snapshot(each, day)])


_ACTIONS: Final[Mapping[str, Callable[[argparse.Namespace], int]]] = {
    "list": _list,
    "show": _show,
    "diff": _diff,
    "import": _import,
}
