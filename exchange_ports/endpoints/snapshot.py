"""A dated snapshot of the endpoints of Microsoft 365: its sets of address ranges and host names.

Must not know: where a snapshot is read from, nor which flows use it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from exchange_ports.traffic.addresses import Network


class Instance(StrEnum):
    """The instances of Microsoft 365, each with endpoints of its own."""

    WORLDWIDE = "worldwide"
    """Also GCC, the commercial cloud for the public sector."""
    CHINA = "china"
    """Operated by 21Vianet."""
    GCC_HIGH = "gcc_high"
    DOD = "dod"

    @property
    def service_name(self) -> str:
        """What the web service calls it, in its address and its answers."""
        return _SERVICE_NAMES[self]

    @property
    def label(self) -> str:
        """What people call it."""
        return _INSTANCE_LABELS[self]

    @classmethod
    def named(cls, word: str) -> "Instance | None":
        """The instance of that name, ours or the service's; None where there is none."""
        plain = word.strip().lower()
        names = ((each, (each.value, each.service_name.lower())) for each in cls)
        return next((each for each, known in names if plain in known), None)


_SERVICE_NAMES: Final = {
    Instance.WORLDWIDE: "Worldwide",
    Instance.CHINA: "China",
    Instance.GCC_HIGH: "USGovGCCHigh",
    Instance.DOD: "USGovDoD",
}
_INSTANCE_LABELS: Final = {
    Instance.WORLDWIDE: "Microsoft 365 worldwide",
    Instance.CHINA: "Microsoft 365 operated by 21Vianet",
    Instance.GCC_HIGH: "Microsoft 365 GCC High",
    Instance.DOD: "Microsoft 365 DoD",
}


class EndpointSet(StrEnum):
    """The endpoints that an Exchange organization uses for one purpose.

    The web service has records with numbers. The numbers differ between instances, and Microsoft merges
    and removes records, so a set is selected by service area, port, category and name (`records`).
    """

    HYBRID_MAIL = "hybrid_mail"
    EXCHANGE_ONLINE = "exchange_online"
    SIGN_IN = "sign_in"
    AUTODISCOVER = "autodiscover"
    OFFICECLIENT = "officeclient"
    CERTIFICATE_CHECKS = "certificate_checks"

    @property
    def label(self) -> str:
        """What people call it."""
        return _SETS[self].label

    @property
    def purpose(self) -> str:
        """What it is used for, as the end of a sentence."""
        return _SETS[self].purpose

    @property
    def needs_addresses(self) -> bool:
        """Whether a snapshot must have IPv4 ranges for it. The others are known by name only."""
        return _SETS[self].needs_addresses


@dataclass(frozen=True, slots=True)
class _SetFacts:
    label: str
    purpose: str
    needs_addresses: bool = False


_SETS: Final = {
    EndpointSet.HYBRID_MAIL: _SetFacts(
        "hybrid mail", "mail between Exchange Online Protection and the organization", True
    ),
    EndpointSet.EXCHANGE_ONLINE: _SetFacts(
        "Exchange Online", "free/busy, mailbox moves and other requests to Exchange Online", True
    ),
    EndpointSet.SIGN_IN: _SetFacts(
        "sign-in and Graph", "OAuth, hybrid modern authentication and Microsoft Graph", True
    ),
    EndpointSet.AUTODISCOVER: _SetFacts("Autodiscover", "Autodiscover of Exchange Online"),
    EndpointSet.OFFICECLIENT: _SetFacts(
        "Office client service", "Emergency Mitigation and feature flighting"
    ),
    EndpointSet.CERTIFICATE_CHECKS: _SetFacts(
        "certificate checks", "revocation lists of certificates"
    ),
}


@dataclass(frozen=True, slots=True)
class Selection:
    """What one set consists of in a snapshot."""

    set: EndpointSet
    #: Sorted, without those that lie in another. Empty where the set is known by name only.
    ranges: tuple[Network, ...]
    #: Host names as the service writes them, `*` included, sorted.
    names: tuple[str, ...] = ()
    #: The numbers of the records that it was selected from; empty where the source has no records.
    records: tuple[int, ...] = ()
    #: Why it consists of this, where the source has no records to select from.
    basis: str = ""

    @property
    def by_name_only(self) -> bool:
        """Whether no rule can be made of it: there are names and no addresses."""
        return not self.ranges

    def ranges_of(self, version: int) -> tuple[Network, ...]:
        """The ranges of one family: 4 or 6."""
        return tuple(each for each in self.ranges if each.version == version)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The endpoints of one instance as they were at a date."""

    instance: Instance
    #: That of the web service (YYYYMMDDNN), or the date of the copy (YYYY-MM-DD).
    version: str
    #: Who published it and where it was copied, in a sentence.
    source: str
    sets: Mapping[EndpointSet, Selection] = field(default_factory=dict[EndpointSet, Selection])
    #: What a reader should know about the copy.
    note: str = ""

    @property
    def date(self) -> date:
        """The day of the version."""
        day = date_of(self.version)
        assert day is not None  # noqa: S101 - a snapshot with another version is not made
        return day

    @property
    def label(self) -> str:
        """How reports and reasons name it."""
        return f"{self.instance.label} {self.version}"


_VERSION: Final = re.compile(
    r"([0-9]{4})([0-9]{2})([0-9]{2})[0-9]{2}|([0-9]{4})-([0-9]{2})-([0-9]{2})"
)


def date_of(version: str) -> date | None:
    """The day of a version; None where it is no version.

    >>> date_of("2026081400"), date_of("2026-07-01"), date_of("latest")
    (datetime.date(2026, 8, 14), datetime.date(2026, 7, 1), None)
    """
    found = _VERSION.fullmatch(version)
    if found is None:
        return None
    year, month, day = (int(each) for each in found.groups() if each is not None)
    try:
        return date(year, month, day)
    except ValueError:
        return None


def select(snapshot: Snapshot, which: EndpointSet) -> Selection:
    """What a set consists of in a snapshot: nothing, where the snapshot does not have it."""
    return snapshot.sets.get(which) or Selection(which, ())


def ranges(
    snapshot: Snapshot, which: EndpointSet, *, ipv4: bool = True, ipv6: bool = True
) -> tuple[Network, ...]:
    """The address ranges of a set, of the families that are asked for."""
    wanted = {version for version, asked in ((4, ipv4), (6, ipv6)) if asked}
    return tuple(each for each in select(snapshot, which).ranges if each.version in wanted)


def names(snapshot: Snapshot, sets: Iterable[EndpointSet]) -> tuple[str, ...]:
    """The host names of several sets, each once, in order."""
    return tuple(sorted({name for each in sets for name in select(snapshot, each).names}))
