"""Ends of flows: what another network names by address."""

import pytest

from exchange_ports.flows.flow import by_address
from exchange_ports.topology.groups import GroupKind, group
from exchange_ports.topology.inventory import Inventory
from tests.support.strategies import SMALL, declared


@pytest.mark.parametrize("kind", list(GroupKind))
def test_only_the_members_of_the_group_of_all_exchange_servers_are_unrestricted_elsewhere(
    kind: GroupKind,
) -> None:
    (server,) = Inventory(declared(SMALL)).servers
    end = by_address(group("corp", kind, "hq"), [server])
    assert end.unrestricted is (kind is GroupKind.EXCHANGE)
    assert list(map(str, end.ranges)) == ["10.20.0.11/32"]
    assert end.name.endswith("@corp")
    assert end.summary.endswith(" in corp")
