"""What a release registered for a stack, kept as text, and what an update from it would replace.

`<version>/<stack>.yaml` is a stack file of that time, and `<stack>.jsonl` has its resources, one a line.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from exchange_ports.offline import Registration, record
from exchange_ports.stackfile.stack_file import NAMESPACE, read_stack_file
from tests.engine.aws_provider import AwsProvider
from tests.engine.azure_kinds import ApplicationSecurityGroup, NetworkSecurityGroup
from tests.engine.provider import Kind
from tests.support.paths import ROOT

__all__ = ["HERE", "Kept", "as_text", "kept", "loss", "registered"]

HERE: Final = Path(__file__).parent
#: What replaces each type of resource, as the clouds' providers know it.
KINDS: Final[Mapping[str, Kind]] = {
    kind.token: kind(None)  # type: ignore[arg-type]
    for kind in (*AwsProvider.kinds, ApplicationSecurityGroup, NetworkSecurityGroup)
}


@dataclass(frozen=True)
class Kept:
    """A resource that users' states hold."""

    urn: str
    inputs: Mapping[str, Any]


def registered(stack_file: Path) -> tuple[Registration, ...]:
    """What this version registers for a stack file."""
    config = read_stack_file(stack_file.read_bytes(), str(stack_file)).config
    settings = {
        f"{NAMESPACE}:{name}": value if isinstance(value, str) else json.dumps(value)
        for name, value in config.items()
    }
    recording = record(ROOT, project=NAMESPACE, stack=stack_file.stem, config=settings)
    return tuple(one for one in recording.registrations if one.parent is not None)


def as_text(registrations: Iterable[Registration]) -> str:
    """A file with one resource a line."""
    lines = (
        json.dumps({"urn": one.urn, "inputs": one.inputs}, sort_keys=True) for one in registrations
    )
    return "".join(f"{line}\n" for line in sorted(lines))


def kept(text: str) -> tuple[Kept, ...]:
    """What such a file has."""
    return tuple(Kept(**json.loads(line)) for line in text.splitlines())


def loss(old: Iterable[Kept], new: Iterable[Registration]) -> Iterator[str]:
    """Each resource that an update deletes or replaces, and why."""
    now = {urn: one for one in new for urn in (one.urn, *_aliases(one))}
    for each in old:
        found = now.get(each.urn)
        if found is None:
            yield f"{each.urn}: deleted"
        elif kind := KINDS.get(found.type):
            news = dict(found.inputs)
            changed = [
                key
                for key in sorted(kind.inputs)
                if not kind.same(key, each.inputs.get(key), news.get(key))
            ]
            replaced = kind.replaced_by(each.inputs, news, changed)
            if replaced:
                yield f"{each.urn}: replaced, since {', '.join(sorted(replaced))} changed"


def _aliases(one: Registration) -> Iterator[str]:
    """The URNs under which an engine finds a renamed resource."""
    above, _, _ = one.urn.rpartition("::")
    for alias in one.aliases:
        if "urn" in alias:
            yield str(alias["urn"])
        elif "name" in alias:
            yield f"{above}::{alias['name']}"
