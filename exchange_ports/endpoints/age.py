"""Whether a snapshot is so old that it should be compared with a newer one."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from exchange_ports.endpoints.snapshot import Snapshot
from exchange_ports.findings import Finding, Path
from exchange_ports.findings.endpoint_kinds import OLD_SNAPSHOT

#: Days. In more than five years no IPv4 range of the Exchange records changed (m365-data.md 5), so a
#: warning each month would be about nothing.
OLD: Final = 365


def old_snapshot(snapshot: Snapshot, as_of: date, at: Path = ()) -> Iterator[Finding]:
    """A warning where a snapshot is older than a year on a day."""
    if (as_of - snapshot.date).days > OLD:
        yield OLD_SNAPSHOT.at(
            at,
            version=snapshot.version,
            instance=snapshot.instance.label,
            as_of=as_of,
            date=snapshot.date,
        )
