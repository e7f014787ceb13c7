"""Which phase of an update a stack asks for, and what is registered in it.

The phases that there are depend on both topologies and on where servers take their groups from: whoever
asks for one that is not offered is told which are.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from exchange_ports.findings import Finding, Path, Refused, nearest
from exchange_ports.findings.topology_kinds import BY_CODE
from exchange_ports.planning import Plans, RegisteredNetwork, compile_plans
from exchange_ports.rollout.phases import Phase, PhasePlan, Rollout, ServersIn, plan_rollout
from exchange_ports.rollout.update import network_name
from exchange_ports.topology.checks import check
from exchange_ports.topology.fields import plain_type
from exchange_ports.topology.models import Topology
from exchange_ports.topology.validate import parse_topology
from exchange_ports.topology.validation_errors import listed_keys

PREVIOUS: Final = "previous"
PHASE: Final = "phase"
SERVERS_IN: Final = "servers_in"

#: Words for a phase; doing all at once is none.
_WORDS: Final = tuple(phase.value for phase in Phase if phase is not Phase.AT_ONCE)


@dataclass(frozen=True, slots=True)
class RequestedPhase:
    """What a stack says of its update beside the two topologies."""

    #: None: no phase, the topology as it will be.
    phase: Phase | None
    servers_in: ServersIn


@dataclass(frozen=True, slots=True)
class RolloutRequest:
    """The request of an update: the step, the plans that stand now, and what is wrong with either."""

    asked: RequestedPhase
    stood: Plans | None
    findings: tuple[Finding, ...]


def read_request(phase: object, servers_in: object, previous: Topology | object) -> RolloutRequest:
    """The values of these three; each is None where nothing is declared."""
    asked, wrong = _asked_for(phase, servers_in, previous)
    if previous is None:
        return RolloutRequest(asked, None, tuple(wrong))
    try:
        return RolloutRequest(asked, _before(previous), tuple(wrong))
    except Refused as refused:
        return RolloutRequest(asked, None, (*wrong, *refused.findings))


def _asked_for(
    phase: object, servers_in: object, previous: object
) -> tuple[RequestedPhase, list[Finding]]:
    """The phase and the place that are meant, with what is wrong with the words.

    `phase` and `servers_in` are None where nothing is declared.
    """
    found: list[Finding] = []
    named: Phase | None = None
    if phase is not None and _is_word(phase, _WORDS, (PHASE,), found):
        named = Phase(str(phase))
        if previous is None:
            found.append(BY_CODE["phase-without-previous"].at((PHASE,), phase=named))
    place = ServersIn.THIS_STACK
    if servers_in is not None and _is_word(servers_in, tuple(ServersIn), (SERVERS_IN,), found):
        place = ServersIn(str(servers_in))
    return RequestedPhase(named, place), found


def _is_word(given: object, allowed: tuple[str, ...], at: Path, found: list[Finding]) -> bool:
    if not isinstance(given, str):
        expected = f"one of {listed_keys(allowed, 'or')}"
        facts = {"got": plain_type(given), "expected": expected, "fix": f"Write {expected}."}
        found.append(BY_CODE["wrong-type"].at(at, **facts))
        return False
    if given in allowed:
        return True
    meant = nearest(given, allowed)
    fix = f'Did you mean "{meant}"?' if meant else f"Write one of {listed_keys(allowed, 'or')}."
    found.append(BY_CODE["unknown-word"].at(at, what=f'value "{given}" of `{at[0]}`', fix=fix))
    return False


def _before(previous: Topology | object) -> Plans:
    """The plans of the topology that stands now, as a model or as plain data.

    :raises Refused: it cannot have stood: there is an error in it, or a plan is over a limit.
    """
    at: Path = (PREVIOUS,)
    if isinstance(previous, Topology):
        topology, found = previous, check(previous, at)
    else:
        topology, found = parse_topology(previous, at)
    if topology is None or any(finding.is_error for finding in found):
        raise Refused(finding for finding in found if finding.is_error)
    try:
        return compile_plans(topology)
    except Refused as refused:
        over = (finding for finding in refused.findings if finding.is_error)
        raise Refused(replace(each, path=(*at, *each.path[1:])) for each in over) from None


def check_previous(previous: Topology | None, topology: Topology) -> Iterator[Finding]:
    """What is wrong with the topology that stands now beside the one that is declared."""
    if previous is not None and previous.organization != topology.organization:
        yield BY_CODE["other-organization"].at(
            (PREVIOUS, "organization"),
            previous=previous.organization,
            organization=topology.organization,
        )


def select_phase(old: Plans, new: Plans, asked: RequestedPhase) -> tuple[Rollout, PhasePlan | None]:
    """The update, and the phase of it that is asked for.

    :raises Refused: no such phase is offered; the message lists those that are.
    """
    found = plan_rollout(old, new, asked.servers_in)
    if asked.phase is None:
        return found, None
    for step in found.steps or ():
        if step.phase is asked.phase:
            return found, step
    why, fix = _no_phase(found)
    raise Refused([BY_CODE["phase-not-offered"].at((PHASE,), phase=asked.phase, why=why, fix=fix)])


def _no_phase(found: Rollout) -> tuple[str, str]:
    """Why a phase is not offered, and what would be right."""
    if found.steps is not None and not found.clean:
        words = ", ".join(step.phase for step in found.steps if step.phase is not Phase.AT_ONCE)
        rest = "" if found.steps[-1].phase is Phase.REMOVE_RULES else ", and then all other changes"
        return f"Its phases are {words}, in this order{rest}.", f"Write one of {words}."
    if found.clean:
        return "The update is safe in one step.", "Remove `phase`, and run the update in one step."
    if found.replaced:
        return (
            f"The update replaces groups, which has no phases: {', '.join(found.replaced)}.",
            "Follow the section of docs/updates.md about updates that cannot be done in phases.",
        )
    if found.refused:
        over = "; ".join(finding.summary for finding in found.refused)
        return (
            f"During the update, old and new rules exist together and exceed a limit: {over}",
            "Raise the quota, declare fewer ranges, or split the edit into two updates.",
        )
    return (
        "No sequence of phases avoids that traffic is blocked or opened during the update.",
        "Split the edit into parts, and check each with `exchange-ports plan FILE --against OLD`.",
    )


def registered(
    old: Plans | None, new: Plans, step: PhasePlan | None
) -> tuple[RegisteredNetwork, ...]:
    """Each network with its plan: as it will be, or as it is at the end of a phase.

    Networks that only the old topology has come first, while they hold anything.
    """
    if old is None or step is None or step.phase is Phase.REMOVE_RULES:
        return new.registered
    keys = {network_name(plan): key for key, plan in new.networks.items()}
    # At neighbors' groups rules only allow: both what was meant and what will be stands there.
    flows = (*old.flows, *new.flows)
    gone = (
        RegisteredNetwork(key, step.plans[network_name(plan)], flows)
        for key, plan in old.networks.items()
        if network_name(plan) not in keys and step.plans[network_name(plan)].member_groups
    )
    return (
        *gone,
        *(RegisteredNetwork(key, step.plans[place], flows) for place, key in keys.items()),
    )
