"""What a topology must not say, and what it had better not: checks across its fields.

Each check is one small function from the topology to its findings. Every check is made on every
topology whose fields have the right shape, so a check must bear what another one refuses. Must not
know: flows or clouds' rules.
"""

from collections.abc import Callable, Iterator
from typing import Final

from exchange_ports.findings import Finding, Path
from exchange_ports.topology.checks import (
    additional,
    cautions,
    mail,
    names,
    places,
    realised,
    roles,
)
from exchange_ports.topology.models import Topology

__all__ = ["check"]

_CHECKS: Final[tuple[Callable[[Topology], Iterator[Finding]], ...]] = (
    realised.not_realised,
    names.undeclared,
    names.reserved,
    names.used_twice,
    roles.roles,
    roles.sites_without_servers,
    places.ranges,
    places.places,
    places.same_address,
    places.fabric,
    mail.mail,
    additional.additional_flows,
    cautions.port_25,
    cautions.plain_text,
    cautions.edge_name_servers,
    cautions.management,
    cautions.sender_reputation,
)


def check(topology: Topology, at: Path = ("topology",)) -> tuple[Finding, ...]:
    """Everything that is wrong or unwise; `at` is where the topology stands."""
    return tuple(finding.under(at) for each in _CHECKS for finding in each(topology))
