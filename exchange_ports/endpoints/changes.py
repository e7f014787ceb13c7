"""What differs between two snapshots, and whether it changes a rule: rules have ranges, and never names."""

from dataclasses import dataclass

from exchange_ports.endpoints.snapshot import EndpointSet, Selection, Snapshot, select
from exchange_ports.traffic.addresses import AddressSet, Network, sort_key


@dataclass(frozen=True, slots=True)
class SetChange:
    """One set in both snapshots."""

    old: Selection
    new: Selection

    @property
    def set(self) -> EndpointSet:
        """Which set it is."""
        return self.new.set

    @property
    def ranges_added(self) -> tuple[Network, ...]:
        """Ranges that only the new snapshot has: rules are added for them."""
        return tuple(sorted({*self.new.ranges} - {*self.old.ranges}, key=sort_key))

    @property
    def ranges_removed(self) -> tuple[Network, ...]:
        """Ranges that only the old snapshot has: their rules are removed."""
        return tuple(sorted({*self.old.ranges} - {*self.new.ranges}, key=sort_key))

    @property
    def names_added(self) -> tuple[str, ...]:
        """Host names that only the new snapshot has."""
        return tuple(sorted({*self.new.names} - {*self.old.names}))

    @property
    def names_removed(self) -> tuple[str, ...]:
        """Host names that only the old snapshot has."""
        return tuple(sorted({*self.old.names} - {*self.new.names}))

    @property
    def same_rules(self) -> bool:
        """Whether the set has the same ranges."""
        return not (self.ranges_added or self.ranges_removed)

    @property
    def same_addresses(self) -> bool:
        """Whether the ranges contain the same addresses, in other pieces or not."""
        return AddressSet.of(self.old.ranges) == AddressSet.of(self.new.ranges)

    @property
    def same(self) -> bool:
        """Whether nothing differs that a report shows."""
        return self.same_rules and not (self.names_added or self.names_removed)


@dataclass(frozen=True, slots=True)
class SnapshotChanges:
    """Two snapshots of one instance, set by set."""

    old: Snapshot
    new: Snapshot
    sets: tuple[SetChange, ...]

    @property
    def same_rules(self) -> bool:
        """Whether no set has other ranges."""
        return all(each.same_rules for each in self.sets)


def changes(old: Snapshot, new: Snapshot) -> SnapshotChanges:
    """What differs. A set that one of them does not have is empty there."""
    both = [which for which in EndpointSet if which in old.sets or which in new.sets]
    return SnapshotChanges(
        old, new, tuple(SetChange(select(old, which), select(new, which)) for which in both)
    )
