"""A Pulumi program run in this process, with no engine, cloud or credentials, and recorded."""

from exchange_ports.offline.recording import (
    UNKNOWN,
    DuplicateUrn,
    Logged,
    ProgramFailed,
    Recording,
    Registration,
)
from exchange_ports.offline.runner import record

__all__ = [
    "UNKNOWN",
    "DuplicateUrn",
    "Logged",
    "ProgramFailed",
    "Recording",
    "Registration",
    "record",
]
