"""Findings about snapshots of Microsoft 365 endpoints: files, answers of the web service, and inline ones.

Codes are permanent. What any field may get wrong (a type, a key, an address) is among `topology_kinds`.
"""

from functools import partial
from typing import Final

from exchange_ports.findings.finding import Kind, Severity

_warning = partial(Kind, severity=Severity.WARNING)

UNKNOWN_SNAPSHOT: Final = Kind(
    "endpoints-unknown",
    summary='This package has no endpoint snapshot "{version}" of {instance}.',
    why="A stack names its snapshot by version, so that an upgrade of the package changes no rule.",
    fix="Write one of {known}, or paste a snapshot that `exchange-ports endpoints import` printed.",
)
OTHER_INSTANCE: Final = Kind(
    "endpoints-other-instance",
    summary="The endpoint snapshot is of the instance {got}; a snapshot of {instance} is expected.",
    why="The instances of Microsoft 365 have different addresses.",
    fix="Use a snapshot of {instance}, or declare the instance {got}.",
)
CANNOT_READ_ENDPOINTS: Final = Kind(
    "cannot-read-endpoints",
    summary="Cannot read {file}.",
    why="{why}.",
    fix="Name a file with a snapshot, or a version that `exchange-ports endpoints list` shows.",
)
NOT_ENDPOINTS: Final = Kind(
    "not-endpoints",
    summary="The content is not an endpoint snapshot: {what}.",
    why="A snapshot is the answer of the web service, or what `exchange-ports endpoints import` printed.",
    fix="{fix}",
)
NO_VERSION: Final = Kind(
    "endpoints-without-version",
    summary="The endpoint snapshot has no version.",
    why="The answer of the web service does not contain its version. A version shows how old a snapshot is.",
    fix="Run `exchange-ports endpoints import FILE --version VERSION`. VERSION is the value of `latest` in the "
    "answer of `https://endpoints.office.com/version/{service}`.",
)
BAD_VERSION: Final = Kind(
    "endpoints-version",
    summary='Invalid version "{version}" of an endpoint snapshot.',
    why="A version is a date and two digits. Where the source has no version, it is the date of the copy.",
    fix='Write a version such as `"2026081400"`, or a date such as `"2026-07-01"`.',
)
BAD_RANGE: Final = Kind(
    "endpoints-range",
    summary="{range} cannot be a range of Microsoft 365: {what}.",
    why="A rule would allow traffic with hosts that do not belong to Microsoft 365.",
    fix="{fix}",
)
EMPTY_SET: Final = Kind(
    "endpoints-empty",
    summary="The endpoint set `{set}` has no {what}.",
    why="Its rules would allow no traffic, or only a part of it. A list like this is usually incomplete.",
    fix="{fix}",
)
BAD_PORTS: Final = Kind(
    "endpoints-ports",
    summary='Invalid ports "{ports}" of an endpoint record.',
    why="Records are selected by their ports.",
    fix="Write port numbers with commas between them, such as `80,443`.",
)
BAD_NAME: Final = Kind(
    "endpoints-name",
    summary='Invalid host name "{name}" of an endpoint.',
    why="Reports show the names to people who configure proxies and other firewalls.",
    fix="Write a host name, such as `outlook.office365.com` or `*.mx.microsoft`.",
)
TOO_MANY: Final = Kind(
    "endpoints-too-many",
    summary="The list has {count} entries; the limit is {most}.",
    why="The largest list of the web service has fewer than 200 entries.",
    fix="Check the file. Pass the answer for one instance.",
)
OLD_SNAPSHOT: Final = _warning(
    "endpoints-old",
    summary="The endpoint snapshot {version} of {instance} is older than a year on {as_of}: it is of {date}.",
    why="Microsoft adds ranges 30 days before it uses them. Traffic of newer ranges is blocked.",
    fix="Compare it with a newer one: `exchange-ports endpoints diff OLD NEW`.",
)

KINDS: Final = tuple(each for each in tuple(globals().values()) if isinstance(each, Kind))
