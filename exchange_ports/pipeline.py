"""From a stack file to what is registered: read, check, plan, prove, and choose the phase of a rollout.

The component and the command line use it alike. What only a rollout or a proof needs is loaded then:
that is a tenth of the time of a command.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, cast

from exchange_ports.clouds import cloud, cloud_of
from exchange_ports.clouds.base import below
from exchange_ports.findings import Finding, Path, Refused
from exchange_ports.findings.command_kinds import CANNOT_READ
from exchange_ports.findings.topology_kinds import BY_CODE
from exchange_ports.planning import Plans, planned
from exchange_ports.stackfile.nodes import MAX_BYTES, too_big
from exchange_ports.stackfile.project_file import (
    PROJECT_FILES,
    STACK,
    ProjectFile,
    read_declared,
    read_project_file,
    resolved,
)
from exchange_ports.stackfile.stack_file import SETTINGS, StackFile
from exchange_ports.topology.checks import check
from exchange_ports.topology.models import Platform, Topology
from exchange_ports.topology.validate import check_bindings, check_tags, parse_topology

if TYPE_CHECKING:
    from exchange_ports.differences import Standing
    from exchange_ports.planning import RegisteredNetwork
    from exchange_ports.proof import Proof
    from exchange_ports.rollout import PhasePlan, Rollout, RolloutRequest


def read_content(file: str) -> bytes:
    """A file's bytes, as far as a stack file may be large.

    :raises Refused: it cannot be read, or is too large.
    """
    try:
        content, size = read_at_most(file, MAX_BYTES)
    except OSError as failed:
        why = (failed.strerror or "the system gives no reason").lower()
        raise Refused([CANNOT_READ.at((), file=file, why=why)]) from None
    if content is None:
        raise too_big(file, size)
    return content


def read_at_most(file: str, most: int) -> tuple[bytes | None, int]:
    """A file's bytes and their number; None for the bytes where they are more than `most`.

    A file that says that it is larger is not read. What says no size (a pipe, a device) is read as far
    as `most`; its number is then what was read.

    :raises OSError: it cannot be read.
    """
    with open(file, "rb", buffering=0) as opened:
        size = os.fstat(opened.fileno()).st_size
        if size > most:
            return None, size
        content = bytearray()
        while len(content) <= most and (more := opened.read(_CHUNK)):
            content += more
    return (None if len(content) > most else bytes(content)), max(size, len(content))


#: Bytes that are read at once.
_CHUNK: Final = 1024 * 1024


def stack_of(content: bytes, file: str) -> StackFile:
    """The stack file with these bytes, with what its project and its inline environment add to it.

    :raises Refused: it is no stack file, or its project file cannot be read in one way only.
    """
    project = project_of(file)
    return resolved(read_declared(content, file, project), project)


def project_of(file: str) -> ProjectFile | None:
    """The project that Pulumi would read a file as a stack of, if there is one on disk.

    Pulumi looks for the project file upwards from where it is run: here from the folder that we stand in,
    then from the file's own.

    :raises Refused: a project file on the way cannot be read, so that nothing is known of its stack files.
    """
    if STACK.fullmatch(os.path.basename(file)) is None:
        return None
    folder = os.path.dirname(os.path.abspath(file))
    nearest = next(projects_above(os.getcwd()), None)
    for path in dict.fromkeys((*filter(None, [nearest]), *projects_above(folder))):
        # As people name files: from here, where it is no way up.
        shown = os.path.relpath(path)
        project = read_project_file(read_content(path), path if shown.startswith("..") else shown)
        if project.folder_from(os.path.dirname(path)) != folder:
            continue
        if os.path.splitext(path)[1] == os.path.splitext(file)[1]:
            return project
    return None


def project_here() -> ProjectFile | None:
    """The project of the folder that we stand in, by its nearest project file; none where there is none.

    :raises Refused: the project file cannot be read in one way only.
    """
    path = next(projects_above(os.getcwd()), None)
    return None if path is None else read_project_file(read_content(path), os.path.relpath(path))


def projects_above(folder: str) -> Iterator[str]:
    """The path of the project file of a folder, and of each above it, where there is one."""
    while True:
        several = (os.path.join(folder, name) for name in PROJECT_FILES)
        yield from [path for path in several if os.path.isfile(path)][:1]
        above = os.path.dirname(folder)
        if above == folder:
            return
        folder = above


@dataclass(frozen=True, slots=True)
class StackSettings:
    """The settings of a stack as they are given; None where nothing is declared."""

    topology: object
    """A `Topology`, or plain data of the same shape."""
    networks: object = None
    tags: object = None
    previous: object = None
    phase: object = None
    servers_in: object = None

    @classmethod
    def of(cls, stack: StackFile) -> "StackSettings":
        """The settings of a stack file."""
        return cls(*map(stack.config.get, SETTINGS))


@dataclass(frozen=True)
class Compiled:
    """The plans of a stack, and what it says of the rollout of an update; None without one."""

    plans: Plans
    request: "RolloutRequest | None"
    declared: tuple[Finding, ...]
    """What is legal and unwise about the declaration."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All warnings: of the declaration first, then of its plans."""
        return (*self.declared, *self.plans.warnings)

    @property
    def previous(self) -> Plans | None:
        """The plans that stand now, where the stack names them."""
        return self.request and self.request.stood

    def proofs(self) -> "Iterator[Proof]":
        """The proof of the plans, then of those that stand now.

        Between the two, the rollout's own model shows every transient state.
        """
        from exchange_ports.proof import prove

        yield prove(self.plans)
        if self.previous is not None:
            yield prove(self.previous)

    def rollout(self) -> "tuple[Rollout, PhasePlan | None] | None":
        """The rollout of the update, with the phase of it that is asked for; None without an update.

        :raises Refused: that phase is not offered.
        """
        return self._rollout

    @cached_property
    def _rollout(self) -> "tuple[Rollout, PhasePlan | None] | None":
        """Worked out once: to find the fewest phases takes the longest of all."""
        if self.request is None or self.request.stood is None:
            return None
        from exchange_ports.rollout import select_phase

        return select_phase(self.request.stood, self.plans, self.request.asked)

    def registered(self) -> Plans:
        """The plans that the program registers: those of the phase that is asked for, if one is.

        Networks that go with the update are not among them.

        :raises Refused: that phase is not offered.
        """
        phase = self.phase()
        if phase is None:
            return self.plans
        from exchange_ports.rollout.update import network_name

        networks = {
            key: phase.plans.get(network_name(plan), plan)
            for key, plan in self.plans.networks.items()
        }
        return replace(self.plans, networks=networks)

    def to_register(self) -> "tuple[RegisteredNetwork, ...]":
        """Each network that the program registers: in a step, those that go with the update too.

        :raises Refused: the step that is asked for is not offered.
        """
        if self.previous is None:
            return self.plans.registered
        from exchange_ports.rollout import registered

        return registered(self.previous, self.plans, self.phase())

    def standing(self) -> "Standing":
        """What stands when all of this is registered: in a phase of a rollout, at its end.

        :raises Refused: that phase is not offered.
        """
        from exchange_ports.rollout import standing_after

        return standing_after(self.previous, self.plans, self.phase())

    def phase(self) -> "PhasePlan | None":
        """The phase that is asked for; without one asked for, no rollout is worked out.

        :raises Refused: that phase is not offered.
        """
        if self.request is None or self.request.asked.phase is None:
            return None
        found = self.rollout()
        return found and found[1]


