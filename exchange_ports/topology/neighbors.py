"""Neighbours by the names under which flows, reports and cloud ids know them.

A name is made of what the neighbour is and of the identity of its site, so it is as stable as those.
"""

from collections.abc import Iterator
from typing import Final

from exchange_ports.topology.groups import identity
from exchange_ports.topology.models import Site, Topology

__all__ = ["FIELDS", "accounts_name", "name_of", "neighbours", "witness_name"]

#: The fields of a site that declare neighbours of the fabric.
FIELDS: Final = ("domain_controllers", "lync", "other_exchange")


def name_of(field: str, key: str, site: Site) -> str:
    """The neighbours of one field of a site: `domain-controllers.hq`."""
    return f"{field.replace('_', '-')}.{identity(key, site)}"


def accounts_name(key: str, site: Site) -> str:
    """The domain controllers of an accounts forest: `accounts-domain-controllers.hq`."""
    return f"accounts-domain-controllers.{identity(key, site)}"


def witness_name(name: str) -> str:
    """A witness server: `witness.fs1`."""
    return f"witness.{name}"


def neighbours(topology: Topology) -> tuple[str, ...]:
    """Every neighbour that has a name of its own, in order."""

    def everyone() -> Iterator[str]:
        for key, site in topology.sites.items():
            for field in FIELDS:
                if getattr(site, field) is not None:
                    yield name_of(field, key, site)
            if site.domain_controllers is not None and site.domain_controllers.accounts_forest:
                yield accounts_name(key, site)
        yield from map(witness_name, topology.witnesses)

    return tuple(sorted(everyone()))
