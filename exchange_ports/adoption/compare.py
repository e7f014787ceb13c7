"""What the program wants, held against what exists and what the engine's state has.

Nothing is asked of any cloud, and what was printed is checked first: what is not whole, or of another
place, would have a group made a second time.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from shlex import quote
from typing import Any, Final, TypeAlias

from exchange_ports.clouds import cloud, cloud_of
from exchange_ports.clouds.base import below
from exchange_ports.clouds.existing import (
    Found,
    Held,
    NetworkExpectation,
    Pending,
    ResourceStatus,
    ResourceVerdict,
    State,
    Urn,
    fields_of,
    texts_of,
)
from exchange_ports.findings import Finding, nearest
from exchange_ports.findings.command_kinds import NOT_IN_PLAN, OTHER_LOCATION
from exchange_ports.planning import Plans
from exchange_ports.topology.models import Platform

#: The type of the firewall's own component.
COMPONENT: Final = "exchange-ports:index:ExchangeFirewall"

#: What each cloud printed, by platform; no entry where nothing was given of it.
Existing: TypeAlias = Mapping[Platform, Any]


def expected_networks(
    plans: Plans, component: Urn, settings: Mapping[str, object], others: Mapping[str, object]
) -> tuple[NetworkExpectation, ...]:
    """What the program registers for each network, by what a stack file says of it.

    `settings` are ours (`networks`, `tags`), `others` the configuration of providers by full keys.
    Both have passed the checks of a stack file. Names are those that the clouds' `names` give; a test
    holds them against what a recorded run of the program registers.
    """
    tags = texts_of(settings.get("tags"))
    bound = fields_of(settings.get("networks"))
    return tuple(
        (cloud := cloud_of(plan)).live.expected(
            key,
            component.child(cloud.network_type, below(component.name, plan.network)),
            plan,
            plans.flows,
            fields_of(bound.get(key)),
            tags,
            others,
        )
        for key, plan in sorted(plans.networks.items())
    )


@dataclass(frozen=True, slots=True)
class Adoption:
    """How all that is wanted stands, network by network."""

    component: Urn
    found: tuple[Found, ...]
    #: Networks of whose cloud nothing was given.
    not_looked_at: tuple[str, ...]
    #: What the engine began and does not know the end of.
    pending: tuple[Pending, ...]
    #: What was replaced, and the next update deletes.
    going: tuple[Held, ...]
    #: What the state has of this firewall that is no longer wanted: the next update deletes it, too.
    no_longer_wanted: tuple[Held, ...] = ()

    def verdicts(self, *stands: ResourceStatus) -> tuple[ResourceVerdict, ...]:
        """The verdicts of these kinds."""
        return tuple(
            verdict for found in self.found for verdict in found.verdicts if verdict.stand in stands
        )

    @property
    def clear(self) -> bool:
        """Whether nothing needs a person: what is to be imported can be, and nothing else is left over."""
        verdicts = [verdict for found in self.found for verdict in found.verdicts]
        others = (found.leftovers or found.unwanted for found in self.found)
        return not any(
            (
                *(each.in_the_way or each.owner or each.removes for each in verdicts),
                *others,
                self.changed,
            )
        )

    @property
    def changed(self) -> tuple[ResourceVerdict, ...]:
        """What the state has and others changed."""
        return tuple(each for each in self.verdicts(ResourceStatus.KNOWN) if each.edits)


def component_of(state: State, name: str | None, stack: str | None, project: str) -> Urn | Finding:
    """The firewall that is asked about: by its name, or the only one of the state.

    A state that has none yet has it right below the stack, called as in this repository's program.
    `stack` is what the name of the stack file says, `project` what an empty state does not.
    """
    stacks = sorted({(each.urn.stack, each.urn.project) for each in state.resources})
    if stacks and stack not in (None, stacks[0][0]):
        return OTHER_LOCATION.at(
            (),
            what="The export",
            where=f"it is the state of stack {stacks[0][0]}, and the file belongs to {stack}",
            fix=f"run `pulumi stack export --stack {quote(str(stack))} --file state.json`",
        )
    known = sorted({each.urn for each in state.of_type(COMPONENT)})
    named = [urn for urn in known if name in (None, urn.name)]
    if len(named) > 1:
        names = ", ".join(urn.name for urn in named)
        return NOT_IN_PLAN.at(
            (), name="a firewall", what=f"the stack has {names}", fix="name one with `--component`"
        )
    if named:
        return named[0]
    top = Urn.of_stack(*(stacks[0] if stacks else (stack or _STACK, project)))
    return top.child(COMPONENT, name or _NAME)


#: How the program of this repository calls its firewall.
_NAME: Final = "exchange"
#: The stack of a file whose name does not say it; only shown, as an empty state has no URN.
_STACK: Final = "dev"


def check(
    places: Iterable[NetworkExpectation], existing: Existing, told: Mapping[str, str]
) -> Iterator[Finding]:
    """What makes the outputs useless for these networks, and names or ids in `told` that mean nothing."""
    known: dict[str, Container[str]] = {}
    for place in places:
        there = existing.get(place.plan.platform)
        if there is not None:
            live = cloud_of(place.plan).live
            known |= dict(live.ids(place, there))
            yield from live.check(place, there)
    for platform, there in existing.items():
        yield from cloud(platform).live.not_printed(there)
    yield from _of_told(told, known)


def _of_told(told: Mapping[str, str], known: Mapping[str, Container[str]]) -> Iterator[Finding]:
    ids: dict[str, str] = {}
    for name, id_ in told.items():
        if name not in known:
            near = nearest(name, known)
            known_names = ", ".join(sorted(known))
            fix = f"write {near}" if near else f"write one of {known_names}"
            yield NOT_IN_PLAN.at(
                (), name=name, what="no group or prefix list of the plan has this name", fix=fix
            )
        elif id_.lower() not in known[name]:
            fix = "export it too, or correct the id"
            what = f"{id_} is not in the export, or has another type"
            yield NOT_IN_PLAN.at((), name=name, what=what, fix=fix)
        if (first := ids.setdefault(id_.lower(), name)) != name:
            what = f"{id_} is matched with {first} too"
            yield NOT_IN_PLAN.at((), name=name, what=what, fix="match the group with one name")


def adoption(
    places: Iterable[NetworkExpectation],
    component: Urn,
    existing: Existing,
    state: State,
    told: Mapping[str, str],
) -> Adoption:
    """How everything stands that the program of `component` wants, by outputs that have passed `check`.

    `told` has the ids of what people made, by the logical name that it shall have.
    """
    found: list[Found] = []
    not_looked_at: list[str] = []
    types: set[str] = set()
    for place in places:
        there = existing.get(place.plan.platform)
        if there is None:
            not_looked_at.append(place.network)
        else:
            live = cloud_of(place.plan).live
            types |= set(live.TYPES)
            found.append(live.match(place, there, state, told))
    going = tuple(each for each in state.resources if each.going)
    return Adoption(
        component,
        tuple(found),
        tuple(not_looked_at),
        state.pending,
        going,
        tuple(_no_longer_wanted(found, state, types)),
    )


def _no_longer_wanted(
    found: Iterable[Found], state: State, types: Container[str]
) -> Iterator[Held]:
    for each in found:
        wanted = {verdict.wanted.urn for verdict in each.verdicts}
        for held in state.resources:
            ours = held.parent == each.urn and held.urn.type in types
            if ours and not held.going and held.urn not in wanted:
                yield held
