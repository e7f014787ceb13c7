"""Virtual networks, subnets and interfaces, as far as security groups hang on them.

Knows: azure.md 1 on who can be in an application security group, and what Azure says of addresses.
Must not know: rules, but that they are asked again when a group gets its first interface.
"""

from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from typing import Final, cast

from tests.engine.arm_parts import (
    ASG,
    NIC,
    NSG,
    RULE,
    SUBNET,
    Json,
    Place,
    Resource,
    id_of,
    ids_of,
    members_of,
    no_reference,
    place_of,
    plain_location,
    refuse,
    refuse_fault,
    vnet_of,
)
from tests.engine.arm_rules import NOT_REPORTED, faults_of_rules

__all__ = ["Attachments"]

# Limits (azure.md 1).
_GROUPS_PER_INTERFACE: Final = 20
_CONFIGURATIONS_PER_GROUP: Final = 4_000
#: The first addresses of a subnet are Azure's own.
_RESERVED: Final = 4


class Attachments:
    """What is there, and what security groups hang on."""

    def __init__(self) -> None:
        #: By id in small letters.
        self._resources: dict[str, Resource] = {}
        self._versions: int = 0

    def _of(self, *kinds: str) -> Iterator[Resource]:
        for each in list(self._resources.values()):
            if each.kind in kinds:
                yield each

    def _found(self, place: Place) -> Resource | None:
        return self._resources.get(place.id.lower())

    def _named(self, id_: object, kind: str, by: str) -> Resource:
        """What a resource refers to.

        :raises Refused: there is no such thing.
        """
        found = self._resources.get(str(id_).lower())
        if found is None or found.kind != kind:
            no_reference(id_, by)
        return found

    def _here(self, id_: object, kind: str, by: str, location: object) -> Resource:
        """The same, and it must be in the same region."""
        found = self._named(id_, kind, by)
        if plain_location(found.location) != plain_location(location):
            no_reference(id_, by)
        return found

    def _subnets(self, vnet: Resource) -> list[Resource]:
        return [e for e in self._of(SUBNET) if e.id.lower().startswith(f"{vnet.id.lower()}/")]

    # ---- what is put ----

    def _store(self, one: Resource, properties: Json, tags: Json) -> None:
        self._versions += 1
        one.properties, one.tags, one.version = properties, tags, self._versions
        self._resources[one.id.lower()] = one

    def _virtual_network(self, id_: str, properties: Json, location: object) -> Json:
        """With its subnets. One that is not named stays, which ARM would take away."""
        taken: list[tuple[Resource, Json]] = []
        for subnet in cast("list[Json]", properties.get(SUBNET) or []):
            place = place_of(f"{id_}/{SUBNET}/{subnet['name']}".strip("/").split("/"))
            assert place is not None
            kept = self._subnet(place.id, subnet["properties"], location)
            one = self._found(place) or Resource(place.id, subnet["name"], SUBNET, None, {})
            taken.append((one, kept))
        for one, kept in taken:
            self._store(one, kept, {})
        return {"addressSpace": properties.get("addressSpace")}

    def _subnet(self, id_: str, properties: Json, location: object) -> Json:
        vnet = self._resources.get(id_.rpartition(f"/{SUBNET}/")[0].lower())
        group = id_of(properties.get("networkSecurityGroup"))
        kept: Json = {"addressPrefix": properties["addressPrefix"]}
        if group:
            found = self._here(group, NSG, id_, vnet.location if vnet else location)
            kept["networkSecurityGroup"] = {"id": found.id}
        return kept

    def _interface(self, id_: str, properties: Json, location: object) -> Json:
        kept: Json = {"ipConfigurations": []}
        if group := id_of(properties.get("networkSecurityGroup")):
            kept["networkSecurityGroup"] = {"id": self._here(group, NSG, id_, location).id}
        attached: list[frozenset[str]] = []
        for configuration in cast("list[Json]", properties.get("ipConfigurations") or []):
            given = cast(Json, configuration["properties"])
            subnet = self._named(id_of(given.get("subnet")), SUBNET, id_)
            groups = [self._here(each, ASG, id_, location).id for each in ids_of(given.get(ASG))]
            attached.append(frozenset(each.lower() for each in groups))
            taken: Json = {
                "subnet": {"id": subnet.id},
                "privateIPAddress": self._address(id_, subnet, given.get("privateIPAddress")),
            }
            if groups:
                taken[ASG] = [{"id": each} for each in groups]
            kept["ipConfigurations"].append({"name": configuration["name"], "properties": taken})
        self._refuse_membership(id_, attached, kept)
        return kept

    def _refuse_membership(self, id_: str, attached: list[frozenset[str]], wanted: Json) -> None:
        if len(set(attached)) > 1:
            refuse(
                "AllIpConfigurationsOnANicMustBelongToTheSameApplicationSecurityGroups",
                f"All IP configurations of {id_} must belong to the same application security groups.",
            )
        if attached and len(attached[0]) > _GROUPS_PER_INTERFACE:
            refuse(NOT_REPORTED, f"{id_} is in more than {_GROUPS_PER_INTERFACE} groups.")
        nic = Resource(id_, "", NIC, None, wanted)
        homes = self._vnets(without=id_)
        for group in attached[0] if attached else ():
            home = vnet_of(nic)
            if homes.get(group) not in (None, home):
                refuse(NOT_REPORTED, f"{group} has its interfaces in another virtual network.")
            held = sum(
                len(each.properties["ipConfigurations"])
                for each in self._of(NIC)
                if each.id.lower() != id_.lower() and group in members_of(each)
            )
            if held + len(attached) > _CONFIGURATIONS_PER_GROUP:
                refuse(NOT_REPORTED, f"{group} has {_CONFIGURATIONS_PER_GROUP} configurations.")
            homes[group] = home
        # A rule that names two groups may have been fine until now, while one of them was empty.
        for each in self._of(NSG):
            refuse_fault(
                fault
                for fault in faults_of_rules(each.properties[RULE], homes)
                if fault.code.startswith("AllApplicationSecurityGroups")
            )

    def _vnets(self, without: str = "") -> dict[str, str | None]:
        """The VNet of each application security group: that of the interfaces in it."""
        return {
            group: vnet_of(each)
            for each in self._of(NIC)
            if each.id.lower() != without.lower()
            for group in members_of(each)
        }

    def _address(self, id_: str, subnet: Resource, wanted: str | None) -> str:
        network = ip_network(subnet.properties["addressPrefix"])
        taken = {
            configuration["properties"]["privateIPAddress"]: each.id
            for each in self._of(NIC)
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
            refuse("PrivateIPAddressNotInSubnet", f"{wanted} does not belong to {subnet.id}.")
        if wanted in taken:
            refuse("PrivateIPAddressInUse", f"{wanted} is allocated to {taken[wanted]}.")
        return wanted
