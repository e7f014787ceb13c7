"""A small Azure Resource Manager: network and application security groups, and what they hang on.

Knows: how ARM answers for `Microsoft.Network` (azure.md 1, 2, 5): whole PUTs that change all or
nothing, 404 before a creation, names whose case means nothing, rules sorted by name, six default
rules, operations that end later, what is in use and cannot go. Virtual networks, subnets and
interfaces are there as far as security groups hang on them.
Must not know: HTTP (tests/engine/arm_server.py), this package, or who asks.

A rule's own faults stand in tests/engine/arm_rules.py. No part of it was tried against live Azure.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any, Final, NamedTuple, NoReturn, cast

from tests.engine.arm_rules import (
    NOT_REPORTED,
    Fault,
    application_groups,
    fault_of_name,
    faults_of_rules,
)

__all__ = ["SUBSCRIPTION", "Answer", "Arm", "Json", "error"]

SUBSCRIPTION: Final = "00000000-0000-0000-0000-000000000000"

Json = dict[str, Any]

_PROVIDER: Final = "Microsoft.Network"
_NSG, _ASG, _NIC, _VNET = (
    "networkSecurityGroups",
    "applicationSecurityGroups",
    "networkInterfaces",
    "virtualNetworks",
)
_RULE, _SUBNET = "securityRules", "subnets"
#: The types of resources, as ARM spells them, by small letters; and what may stand under which.
_TYPES: Final = {each.lower(): each for each in (_NSG, _ASG, _NIC, _VNET, _RULE, _SUBNET)}
_UNDER: Final = {_RULE: _NSG, _SUBNET: _VNET}

# Limits (azure.md 1).
_GROUPS_PER_REGION: Final = 3_000
_GROUPS_PER_INTERFACE: Final = 20
_CONFIGURATIONS_PER_GROUP: Final = 4_000
#: The first addresses of a subnet are Azure's own.
_RESERVED: Final = 4


class Answer(NamedTuple):
    """What ARM says: the status, headers beside the usual ones, and a body if there is one."""

    status: int
    body: Json | None = None
    #: The number of the operation that goes on in the background.
    operation: int | None = None


def error(status: int, code: str, message: str) -> Answer:
    """A refusal in ARM's form."""
    return Answer(status, {"error": {"code": code, "message": message, "details": []}})


