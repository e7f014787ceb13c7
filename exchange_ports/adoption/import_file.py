"""The file that `pulumi import --file` reads.

Source: pulumi/pulumi, `pkg/cmd/pulumi/operations/import.go` (`importFile`, `importSpec`); pulumi.md 4 has
what was seen of it. What the state has is named by its URN; what it lacks of the components is
imported as a component, above its children.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from exchange_ports.adoption.compare import COMPONENT, Adoption
from exchange_ports.clouds.existing import ResourceStatus, State, Urn

#: The provider that the engine makes by itself, with the version in its name.
_DEFAULT: Final = re.compile(r"default_(\d+)_(\d+)_(\d+)")


def import_file(
    adoption: Adoption, state: State, versions: Mapping[str, str]
) -> dict[str, Any] | None:
    """What `pulumi import` reads, or none where there is nothing to import.

    `versions` are those of the providers by package, for a state that has none of theirs yet.
    """
    file = _File(state, versions)
    for found in adoption.found:
        for verdict in found.verdicts:
            if verdict.stand is ResourceStatus.IMPORT:
                file.add(verdict.wanted.urn, verdict.id, (adoption.component, found.urn))
    return file.data()


class _File:
    """The file as it grows."""

    def __init__(self, state: State, versions: Mapping[str, str]) -> None:
        self._held = state.by_urn()
        self._providers = _providers(state)
        self._versions = versions
        #: What the file calls a URN; no two alike.
        self._names: dict[Urn, str] = {}
        self._table: dict[str, str] = {}
        self._resources: list[dict[str, Any]] = []

    def add(self, urn: Urn, id_: str, above: tuple[Urn, Urn]) -> None:
        """A resource that exists, below the component and its network's part."""
        component, network = above
        self._component(component, None)
        self._component(network, component)
        entry = {**self._named(urn), "id": id_, "parent": self._names[network]}
        package = urn.type.partition(":")[0]
        provider = self._providers.get((network, package)) or self._providers.get((None, package))
        version = self._versions.get(package)
        if provider is not None and (made := _DEFAULT.fullmatch(provider.name)):
            version = ".".join(made.groups())
        elif provider is not None:
            self._table[self._name(provider)] = str(provider)
            entry["provider"] = self._names[provider]
        if version is not None:
            entry["version"] = version
        self._resources.append(entry)

    def data(self) -> dict[str, Any] | None:
        """The whole file."""
        if not self._resources:
            return None
        return {"nameTable": self._table, "resources": self._resources}

    def _component(self, urn: Urn, parent: Urn | None) -> None:
        if urn in self._names:
            return
        if urn in self._held:
            self._table[self._name(urn)] = str(urn)
            return
        entry = {**self._named(urn), "component": True}
        if parent is not None:
            entry["parent"] = self._names[parent]
        self._resources.append(entry)

    def _named(self, urn: Urn) -> dict[str, Any]:
        name = self._name(urn)
        entry = {"type": urn.type, "name": name}
        return entry if name == urn.name else {**entry, "logicalName": urn.name}

    def _name(self, urn: Urn) -> str:
        if urn not in self._names:
            taken = urn.name in self._names.values()
            self._names[urn] = f"{urn.name} {urn.type}" if taken else urn.name
        return self._names[urn]


def _providers(state: State) -> dict[tuple[Urn | None, str], Urn]:
    """Which provider resources of each package have, below each network and anywhere in the firewall."""
    found: dict[tuple[Urn | None, str], Urn] = {}
    for each in state.resources:
        if each.provider is None or each.parent is None or COMPONENT not in each.urn.types:
            continue
        package = each.urn.type.partition(":")[0]
        found.setdefault((each.parent, package), each.provider)
        if _DEFAULT.fullmatch(each.provider.name):
            # One that was given to another network is not this one's.
            found.setdefault((None, package), each.provider)
    return found
