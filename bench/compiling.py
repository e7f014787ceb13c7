"""How long both clouds' plans take, held against Aerleon with one target on the same flows."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Self, TypeVar

from bench.measure import Measured, interleaved
from bench.workload import by_address, declared, topology
from exchange_ports.clouds.base import RuleSet
from exchange_ports.flows import Flow, compile_flows
from exchange_ports.planning import Plans, by_network
from exchange_ports.topology.inventory import Inventory
from exchange_ports.topology.models import Platform, Topology
from exchange_ports.topology.validate import load_topology

__all__ = ["BOTH", "SIZES", "Prepared", "compiled", "measure", "planned"]

BOTH: Final = (Platform.AWS, Platform.AZURE)
#: How many flows, and how many times it is measured.
SIZES: Final = {100: 15, 1_000: 9, 10_000: 5}
_TARGET: Final = 0.2
_TARGET_FROM: Final = 1_000
#: Ten times as much work with a tenth more to spare for each step of the way.
_GROWTH: Final = 12
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A topology with its flows: what planners start from, as Aerleon does from its terms."""

    inventory: Inventory
    flows: tuple[Flow, ...]

    @classmethod
    def of(cls, topology: Topology) -> Self:
        inventory = Inventory(topology)
        return cls(inventory, compile_flows(inventory))


def planned(prepared: Prepared) -> dict[str, RuleSet]:
    """The plan of each network: what both planners do."""
    return by_network(prepared.inventory, prepared.flows)


def compiled(topology: Topology) -> Plans:
    """What `compile_plans` makes, with its limits counted and not enforced.

    A thousand flows on a dozen groups are more than a security group holds; that is said of a real
    topology, and here it would only stop the measurement.
    """
    prepared = Prepared.of(topology)
    plans = Plans(prepared.inventory, prepared.flows, planned(prepared))
    for key in plans.networks:
        plans.uses(key)
    return plans


def measure() -> Iterator[Measured]:
    """Each size, and how the largest grows from the next."""
    from bench import aerleon

    for count, times in SIZES.items():
        both = [Prepared.of(topology(count, platform)) for platform in BOTH]
        data = [declared(count, platform) for platform in BOTH]
        ours, whole, theirs = interleaved(
            _each(planned, both),
            _each(lambda reported: compiled(load_topology(reported)[0]), data),
            aerleon.generating(by_address(both[0].inventory.topology, both[0].flows)),
            times=times,
        )
        what = f"compile for both clouds, {count:,} flows"
        against = f"{aerleon.NAME}, one target, {count:,} flows"
        target = _TARGET if count >= _TARGET_FROM else None
        yield Measured(what, ours, against, theirs, target)
        yield Measured(f"read, check and {what}", whole, against, theirs)
    yield _growth()


def _growth() -> Measured:
    """Ten times as many flows, with the collector paused: its share grows with what is in memory."""
    *_, before, last = SIZES
    small, large = (
        [Prepared.of(topology(count, platform)) for platform in BOTH] for count in (before, last)
    )
    least, most = interleaved(
        _each(planned, small),
        _each(planned, large),
        times=SIZES[last],
        clock=time.process_time,
        collecting=False,
    )
    what = "compile for both clouds, {:,} flows, collector paused"
    return Measured(what.format(last), most, what.format(before), least, _GROWTH)


def _each(run: Callable[[_T], object], over: list[_T]) -> Callable[[], None]:
    def runs() -> None:
        for one in over:
            run(one)

    return runs