def compile_stack(declared: StackSettings, at: Path = ("topology",)) -> Compiled:
    """Check and plan all that a stack declares.

    :raises Refused: there is an error in it, or a plan is over a limit of its cloud. Warnings are
        among the findings.
    """
    topology, about = _topology(declared.topology, at)
    request = _request(declared)
    found = [*about, *check_tags(declared.tags)]
    if request is not None:
        found += request.findings
    if topology is not None:
        found += _beside(topology, declared, request)
    if topology is None or any(finding.is_error for finding in found):
        raise Refused(found)
    plans, shown = planned(topology)
    over: tuple[Finding, ...] = ()
    if request is not None and request.stood is not None:
        from exchange_ports.rollout import changed_at_once, network_pairs

        over = changed_at_once(network_pairs(request.stood, plans))
    if over or any(finding.is_error for finding in shown):
        raise Refused([*found, *shown, *over])
    return Compiled(plans, request, tuple(found))


def _topology(declared: object, at: Path) -> tuple[Topology | None, Iterable[Finding]]:
    if isinstance(declared, Topology):
        return declared, check(declared, at)
    return parse_topology(declared, at)


def _request(declared: StackSettings) -> "RolloutRequest | None":
    if all(each is None for each in (declared.previous, declared.phase, declared.servers_in)):
        return None
    from exchange_ports.rollout import read_request

    return read_request(declared.phase, declared.servers_in, declared.previous)


