"""What passes between two ends, and who decides at each: the question that is asked at 3 a.m.

Exact: an end may be many servers and addresses, and all of what is asked is answered, in as few parts
as have one answer each.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from exchange_ports.flows.flow_index import WAYS, Way, services_of
from exchange_ports.flows.labels import QueryEndpoint
from exchange_ports.planning import Plans
from exchange_ports.proof.answers import (
    FAMILIES,
    AnswerRow,
    AnswerWriter,
    Region,
    RegionEndpoint,
    joined,
    parties,
    region_of,
    together,
)
from exchange_ports.proof.network_model import NetworkModel
from exchange_ports.traffic.ports import Ports
from exchange_ports.traffic.services import ServiceSet
from exchange_ports.traffic.traffic import Traffic


class Verdict(StrEnum):
    """How much of what was asked passes. `NOT_OURS`: neither end has a filter of ours."""

    PASSES = "allowed"
    IN_PART = "partly_allowed"
    STOPPED = "blocked"
    NOT_OURS = "not_managed"


@dataclass(frozen=True, slots=True)
class Answer:
    """All parts of the answer: what passes first, then what does not, then what is not ours."""

    parts: tuple[AnswerRow, ...]

    @property
    def verdict(self) -> Verdict:
        """How much passes of what is ours to decide."""
        ours = {part.passes for part in self.parts} - {None}
        if not ours:
            return Verdict.NOT_OURS
        if len(ours) > 1:
            return Verdict.IN_PART
        return Verdict.PASSES if True in ours else Verdict.STOPPED

    @property
    def passes(self) -> bool:
        """Whether all passes that is ours to decide, and anything is."""
        return self.verdict is Verdict.PASSES

    def alike(self, other: "Answer") -> bool:
        """Whether the same passes, whoever decides it."""
        return _what(self) == _what(other)


def _what(answer: Answer) -> set[object]:
    # The words are made of the rest, but for names that only one side needs.
    return {
        (part.passes, end.servers, end.addresses, other.servers, other.addresses, part.services)
        for part in answer.parts
        for end, other in [(part.source, part.destination)]
    }


def query(
    plans: Plans,
    source: QueryEndpoint,
    destination: QueryEndpoint,
    ports: Sequence[Ports],
    instead: NetworkModel | None = None,
) -> Answer:
    """How much of what `ports` name passes from one end to the other, at every address.

    `instead` has other filters than the planned ones: those that run.

    :raises ValueError: there is no such packet.
    """
    model = instead or plans.once(NetworkModel)
    pairs = [
        (one, other)
        for one in parties(model, source)
        for other in parties(model, destination)
        if one.server is None or one.server is not other.server
    ]
    if not pairs:
        raise ValueError("traffic from a server to itself is not filtered")
    by_family = [(version, services_of(ports, at)) for version, at in FAMILIES.items()]
    found = [
        each
        for one, other in pairs
        for version, services in by_family
        for each in _regions(model, one.of(version), other.of(version), services)
    ]
    writer = AnswerWriter(model, source, destination)
    first = by_family[0][1]
    rows = [writer.part(each) for each in joined(found)]
    apart = [
        writer.of_two_families(each)
        for each in together(
            region_of(False, one, other, first)
            for one, other in pairs
            if not _meet(one, other)
            and (not found or (_named(one, source) and _named(other, destination)))
        )
    ]
    at = sum(row.passes is True for row in rows)
    return Answer((*rows[:at], *apart, *rows[at:]))


def _named(end: RegionEndpoint, asked: QueryEndpoint) -> bool:
    """Whether a question is about this end, and not about a range that happens to hold a server."""
    return end.server is None or end.server.name in asked.servers


def _meet(one: RegionEndpoint, other: RegionEndpoint) -> bool:
    """Whether two ends have an IP version in common."""
    return any(one.of(version).addresses and other.of(version).addresses for version in FAMILIES)


def _regions(
    model: NetworkModel, source: RegionEndpoint, target: RegionEndpoint, services: ServiceSet
) -> Iterator[Region]:
    for one in source.one_by_one():
        for other in target.one_by_one():
            if not (one.managed or other.managed):
                yield region_of(None, one, other, services)
                continue
            # Of an end that is not ours nothing is claimed. At most one end is more than one address.
            outer = one if one.server is None else other
            asked = Traffic.of([(outer.addresses, services)])
            let = asked
            for way, mine, theirs in zip(WAYS, (one, other), (other, one), strict=True):
                if mine.managed:
                    let = let & _let(model, mine, way, theirs, outer)
            for passes, some in ((True, let), (False, asked - let)):
                for addresses, carried_there in some.groups():
                    if outer is one:
                        one_there, other_there = RegionEndpoint(one.server, addresses), other
                    else:
                        one_there, other_there = one, RegionEndpoint(other.server, addresses)
                    yield region_of(passes, one_there, other_there, carried_there)


def _let(
    model: NetworkModel,
    mine: RegionEndpoint,
    way: Way,
    theirs: RegionEndpoint,
    outer: RegionEndpoint,
) -> Traffic:
    """What one end lets through, as traffic at the addresses of the outer end."""
    if mine.server is None:
        return Traffic.everything()
    own = mine.addresses.example()
    permitted = model.usable(mine.server, way, own)
    if theirs is outer:
        return permitted
    # The outer end is this one: one address, so what passes there is what passes to the other.
    return Traffic.of([(outer.addresses, permitted.at(theirs.addresses.example()))])
