"""A place in Azure for the networks of a topology: resource groups, VNets, and its servers' interfaces.

What other people than our program make, made by azure-mgmt-network. Nothing of ours is made here.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from tests.engine.arm import SUBSCRIPTION, Arm

if TYPE_CHECKING:
    from azure.mgmt.network import NetworkManagementClient

__all__ = ["LOCATION", "Tenant"]

LOCATION: Final = "westeurope"

_VNET: Final = "exchange"
_SUBNETS: Final = {"internal": "10.20.0.0/17", "perimeter": "10.20.128.0/17"}


class Tenant:
    """The resource group `rg-<network>` of each network, with a VNet that has a subnet a zone."""

    def __init__(
        self, arm: Arm, client: "NetworkManagementClient", networks: Iterable[str]
    ) -> None:
        from azure.mgmt.network import models

        self._models: Any = models
        self._client: Any = client
        self.resource_groups = {network: f"rg-{network}" for network in networks}
        for group in self.resource_groups.values():
            path = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}"
            arm.answer("PUT", path, {"location": LOCATION})
            self._put_vnet(group, {})

    @property
    def places(self) -> dict[str, dict[str, str]]:
        """What our program is told of each network."""
        return {
            network: {"resource_group_name": group, "location": LOCATION}
            for network, group in self.resource_groups.items()
        }

    def dress(self, network: str, zones: Mapping[str, str], outputs: Mapping[str, Any]) -> None:
        """Give each server of a network an interface that has what the program put out.

        `zones` says where each stands. Where interfaces get no network security group, subnets do.
        """
        group = self.resource_groups[network]
        servers = {name: outputs["servers"][name] for name in zones}
        at_subnets = not any(
            "network_security_group_id" in attached for attached in servers.values()
        )
        for name, attached in servers.items():
            self._put_interface(group, name, zones[name], attached)
        if at_subnets:
            self._put_vnet(group, outputs["zones"][network])

    def undress(self) -> None:
        """Take the interfaces away, and the groups from the subnets."""
        for group in self.resource_groups.values():
            for each in list(self._client.network_interfaces.list(group)):
                self._client.network_interfaces.begin_delete(group, each.name).result()
            self._put_vnet(group, {})

    def holds_nothing(self) -> bool:
        """Whether no group is left, ours or another's."""
        return not any(
            list(kind.list(group))
            for group in self.resource_groups.values()
            for kind in (
                self._client.network_security_groups,
                self._client.application_security_groups,
            )
        )

    def _put_vnet(self, group: str, filters: Mapping[str, str]) -> None:
        models = self._models
        self._client.virtual_networks.begin_create_or_update(
            group,
            _VNET,
            models.VirtualNetwork(
                location=LOCATION,
                address_space=models.AddressSpace(address_prefixes=list(_SUBNETS.values())),
                subnets=[
                    models.Subnet(
                        name=zone,
                        address_prefix=prefix,
                        network_security_group=(
                            models.NetworkSecurityGroup(id=filters[zone])
                            if zone in filters
                            else None
                        ),
                    )
                    for zone, prefix in _SUBNETS.items()
                ],
            ),
        ).result()

    def _put_interface(self, group: str, name: str, zone: str, attached: Mapping[str, Any]) -> None:
        models = self._models
        nsg = attached.get("network_security_group_id")
        subnet = self._client.subnets.get(group, _VNET, zone)
        self._client.network_interfaces.begin_create_or_update(
            group,
            name,
            models.NetworkInterface(
                location=LOCATION,
                network_security_group=models.NetworkSecurityGroup(id=nsg) if nsg else None,
                ip_configurations=[
                    models.NetworkInterfaceIPConfiguration(
                        name="primary",
                        subnet=models.Subnet(id=subnet.id),
                        application_security_groups=[
                            models.ApplicationSecurityGroup(id=each)
                            for each in attached["application_security_group_ids"]
                        ],
                    )
                ],
            ),
        ).result()
