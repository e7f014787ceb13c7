"""The versions of Exchange as a stack file writes them, in the words of exchange-later.md 4 and 5.

Written from the documents and not from `exchange_ports.versions`, which the tests compare with this.
"""

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any, Final, cast

__all__ = [
    "COEXIST",
    "MIXES",
    "VERSIONS",
    "combined",
    "fits",
    "mix_of",
    "roles_of",
    "version_of",
    "written",
]

#: The oldest first.
VERSIONS: Final = ("2007", "2010", "2013", "2016", "2019", "se")

#: exchange-later.md 5, and for servers before 2013 exchange.md 6: the older one, the newer one, and what both
#: must be at least.
COEXIST: Final[Mapping[tuple[str, str], str]] = {
    ("2007", "2010"): "Exchange 2007 SP2",
    ("2007", "2013"): "Exchange 2007 SP3 RU10",
    ("2010", "2013"): "Exchange 2010 SP3",
    ("2010", "2016"): "Exchange 2010 SP3 RU11",
    ("2013", "2016"): "Exchange 2013 CU10",
    ("2013", "2019"): "Exchange 2013 CU21, and Exchange 2019 no later than CU14",
    ("2016", "2019"): "Exchange 2016 CU11",
    ("2016", "se"): "Exchange 2016 CU23, and SE before CU2",
    ("2019", "se"): "Exchange 2019 CU14, and SE before CU2",
}

#: What the servers of one organization may be.
MIXES: Final = (
    ("2013",),
    ("2016",),
    ("2019",),
    ("se",),
    ("2013", "2016"),
    ("2013", "2019"),
    ("2016", "2019"),
    ("2013", "2016", "2019"),
    ("2016", "se"),
    ("2019", "se"),
    ("2016", "2019", "se"),
)


def fits(version: str, others: Iterable[str]) -> bool:
    """Whether a version can be in one organization with all of the others."""
    return all(
        one == version or (min(one, version), max(one, version)) in COEXIST for one in others
    )


def mix_of(data: Mapping[str, Any]) -> set[str]:
    """The versions that a topology declares for its servers, Edge servers and older Exchange servers."""
    found = {version_of(data, edge) for edge in data.get("edge_servers", {}).values()}
    for site in data["sites"].values():
        found |= {version_of(data, server) for server in site.get("servers", {}).values()}
        other: Any = site.get("other_exchange")
        if isinstance(other, dict) and "version" in other:
            found.add(str(cast("dict[str, object]", other)["version"]))
    return found


def version_of(data: Mapping[str, Any], server: Mapping[str, Any]) -> str:
    """The version of a server: its own, or that of the organization."""
    return str(server.get("version", data.get("version", 2013))).lower()


def roles_of(data: Mapping[str, Any], server: Mapping[str, Any]) -> list[str]:
    """What an internal server does. From 2016 on a Mailbox server is the Client Access server too."""
    if version_of(data, server) == "2013":
        return list(server["roles"])
    return ["client_access", "mailbox"]


def combined(data: Mapping[str, Any]) -> dict[str, Any]:
    """A server of the organization's version that does everything, as a stack file writes it."""
    later = version_of(data, {}) != "2013"
    return {} if later else {"roles": ["client_access", "mailbox"]}


def written(version: str) -> int | str:
    """A version as a stack file usually has it: the year as a number."""
    return int(version) if version.isdecimal() else version


assert all(a < b for a, b in pairwise(VERSIONS))
