"""What exists, held against what is wanted and what the engine's state has.

Nothing is asked of any cloud, and what was printed is checked first: what is not whole, or of another
place, would have a group made a second time.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from exchange_ports.adoption.aws_existing import ExistingAws, in_place
from exchange_ports.adoption.aws_matching import in_vpc
from exchange_ports.adoption.azure_existing import ExistingAzure, not_printed
from exchange_ports.adoption.azure_matching import in_resource_group
from exchange_ports.adoption.expected import (
    COMPONENT,
    KINDS,
    AwsNetworkExpectation,
    AzureNetworkExpectation,
    NetworkExpectation,
)
from exchange_ports.adoption.state import Held, Pending, State, Urn
from exchange_ports.adoption.statuses import Found, ResourceStatus, ResourceVerdict
from exchange_ports.findings import Finding, nearest
from exchange_ports.findings.adoption_kinds import INCOMPLETE_OUTPUT, NOT_IN_PLAN, OTHER_PLACE

__all__ = ["Adoption", "Existing", "adoption", "check", "component_of"]


@dataclass(frozen=True, slots=True)
class Existing:
    """What each cloud printed; none where nothing was given of it."""

    aws: ExistingAws | None = None
    azure: ExistingAzure | None = None


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
        verdicts = (verdict for found in self.found for verdict in found.verdicts)
        others = (found.leftovers or found.unwanted for found in self.found)
        return not any(verdict.in_the_way for verdict in verdicts) and not any(others)


def component_of(state: State, name: str | None, stack: str | None, project: str) -> Urn | Finding:
    """The firewall that is asked about: by its name, or the only one of the state.

    A state that has none yet has it right below the stack, called as in this repository's program.
    `stack` is what the name of the stack file says, `project` what an empty state does not.
    """
    stacks = sorted({(each.urn.stack, each.urn.project) for each in state.resources})
    if stacks and stack not in (None, stacks[0][0]):
        return OTHER_PLACE.at(
            (),
            what="the export",
            where=f"it is of the stack {stacks[0][0]}, and the file of {stack}",
            fix=f"print it with `pulumi stack export --stack {stack} --file state.json`",
        )
    known = sorted({each.urn for each in state.of_type(COMPONENT)})
    named = [urn for urn in known if name in (None, urn.name)]
    if len(named) > 1:
        names = ", ".join(urn.name for urn in named)
        return NOT_IN_PLAN.at(
            (), name="a firewall", what=f"the stack has {names}", fix="name one with --component"
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
    places: Iterable[NetworkExpectation],
    existing: Existing,
    told: Mapping[str, str],
    region: str | None,
) -> Iterator[Finding]:
    """What makes the outputs useless for these networks, and names or ids in `told` that mean nothing.

    `region` is that of the stack's AWS provider, where the stack file has it.
    """
    known: dict[str, Container[str]] = {}
    for place in places:
        known |= dict(_ids(place, existing))
        if isinstance(place, AwsNetworkExpectation) and existing.aws is not None:
            yield from _of_aws(place, existing.aws, region)
    if existing.azure is not None:
        yield from not_printed(existing.azure)
    yield from _of_told(told, known)


def _ids(place: NetworkExpectation, existing: Existing) -> Iterator[tuple[str, Container[str]]]:
    """Each group and list that is wanted, by name, with the ids of its kind in small letters."""
    if isinstance(place, AwsNetworkExpectation) and existing.aws is not None:
        for group in place.plan.groups:
            yield place.group(group).name, existing.aws.groups
        for each in place.plan.prefix_lists:
            yield place.prefix_list(each).name, existing.aws.lists
    elif isinstance(place, AzureNetworkExpectation) and existing.azure is not None:
        for asg in place.plan.application_groups:
            yield place.asg(asg).name, existing.azure.asgs
        for nsg in place.plan.groups:
            yield place.nsg(nsg).name, existing.azure.nsgs


def _of_aws(
    place: AwsNetworkExpectation, there: ExistingAws, region: str | None
) -> Iterator[Finding]:
    lists = bool(place.plan.prefix_lists)
    yield from in_place(there, place.network, place.vpc_id, region, lists)
    for name, group in place.neighbours.items():
        if group not in there.groups and "SecurityGroups" in there.printed:
            yield INCOMPLETE_OUTPUT.at(
                ("networks", place.network, "neighbours", name),
                what="what exists in AWS",
                missing=f"{group}, the group of {name}, was not printed",
                fix="print the groups and rules of its VPC as well",
            )


def _of_told(told: Mapping[str, str], known: Mapping[str, Container[str]]) -> Iterator[Finding]:
    ids: dict[str, str] = {}
    for name, id_ in told.items():
        if name not in known:
            near = nearest(name, known)
            fix = f"did you mean {near}?" if near else f"wanted are: {', '.join(sorted(known))}"
            yield NOT_IN_PLAN.at((), name=name, what="no group or list is called so", fix=fix)
        elif id_.lower() not in known[name]:
            fix = "print it with the others, or correct the id"
            what = f"{id_} is in no output, or is something else"
            yield NOT_IN_PLAN.at((), name=name, what=what, fix=fix)
        if (first := ids.setdefault(id_.lower(), name)) != name:
            what = f"{id_} is to be {first} as well"
            yield NOT_IN_PLAN.at((), name=name, what=what, fix="one group can only be one of them")


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
    for place in places:
        if isinstance(place, AwsNetworkExpectation) and existing.aws is not None:
            found.append(in_vpc(place, existing.aws, state, told))
        elif isinstance(place, AzureNetworkExpectation) and existing.azure is not None:
            found.append(in_resource_group(place, existing.azure, state, told))
        else:
            not_looked_at.append(place.network)
    going = tuple(each for each in state.resources if each.going)
    return Adoption(
        component,
        tuple(found),
        tuple(not_looked_at),
        state.pending,
        going,
        tuple(_no_longer_wanted(found, state)),
    )


def _no_longer_wanted(found: Iterable[Found], state: State) -> Iterator[Held]:
    for each in found:
        wanted = {verdict.wanted.urn for verdict in each.verdicts}
        for held in state.resources:
            ours = held.parent == each.urn and held.urn.type in KINDS
            if ours and not held.going and held.urn not in wanted:
                yield held
