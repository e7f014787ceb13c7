"""The commands that show one stack: `plan`, `matrix`, `handover`, `report`, `diagram`; `schema`, `completion`.

Each loads the report that it shows when it is run, and no other.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final, cast

from exchange_ports.cli.console import FINE, NO, doing, failed
from exchange_ports.cli.stacks import compiled, compiled_steps, read, read_with_origin, warn
from exchange_ports.findings import Refused, in_order, nearest
from exchange_ports.findings.failed_checks import UNSAFE_UPDATE
from exchange_ports.findings.topology_kinds import BY_CODE
from exchange_ports.pipeline import read_content
from exchange_ports.reports.writers import publish

if TYPE_CHECKING:
    from exchange_ports.planning import Plans


def plan(asked: argparse.Namespace) -> int:
    """What a stack opens, and why; with `--against`, what the update to it passes through."""
    if asked.against is not None:
        return _plan_against(asked)
    from exchange_ports.reports.plan_report import plan_report

    plans, warnings = compiled(read(asked.file))
    found = plan_report(plans, warnings, every_limit=asked.limits)
    publish(found, "json" if asked.json else "text")
    if not asked.json:
        warn(warnings)
    return FINE


def _plan_against(asked: argparse.Namespace) -> int:
    """What is done, what one step would cut or open, and the steps in which nothing is."""
    from exchange_ports.cli.targets import target_of
    from exchange_ports.differences.registration_diff import Registration
    from exchange_ports.reports.rollout_report import rollout_report
    from exchange_ports.rollout import ServersIn, plan_rollout, replaced_wholes

    stacks = [read(file) for file in (asked.against, asked.file)]
    old, new = map(compiled_steps, stacks)
    was, now = (
        Registration(found.to_register(), target_of(stack, None))
        for found, stack in zip((old, new), stacks, strict=True)
    )
    with doing("computing the transient states of the update"):
        ids = (was.target.networks, now.target.networks)
        servers_in, wholes = ServersIn(asked.servers_in), replaced_wholes(was, now)
        found = plan_rollout(old.plans, new.plans, servers_in, ids, wholes)
    page = rollout_report(old.plans, new.plans, found, (was, now))
    publish(page, "json" if asked.json else "text")
    failed(
        UNSAFE_UPDATE.at((), issue=each).located(lambda _: stacks[1].locate(("topology",)))
        for each in found.at_once.issues
    )
    if not asked.json:
        warn(in_order(each.located(stacks[1].locate) for each in new.findings))
    return FINE if found.clean else NO


def matrix(asked: argparse.Namespace) -> int:
    """Who may talk to whom, in the format that is asked for."""
    from exchange_ports.reports.matrix_report import matrix as rows_of
    from exchange_ports.reports.matrix_report import matrix_report

    plans, _ = compiled(read(asked.file))
    with doing("computing the allowed traffic"):
        rows = rows_of(plans)
    publish(matrix_report(rows, plans.unusable_findings), asked.format)
    return FINE


def handover(asked: argparse.Namespace) -> int:
    """What crosses a network, a zone or a neighbor, in the format that is asked for."""
    from exchange_ports.reports.handover_report import (
        filtered_subnets,
        handover_report,
        rows_of_others,
    )
    from exchange_ports.reports.handover_report import handover as rows_of

    stack, origin = read_with_origin(asked.file)
    plans, _ = compiled(stack)
    with doing("computing what other firewalls must allow"):
        rows = (*rows_of(plans), *rows_of_others(plans))
    page = handover_report(
        rows,
        plans.topology.organization,
        origin,
        plans.unusable_findings,
        plans.inventory.servers,
        filtered_subnets(plans),
    )
    publish(page, asked.format)
    return FINE


def report(asked: argparse.Namespace) -> int:
    """Every rule with its reasons, and what holds it up; no where the proof fails."""
    from exchange_ports.proof import prove
    from exchange_ports.reports.rulebook import rulebook
    from exchange_ports.reports.rulebook_page import rulebook_report

    stack, origin = read_with_origin(asked.file)
    plans, warnings = compiled(stack)
    with doing("proving"):
        proof = prove(plans)
    commit = "" if asked.commit is None else asked.commit or _last_commit(asked.file)
    with doing("writing the report"):
        book = rulebook(plans, proof, warnings, origin._replace(commit=commit))
    publish(rulebook_report(book), asked.format)
    return FINE if book.proof.holds else NO


def _last_commit(file: str) -> str:
    from exchange_ports.cli.git_tree import last_commit

    return last_commit(file, read_content(file))


def diagram(asked: argparse.Namespace) -> int:
    """The picture of a stack file, or of what changes in it from another one."""
    from exchange_ports.reports.diagram import Heading, Only, as_json, draw_picture, mermaid, svg

    before = None if asked.against is None else compiled(read(asked.against))[0]
    stack = read(asked.file)
    now, _ = compiled(stack)
    heading = Heading(PurePath(stack.file).stem.removeprefix("Pulumi."), asked.date)
    only = frozenset(map(Only, asked.only))
    _refuse_unknown_sites(asked.site, [plans for plans in (now, before) if plans is not None])
    picture = draw_picture(now, before, sites=asked.site, only=only)
    write = {"svg": svg, "mermaid": mermaid, "json": as_json}[asked.format]
    # Not by print: a picture has the same bytes wherever it is drawn.
    sys.stdout.flush()
    sys.stdout.buffer.write(write(picture, heading).encode())
    return FINE


def _refuse_unknown_sites(names: Iterable[str], several: "Iterable[Plans]") -> None:
    """Check the sites that a picture is narrowed to.

    :raises Refused: no side of the picture declares one of them.
    """
    known = list(dict.fromkeys(site for plans in several for site in plans.topology.sites))
    for name in names:
        if name not in known:
            likely = nearest(name, known)
            written = f"Write one of: {', '.join(known)}."
            fix = f'Did you mean "{likely}"?' if likely else written
            raise Refused([BY_CODE["unknown-word"].at((), what=f'site "{name}"', fix=fix)])


def schema(asked: argparse.Namespace) -> int:
    """JSON Schema of a topology, or of a stack file with one inside."""
    from exchange_ports.topology.validate import stack_schema, topology_schema

    print(json.dumps(stack_schema() if asked.stack else topology_schema(), indent=2))
    return FINE


#: The words by which usage calls what is a stack file.
_FILES: Final = ("FILE", "OLD", "NEW")


def completion(asked: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """The script for a shell, made from the parser that answers: it knows every command there is."""
    import shtab

    _name_files(parser)
    print(shtab.complete(parser, shell=asked.shell))
    return FINE


#: What bash calls for a stack: files, and the names of those in the folder and in `stacks`, as in `plan dev`.
_STACKS: Final = """
_exchange_ports_stacks() {
  %s "$1"
  local file
  for file in Pulumi.*.yaml stacks/Pulumi.*.yaml; do
    [ -e "$file" ] || continue
    file=${file##*Pulumi.}
    compgen -W "${file%%.yaml}" -- "$1"
  done
}
"""


def _stacks(files: Mapping[str, Any]) -> dict[str, Any]:
    """What completes stacks: in bash, files and names of stacks; in other shells, files."""
    preamble = {**files["preamble"], "bash": files["preamble"]["bash"] + _STACKS % files["bash"]}
    return {**files, "bash": "_exchange_ports_stacks", "preamble": preamble}


def _name_files(parser: argparse.ArgumentParser) -> None:
    """Mark each argument that is a file, and those that are stacks, in the commands as well."""
    import shtab

    files = cast("dict[str, Any]", shtab.glob("*.yaml"))

    # argparse has no public list of its arguments; shtab reads them in the same way.
    for action in parser._actions:  # pyright: ignore[reportPrivateUsage]
        if action.metavar in _FILES:
            named = "stack file" in str(action.help)
            known = _stacks(files) if named else files
            setattr(action, "complete", known)  # noqa: B010 - the attribute that shtab reads
        if isinstance(action, argparse._SubParsersAction):  # pyright: ignore[reportPrivateUsage]
            inner = cast("Mapping[str, argparse.ArgumentParser]", action.choices)
            for each in inner.values():
                _name_files(each)