def _beside(
    topology: Topology, declared: StackSettings, request: "RolloutRequest | None"
) -> Iterator[Finding]:
    """What is wrong beside a topology: cloud ids, and settings of an update that is under way."""
    stood, stepwise = None, False
    if request is not None:
        from exchange_ports.rollout import check_previous

        stood = request.stood and request.stood.topology
        stepwise = request.asked.phase is not None
        yield from check_previous(stood, topology)
    bindings = tuple(check_bindings(topology, declared.networks, previous=stood, stepwise=stepwise))
    networks = cast("Mapping[str, Mapping[str, object]]", declared.networks or {})
    yield from bindings or _check_providers(networks, topology, stood, stepwise=stepwise)


# ---- what only a program knows: providers, the name of the component, groups of neighbors ----


def _package(platform: Platform) -> str | None:
    """Whose provider a network of a platform takes."""
    return None if platform is Platform.EXTERNAL else cloud(platform).provider_package


def _check_providers(
    networks: Mapping[str, Mapping[str, Any]],
    topology: Topology,
    previous: Topology | None,
    stepwise: bool,
) -> Iterator[Finding]:
    # Pulumi passes over a provider of another cloud without a word, and takes the default one.
    for key, ids in networks.items():
        provider = ids.get("provider")
        if provider is None:
            continue
        at: Path = ("networks", key, "provider")
        package = getattr(provider, "package", None)
        # As it will be first; both only where both are registered.
        several = [
            _package(each.networks[key].platform)
            for each in (topology, previous)
            if each is not None and key in each.networks
        ]
        wanted = sorted(filter(None, several if stepwise else several[:1]))
        if not wanted:
            fix = "Remove the key: no resources are created for an external network."
            yield BY_CODE["unknown-key"].at(at, key="provider", fix=fix)
        elif {package} != set(wanted):
            got = f"a provider of {package}" if package else "no provider"
            one = f"a provider of {wanted[0]}"
            both = "one provider for each cloud in `opts.providers`, because the network changes its cloud"
            expected = one if wanted[0] == wanted[-1] else both
            yield BY_CODE["wrong-type"].at(at, got=got, expected=expected, fix=f"Pass {expected}.")


#: What the project's own program calls its component.
COMPONENT: Final = "exchange"


def refuse_unfit(found: Compiled, networks: object) -> None:
    """Refuse what a cloud would refuse of the component as the project's own program calls it.

    :raises Refused: with what `check_registered` finds, or the phase that is asked for is not offered.
    """
    bound = cast("Mapping[str, Mapping[str, Any]]", networks or {})
    unfit = tuple(check_registered(COMPONENT, found.to_register(), found.plans, bound))
    if any(each.is_error for each in unfit):
        raise Refused(unfit)


def check_registered(
    name: str,
    to_register: "Iterable[RegisteredNetwork]",
    plans: Plans,
    networks: Mapping[str, Mapping[str, Any]],
) -> Iterator[Finding]:
    """What a cloud would refuse of a component called `name`, each finding once."""
    several = tuple(to_register)
    found = (*_check_names(name, several), *_check_neighbors(several, plans, networks))
    yield from dict.fromkeys(found)


def _check_names(name: str, to_register: "Iterable[RegisteredNetwork]") -> Iterator[Finding]:
    """What a cloud would refuse in the names that begin with the component's."""
    for key, plan, _ in to_register:
        limits = cloud_of(plan).limits
        yield from limits.check_component_name(name)
        long = limits.check_names(below(name, plan.network), plan)
        yield from (finding.under(("topology", "networks", key)) for finding in long)


def _check_neighbors(
    to_register: "Iterable[RegisteredNetwork]",
    plans: Plans,
    networks: Mapping[str, Mapping[str, Any]],
) -> Iterator[Finding]:
    """What a cloud would refuse of our rules alone at a neighbor's group; it may have others."""
    for key, plan, flows in to_register:
        bound: Mapping[str, Any] = networks.get(key, {}).get("neighbor_security_groups") or {}
        if bound:
            declared = plans.topology.networks.get(key)
            quotas = {} if declared is None else declared.quotas.raised
            yield from cloud_of(plan).plan.check_neighbors(plan, flows, bound, key, quotas)
