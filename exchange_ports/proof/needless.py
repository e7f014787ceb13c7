"""Rules that could be left out: nobody is named, or a single other rule names all of it.

A range may hold a group's members today, and only a group holds them by what it means: so ranges are
held against ranges, and groups against groups that all their wearers wear by what they are.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias, TypeVar

from exchange_ports.proof.clouds import Way, Written
from exchange_ports.traffic._line import LineSet
from exchange_ports.traffic.address_set import AddressSet
from exchange_ports.traffic.service_set import ServiceSet

__all__ = ["Needless", "needless"]


_Set = TypeVar("_Set", AddressSet, ServiceSet)


class Needless(NamedTuple):
    """A rule that could be left out, and why."""

    name: str
    why: str


def needless(
    rules: Iterable[Written],
    wider: Mapping[str, Collection[str]],
    worn: Collection[tuple[str, str]],
) -> Iterator[Needless]:
    """The rules that say nothing, or nothing that a single other one does not say.

    `wider` are the groups that every wearer of a group wears too, `worn` the groups that somebody
    wears, each with the place where.
    """
    shelves: dict[_Label, _Shelf] = defaultdict(lambda: defaultdict(list))
    for rule in rules:
        if (rule.place, rule.group) not in worn:
            yield Needless(rule.name, f"nobody wears {rule.group}")
        elif not (rule.addresses and rule.services):
            yield Needless(rule.name, "it names nobody")
        else:
            # Groups are held against groups by what they mean, so their addresses are no matter.
            addresses = rule.addresses if rule.peer is None else AddressSet()
            label = _Label(rule.place, rule.way, rule.group, rule.peer)
            shelves[label][addresses].append(rule)
    for label, shelf in shelves.items():
        found: dict[str, str] = {}
        for above in _above(label, wider):
            if above in shelves:
                for rule, other in _held(shelf, shelves[above]):
                    found.setdefault(rule.name, other.name)
        yield from (Needless(name, f"{other} names all of it") for name, other in found.items())


class _Label(NamedTuple):
    place: str
    way: Way
    group: str
    peer: str | None


#: The rules of one group, direction and kind of peer, by their addresses.
_Shelf: TypeAlias = dict[AddressSet, list[Written]]


def _above(label: _Label, wider: Mapping[str, Collection[str]]) -> Iterator[_Label]:
    theirs: list[str | None] = [label.peer]
    if label.peer is not None:
        theirs += sorted(wider.get(label.peer, ()))
    for ours in (label.group, *sorted(wider.get(label.group, ()))):
        for peer in theirs:
            yield label._replace(group=ours, peer=peer)


def _held(shelf: _Shelf, above: _Shelf) -> Iterator[tuple[Written, Written]]:
    """Pairs of a rule and another one that names all of it. Of two equal ones each holds the other."""
    for addresses, wide in _nested(shelf, above):
        services: dict[ServiceSet, list[Written]] = defaultdict(list)
        for other in above[wide]:
            services[other.services].append(other)
        inner: dict[ServiceSet, list[Written]] = defaultdict(list)
        for rule in shelf[addresses]:
            inner[rule.services].append(rule)
        for carried, more in _nested(inner, services):
            for rule in inner[carried]:
                for other in services[more]:
                    if other.name != rule.name:
                        yield rule, other


def _nested(inner: Collection[_Set], outer: Collection[_Set]) -> Iterator[tuple[_Set, _Set]]:
    """Every pair of a set and one that holds it.

    In order of their first places, wide sets first, only those that are still open can hold the next.
    Ranges lie in one another or apart, so these are few.
    """
    marked = sorted(
        [(*_order(one), 0, one) for one in outer] + [(*_order(one), 1, one) for one in inner],
        key=lambda entry: entry[:4],
    )
    still: list[_Set] = []
    for first, _, _, is_inner, one in marked:
        if is_inner:
            yield from ((one, wide) for wide in still if one <= wide)
        else:
            still = [wide for wide in still if wide.spans and wide.spans[-1][1] >= first]
            still.append(one)


def _order(one: LineSet[Any]) -> tuple[int, int, int]:
    if not one.spans:
        return (0, 0, 0)
    size = sum(last - first + 1 for first, last in one.spans)
    return (one.spans[0][0], -one.spans[-1][1], -size)
