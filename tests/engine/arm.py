"""A small Azure Resource Manager: network and application security groups, and what they hang on.

Knows: how ARM answers for `Microsoft.Network` (azure.md 1, 2, 5): whole PUTs that change all or
nothing, 404 before a creation, names whose case means nothing, rules sorted by name, six default
rules, operations that end later, what is in use and cannot go. Virtual networks, subnets and
interfaces are there as far as security groups hang on them.
Must not know: HTTP (tests/engine/arm_server.py), this package, or who asks.

A rule's own faults stand in tests/engine/arm_rules.py. No part of it was tried against live Azure.
"""

import copy
import threading
from collections.abc import Callable
from typing import Final, cast

from tests.engine.arm_attachments import Attachments
from tests.engine.arm_parts import (
    ASG,
    DEFAULT_RULES,
    NIC,
    NSG,
    PROVIDER,
    RULE,
    SUBNET,
    SUBSCRIPTION,
    VNET,
    Answer,
    Json,
    Place,
    Refused,
    Resource,
    error,
    is_attached,
    kept_rule,
    members_of,
    not_found,
    parent_not_found,
    place_of,
    plain_location,
    refuse,
    refuse_fault,
    same_name,
)
from tests.engine.arm_rules import (
    NOT_REPORTED,
    application_groups,
    fault_of_name,
    faults_of_rules,
)

__all__ = ["SUBSCRIPTION", "Answer", "Arm", "Json", "error"]

#: Application security groups (azure.md 1).
_GROUPS_PER_REGION: Final = 3_000