class _Refused(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.answer = error(status, code, message)


def _refuse(code: str, message: str, status: int = 400) -> NoReturn:
    raise _Refused(status, code, message)


def _refuse_fault(faults: Iterable[Fault]) -> None:
    """The first of them is ARM's answer."""
    for fault in faults:
        _refuse(fault.code, fault.message)


class _Place(NamedTuple):
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
        base = f"/subscriptions/{self.subscription}/resourceGroups/{self.group}/providers/{_PROVIDER}"
        if self.parent is not None:
            return f"{base}/{_UNDER[self.kind]}/{self.parent}/{self.kind}"
        return f"{base}/{self.kind}"

    @property
    def owner(self) -> str:
        """The id of what it stands under."""
        return self.above.rpartition("/")[0]


def _place(segments: list[str]) -> _Place | None:
    """`["subscriptions", S, "resourceGroups", G, "providers", P, TYPE, NAME, ...]`."""
    words = [each.lower() for each in segments]
    if len(words) not in (7, 8, 9, 10) or words[4:6] != ["providers", _PROVIDER.lower()]:
        return None
    kind = _TYPES.get(words[6])
    if kind is None or kind in _UNDER:
        return None
    name = segments[7] if len(segments) > 7 else None
    if len(segments) <= 8:
        return _Place(segments[1], segments[3], kind, name)
    child = _TYPES.get(words[8])
    if child is None or _UNDER.get(child) != kind:
        return None
    return _Place(segments[1], segments[3], child, segments[9] if len(words) > 9 else None, name)


@dataclass
class _Resource:
    """What is kept of a resource: what was put, and the version of it."""

    id: str
    name: str
    kind: str
    location: str | None
    properties: Json
    tags: Json = field(default_factory=dict[str, Any])
    version: int = 0


def _ids(references: object) -> list[str]:
    return [str(each.get("id")) for each in cast("list[Json]", references or [])]


def _id(reference: object) -> str | None:
    return cast("Json", reference).get("id") if reference else None


def _plain_location(location: object) -> str:
    # `West Europe` is `westeurope`.
    return str(location).replace(" ", "").lower()


class Arm:
    """One cloud. Calls come from any thread, and are taken one at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._groups: dict[str, Json] = {}
        #: By id in small letters.
        self._resources: dict[str, _Resource] = {}
        self._versions = 0

    @property
    def ids(self) -> list[str]:
        """The ids of all resources."""
        return sorted(each.id for each in self._resources.values())

    def forget_everything(self) -> None:
        """Leave nothing of what was made."""
        with self._lock:
            self._groups.clear()
            self._resources.clear()

    def answer(self, method: str, path: str, body: object = None) -> Answer:
        """One call. The path has no query."""
        segments = [each for each in path.split("/") if each]
        with self._lock:
            try:
                return self._answer(method, segments, body)
            except _Refused as refused:
                return refused.answer

    def _answer(self, method: str, segments: list[str], body: object) -> Answer:
        if len(segments) == 4 and segments[2].lower() == "resourcegroups":
            return self._resource_group(method, segments, body)
        if len(segments) == 8 and segments[6].lower() == "operations":
            return Answer(200, {"status": "Succeeded"})
        if len(segments) == 8 and segments[6].lower() == "operationresults":
            return Answer(204)
        place = _place(segments)
        if place is None:
            _refuse("InvalidResourceType", "The resource type could not be found.", 404)
        if place.group.lower() not in self._groups:
            _refuse(
                "ResourceGroupNotFound", f"Resource group '{place.group}' could not be found.", 404
            )
        if method == "GET":
            return Answer(200, self._read(place))
        if place.name is None or method not in ("PUT", "DELETE"):
            _refuse("MethodNotAllowed", "Not allowed.", 405)
        if method == "DELETE":
            return self._delete(place)
        if not isinstance(body, dict):
            _refuse("InvalidRequestContent", "The request content was invalid.")
        return self._put(place, cast(Json, body))

    def _resource_group(self, method: str, segments: list[str], body: object) -> Answer:
        key = segments[3].lower()
        if method == "PUT":
            self._groups[key] = {
                "id": f"/subscriptions/{segments[1]}/resourceGroups/{segments[3]}",
                "name": segments[3],
                "location": cast(Json, body)["location"],
                "properties": {"provisioningState": "Succeeded"},
            }
        if key not in self._groups:
            _refuse("ResourceGroupNotFound", f"Resource group '{key}' could not be found.", 404)
        return Answer(201 if method == "PUT" else 200, self._groups[key])

    # ---- what is there ----

    def _of(self, *kinds: str) -> Iterator[_Resource]:
        for each in list(self._resources.values()):
            if each.kind in kinds:
                yield each

    def _found(self, place: _Place) -> _Resource | None:
        return self._resources.get(place.id.lower())

    def _named(self, id_: object, kind: str, by: str) -> _Resource:
        """What a resource refers to.

        :raises _Refused: there is no such thing.
        """
        found = self._resources.get(str(id_).lower())
        if found is None or found.kind != kind:
            _no_reference(id_, by)
        return found

    def _here(self, id_: object, kind: str, by: str, location: object) -> _Resource:
        """The same, and it must be in the same region."""
        found = self._named(id_, kind, by)
        if _plain_location(found.location) != _plain_location(location):
            _no_reference(id_, by)
        return found

    def _read(self, place: _Place) -> Json:
        if place.parent is not None and place.owner.lower() not in self._resources:
            _not_found(place.owner)
        if place.kind == _RULE:
            rules = self._shown(self._resources[place.owner.lower()])["properties"][_RULE]
            if place.name is None:
                return {"value": rules}
            for rule in rules:
                if rule["name"].lower() == place.name.lower():
                    return rule
            _not_found(place.id)
        if place.name is not None:
            found = self._found(place)
            return self._shown(found) if found else _not_found(place.id)
        above = f"{place.above}/".lower()
        held = [each for each in self._of(place.kind) if each.id.lower().startswith(above)]
        return {"value": [self._shown(each) for each in sorted(held, key=lambda each: each.id)]}

    def _shown(self, one: _Resource, state: str = "Succeeded") -> Json:
        tag = f'W/"{one.version}"'
        properties: Json = {"provisioningState": state, **one.properties}
        if one.kind == _NSG:
            properties |= self._shown_rules(one, tag, state)
            interfaces = [e for e in self._of(_NIC) if _wears(e, one.id)]
            subnets = [e for e in self._of(_SUBNET) if _wears(e, one.id)]
            for key, users in ((_NIC, interfaces), (_SUBNET, subnets)):
                if users:
                    properties[key] = [{"id": each.id} for each in users]
        elif one.kind == _VNET:
            properties[_SUBNET] = [self._shown(each) for each in self._subnets(one)]
        shown: Json = {
            "name": one.name,
            "id": one.id,
            "etag": tag,
            "type": f"{_PROVIDER}/{one.kind}",
            "properties": properties,
        }
        if one.location is not None:
            shown["location"] = one.location
        if one.tags:
            shown["tags"] = one.tags
        return shown

    def _shown_rules(self, one: _Resource, tag: str, state: str) -> Json:
        def shown(rule: Json, kind: str) -> Json:
            return {
                "name": rule["name"],
                "id": f"{one.id}/{kind}/{rule['name']}",
                "etag": tag,
                "type": f"{_PROVIDER}/{_NSG}/{kind}",
                "properties": {"provisioningState": state, **rule["properties"]},
            }

        # The order of the request is not kept (azure.md 5).
        rules = sorted(one.properties[_RULE], key=lambda rule: rule["name"])
        return {
            _RULE: [shown(rule, _RULE) for rule in rules],
            "defaultSecurityRules": [
                shown({"name": name, "properties": dict(properties)}, "defaultSecurityRules")
                for name, properties in _DEFAULT_RULES
            ],
        }

    def _subnets(self, vnet: _Resource) -> list[_Resource]:
        return [e for e in self._of(_SUBNET) if e.id.lower().startswith(f"{vnet.id.lower()}/")]

    # ---- what is put ----

    def _put(self, place: _Place, body: Json) -> Answer:
        if place.kind == _RULE:
            return self._put_rule(place, body)
        if fault := fault_of_name(place.name):
            _refuse(fault.code, fault.message)
        old = self._found(place)
        location = body.get("location")
        if place.kind == _SUBNET:
            if place.owner.lower() not in self._resources:
                _parent_not_found(place)
        elif not location:
            _refuse("LocationRequired", "The location property is required for this definition.")
        elif old and _plain_location(old.location) != _plain_location(location):
            _refuse(
                "InvalidResourceLocation",
                f"The resource '{old.name}' already exists in location '{old.location}' in resource "
                f"group '{place.group}'. A resource with the same name cannot be created in location "
                f"'{location}'. Please select a new resource name.",
                409,
            )
        taken = {
            _NSG: self._network_security_group,
            _ASG: self._application_security_group,
            _NIC: self._interface,
            _SUBNET: self._subnet,
            _VNET: self._virtual_network,
        }[place.kind]
        # Refused before anything changes: a PUT is taken whole or not at all.
        properties = taken(place.id, cast(Json, body.get("properties") or {}), location)
        one = old or _Resource(place.id, str(place.name), place.kind, None, {})
        one.location = None if place.kind == _SUBNET else _plain_location(location)
        return self._keep(one, properties, cast(Json, body.get("tags") or {}), new=old is None)

    def _keep(self, one: _Resource, properties: Json, tags: Json, *, new: bool) -> Answer:
        self._versions += 1
        one.properties, one.tags, one.version = properties, tags, self._versions
        self._resources[one.id.lower()] = one
        # It is so already, but ARM tells only in its time.
        return Answer(201 if new else 200, self._shown(one, "Updating"), self._versions)

    def _put_rule(self, place: _Place, body: Json) -> Answer:
        group = self._resources.get(place.owner.lower())
        if group is None:
            _parent_not_found(place)
        rule = {"name": place.name, "properties": body.get("properties") or {}}
        others = [e for e in group.properties[_RULE] if not _same_name(e, place.name)]
        wanted = {**group.properties, _RULE: [*others, rule]}
        properties = self._network_security_group(group.id, wanted, group.location)
        new = len(others) == len(group.properties[_RULE])
        kept = self._keep(group, properties, group.tags, new=new)
        return Answer(kept.status, self._read(place), kept.operation)

    def _network_security_group(self, id_: str, properties: Json, location: object) -> Json:
        rules = cast("list[Json]", properties.get(_RULE) or [])
        _refuse_fault(faults_of_rules(rules, self._vnets()))
        for rule in rules:
            for named in application_groups(rule["properties"]):
                self._here(named, _ASG, f"{id_}/{_RULE}/{rule['name']}", location)
        return {
            "flushConnection": bool(properties.get("flushConnection")),
            _RULE: [_kept(rule) for rule in rules],
        }

    def _application_security_group(self, id_: str, properties: Json, location: object) -> Json:
        here = [
            each for each in self._of(_ASG) if each.location == _plain_location(location)
        ]
        if id_.lower() not in self._resources and len(here) >= _GROUPS_PER_REGION:
            _refuse(NOT_REPORTED, f"There are {_GROUPS_PER_REGION} application security groups.")
        return {}

    def _virtual_network(self, id_: str, properties: Json, location: object) -> Json:
        for subnet in cast("list[Json]", properties.get(_SUBNET) or []):
            place = _place(f"{id_}/{_SUBNET}/{subnet['name']}".strip("/").split("/"))
            assert place is not None
            kept = self._subnet(place.id, subnet["properties"], location)
            one = self._found(place) or _Resource(place.id, subnet["name"], _SUBNET, None, {})
            self._keep(one, kept, {}, new=False)
        return {"addressSpace": properties.get("addressSpace")}

    def _subnet(self, id_: str, properties: Json, location: object) -> Json:
        vnet = self._resources.get(id_.rpartition(f"/{_SUBNET}/")[0].lower())
        group = _id(properties.get("networkSecurityGroup"))
        kept: Json = {"addressPrefix": properties["addressPrefix"]}
        if group:
            found = self._here(group, _NSG, id_, vnet.location if vnet else location)
            kept["networkSecurityGroup"] = {"id": found.id}
        return kept

    def _interface(self, id_: str, properties: Json, location: object) -> Json:
        kept: Json = {"ipConfigurations": []}
        if group := _id(properties.get("networkSecurityGroup")):
            kept["networkSecurityGroup"] = {"id": self._here(group, _NSG, id_, location).id}
        worn: list[frozenset[str]] = []
        for configuration in cast("list[Json]", properties.get("ipConfigurations") or []):
            given = cast(Json, configuration["properties"])
            subnet = self._named(_id(given.get("subnet")), _SUBNET, id_)
            groups = [
                self._here(each, _ASG, id_, location).id
                for each in _ids(given.get(_ASG))
            ]
            worn.append(frozenset(each.lower() for each in groups))
            taken: Json = {
                "subnet": {"id": subnet.id},
                "privateIPAddress": self._address(id_, subnet, given.get("privateIPAddress")),
            }
            if groups:
                taken[_ASG] = [{"id": each} for each in groups]
            kept["ipConfigurations"].append({"name": configuration["name"], "properties": taken})
        self._refuse_membership(id_, worn, kept)
        return kept

    def _refuse_membership(self, id_: str, worn: list[frozenset[str]], wanted: Json) -> None:
        if len(set(worn)) > 1:
            _refuse(
                "AllIpConfigurationsOnANicMustBelongToTheSameApplicationSecurityGroups",
                f"All IP configurations of {id_} must belong to the same application security groups.",
            )
        if worn and len(worn[0]) > _GROUPS_PER_INTERFACE:
            _refuse(NOT_REPORTED, f"{id_} is in more than {_GROUPS_PER_INTERFACE} groups.")
        nic = _Resource(id_, "", _NIC, None, wanted)
        homes = self._vnets(without=id_)
        for group in worn[0] if worn else ():
            home = _vnet_of(nic)
            if homes.get(group) not in (None, home):
                _refuse(NOT_REPORTED, f"{group} has its interfaces in another virtual network.")
            held = sum(
                len(each.properties["ipConfigurations"])
                for each in self._of(_NIC)
                if each.id.lower() != id_.lower() and group in _members_of(each)
            )
            if held + len(worn) > _CONFIGURATIONS_PER_GROUP:
                _refuse(NOT_REPORTED, f"{group} has {_CONFIGURATIONS_PER_GROUP} configurations.")
            homes[group] = home
        # A rule that names two groups may have been fine until now, while one of them was empty.
        for each in self._of(_NSG):
            _refuse_fault(
                fault
                for fault in faults_of_rules(each.properties[_RULE], homes)
                if fault.code.startswith("AllApplicationSecurityGroups")
            )

    def _vnets(self, without: str = "") -> dict[str, str | None]:
        """The VNet of each application security group: that of the interfaces in it."""
        return {
            group: _vnet_of(each)
            for each in self._of(_NIC)
            if each.id.lower() != without.lower()
            for group in _members_of(each)
        }

    def _address(self, id_: str, subnet: _Resource, wanted: str | None) -> str:
        network = ip_network(subnet.properties["addressPrefix"])
        taken = {
            configuration["properties"]["privateIPAddress"]: each.id
            for each in self._of(_NIC)
            for configuration in each.properties["ipConfigurations"]
            if configuration["properties"]["subnet"]["id"] == subnet.id
            and each.id.lower() != id_.lower()
        }
        if wanted is None:
            return next(
                str(network[n])
                for n in range(_RESERVED, network.num_addresses - 1)
                if str(network[n]) not in taken
            )
        if ip_address(wanted) not in network:
            _refuse("PrivateIPAddressNotInSubnet", f"{wanted} does not belong to {subnet.id}.")
        if wanted in taken:
            _refuse("PrivateIPAddressInUse", f"{wanted} is allocated to {taken[wanted]}.")
        return wanted

    # ---- what goes ----

    def _delete(self, place: _Place) -> Answer:
        if place.kind == _RULE:
            group = self._resources.get(place.owner.lower())
            rules = group.properties[_RULE] if group else []
            left = [each for each in rules if not _same_name(each, place.name)]
            if group is None or len(left) == len(rules):
                return Answer(204)
            kept = self._keep(group, {**group.properties, _RULE: left}, group.tags, new=False)
            return Answer(202, None, kept.operation)
        one = self._found(place)
        if one is None:
            return Answer(204)
        self._refuse_in_use(one)
        for each in (one, *(self._subnets(one) if one.kind == _VNET else ())):
            del self._resources[each.id.lower()]
        self._versions += 1
        return Answer(202, None, self._versions)

    def _refuse_in_use(self, one: _Resource) -> None:
        if one.kind == _NSG:
            users = [each.id for each in self._of(_NIC, _SUBNET) if _wears(each, one.id)]
            if users:
                _refuse(
                    "InUseNetworkSecurityGroupCannotBeDeleted",
                    f"Network security group {one.id} cannot be deleted because it is in use by the "
                    f"following resources: {', '.join(users)}.",
                )
        elif one.kind == _ASG:
            users = [each.id for each in self._of(_NIC) if one.id.lower() in _members_of(each)]
            users += [
                f"{each.id}/{_RULE}/{rule['name']}"
                for each in self._of(_NSG)
                for rule in each.properties[_RULE]
                if one.id.lower() in map(str.lower, application_groups(rule["properties"]))
            ]
            if users:
                # Reported with this sentence, without the code (azure-cli#12591, azurerm#8989).
                _refuse(
                    NOT_REPORTED,
                    f"Application Security Group {one.name} cannot be deleted because it is "
                    f"referenced by {', '.join(users)}.",
                )
        elif one.kind in (_VNET, _SUBNET):
            inside = f"{one.id.lower()}/"
            for nic in self._of(_NIC):
                for each in nic.properties["ipConfigurations"]:
                    subnet = each["properties"]["subnet"]["id"]
                    if f"{subnet.lower()}/".startswith(inside):
                        _refuse(
                            "InUseSubnetCannotBeDeleted", f"Subnet {subnet} is in use by {nic.id}."
                        )


def _not_found(id_: str) -> NoReturn:
    _refuse(
        "ResourceNotFound",
        f"The Resource '{id_}' was not found. For more details please go to "
        "https://aka.ms/ARMResourceNotFoundFix",
        404,
    )


def _no_reference(id_: object, by: str) -> NoReturn:
    _refuse(
        "InvalidResourceReference",
        f"Resource {id_} referenced by resource {by} was not found. Please make sure that the "
        "referenced resource exists, and that both resources are in the same region.",
    )


def _parent_not_found(place: _Place) -> NoReturn:
    _refuse(
        "ParentResourceNotFound",
        f"Failed to perform 'write' on resource(s) of type '{place.kind}', because the parent resource "
        f"'{place.owner}' could not be found.",
        404,
    )


def _same_name(rule: Json, name: str | None) -> bool:
    return str(rule["name"]).lower() == str(name).lower()


def _wears(one: _Resource, group: str) -> bool:
    return (_id(one.properties.get("networkSecurityGroup")) or "").lower() == group.lower()


def _members_of(nic: _Resource) -> set[str]:
    """The application security groups that an interface is in."""
    return {
        each.lower()
        for configuration in nic.properties["ipConfigurations"]
        for each in _ids(configuration["properties"].get(_ASG))
    }


def _vnet_of(nic: _Resource) -> str | None:
    for configuration in cast("list[Json]", nic.properties["ipConfigurations"]):
        return str(configuration["properties"]["subnet"]["id"]).rpartition(f"/{_SUBNET}/")[0].lower()
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


def _kept(rule: Json) -> Json:
    """A rule as ARM keeps it: lists that are not given are there and empty."""
    given = cast(Json, rule["properties"])
    properties = {key: given[key] for key in _KEPT if given.get(key) not in (None, "")}
    properties |= {key: list(given.get(key) or []) for key in _LISTS}
    for key in ("sourceApplicationSecurityGroups", "destinationApplicationSecurityGroups"):
        if given.get(key):
            properties[key] = [{"id": each} for each in _ids(given[key])]
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
_DEFAULT_RULES: Final[tuple[tuple[str, Mapping[str, Any]], ...]] = (
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
