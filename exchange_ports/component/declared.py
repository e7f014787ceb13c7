"""What a program declares for one ExchangeFirewall, in whichever form it does: one record for all forms.

The forms are the typed arguments (the same in every language), Python's keywords (the names of a stack
file's settings), and a stack's configuration. Findings keep the names and lines of the form they are about.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final, Self

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env, is_config_secret

from exchange_ports.component.addresses import ADDRESSES
from exchange_ports.component.arguments import ExchangeFirewallArgs, networks_argument
from exchange_ports.component.errors import TopologyError
from exchange_ports.findings import Finding, Path, Place, Refused, nearest
from exchange_ports.findings.topology_kinds import BY_CODE
from exchange_ports.pipeline import StackSettings, read_content, stack_of
from exchange_ports.stackfile.stack_file import (
    NAMESPACE,
    SETTINGS,
    WORDS,
    StackFile,
    unknown_setting,
)
from exchange_ports.topology.fields import plain_type
from exchange_ports.topology.models import Platform, Topology
from exchange_ports.topology.validate import as_mapping
from exchange_ports.topology.validation_errors import listed_keys

#: Where fields are, as far as that is known.
Locate = Callable[[Path], Place]

#: The setting of all cloud ids by network, in a stack file and in Python's keywords.
_NETWORKS: Final = "networks"
#: The platform whose networks each of the typed arguments holds.
_PLATFORMS: Final = {
    networks_argument(platform): platform for platform in Platform if platform.facts.ids
}
_ARGUMENTS: Final = tuple(ExchangeFirewallArgs.__annotations__)


def _nowhere() -> Locate | None:
    return None


@dataclass(frozen=True)
class Declared:
    """The settings of one component, and how findings about them are shown."""

    settings: StackSettings
    skip_proof: bool = False
    #: The real addresses of servers, by name.
    addresses: object = None
    #: What is wrong with the form itself: an unknown argument, a network under another cloud.
    findings: tuple[Finding, ...] = ()
    #: The typed arguments that each network is under; empty in forms with one setting for all networks.
    written_under: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    #: Gives what locates fields. The file is read for the first finding, if there is one.
    locate: Callable[[], Locate | None] = _nowhere

    @classmethod
    def of_arguments(cls, args: Mapping[str, Any]) -> Self:
        """The typed arguments of any language.

        :raises TopologyError: the stack file of `topology_file` cannot be read.
        """
        given = {key: value for key, value in args.items() if value is not None}
        stack = _stack_file(given.get("topology_file"))
        in_file: Mapping[str, Any] = {} if stack is None else stack.config
        networks, under = _by_network(given)
        settings = {key: given.get(key, in_file.get(key)) for key in SETTINGS}
        in_file_too = as_mapping(in_file.get(_NETWORKS))
        settings[_NETWORKS] = (
            in_file[_NETWORKS] if in_file_too is None else {**in_file_too, **networks}
        )
        return cls(
            StackSettings(*settings.values()),
            skip_proof=bool(given.get("skip_proof")),
            addresses=given.get(ADDRESSES),
            findings=(*_wrong_form(given, settings), *_misplaced(under, settings)),
            written_under=under,
            locate=lambda: stack and _only_in_the_file(stack, given),
        )

    @classmethod
    def of_config(cls, config: pulumi.Config) -> Self:
        """The settings of a stack's configuration.

        :raises TopologyError: a setting is a secret, or a setting under `exchange-ports:` is unknown.
        """
        # Alone: other findings could show what the secret is.
        secrets = [key for key in SETTINGS if is_config_secret(config.full_key(key))]
        if secrets:
            raise TopologyError(
                BY_CODE["secret-topology"].at((key,), setting=config.full_key(key))
                for key in secrets
            )
        unknown = [unknown_setting(key, (key,)) for key in _unknown_to_us(config)]
        if unknown:
            raise TopologyError(unknown)
        given: dict[str, object] = {key: _setting(config, key) for key in SETTINGS}
        settings = StackSettings(*given.values())
        if not settings.networks:
            settings = replace(settings, networks={})
        return cls(
            settings,
            locate=lambda: _in_the_stack_file(config, given),
        )

    def shown(self, found: Iterable[Finding]) -> list[Finding]:
        """Findings under the names that the program uses, with their lines where these are known."""
        # Whatever follows from a network that is under the argument of another cloud is noise.
        known = {each.path[1] for each in self.findings if each.kind.code == _MISPLACED}
        rest = [each for each in found if each.path[:1] != (_NETWORKS,) or not known & {*each.path}]
        return [self._shown(each) for each in (*self.findings, *rest)]

    def _shown(self, finding: Finding) -> Finding:
        written = replace(finding, path=self._as_written(finding.path))
        return written if self._located is None else written.located(self._located)

    @cached_property
    def _located(self) -> Locate | None:
        return self.locate()

    def _as_written(self, path: Path) -> Path:
        """`networks.corp` under the argument that has the network."""
        if path[:1] != (_NETWORKS,) or len(path) == 1:
            return path
        under = self.written_under.get(str(path[1]), ())
        return (under[0], *path[1:]) if under else path


# ---- the typed arguments ----


def _by_network(
    given: Mapping[str, Any],
) -> tuple[dict[str, object], dict[str, tuple[str, ...]]]:
    """The cloud ids of every network, and the arguments that have them.

    A network that changes its cloud is under both.
    """
    together: dict[str, object] = {}
    under: dict[str, tuple[str, ...]] = {}
    for argument in _PLATFORMS:
        for key, ids in (as_mapping(given.get(argument)) or {}).items():
            before, now = as_mapping(together.get(key)), as_mapping(ids)
            together[key] = ids if before is None or now is None else {**before, **now}
            under[key] = (*under.get(key, ()), argument)
    return together, under


def _wrong_form(given: Mapping[str, Any], settings: Mapping[str, Any]) -> Iterator[Finding]:
    for key in given:
        if key not in _ARGUMENTS:
            near = nearest(key, _ARGUMENTS)
            fix = f"Did you mean `{near}`?" if near else f"Known: {listed_keys(_ARGUMENTS)}."
            yield BY_CODE["unknown-key"].at((key,), key=key, fix=fix)
    for argument in _PLATFORMS:
        if as_mapping(given.get(argument)) is None:
            got = plain_type(given[argument])
            facts = {"expected": "a mapping", "got": got, "fix": "Write a mapping."}
            yield BY_CODE["wrong-type"].at((argument,), **facts)
    if settings["topology"] is None:
        yield BY_CODE["missing-key"].at(
            (),
            key="topology",
            why="It declares the Exchange organization.",
            example="topology` with the data, or `topology_file` with the path of a stack file",
        )


_MISPLACED: Final = "network-of-other-cloud"


def _misplaced(
    under: Mapping[str, tuple[str, ...]], settings: Mapping[str, Any]
) -> Iterator[Finding]:
    """A finding for each network that is under the argument of another cloud."""
    for key, arguments in under.items():
        # A network that changes its cloud is on both.
        declared = [
            platform
            for setting in ("topology", "previous")
            if (platform := _platform(settings[setting], key)) is not None
        ]
        for argument in arguments:
            if declared and _PLATFORMS[argument] not in declared:
                right = networks_argument(declared[0])
                fix = f"Move it to `{right}`." if right in _PLATFORMS else "Remove it."
                yield BY_CODE[_MISPLACED].at(
                    (argument, key),
                    network=key,
                    platform=declared[0].summary,
                    argument=argument,
                    fix=fix,
                )


def _platform(topology: object, network: str) -> Platform | None:
    """The platform of a network of a topology, which may have errors."""
    if isinstance(topology, Topology):
        found = topology.networks.get(network)
        return found and found.platform
    data: Any = topology
    try:
        return Platform(data["networks"][network]["platform"])
    except (KeyError, TypeError, ValueError, IndexError):
        return None


def _stack_file(path: object) -> StackFile | None:
    if path is None:
        return None
    if not isinstance(path, str):
        facts = {"expected": "the path of a file", "got": plain_type(path), "fix": "Write a path."}
        raise TopologyError([BY_CODE["wrong-type"].at(("topology_file",), **facts)])
    try:
        return stack_of(read_content(path), path)
    except Refused as refused:
        raise TopologyError(refused.findings) from None


def _only_in_the_file(stack: StackFile, given: Mapping[str, Any]) -> Locate:
    """Where fields of the file are; not those of settings that an argument replaces."""

    def locate(path: Path) -> Place:
        here = bool(path) and path[0] in stack.config and path[0] not in given
        return stack.locate(path) if here else Place()

    return locate


# ---- the configuration of a stack ----


def _in_the_stack_file(
    config: pulumi.Config, given: Mapping[str, object]
) -> Callable[[Path], Place] | None:
    """Where the fields of the settings stand, if the stack's file is in its usual place and declares the same."""
    if config.name != NAMESPACE:
        return None
    for file in (f"stacks/Pulumi.{pulumi.get_stack()}.yaml", f"Pulumi.{pulumi.get_stack()}.yaml"):
        try:
            stack = stack_of(read_content(file), file)
        except Refused:
            continue
        if all(stack.config.get(key) == value for key, value in given.items()):
            return stack.locate
    return None


def _setting(config: pulumi.Config, key: str) -> Any:
    """A setting as plain data; what is no JSON is text, which is refused later. None where it is not set."""
    text = config.get(key)
    if text is None or key in WORDS:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _unknown_to_us(config: pulumi.Config) -> list[str]:
    """Settings in our namespace that nothing reads; in a namespace that others share, any may be theirs."""
    if config.name != NAMESPACE:
        return []
    # Both of the places in which the SDK looks for a setting.
    keys = {**get_config_env(), **CONFIG.get()}
    ours = (key.removeprefix(f"{NAMESPACE}:") for key in keys if key.startswith(f"{NAMESPACE}:"))
    return sorted(set(ours) - set(SETTINGS))