class Arm(Attachments):
    """One cloud. Calls come from any thread, and are taken one at a time."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        #: Resource groups, by name in small letters.
        self._groups: dict[str, Json] = {}
        #: Each is told of every call that changed something, before another one is taken.
        self.watching: list[Callable[[str, str], None]] = []

    def copy(self) -> "Arm":
        """All that is there, as a cloud of its own. For those who watch: no one changes it then."""
        other = Arm()
        other._groups = copy.deepcopy(self._groups)
        other._resources = copy.deepcopy(self._resources)
        other._versions = self._versions
        return other

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
                answer = self._answer(method, segments, body)
            except Refused as refused:
                return refused.answer
            if method != "GET":
                for tell in self.watching:
                    tell(method, path)
            return answer

    def _answer(self, method: str, segments: list[str], body: object) -> Answer:
        if len(segments) == 4 and segments[2].lower() == "resourcegroups":
            return self._resource_group(method, segments, body)
        if len(segments) == 8 and segments[6].lower() == "operations":
            return Answer(200, {"status": "Succeeded"})
        if len(segments) == 8 and segments[6].lower() == "operationresults":
            return Answer(204)
        place = place_of(segments)
        if place is None:
            refuse("InvalidResourceType", "The resource type could not be found.", 404)
        if place.group.lower() not in self._groups:
            refuse(
                "ResourceGroupNotFound", f"Resource group '{place.group}' could not be found.", 404
            )
        if method == "GET":
            return Answer(200, self._read(place))
        if place.name is None or method not in ("PUT", "DELETE"):
            refuse("MethodNotAllowed", "Not allowed.", 405)
        if method == "DELETE":
            return self._delete(place)
        if not isinstance(body, dict):
            refuse("InvalidRequestContent", "The request content was invalid.")
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
            refuse("ResourceGroupNotFound", f"Resource group '{key}' could not be found.", 404)
        return Answer(201 if method == "PUT" else 200, self._groups[key])

    # ---- what is there ----

    def _read(self, place: Place) -> Json:
        if place.parent is not None and place.owner.lower() not in self._resources:
            not_found(place.owner)
        if place.kind == RULE:
            rules = self._shown(self._resources[place.owner.lower()])["properties"][RULE]
            if place.name is None:
                return {"value": rules}
            for rule in rules:
                if rule["name"].lower() == place.name.lower():
                    return rule
            not_found(place.id)
        if place.name is not None:
            found = self._found(place)
            return self._shown(found) if found else not_found(place.id)
        above = f"{place.above}/".lower()
        held = [each for each in self._of(place.kind) if each.id.lower().startswith(above)]
        return {"value": [self._shown(each) for each in sorted(held, key=lambda each: each.id)]}

    def _shown(self, one: Resource, state: str = "Succeeded") -> Json:
        tag = f'W/"{one.version}"'
        properties: Json = {"provisioningState": state, **one.properties}
        if one.kind == NSG:
            properties |= self._shown_rules(one, tag, state)
            interfaces = [e for e in self._of(NIC) if is_attached(e, one.id)]
            subnets = [e for e in self._of(SUBNET) if is_attached(e, one.id)]
            for key, users in ((NIC, interfaces), (SUBNET, subnets)):
                if users:
                    properties[key] = [{"id": each.id} for each in users]
        elif one.kind == VNET:
            properties[SUBNET] = [self._shown(each) for each in self._subnets(one)]
        shown: Json = {
            "name": one.name,
            "id": one.id,
            "etag": tag,
            "type": f"{PROVIDER}/{one.kind}",
            "properties": properties,
        }
        if one.location is not None:
            shown["location"] = one.location
        if one.tags:
            shown["tags"] = one.tags
        return shown

    def _shown_rules(self, one: Resource, tag: str, state: str) -> Json:
        def shown(rule: Json, kind: str) -> Json:
            return {
                "name": rule["name"],
                "id": f"{one.id}/{kind}/{rule['name']}",
                "etag": tag,
                "type": f"{PROVIDER}/{NSG}/{kind}",
                "properties": {"provisioningState": state, **rule["properties"]},
            }

        # The order of the request is not kept (azure.md 5).
        rules = sorted(one.properties[RULE], key=lambda rule: rule["name"])
        return {
            RULE: [shown(rule, RULE) for rule in rules],
            "defaultSecurityRules": [
                shown({"name": name, "properties": dict(properties)}, "defaultSecurityRules")
                for name, properties in DEFAULT_RULES
            ],
        }

    # ---- what is put ----

    def _put(self, place: Place, body: Json) -> Answer:
        if place.kind == RULE:
            return self._put_rule(place, body)
        if fault := fault_of_name(place.name):
            refuse(fault.code, fault.message)
        old = self._found(place)
        location = body.get("location")
        if place.kind == SUBNET:
            if place.owner.lower() not in self._resources:
                parent_not_found(place)
        elif not location:
            refuse("LocationRequired", "The location property is required for this definition.")
        elif old and plain_location(old.location) != plain_location(location):
            refuse(
                "InvalidResourceLocation",
                f"The resource '{old.name}' already exists in location '{old.location}' in resource "
                f"group '{place.group}'. A resource with the same name cannot be created in location "
                f"'{location}'. Please select a new resource name.",
                409,
            )
        taken = {
            NSG: self._network_security_group,
            ASG: self._application_security_group,
            NIC: self._interface,
            SUBNET: self._subnet,
            VNET: self._virtual_network,
        }[place.kind]
        # Refused before anything changes: a PUT is taken whole or not at all.
        properties = taken(place.id, cast(Json, body.get("properties") or {}), location)
        one = old or Resource(place.id, str(place.name), place.kind, None, {})
        one.location = None if place.kind == SUBNET else plain_location(location)
        return self._keep(one, properties, cast(Json, body.get("tags") or {}), new=old is None)

    def _keep(self, one: Resource, properties: Json, tags: Json, *, new: bool) -> Answer:
        self._store(one, properties, tags)
        # It is so already, but ARM tells only in its time.
        return Answer(201 if new else 200, self._shown(one, "Updating"), one.version)

    def _put_rule(self, place: Place, body: Json) -> Answer:
        group = self._resources.get(place.owner.lower())
        if group is None:
            parent_not_found(place)
        rule: Json = {"name": place.name, "properties": body.get("properties") or Json()}
        others = [e for e in group.properties[RULE] if not same_name(e, place.name)]
        wanted = {**group.properties, RULE: [*others, rule]}
        properties = self._network_security_group(group.id, wanted, group.location)
        new = len(others) == len(group.properties[RULE])
        kept = self._keep(group, properties, group.tags, new=new)
        return Answer(kept.status, self._read(place), kept.operation)

    def _network_security_group(self, id_: str, properties: Json, location: object) -> Json:
        rules = cast("list[Json]", properties.get(RULE) or [])
        refuse_fault(faults_of_rules(rules, self._vnets()))
        for rule in rules:
            for named in application_groups(rule["properties"]):
                self._here(named, ASG, f"{id_}/{RULE}/{rule['name']}", location)
        # Whether an answer has it where no request had is not known.
        given = {key: properties[key] for key in ("flushConnection",) if key in properties}
        return {**given, RULE: [kept_rule(rule) for rule in rules]}

    def _application_security_group(self, id_: str, properties: Json, location: object) -> Json:
        here = [each for each in self._of(ASG) if each.location == plain_location(location)]
        if id_.lower() not in self._resources and len(here) >= _GROUPS_PER_REGION:
            refuse(NOT_REPORTED, f"There are {_GROUPS_PER_REGION} application security groups.")
        return {}

    # ---- what goes ----

    def _delete(self, place: Place) -> Answer:
        if place.kind == RULE:
            group = self._resources.get(place.owner.lower())
            rules = cast("list[Json]", group.properties[RULE] if group else [])
            left = [each for each in rules if not same_name(each, place.name)]
            if group is None or len(left) == len(rules):
                return Answer(204)
            kept = self._keep(group, {**group.properties, RULE: left}, group.tags, new=False)
            return Answer(202, None, kept.operation)
        one = self._found(place)
        if one is None:
            return Answer(204)
        self._refuse_in_use(one)
        for each in (one, *(self._subnets(one) if one.kind == VNET else ())):
            del self._resources[each.id.lower()]
        self._versions += 1
        return Answer(202, None, self._versions)

    def _refuse_in_use(self, one: Resource) -> None:
        if one.kind == NSG:
            users = [each.id for each in self._of(NIC, SUBNET) if is_attached(each, one.id)]
            if users:
                refuse(
                    "InUseNetworkSecurityGroupCannotBeDeleted",
                    f"Network security group {one.id} cannot be deleted because it is in use by the "
                    f"following resources: {', '.join(users)}.",
                )
        elif one.kind == ASG:
            users = [each.id for each in self._of(NIC) if one.id.lower() in members_of(each)]
            users += [
                f"{each.id}/{RULE}/{rule['name']}"
                for each in self._of(NSG)
                for rule in each.properties[RULE]
                if one.id.lower() in map(str.lower, application_groups(rule["properties"]))
            ]
            if users:
                # Reported with this sentence, without the code (azure-cli#12591, azurerm#8989).
                refuse(
                    NOT_REPORTED,
                    f"Application Security Group {one.name} cannot be deleted because it is "
                    f"referenced by {', '.join(users)}.",
                )
        elif one.kind in (VNET, SUBNET):
            inside = f"{one.id.lower()}/"
            for nic in self._of(NIC):
                for each in nic.properties["ipConfigurations"]:
                    subnet = each["properties"]["subnet"]["id"]
                    if f"{subnet.lower()}/".startswith(inside):
                        refuse(
                            "InUseSubnetCannotBeDeleted", f"Subnet {subnet} is in use by {nic.id}."
                        )
