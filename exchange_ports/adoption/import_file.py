"""The file that `pulumi import --file` reads, and what a person does with it, command by command.

Source: pulumi/pulumi, `pkg/cmd/pulumi/operations/import.go` (`importFile`, `importSpec`); pulumi.md 4 has
what was seen of it. What the state has is named by its URN; what it lacks of the components is
imported as a component, above its children. The order of the steps is that of pulumi.md 4, run on an
engine: what the state holds wrongly goes out of it first, then everything is printed anew; what is
imported is looked at before the update; what is not planned goes last, since traffic may still need it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from shlex import quote
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


CANCEL: Final = "pulumi cancel --yes"
REFRESH: Final = "pulumi refresh --yes --skip-preview --clear-pending-creates"
_EXPORT: Final = "pulumi stack export --file state.json"

_REFRESH: Final = "pulumi refresh --yes --skip-preview"
#: A server that is not in a new group yet may still need a rule that is to be revoked.
_ATTACH: Final = (
    "attach the groups of the program's output `servers` to every server, and check mail and EdgeSync, "
    "before you revoke rules"
)

#: For a cloud whose update removes what others added, while the new rules match members of new groups only.
_ATTACH_FIRST: Final = (
    "attach its {kinds} to every server of {network}; `pulumi up` then writes all rules of a group in one "
    "call and removes the rules that others created"
)

_CREATING: Final = "creating"


@dataclass(frozen=True, slots=True)
class Step:
    """One command, and when or why it is run."""

    command: str
    why: str


def steps(adoption: Adoption, file: str) -> tuple[Step, ...]:
    """The commands, in order. `file` is the import file's name. Nothing to do gives none."""
    fixes = [*_out_of_the_state(adoption)]
    begun = any(each.operation == _CREATING for each in adoption.pending)
    if begun or adoption.verdicts(ResourceStatus.GONE):
        fixes = [
            Step(REFRESH, "removes deleted resources and interrupted operations from the state"),
            *fixes,
        ]
    if adoption.verdicts(
        ResourceStatus.GONE, ResourceStatus.BLOCKED, ResourceStatus.HELD, ResourceStatus.SEVERAL
    ):
        several = [
            Step("", f"choose one for {each.wanted.name}: --match {each.wanted.name}=ID")
            for each in adoption.verdicts(ResourceStatus.SEVERAL)
        ]
        again = Step(_EXPORT, "then run `adopt` again, before any update")
        return (*_unlocked(adoption, fixes), *fixes, *several, again)
    listed = [*fixes]
    if adoption.verdicts(ResourceStatus.IMPORT):
        command = f"pulumi import --file {quote(file)} --yes --skip-preview --protect=false"
        listed.append(
            Step(f"{command} --generate-code=false", "adds the existing resources to the state")
        )
    early, late = _unwanted(adoption)
    listed += early
    if adoption.changed:
        listed.append(Step(_REFRESH, "reads the changes into the state"))
    unfinished = (*adoption.pending, *adoption.going, *adoption.no_longer_wanted)
    if listed or unfinished or adoption.verdicts(ResourceStatus.MISSING):
        listed.append(Step("pulumi preview --diff", "check that no imported resource is replaced"))
        listed += _attached_first(adoption)
        listed.append(
            Step(
                "pulumi up",
                "creates missing resources, updates the listed ones, and deletes those that are not planned",
            )
        )
    if any(found.unwanted for found in adoption.found if not found.attached_first) and late:
        listed.append(Step("", _ATTACH))
    listed += late
    listed += [
        Step(left.delete, f"not in the state: {left.wanted.name} is another {left.wanted.kind}")
        for found in adoption.found
        for left in found.leftovers
    ]
    return (*_unlocked(adoption, listed), *listed)


def _attached_first(adoption: Adoption) -> Iterator[Step]:
    """The steps before an update that removes rules which may still allow required traffic."""
    begun = _begun(adoption)
    for found in adoption.found:
        cut = {each.group for each in found.unwanted}
        cut |= {each.wanted.name for each in found.verdicts if each.removes}
        members = [each for each in found.verdicts if each.wanted.urn.type == found.attached_first]
        if not members or not cut - begun:
            continue
        kinds = f"{members[0].wanted.kind}s"
        missing = [each for each in members if each.stand is ResourceStatus.MISSING]
        if missing:
            targets = " ".join(f"--target {quote(str(each.wanted.urn))}" for each in missing)
            yield Step(f"pulumi up {targets}", f"creates the {kinds} and changes no rule")
        yield Step("", _ATTACH_FIRST.format(network=found.network, kinds=kinds))


def _begun(adoption: Adoption) -> set[str]:
    """The groups whose creation was interrupted: no server is in them yet."""
    return {each.urn.name for each in adoption.pending if each.operation == _CREATING}


def _unlocked(adoption: Adoption, listed: list[Step]) -> Iterator[Step]:
    if adoption.pending and listed:
        yield Step(CANCEL, "only if the stack is still locked and no update is running")


def _out_of_the_state(adoption: Adoption) -> Iterator[Step]:
    """The entries to remove from the state; nothing changes in the clouds."""
    for verdict in adoption.verdicts(ResourceStatus.BLOCKED):
        why = f"removes {', '.join(verdict.because)} from the state, so that {verdict.id} can be imported"
        yield Step(f"pulumi state delete {quote(str(verdict.wanted.urn))} --yes", why)
    for verdict in adoption.verdicts(ResourceStatus.HELD):
        for holder in verdict.because:
            why = f"only if this is the former name of {verdict.wanted.name}"
            yield Step(f"pulumi state delete {quote(holder)} --yes", why)


def _unwanted(adoption: Adoption) -> tuple[list[Step], list[Step]]:
    """Revocations before the update and after it.

    A group whose creation was interrupted is attached to no server yet, because outputs resolve when all
    rules exist: what EC2 added to it is revoked before the update. In any other group, rules that are not
    planned may still allow required traffic.
    """
    begun = _begun(adoption)
    early: list[Step] = []
    late: list[Step] = []
    for found in adoption.found:
        for each in found.unwanted:
            left = "; if it still exists after `pulumi up`" if found.attached_first else ""
            step = Step(each.revoke, f"{each.group}: {each.summary}{left}")
            (early if each.group in begun else late).append(step)
    return early, late
