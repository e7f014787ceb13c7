"""Amazon Web Services: security groups."""

from typing import Final

from exchange_ports.clouds.aws.rules import AwsRuleSet
from exchange_ports.clouds.base import Cloud, modules_of
from exchange_ports.topology.models import Platform

__all__ = ["CLOUD"]

CLOUD: Final = Cloud[AwsRuleSet](
    Platform.AWS,
    name="AWS",
    network_type="exchange-ports:index:AwsNetwork",
    provider_package="aws",
    place_setting="region",
    tags_setting="defaultTags",
    load=modules_of(__name__),
)
