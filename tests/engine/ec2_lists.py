"""Managed prefix lists as EC2 has them: what moto lets pass is refused here.

Knows: sizes, versions, entries and weights of lists (aws.md 2.1, 2.2 and 3.6; API
ModifyManagedPrefixList). Must not know: rules; who names a list is asked of the guard.
"""

import threading
from typing import Any, Final, cast

from moto.core.responses import ActionResult
from moto.ec2.models.managed_prefixes import ManagedPrefixList
from moto.ec2.responses import EC2Response

from tests.engine.ec2_values import (
    entries_of_a_call,
    invalid,
    list_name,
    list_size,
    refuse,
    room,
    with_entries,
)

__all__ = ["ONE_AT_A_TIME", "PrefixLists", "weight"]

#: Quota (aws.md 2.1).
_LISTS_PER_REGION: Final = 100

#: Published weights of AWS's own lists (aws.md 2.2). Any other counts its largest size.
_PUBLISHED_WEIGHTS: Final = {
    "cloudfront.origin-facing": 55,
    "vpc-lattice": 10,
    "groundstation": 5,
    "s3": 1,
    "dynamodb": 1,
}

#: moto's server answers on several threads, and EC2 does each call whole or not at all.
ONE_AT_A_TIME: Final = threading.RLock()


class PrefixLists(EC2Response):
    """The actions of EC2 on prefix lists, in front of moto's."""

    def named_by(self, list_id: str) -> bool:
        """Whether a rule names the list."""
        raise NotImplementedError

    def without_room_for(self, list_id: str) -> list[str]:
        """The groups that name the list and are over their quota with it."""
        raise NotImplementedError

    def create_managed_prefix_list(self) -> ActionResult:
        with ONE_AT_A_TIME:
            family = self._get_param("AddressFamily")
            if family not in ("IPv4", "IPv6"):
                invalid(family, "AddressFamily", "It is IPv4 or IPv6.")
            list_name(str(self._get_param("PrefixListName") or ""))
            most = list_size(self._get_param("MaxEntries"))
            entries = cast("list[dict[str, str]]", self._get_param("Entries", []))
            entries_of_a_call(entries)
            kept = with_entries([], [], entries, family)
            room(kept, most)
            own = [each for each in self._lists() if each.resource_owner_id != "AWS"]
            if len(own) >= _LISTS_PER_REGION:
                # The code is not documented.
                refuse("PrefixListLimitExceeded", "The maximum number of prefix lists is reached.")
            answer = super().create_managed_prefix_list()
            made = cast("dict[str, ManagedPrefixList]", answer.result)["PrefixList"]
            made.max_entries = cast(Any, most)
            made.entries = {1: kept}
            return answer

    def describe_managed_prefix_lists(self) -> ActionResult:
        for one in cast("list[str]", self._get_param("PrefixListIds", [])):
            self.prefix_list(one)
        return super().describe_managed_prefix_lists()

    def get_managed_prefix_list_entries(self) -> ActionResult:
        found = self.prefix_list(str(self._get_param("PrefixListId")))
        version = self._get_param("TargetVersion")
        entries = found.entries.get(int(version) if version else cast(int, found.version), [])
        return ActionResult({"Entries": entries})

    def modify_managed_prefix_list(self) -> ActionResult:
        with ONE_AT_A_TIME:
            found = self.prefix_list(str(self._get_param("PrefixListId")))
            added = cast("list[dict[str, str]]", self._get_param("AddEntries", []))
            removed = cast("list[dict[str, str]]", self._get_param("RemoveEntries", []))
            size = self._get_param("MaxEntries")
            name = self._get_param("PrefixListName")
            if size is not None and (added or removed):
                # "You cannot modify the entries of a prefix list and modify the size of a prefix
                # list at the same time" (API). The code is not documented.
                refuse("InvalidParameterCombination", "Size and entries change in calls apart")
            if name is not None:
                list_name(str(name))
            version = self._get_param("CurrentVersion")
            if (added or removed) and (version is None or int(version) != found.version):
                # "the request fails" (API). The code is not documented.
                refuse("PrefixListVersionMismatch", "The version is not the current one")
            entries_of_a_call(added)
            entries_of_a_call(removed)
            if added or removed:
                current = found.entries.get(cast(int, found.version), [])
                kept = with_entries(current, removed, added, str(found.address_family))
                room(kept, _size(found))
                found.version = cast(int, found.version) + 1
                found.entries[found.version] = kept
            if name is not None:
                found.prefix_list_name = str(name)
            found.state, found.state_message = "modify-complete", None
            if size is not None:
                self._resize(found, list_size(size))
            return ActionResult({"PrefixList": found})

    def _resize(self, found: ManagedPrefixList, most: int) -> None:
        """Where a group that names the list has no room, the list says so afterwards (API)."""
        room(found.entries.get(cast(int, found.version), []), most)
        was, found.max_entries = found.max_entries, cast(Any, most)
        lacking = self.without_room_for(found.id)
        if lacking:
            found.max_entries = was
            found.state = "modify-failed"
            found.state_message = cast(Any, f"Not enough room in {', '.join(lacking[:10])}")

    def delete_managed_prefix_list(self) -> ActionResult:
        with ONE_AT_A_TIME:
            found = self.prefix_list(str(self._get_param("PrefixListId")))
            if self.named_by(found.id):
                # Refused (aws.md 4); by which code is not documented.
                refuse("DependencyViolation", f"resource {found.id} has a dependent object")
            del self.ec2_backend.managed_prefix_lists[found.id]
            found.state = "delete-complete"
            return ActionResult({"PrefixList": found})

    def _lists(self) -> list[ManagedPrefixList]:
        return list(self.ec2_backend.managed_prefix_lists.values())

    def prefix_list(self, list_id: str) -> ManagedPrefixList:
        found = self.ec2_backend.managed_prefix_lists.get(list_id)
        if found is None:
            refuse("InvalidPrefixListID.NotFound", f"The prefix list ID '{list_id}' does not exist")
        return found


def _size(found: ManagedPrefixList) -> int:
    return int(cast(Any, found.max_entries) or 0)


def weight(found: ManagedPrefixList) -> int:
    """A list counts its largest size, not its entries; AWS publishes the weight of its own."""
    if found.resource_owner_id == "AWS":
        name = str(found.prefix_list_name)
        return next((weight for end, weight in _PUBLISHED_WEIGHTS.items() if name.endswith(end)), 1)
    return _size(found)
