"""Rules that could be left out: they match nothing, or other rules match all of it.

A range may contain the members of a group today, but only a group contains them by definition. So ranges
are compared with ranges, and groups with the groups that all of their members are in by definition.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

from exchange_ports.clouds.base import AllowRule, RedundantRule, Way
from exchange_ports.traffic.addresses import AddressSet
from exchange_ports.traffic.services import ServiceSet
from exchange_ports.traffic.spans import LineSet, Spans, subset, union
from exchange_ports.traffic.steps import Step
from exchange_ports.traffic.traffic import Traffic

_Set = TypeVar("_Set", AddressSet, ServiceSet)


class RuleIndex:
    """The allow rules of one network, by the group they apply to and the form of their peer."""

    def __init__(
        self,
        rules: Iterable[AllowRule],
        implied_groups: Mapping[str, Collection[str]],
        attached: Collection[tuple[str, str]],
    ) -> None:
        """Index every rule.

        `implied_groups` are the groups that every member of a group is in too, `attached` the groups that
        have a member, each with the place where.
        """
        self._wider = implied_groups
        self._idle: list[RedundantRule] = []
        self._by_label: dict[_Label, list[AllowRule]] = defaultdict(list)
        for rule in rules:
            if (rule.place, rule.group) not in attached:
                self._idle.append(
                    RedundantRule(rule.name, f"{rule.group} is attached to no server")
                )
            elif not (rule.addresses and rule.services):
                self._idle.append(RedundantRule(rule.name, "it matches no traffic"))
            else:
                label = _Label(rule.place, rule.way, rule.group, rule.peer)
                self._by_label[label].append(rule)

    def redundant(self) -> Iterator[RedundantRule]:
        """The rules that match nothing, or nothing that a single other one does not match."""
        yield from self._idle
        for rule, other in self._single.values():
            yield RedundantRule(rule.name, f"{other.name} covers it")

    def together(self) -> Iterator[RedundantRule]:
        """The rules that others cover together, though no single one does."""
        alike = (
            (label, rule)
            for label, several in self._covered.items()
            for rule in several
            if id(rule) not in self._single
        )
        for place, (label, rule) in enumerate(alike):
            if place < _EXPLAINED:
                names = ", ".join(other.name for other in self._covering(label, rule))
                yield RedundantRule(rule.name, f"{names} cover it together")
            else:
                yield RedundantRule(rule.name, "other rules cover it together")

    @cached_property
    def _covered(self) -> "dict[_Label, list[AllowRule]]":
        """The rules of which every packet is matched by another one as well.

        Of two equal ones each covers the other.
        """
        once: dict[_Label, _Layer] = {}
        found: dict[_Label, list[AllowRule]] = {}
        for label, rules in self._by_label.items():
            layers = [_Layer(Traffic.twice(map(_pair, rules)))] if len(rules) > 1 else []
            for above in self._above(label):
                if above not in once:
                    once[above] = _Layer(Traffic.of(map(_pair, self._by_label[above])))
                layers.append(once[above])
            layers = [layer for layer in layers if layer.steps]
            covered = [rule for rule in rules if layers and _held_by(layers, rule)]
            if covered:
                found[label] = covered
        return found

    @cached_property
    def _single(self) -> "dict[int, tuple[AllowRule, AllowRule]]":
        """Rules that a single other one covers, by identity."""
        inner: dict[_Label, list[AllowRule]] = defaultdict(list)
        for label, rules in self._covered.items():
            for above in (label, *self._above(label)):
                inner[above] += rules
        found: dict[int, tuple[AllowRule, AllowRule]] = {}
        for label, rules in inner.items():
            for rule, other in _held(_by_address(rules), _by_address(self._by_label[label])):
                # The same whichever label was looked at first: one of the rule's own group.
                if id(rule) not in found or other.group == rule.group != found[id(rule)][1].group:
                    found[id(rule)] = (rule, other)
        return found

    def _covering(self, label: "_Label", rule: AllowRule) -> Iterator[AllowRule]:
        """Rules that together cover one; none of them is left out where it adds something."""
        rest = Traffic.of([_pair(rule)])
        for above in (label, *self._above(label)):
            for other in self._by_label[above]:
                if other is rule or not other.services & rule.services:
                    continue
                less = rest - Traffic.of([_pair(other)])
                if less != rest:
                    yield other
                    rest = less
                if not rest:
                    return

    def _above(self, label: "_Label") -> "Iterator[_Label]":
        """The other labels whose rules apply to the same members and peers, and perhaps to more."""
        theirs: list[str | None] = [label.peer]
        if label.peer is not None:
            theirs += sorted(self._wider.get(label.peer, ()))
        for ours in (label.group, *sorted(self._wider.get(label.group, ()))):
            for peer in theirs:
                above = label._replace(group=ours, peer=peer)
                if above != label and above in self._by_label:
                    yield above


#: For more rules than this, the covering rules are not listed.
_EXPLAINED: Final = 20


class _Label(NamedTuple):
    place: str
    way: Way
    group: str
    peer: str | None


#: Groups are compared by definition, so their addresses do not matter: all have one.
_ONE_PLACE: Final = AddressSet(((0, 0),))


def _addresses(rule: AllowRule) -> AddressSet:
    return rule.addresses if rule.peer is None else _ONE_PLACE


def _pair(rule: AllowRule) -> tuple[AddressSet, ServiceSet]:
    return _addresses(rule), rule.services


class _Layer:
    """The traffic of some rules, to be looked up by address."""

    def __init__(self, traffic: Traffic) -> None:
        self.steps = traffic.steps
        self._starts = [step[0] for step in traffic.steps]

    def at(self, place: int) -> tuple[Step | None, int]:
        """The step at a place, and where it ends; where there is none, where the next one begins."""
        at = bisect_right(self._starts, place)
        if at and self.steps[at - 1][1] >= place:
            return self.steps[at - 1], self.steps[at - 1][1]
        return None, self._starts[at] - 1 if at < len(self._starts) else _END


#: Above the line of addresses, which ends below 2 ** 129.
_END: Final = 1 << 130


def _held_by(layers: list[_Layer], rule: AllowRule) -> bool:
    """Whether at each address all of the services are in one layer or another."""
    for first, last in _addresses(rule).spans:
        place = first
        while place <= last:
            stop = last
            found: Spans = ()
            for layer in layers:
                step, end = layer.at(place)
                stop = min(stop, end)
                if step is not None:
                    found = union(found, step[2])
            if not subset(rule.services.spans, found):
                return False
            place = stop + 1
    return True


#: Rules by their addresses.
_ByAddress: TypeAlias = dict[AddressSet, list[AllowRule]]


def _by_address(rules: Iterable[AllowRule]) -> _ByAddress:
    found: _ByAddress = defaultdict(list)
    for rule in rules:
        found[_addresses(rule)].append(rule)
    return found


def _held(rules: _ByAddress, above: _ByAddress) -> Iterator[tuple[AllowRule, AllowRule]]:
    """Pairs of a rule and another one that covers it. Of two equal ones each covers the other."""
    for addresses, wide in _nested(rules, above):
        services: dict[ServiceSet, list[AllowRule]] = defaultdict(list)
        for other in above[wide]:
            services[other.services].append(other)
        inner: dict[ServiceSet, list[AllowRule]] = defaultdict(list)
        for rule in rules[addresses]:
            inner[rule.services].append(rule)
        for carried, more in _nested(inner, services):
            for rule in inner[carried]:
                for other in services[more]:
                    if other is not rule:
                        yield rule, other


def _nested(inner: Collection[_Set], outer: Collection[_Set]) -> Iterator[tuple[_Set, _Set]]:
    """Every pair of a set and one that contains it.

    In the order of their first addresses, wide sets first, only those that are still open can contain the next.
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
            still = [wide for wide in still if wide.spans[-1][1] >= first]
            still.append(one)


def _order(one: LineSet[Any]) -> tuple[int, int, int]:
    # A rule without addresses or services is idle, and not compared with others.
    return (one.spans[0][0], -one.spans[-1][1], -one.size)
