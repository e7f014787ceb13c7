"""What ARM keeps and how it speaks: places, resources, answers and refusals, and a rule's form.

Knows: ids and their parts, names of types, what one resource says of another, the six default rules
(azure.md 2). Must not know: what is there (tests/engine/arm.py), nor what a rule may be
(tests/engine/arm_rules.py).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, NoReturn, cast

from tests.engine.arm_rules import Fault

__all__ = [
    "ASG",
    "DEFAULT_RULES",
    "NIC",
    "NSG",
    "PROVIDER",
    "RULE",
    "SUBNET",
    "SUBSCRIPTION",
    "UNDER",
    "VNET",
    "Answer",
    "Json",
    "Place",
    "Refused",
    "Resource",
    "error",
    "id_of",
    "ids_of",
    "kept_rule",
    "members_of",
    "no_reference",
    "not_found",
    "parent_not_found",
    "place_of",
    "plain_location",
    "refuse",
    "refuse_fault",
    "same_name",
    "vnet_of",
    "is_attached",
]

SUBSCRIPTION: Final = "00000000-0000-0000-0000-000000000000"

Json = dict[str, Any]

PROVIDER: Final = "Microsoft.Network"
NSG, ASG, NIC, VNET = (
    "networkSecurityGroups",
    "applicationSecurityGroups",
    "networkInterfaces",
    "virtualNetworks",
)
RULE, SUBNET = "securityRules", "subnets"
#: The types of resources, as ARM spells them, by small letters; and what may stand under which.
_TYPES: Final = {each.lower(): each for each in (NSG, ASG, NIC, VNET, RULE, SUBNET)}
UNDER: Final = {RULE: NSG, SUBNET: VNET}


class Answer(NamedTuple):
    """What ARM says: the status, headers beside the usual ones, and a body if there is one."""

    status: int
    body: Json | None = None
    #: The number of the operation that goes on in the background.
    operation: int | None = None


def error(status: int, code: str, message: str) -> Answer:
    """A refusal in ARM's form."""
    return Answer(status, {"error": {"code": code, "message": message, "details": []}})


