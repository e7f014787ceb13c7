"""What another endpoint snapshot changes in the rules of a hybrid deployment, set by set.

Loaded only where both topologies are hybrid, as it reads snapshots. Must not know: flows.
"""

from typing import NamedTuple

from exchange_ports.endpoints import EndpointSet, Snapshot
from exchange_ports.topology import microsoft_365, models
from exchange_ports.traffic.addresses import Network


class SetRanges(NamedTuple):
    """How many ranges of a set rules gain and lose."""

    set: EndpointSet
    added: int
    removed: int


class EndpointsChange(NamedTuple):
    """Another snapshot than before, by its version, and the sets whose ranges in rules are others."""

    before: str
    after: str
    sets: tuple[SetRanges, ...]


def diff_endpoints(was: models.Topology, now: models.Topology) -> EndpointsChange | None:
    """The change of the snapshot between two topologies; None where one is not hybrid, or both name the same.

    A set that only one of them uses is no change of the snapshot.
    """
    if was.hybrid is None or now.hybrid is None:
        return None
    old, new = (microsoft_365.snapshot(each) for each in (was.hybrid, now.hybrid))
    if old == new:
        return None
    used = [microsoft_365.used(each) for each in (was.hybrid, now.hybrid)]
    both = [each for each in used[1] if each in used[0]]
    found = [
        SetRanges(each, len(after - before), len(before - after))
        for each in both
        for before, after in [(_in_rules(old, each, now), _in_rules(new, each, now))]
        if before != after
    ]
    before, after = (each.version for each in (old, new))
    if old.instance is not new.instance:
        before, after = (f"{each.instance.value} {each.version}" for each in (old, new))
    return EndpointsChange(before, after, tuple(found))


def _in_rules(known: Snapshot, which: EndpointSet, topology: models.Topology) -> set[Network]:
    """The ranges of a set that rules of any network name."""
    return {
        range_
        for network in topology.networks.values()
        if network.platform is not models.Platform.EXTERNAL
        for range_ in microsoft_365.addresses(known, which, network)
    }
