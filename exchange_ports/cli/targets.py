"""What a stack file says about where and how it is registered, beside its topology."""

import json
from collections.abc import Mapping
from typing import Final, cast

from exchange_ports.clouds import cloud
from exchange_ports.differences.registration_diff import PROVIDER, ROLLOUT, TAG, Target, flat
from exchange_ports.stackfile.project_file import ProjectFile, environment_of
from exchange_ports.stackfile.stack_file import StackFile
from exchange_ports.topology.platforms import Platform


def target_of(stack: StackFile, project: ProjectFile | None) -> Target:
    """Where a stack is registered: `stack` has what its environment and its project add to it already."""
    packages = {cloud(each).provider_package for each in Platform if each is not Platform.EXTERNAL}
    settings = dict(flat({f"{TAG}{key}": v for key, v in _named(stack.config.get("tags")).items()}))
    for key, value in stack.others.items():
        if key.partition(":")[0] in {*packages, "pulumi"}:
            seal = stack.sealed.get(key)
            shown = f"encrypted, digest {seal[:_DIGITS]}" if seal else _in_short(value)
            settings[f"{PROVIDER}{key}"] = shown
    for name in ("previous", "phase", "servers_in"):
        value = stack.config.get(name)
        if value is not None:
            settings[f"{ROLLOUT}{name}"] = _in_short(value)
    name = "" if project is None else project.name
    environment = environment_of(stack.environment, name)
    settings |= {f"environment variable {k}": str(v) for k, v in environment.variables.items()}
    if project is not None:
        settings |= {"project": project.name, "backend": project.backend or "as logged in"}
    return Target(_named(stack.config.get("networks")), settings)


def _named(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def _in_short(value: object) -> str:
    """A value in a line; what is long by a digest behind its beginning."""
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    if len(text) <= _LONGEST_VALUE:
        return text
    from hashlib import sha256

    return f"{text[:_LONGEST_VALUE]}... (digest {sha256(text.encode()).hexdigest()[:_DIGITS]})"


#: Characters of a value, and hex digits of what stands for the rest of it.
_LONGEST_VALUE: Final = 60
_DIGITS: Final = 12
