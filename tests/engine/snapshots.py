"""What EC2 held at one moment, kept as boto3 told it, and read again as if it were boto3.

Knows: which of EC2's answers tell of groups, rules, prefix lists and interfaces.
Must not know: what they mean (tests/engine/live.py), nor who made the call.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

__all__ = ["READS", "Snapshot", "kept_in", "taken"]

#: What is asked, and where the answer has it.
_PAGES: Final[Mapping[str, str]] = {
    "describe_security_groups": "SecurityGroups",
    "describe_security_group_rules": "SecurityGroupRules",
    "describe_managed_prefix_lists": "PrefixLists",
    "describe_network_interfaces": "NetworkInterfaces",
}
#: Calls of these beginnings change nothing.
READS: Final = ("Describe", "Get", "List")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What EC2 held right after a call, and nothing that it was asked later."""

    call: str
    pages: Mapping[str, list[Any]]
    #: By the id of a prefix list.
    entries: Mapping[str, list[Any]]

    def get_paginator(self, call: str) -> "_Pages":
        """As boto3's: one page with everything.

        :raises KeyError: it was not asked for that.
        """
        return _Pages({_PAGES[call]: self.pages[call]})

    def get_managed_prefix_list_entries(self, **asked: str) -> dict[str, Any]:
        """As boto3's."""
        return {"Entries": self.entries[asked["PrefixListId"]]}

    def __str__(self) -> str:
        return json.dumps([self.call, self.pages, self.entries], default=str)


class _Pages:
    def __init__(self, page: dict[str, Any]) -> None:
        self._page = page

    def paginate(self) -> Iterator[dict[str, Any]]:
        yield self._page


def taken(ec2: Any, call: str) -> Snapshot:
    """What EC2 holds now, after `call`. Nobody may change it meanwhile."""
    pages = {
        ask: [each for page in ec2.get_paginator(ask).paginate() for each in page[what]]
        for ask, what in _PAGES.items()
    }
    lists = (each for each in pages["describe_managed_prefix_lists"] if each["OwnerId"] != "AWS")
    entries = {
        one: ec2.get_managed_prefix_list_entries(PrefixListId=one)["Entries"]
        for one in (each["PrefixListId"] for each in lists)
    }
    return Snapshot(call, pages, entries)


def kept_in(journal: Path) -> list[Snapshot]:
    """The snapshots of a file that has one in each line; none where there is no such file."""
    lines = journal.read_text().splitlines() if journal.exists() else []
    return [Snapshot(*cast("list[Any]", json.loads(line))) for line in lines]
