"""Microsoft 365 endpoints as data: dated snapshots, and what of them is used for which purpose.

What is read from files (`shipped`, `reading`, `files`) is loaded where it is needed: most stacks are not
hybrid, and a snapshot takes milliseconds.
"""

from exchange_ports.endpoints.snapshot import (
    EndpointSet,
    Instance,
    Selection,
    Snapshot,
    names,
    ranges,
    select,
)

__all__ = ["EndpointSet", "Instance", "Selection", "Snapshot", "names", "ranges", "select"]
