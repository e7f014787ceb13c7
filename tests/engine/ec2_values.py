"""What a value may be in a request to EC2, and how EC2 keeps it.

Knows: charsets, protocols, ports, ranges and entries of prefix lists (aws.md 2.1, 2.3 and 2.4).
Must not know: what stands in the account.

Error codes are EC2's where aws.md or the API reference gives one. Where neither does, the comment
says so: tests may ask that the call is refused, not by which word.
"""

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NoReturn

from moto.ec2.exceptions import EC2ClientError

__all__ = [
    "ALL_PROTOCOLS",
    "TEXT",
    "TEXT_OF_REFERENCES",
    "Kind",
    "Permission",
    "duplicate",
    "entries_of_a_call",
    "invalid",
    "list_name",
    "list_size",
    "no_such_rule",
    "ports",
    "protocol",
    "range_",
    "readable",
    "refuse",
    "room",
    "with_entries",
]

# Quotas (aws.md 2.1).
_ENTRIES_PER_LIST: Final = 1_000
#: In one call (API CreateManagedPrefixList, ModifyManagedPrefixList: "Maximum number of 100 items").
_ENTRIES_PER_CALL: Final = 100

#: Names, group descriptions and descriptions of rules with a range (aws.md 2.3).
TEXT: Final = re.compile(r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{0,255}")
#: Descriptions of rules with a group or a prefix list: documented without `&`.
TEXT_OF_REFERENCES: Final = re.compile(r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=;{}!$*]{0,255}")

_NAMES_OF_PROTOCOLS: Final = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}
ALL_PROTOCOLS: Final = "-1"
_LAST_PORT: Final = 65_535

Kind = Literal["cidr4", "cidr6", "group", "list"]


def refuse(code: str, message: str) -> NoReturn:
    raise EC2ClientError(code, message)


def invalid(value: object, what: str, why: str) -> NoReturn:
    refuse("InvalidParameterValue", f"Invalid value '{value}' for {what}. {why}")


@dataclass(frozen=True, slots=True)
class Permission:
    """One rule of a group and direction. Equality is EC2's duplicate key: the text is no part."""

    protocol: str
    first: int | None
    last: int | None
    kind: Kind
    source: str
    description: str | None = field(default=None, compare=False)

    def __str__(self) -> str:
        protocol = "ALL" if self.protocol == ALL_PROTOCOLS else self.protocol.upper()
        ports = "" if self.first is None else f", from port: {self.first}, to port: {self.last}"
        return f"peer: {self.source}, {protocol}{ports}, ALLOW"


def readable(text: str, what: str, allowed: re.Pattern[str] = TEXT) -> None:
    if not allowed.fullmatch(text):
        invalid(text, what, "At most 255 of EC2's own characters are allowed.")


def duplicate(rule: Permission) -> NoReturn:
    refuse("InvalidPermission.Duplicate", f'the specified rule "{rule}" already exists')


def no_such_rule(rule_id: str) -> NoReturn:
    refuse(
        "InvalidSecurityGroupRuleId.NotFound",
        f"The security group rule ID '{rule_id}' does not exist",
    )


def protocol(given: object) -> str:
    """As EC2 keeps it: a name where it has one, else IANA's number (aws.md 2.4)."""
    text = str(given or "").lower()
    text = _NAMES_OF_PROTOCOLS.get(text, text)
    number = text.isdecimal() and int(text) < 256
    if not number and text not in (*_NAMES_OF_PROTOCOLS.values(), ALL_PROTOCOLS):
        invalid(given, "IP protocol", "Unknown protocol.")
    return text


def ports(named: str, first: object, last: object) -> tuple[int | None, int | None]:
    """Ports, or type and code; nothing for a protocol that has neither, whatever is given."""
    given = [None if one is None else int(str(one)) for one in (first, last)]
    start, end = given
    if named in ("tcp", "udp"):
        if start is None or end is None:
            invalid(
                "Must specify both from and to ports with TCP/UDP.",
                "portRange",
                "Ports are missing.",
            )
        if not 0 <= start <= end <= _LAST_PORT:
            invalid(f"{start}-{end}", "portRange", "It runs upwards between 0 and 65535.")
        return start, end
    if named not in ("icmp", "icmpv6"):
        return None, None
    if start is None or end is None:
        if named == "icmp":
            invalid(f"{start}-{end}", "ICMP type and code", "Both are needed.")
        return -1, -1
    if not (-1 <= start <= 255 and -1 <= end <= 255) or (start == -1 and end != -1):
        invalid(f"{start}-{end}", "ICMP type and code", "All types have all codes.")
    return start, end


def range_(text: str, version: int) -> str:
    """The range as EC2 keeps it: 100.68.0.18/18 is 100.68.0.0/18."""
    try:
        found = ipaddress.ip_network(text, strict=False)
    except ValueError:
        found = None
    if found is None or found.version != version or "/" not in text:
        refuse("InvalidParameterValue", f"CIDR block {text} is malformed")
    return str(found)


# ---- entries of prefix lists ----


def list_name(name: str) -> None:
    # The codes are not documented.
    if not name or len(name) > 255 or name.lower().startswith("com.amazonaws"):
        invalid(name, "PrefixListName", "At most 255 characters, not starting with com.amazonaws.")


def list_size(given: object) -> int:
    size = int(str(given or 0))
    if not 1 <= size <= _ENTRIES_PER_LIST:
        invalid(given, "MaxEntries", "It lies between 1 and 1000.")
    return size


def entries_of_a_call(entries: Sequence[object]) -> None:
    if len(entries) > _ENTRIES_PER_CALL:
        invalid(len(entries), "number of entries", "At most 100 in one call.")


def room(entries: Sequence[object], most: int) -> None:
    if len(entries) > most:
        # The code is not documented.
        refuse("PrefixListMaxEntriesExceeded", f"{len(entries)} entries, but MaxEntries is {most}")


def with_entries(
    current: Iterable[dict[str, str]],
    removed: Iterable[dict[str, str]],
    added: Iterable[dict[str, str]],
    family: str,
) -> list[dict[str, str]]:
    kept = {entry["Cidr"]: entry for entry in current}
    gone = [range_(entry["Cidr"], 4 if family == "IPv4" else 6) for entry in removed]
    for cidr in gone:
        if kept.pop(cidr, None) is None:
            invalid(cidr, "RemoveEntry", "There is no such entry.")
    for entry in added:
        cidr = range_(entry["Cidr"], 4 if family == "IPv4" else 6)
        if cidr in kept or cidr in gone:
            # A CIDR goes and comes back in two calls (aws.md 3.6).
            invalid(cidr, "AddEntry", "The entry is there, or removed in this call.")
        description = entry.get("Description", "")
        readable(description, "entry description")
        kept[cidr] = {"Cidr": cidr, "Description": description}
    return list(kept.values())
