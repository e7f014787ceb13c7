"""How long both clouds' plans take, held against Aerleon with one target on the same flows."""

from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from bench.measure import Measured, interleaved
from bench.workload import by_address, declared, topology
from exchange_ports.aws import plan as aws_plan
from exchange_ports.azure import plan as azure_plan
from exchange_ports.flows import flows
from exchange_ports.plans import NetworkPlan, Plans
from exchange_ports.topology.declaring import declare
from exchange_ports.topology.groups import identity
from exchange_ports.topology.models import Platform, Topology
from exchange_ports.topology.parts import Parts

__all__ = ["BOTH", "SIZES", "compiled", "measure"]

BOTH: Final = (Platform.AWS, Platform.AZURE)
#: How many flows, and how many times it is measured.
SIZES: Final = {100: 9, 1_000: 5, 10_000: 3}
_T = TypeVar("_T")
_TARGET: Final = 0.2
_TARGET_FROM: Final = 1_000
#: Ten times as much work with a tenth more to spare for each step of the way.
_GROWTH: Final = 12


def compiled(topology: Topology) -> Plans:
    """What `compile_plans` makes, with its limits counted and not enforced.

    A thousand flows on a dozen groups are more than a security group holds; that is said of a real
    topology, and here it would only stop the measurement.
    """
    wanted = flows(topology)
    parts = Parts(topology)
    networks: dict[str, NetworkPlan] = {}
    for key, network in sorted(topology.networks.items()):
        asked = (identity(key, network), wanted, parts.groups, parts.wearers)
        if network.platform is Platform.AWS:
            networks[key] = aws_plan.compile_network(*asked)
        else:
            networks[key] = azure_plan.compile_network(*asked)
    plans = Plans(topology, wanted, networks)
    for key in networks:
        plans.uses(key)
    return plans


def measure() -> Iterator[Measured]:
    """Each size, and how the largest grows from the next."""
    from bench import aerleon

    taken: dict[int, float] = {}
    for count, times in SIZES.items():
        both = [topology(count, platform) for platform in BOTH]
        data = [declared(count, platform) for platform in BOTH]
        one = both[0]
        ours, whole, theirs = interleaved(
            _each(compiled, both),
            _each(lambda said: compiled(declare(said)[0]), data),
            aerleon.generating(by_address(one, flows(one))),
            times=times,
        )
        taken[count] = ours
        what = f"compile for both clouds, {count:,} flows"
        against = f"{aerleon.NAME}, one target, {count:,} flows"
        target = _TARGET if count >= _TARGET_FROM else None
        yield Measured(what, ours, against, theirs, target)
        yield Measured(f"check and {what}", whole, against, theirs)
    *_, before, last = SIZES
    yield Measured(
        f"compile for both clouds, {last:,} flows",
        taken[last],
        f"compile for both clouds, {before:,} flows",
        taken[before],
        _GROWTH,
    )


def _each(run: Callable[[_T], object], over: list[_T]) -> Callable[[], None]:
    def runs() -> None:
        for one in over:
            run(one)

    return runs