class Refused(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.answer = error(status, code, message)


def refuse(code: str, message: str, status: int = 400) -> NoReturn:
    raise Refused(status, code, message)


def refuse_fault(faults: Iterable[Fault]) -> None:
    """The first of them is ARM's answer."""
    for fault in faults:
        refuse(fault.code, fault.message)


class Place(NamedTuple):
    """A path taken apart. Without a name at the end it is a collection."""

    subscription: str
    group: str
    kind: str
    name: str | None
    parent: str | None = None

    @property
    def id(self) -> str:
        return f"{self.above}/{self.name}"

    @property
    def above(self) -> str:
        """The path of the collection."""
        base = (
            f"/subscriptions/{self.subscription}/resourceGroups/{self.group}/providers/{PROVIDER}"
        )
        if self.parent is not None:
            return f"{base}/{UNDER[self.kind]}/{self.parent}/{self.kind}"
        return f"{base}/{self.kind}"

    @property
    def owner(self) -> str:
        """The id of what it stands under."""
        return self.above.rpartition("/")[0]


def place_of(segments: list[str]) -> Place | None:
    """`["subscriptions", S, "resourceGroups", G, "providers", P, TYPE, NAME, ...]`."""
    words = [each.lower() for each in segments]
    if len(words) not in (7, 8, 9, 10) or words[4:6] != ["providers", PROVIDER.lower()]:
        return None
    kind = _TYPES.get(words[6])
    if kind is None or kind in UNDER:
        return None
    name = segments[7] if len(segments) > 7 else None
    if len(segments) <= 8:
        return Place(segments[1], segments[3], kind, name)
    child = _TYPES.get(words[8])
    if child is None or UNDER.get(child) != kind:
        return None
    return Place(segments[1], segments[3], child, segments[9] if len(words) > 9 else None, name)


@dataclass
class Resource:
    """What is kept of a resource: what was put, and the version of it."""

    id: str
    name: str
    kind: str
    location: str | None
    properties: Json
    tags: Json = field(default_factory=dict[str, Any])
    version: int = 0


def ids_of(references: object) -> list[str]:
    return [str(each.get("id")) for each in cast("list[Json]", references or [])]


def id_of(reference: object) -> str | None:
    return cast("Json", reference).get("id") if reference else None


def plain_location(location: object) -> str:
    # `West Europe` is `westeurope`.
    return str(location).replace(" ", "").lower()


def not_found(id_: str) -> NoReturn:
    refuse(
        "ResourceNotFound",
        f"The Resource '{id_}' was not found. For more details please go to "
        "https://aka.ms/ARMResourceNotFoundFix",
        404,
    )


def no_reference(id_: object, by: str) -> NoReturn:
    refuse(
        "InvalidResourceReference",
        f"Resource {id_} referenced by resource {by} was not found. Please make sure that the "
        "referenced resource exists, and that both resources are in the same region.",
    )


def parent_not_found(place: Place) -> NoReturn:
    refuse(
        "ParentResourceNotFound",
        f"Failed to perform 'write' on resource(s) of type '{place.kind}', because the parent resource "
        f"'{place.owner}' could not be found.",
        404,
    )


def same_name(rule: Json, name: str | None) -> bool:
    return str(rule["name"]).lower() == str(name).lower()


def is_attached(one: Resource, group: str) -> bool:
    return (id_of(one.properties.get("networkSecurityGroup")) or "").lower() == group.lower()


def members_of(nic: Resource) -> set[str]:
    """The application security groups that an interface is in."""
    return {
        each.lower()
        for configuration in nic.properties["ipConfigurations"]
        for each in ids_of(configuration["properties"].get(ASG))
    }


def vnet_of(nic: Resource) -> str | None:
    for configuration in cast("list[Json]", nic.properties["ipConfigurations"]):
        return str(configuration["properties"]["subnet"]["id"]).rpartition(f"/{SUBNET}/")[0].lower()
    return None


_LISTS: Final = (
    "sourcePortRanges",
    "destinationPortRanges",
    "sourceAddressPrefixes",
    "destinationAddressPrefixes",
)
_KEPT: Final = (
    "description",
    "protocol",
    "sourcePortRange",
    "destinationPortRange",
    "sourceAddressPrefix",
    "destinationAddressPrefix",
    "access",
    "priority",
    "direction",
)


def kept_rule(rule: Json) -> Json:
    """A rule as ARM keeps it: lists that are not given are there and empty."""
    given = cast(Json, rule["properties"])
    properties = {key: given[key] for key in _KEPT if given.get(key) not in (None, "")}
    properties |= {key: list(given.get(key) or []) for key in _LISTS}
    for key in ("sourceApplicationSecurityGroups", "destinationApplicationSecurityGroups"):
        if given.get(key):
            properties[key] = [{"id": each} for each in ids_of(given[key])]
    return {"name": rule["name"], "properties": properties}


def _default(
    priority: int, direction: str, access: str, source: str, destination: str, description: str
) -> Json:
    return {
        "description": description,
        "protocol": "*",
        "sourcePortRange": "*",
        "destinationPortRange": "*",
        "sourceAddressPrefix": source,
        "destinationAddressPrefix": destination,
        "access": access,
        "priority": priority,
        "direction": direction,
        **{key: [] for key in _LISTS},
    }


#: The six that every group ends with (azure.md 2).
DEFAULT_RULES: Final[tuple[tuple[str, Mapping[str, Any]], ...]] = (
    (
        "AllowVnetInBound",
        _default(
            65000, "Inbound", "Allow", "VirtualNetwork", "VirtualNetwork", "From all VMs in VNET"
        ),
    ),
    (
        "AllowAzureLoadBalancerInBound",
        _default(65001, "Inbound", "Allow", "AzureLoadBalancer", "*", "From azure load balancer"),
    ),
    ("DenyAllInBound", _default(65500, "Inbound", "Deny", "*", "*", "All inbound")),
    (
        "AllowVnetOutBound",
        _default(
            65000, "Outbound", "Allow", "VirtualNetwork", "VirtualNetwork", "To all VMs in VNET"
        ),
    ),
    ("AllowInternetOutBound", _default(65001, "Outbound", "Allow", "*", "Internet", "To Internet")),
    ("DenyAllOutBound", _default(65500, "Outbound", "Deny", "*", "*", "All outbound")),
)
