"""Microsoft Azure: network security groups and application security groups."""

from typing import Final

from exchange_ports.clouds.azure.rules import PROBES, AzureRuleSet
from exchange_ports.clouds.base import Capabilities, Cloud, modules_of
from exchange_ports.topology.models import Platform

__all__ = ["CLOUD"]

CLOUD: Final = Cloud[AzureRuleSet](
    Platform.AZURE,
    name="Azure",
    network_type="exchange-ports:index:AzureNetwork",
    provider_package="azure-native",
    load=modules_of(__name__),
    capabilities=Capabilities(deny_rules=True, groups_by_zone=True),
    platform_traffic=(PROBES,),
)
