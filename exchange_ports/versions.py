"""The versions of Exchange: which can be in one organization, and which article has their ports.

Source: "Exchange Server system requirements", "Upgrade to Exchange Server SE" and the support dates that
Microsoft published, as exchange-later.md sections 1, 5 and 6 quote them. Must not know: topologies, rows.
"""

from dataclasses import dataclass
from datetime import date
from enum import Enum, StrEnum
from typing import Final, NamedTuple


class Article(Enum):
    """A published article with the port tables. Both have the same tables with the same row numbers."""

    EXCHANGE_2013 = (
        "https://learn.microsoft.com/exchange/"
        "network-ports-for-clients-and-mail-flow-in-exchange-2013-exchange-2013-help",
        "https://learn.microsoft.com/exchange/exchange-server-2013",
        "Exchange 2013",
    )
    LATER = (
        "https://learn.microsoft.com/exchange/plan-and-deploy/deployment-ref/network-ports",
        "https://learn.microsoft.com/exchange/exchange-server",
        "Exchange 2016 and later",
    )

    def __init__(self, ports: str, library: str, title: str) -> None:
        #: The address of the port tables.
        self.ports = ports
        #: Where all other pages of these versions begin; the title finds the page.
        self.library = library
        #: The versions that it is about, in words.
        self.title = title


class Version(StrEnum):
    """A version of Exchange, as a stack file writes it, the oldest first."""

    EXCHANGE_2007 = "2007"
    EXCHANGE_2010 = "2010"
    EXCHANGE_2013 = "2013"
    EXCHANGE_2016 = "2016"
    EXCHANGE_2019 = "2019"
    SE = "se"

    @property
    def full_name(self) -> str:
        """The version in a sentence."""
        return "Exchange Server SE" if self is Version.SE else f"Exchange {self.value}"

    @property
    def short_name(self) -> str:
        """The version beside another one: `Exchange 2019 -> SE`."""
        return self.value.upper()

    @property
    def facts(self) -> "VersionFacts":
        """What its documents say about it."""
        return _FACTS[self]


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """What the documents say about a version."""

    article: Article
    """The article with its port tables."""
    combined: bool
    """Whether a Mailbox server also provides the Client Access services: there is no such role of its own."""
    support_ended: date | None
    """The day on which support ended, without paid extensions; None while it is supported."""
    unified_messaging: bool = False
    """Whether servers that can be declared have Unified Messaging (exchange.md V11)."""


#: SE has no port article of its own: SE RTM is equal in code to 2019 CU15 (exchange-later.md 1,
#: exchange.md A-18).
#: The day for 2007 is that of Microsoft's lifecycle page; the others: exchange-later.md 6.
_FACTS: Final = {
    Version.EXCHANGE_2007: VersionFacts(Article.EXCHANGE_2013, False, date(2017, 4, 11)),
    Version.EXCHANGE_2010: VersionFacts(Article.EXCHANGE_2013, False, date(2020, 10, 13)),
    Version.EXCHANGE_2013: VersionFacts(
        Article.EXCHANGE_2013, False, date(2023, 4, 11), unified_messaging=True
    ),
    Version.EXCHANGE_2016: VersionFacts(
        Article.LATER, True, date(2025, 10, 14), unified_messaging=True
    ),
    Version.EXCHANGE_2019: VersionFacts(Article.LATER, True, date(2025, 10, 14)),
    Version.SE: VersionFacts(Article.LATER, True, None),
}

#: The versions that internal servers can have. Older ones are neighbors, or Edge Transport servers.
MANAGED: Final = tuple(each for each in Version if each >= Version.EXCHANGE_2013)
OLDER: Final = tuple(each for each in Version if each not in MANAGED)


class Coexistence(NamedTuple):
    """Two versions that can be in one organization, and what the older one must be updated to."""

    older: Version
    newer: Version
    minimum: str
    source: str


_REQUIREMENTS: Final = "Exchange Server system requirements"
_UPGRADE: Final = "Upgrade to Exchange Server SE"

#: exchange-later.md 5; for the versions before 2013, exchange.md 6 (system requirements of Exchange 2013).
COEXISTENCE: Final = (
    Coexistence(
        Version.EXCHANGE_2007,
        Version.EXCHANGE_2010,
        "Exchange 2007 SP2",
        "Exchange 2010 system requirements",
    ),
    Coexistence(
        Version.EXCHANGE_2007,
        Version.EXCHANGE_2013,
        "Exchange 2007 SP3 RU10",
        "Exchange 2013 system requirements",
    ),
    Coexistence(
        Version.EXCHANGE_2010,
        Version.EXCHANGE_2013,
        "Exchange 2010 SP3",
        "Exchange 2013 system requirements",
    ),
    Coexistence(
        Version.EXCHANGE_2010, Version.EXCHANGE_2016, "Exchange 2010 SP3 RU11", _REQUIREMENTS
    ),
    Coexistence(Version.EXCHANGE_2013, Version.EXCHANGE_2016, "Exchange 2013 CU10", _REQUIREMENTS),
    Coexistence(
        Version.EXCHANGE_2013,
        Version.EXCHANGE_2019,
        "Exchange 2013 CU21, and Exchange 2019 no later than CU14",
        _REQUIREMENTS,
    ),
    Coexistence(Version.EXCHANGE_2016, Version.EXCHANGE_2019, "Exchange 2016 CU11", _REQUIREMENTS),
    Coexistence(
        Version.EXCHANGE_2016,
        Version.SE,
        "Exchange 2016 CU23, and SE before CU2",
        _UPGRADE,
    ),
    Coexistence(
        Version.EXCHANGE_2019,
        Version.SE,
        "Exchange 2019 CU14, and SE before CU2",
        _UPGRADE,
    ),
)


def coexistence(one: Version, other: Version) -> Coexistence | None:
    """What the documents say about two versions in one organization; None where they exclude each other."""
    older, newer = sorted((one, other))
    return next((each for each in COEXISTENCE if each[:2] == (older, newer)), None)


def together(one: Version, other: Version) -> bool:
    """Whether servers of two versions, or of one, can be in one organization."""
    return one == other or coexistence(one, other) is not None


def why_not(one: Version, other: Version) -> str:
    """Why two versions cannot be in one organization, as a sentence with its source."""
    older, newer = sorted((one, other))
    if (older, newer) == (Version.EXCHANGE_2013, Version.SE):
        return f'Setup of {newer.full_name} stops while an {older.full_name} server exists ("{_UPGRADE}").'
    source = _UPGRADE if newer is Version.SE else _REQUIREMENTS
    return f'{newer.full_name} does not support {older.full_name} in its organization ("{source}").'


def hybrid_fits(hybrid: Version, organization: Version) -> bool:
    """Whether a hybrid server of a version can serve an organization with another one.

    The table of "Hybrid deployment prerequisites" (m365-data.md 8) ends with 2019; SE is as 2019 (A-18).
    """
    if organization >= Version.EXCHANGE_2013:
        return organization <= hybrid
    newest = {Version.EXCHANGE_2010: Version.EXCHANGE_2016}.get(organization, Version.EXCHANGE_2010)
    return organization <= hybrid <= newest
