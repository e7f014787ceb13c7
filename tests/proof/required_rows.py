"""Required rows as lines that a person reads."""

from exchange_ports.flows.flow_index import WAYS
from exchange_ports.proof.documented_rows import DocumentedRows
from exchange_ports.topology.inventory import Inventory
from exchange_ports.traffic.addresses import AddressSet
from tests.support.strategies import Data, declared


def peers(addresses: AddressSet) -> str:
    """Few addresses, or how many there are."""
    return str(addresses) if len(addresses.spans) <= 3 else f"{addresses.size} addresses"


def required(data: Data) -> list[str]:
    inventory = Inventory(declared(data))
    rows = DocumentedRows(inventory.topology, inventory.by_name)
    return [
        f"* {server.name} {'->' if way == 'out' else '<-'} {peers(each.peers)} "
        f"{','.join(map(str, each.ports))} {each.row}"
        for server in inventory.servers
        for way in WAYS
        for each in rows.of(server, way)
    ]
