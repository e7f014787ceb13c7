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
_GROUPS, _RULES, _LISTS, _INTERFACES = _PAGES
#: Calls of these beginnings change nothing.
READS: Final = ("Describe", "Get", "List")
#: Which pages a call can change, by a part of its name; the first counts. Any other: all of them.
_CHANGED: Final[Mapping[str, tuple[str, ...]]] = {
    "NetworkInterface": (_INTERFACES,),
    "ManagedPrefixList": (_LISTS,),
    "SecurityGroupIngress": (_RULES,),
    "SecurityGroupEgress": (_RULES,),
    "SecurityGroupRules": (_RULES,),
    "SecurityGroup": (_GROUPS, _RULES),
}


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


def taken(ec2: Any, call: str, before: Snapshot | None = None, group: str = "") -> Snapshot:
    """What EC2 holds now, after `call`. No one may change it meanwhile.

    Asked for what the call can have changed since `before`, the snapshot after the call before it;
    of the rules, for those of the `group` that the call named.
    """
    changed = next((pages for part, pages in _CHANGED.items() if part in call), tuple(_PAGES))
    if before is None:
        changed, group = tuple(_PAGES), ""
    pages = dict(before.pages) if before else {}
    for ask in changed:
        if ask == _RULES and before and group and changed == (_RULES,):
            others = [each for each in pages[_RULES] if each["GroupId"] != group]
            asked = {"Filters": [{"Name": "group-id", "Values": [group]}]}
            pages[ask] = [*others, *_all(ec2, ask, **asked)]
        else:
            pages[ask] = _all(ec2, ask)
    entries = before.entries if before and _LISTS not in changed else _entries(ec2, pages[_LISTS])
    return Snapshot(call, pages, entries)


def _all(ec2: Any, ask: str, **asked: Any) -> list[Any]:
    found = [
        each for page in ec2.get_paginator(ask).paginate(**asked) for each in page[_PAGES[ask]]
    ]
    if ask != _GROUPS:
        return found
    # Rules are told by a page of their own.
    return [
        {key: value for key, value in each.items() if not key.startswith("IpPermissions")}
        for each in found
    ]


def _entries(ec2: Any, lists: list[Any]) -> dict[str, list[Any]]:
    return {
        each["PrefixListId"]: ec2.get_managed_prefix_list_entries(
            PrefixListId=each["PrefixListId"]
        )["Entries"]
        for each in lists
        if each["OwnerId"] != "AWS"
    }


def kept_in(journal: Path) -> list[Snapshot]:
    """The snapshots of a file that has one in each line; none where there is no such file."""
    lines = journal.read_text().splitlines() if journal.exists() else []
    return [Snapshot(*cast("list[Any]", json.loads(line))) for line in lines]
