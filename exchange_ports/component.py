"""ExchangeFirewall: the component that a Pulumi program puts into its stack.

Decides nothing: the topology is checked and planned before the first resource is registered, and
each network's plan is handed to its cloud's `resources`. A cloud's SDK is loaded only when a network
needs it.
"""

import json
import os
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from functools import cache
from typing import Any, Final, Self, TypedDict, TypeVar
from weakref import WeakKeyDictionary

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env, is_config_secret
from pulumi.runtime.settings import get_root_resource

from exchange_ports.clouds import cloud_of
from exchange_ports.clouds.base import NetworkOutputs, ServerGroups, below
from exchange_ports.findings import (
    Finding,
    Path,
    Place,
    Refused,
    counted,
    in_order,
    render,
)
from exchange_ports.findings.topology_kinds import BY_CODE
from exchange_ports.pipeline import (
    Compiled,
    StackSettings,
    check_registered,
    compile_stack,
    read_content,
    stack_of,
)
from exchange_ports.planning import RegisteredNetwork
from exchange_ports.proof import Failure
from exchange_ports.reports.rollout_report import phase_text, rollout_report
from exchange_ports.reports.text_writer import to_text
from exchange_ports.rollout import registered
from exchange_ports.stackfile.stack_file import (
    NAMESPACE,
    SETTINGS,
    WORDS,
    unknown_setting,
)
from exchange_ports.topology.models import Topology

TYPE: Final = "exchange-ports:index:ExchangeFirewall"

_T = TypeVar("_T")


class NetworkArgs(TypedDict, total=False):
    """Where a network of the topology is in its cloud. Every value may be another resource's output."""

    vpc_id: pulumi.Input[str]
    """AWS: the VPC."""
    resource_group_name: pulumi.Input[str]
    """Azure: the resource group that holds the network security groups."""
    location: pulumi.Input[str]
    """Azure: the region of the VNet."""
    neighbor_security_groups: Mapping[str, pulumi.Input[str]]
    """AWS: existing security groups of neighbors, by the neighbor's name (`domain-controllers.hq`).
    The component adds rules to these groups for the flows of these neighbors. Other rules stay as they are."""
    provider: pulumi.ProviderResource
    """The provider for this network's resources. Default: that of `opts.providers`, or the default provider."""


#: Whatever else a program declares is not ours to speak of.
_NOT_REGISTERED: Final = "no resource of this component was registered"


class TopologyError(pulumi.RunError, ValueError):
    """The topology cannot be used: the text has every finding. Pulumi shows it without a traceback."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        """Keep the findings; the text is their rendering."""
        self.findings: tuple[Finding, ...] = in_order(findings)
        super().__init__(render(self.findings, _NOT_REGISTERED))


#: More failures than this are counted: they are often one fault seen from every server.
_MOST_SHOWN: Final = 12


class NotProved(pulumi.RunError, ValueError):
    """The plans do not allow exactly the required traffic: the text has every counterexample.

    This is a fault of this package, not of the topology. Pulumi shows it without a traceback.
    """

    def __init__(self, failures: tuple[Failure, ...]) -> None:
        """Keep the failures; the text has one a line."""
        shown = [f"  {failure}" for failure in failures[:_MOST_SHOWN]]
        if len(failures) > _MOST_SHOWN:
            shown.append(f"  and {len(failures) - _MOST_SHOWN} more")
        first = f"not proved, so {_NOT_REGISTERED}: {counted(len(failures), 'failure')}"
        last = "what to do: report it; in an emergency, skip_proof=True continues without the proof"
        super().__init__("\n".join([first, *shown, last]))
        self.failures: tuple[Failure, ...] = failures


class UnknownName(pulumi.RunError, KeyError):
    """An output has no such name: the text lists the names. Pulumi shows it without a traceback."""

    def __str__(self) -> str:
        return str(self.args[0])


class _ByName(dict[str, _T]):
    """Outputs by name, that say which names there are."""

    def __init__(self, what: str, named: Mapping[str, _T]) -> None:
        super().__init__(named)
        self._what = what

    def __missing__(self, name: str) -> _T:
        raise UnknownName(
            f"No {self._what} is called `{name}`. There are: {', '.join(self) or 'none'}."
        )


#: The components of a program by what tells them apart, as long as the program's stack is there.
_NAMES: Final = WeakKeyDictionary[pulumi.Resource, set[tuple[str, str]]]()


def _names_known() -> set[tuple[str, str]]:
    stack = get_root_resource()
    return set() if stack is None else _NAMES.setdefault(stack, set())


def _names_of(
    name: str, networks: Iterable[RegisteredNetwork], opts: pulumi.ResourceOptions | None
) -> list[tuple[str, str]]:
    """What tells a component of ours and those of its networks from others: the types above them, and their names."""
    parent = opts and opts.parent
    ours = f"{parent.pulumi_resource_type if parent else ''}${TYPE}"
    return [
        (ours, name),
        *((f"{ours}${each.plan.platform}", below(name, each.plan.network)) for each in networks),
    ]


class ExchangeFirewall(pulumi.ComponentResource):
    """The security groups (AWS) or network security groups (Azure) of an Exchange organization.

    The component first checks, plans and proves the whole topology. If there is an error, it registers
    nothing. The outputs of a network resolve only after all of its rules exist, so a server that attaches
    them is never blocked. No network waits for another one.
    """

    servers: Mapping[str, pulumi.Output[ServerGroups]]
    """The groups to attach to each server's network interfaces. AWS: `security_group_ids`. Azure:
    `network_security_group_id` and `application_security_group_ids`; only the latter if the
    network has `attach_to: subnets`. Servers of an `external` network have no groups."""
    zones: Mapping[str, Mapping[str, pulumi.Output[str]]]
    """Azure: the id of the network security group of each zone, by network. If the network has
    `attach_to: subnets`, associate it with the zone's subnets after every server has its application
    security groups."""
    groups: Mapping[str, Mapping[str, pulumi.Output[str]]]
    """The id of every security group or application security group, by network and key."""

    def __init__(  # noqa: PLR0913 - each is an input of the component, and named
        self,
        name: str,
        *,
        topology: Topology | Mapping[str, Any],
        networks: Mapping[str, NetworkArgs],
        tags: Mapping[str, pulumi.Input[str]] | None = None,
        previous: Topology | Mapping[str, Any] | None = None,
        phase: str | None = None,
        servers_in: str | None = None,
        skip_proof: bool = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Check, plan, prove, and register.

        `topology` is a model or plain data of the same shape. `networks` has the cloud ids of each
        network by name, except for `external` networks. `tags` are added to every resource that supports
        tags.

        `previous` is the deployed topology. With it, a warning lists what a single update would block or
        open while it runs, and the phases that avoid it. `phase` is one of these:
        `remove_list_rules`, `add_rules`, `switch_groups`, `remove_servers`, `attach_groups`,
        `detach_groups` or `remove_rules`. The component registers the state at the end of this phase, and
        `servers` has the servers and groups of that state. Networks that only the previous topology has
        need their cloud ids too. `servers_in` is the stack that attaches the groups: `this_stack` (the
        default), or `other_stack`, which reads the outputs. The component does not know which phase was
        done last. Run the phases in their order.

        `skip_proof` registers the resources although the proof fails. It is for emergencies and always
        causes a warning.

        :raises TopologyError: the topology is not valid, a cloud id is missing, a plan is over
            a limit of its cloud, or a phase is not offered. Nothing is registered.
        :raises NotProved: a plan does not allow exactly the required traffic. Nothing is registered.
        """
        given = StackSettings(topology, networks, tags, previous, phase, servers_in)
        try:
            stack = compile_stack(given)
            if not skip_proof:
                _must_be_proved(stack)
            rollout, current = stack.rollout() or (None, None)
        except Refused as refused:
            raise TopologyError(refused.findings) from None
        plans, old, warnings = stack.plans, stack.previous, stack.findings
        to_register = registered(old, plans, current)
        names, known = _names_of(name, to_register, opts), _names_known()
        taken = [each for each in names if each in known][:1]
        unfit = (
            *check_registered(name, to_register, plans, networks),
            *(
                BY_CODE["component-name-taken"].at((), name=other, meant=f"{name}-2")
                for _, other in taken
            ),
        )
        if unfit:
            raise TopologyError([*warnings, *unfit])
        super().__init__(TYPE, name, None, opts)
        known.update(names)
        if skip_proof:
            pulumi.log.warn(_UNPROVED, self)
        for warning in warnings:
            pulumi.log.warn(str(_located(warning)), self)
        if _continues_on_error():
            pulumi.log.warn(_CONTINUES, self)
        if current is not None and rollout is not None:
            pulumi.log.info(phase_text(rollout, current), self)
        elif old is not None and rollout is not None and not rollout.clean:
            text = to_text(rollout_report(old, plans, rollout))
            pulumi.log.warn(f"{_AT_ONCE}\n{text}", self)
        made = [
            (
                each.key,
                _network(below(name, each.plan.network), each, networks[each.key], tags, self),
            )
            for each in to_register
        ]
        self.servers = _ByName(
            "managed server",
            {
                server: member_of
                for _, network in made
                for server, member_of in network.servers.items()
            },
        )
        self.groups = _ByName(
            "network in AWS or Azure",
            {key: _ByName(f"group of {key}", network.groups) for key, network in made},
        )
        self.zones = _ByName(
            "network with zones",
            {
                key: _ByName(f"zone of {key}", network.zones)
                for key, network in made
                if network.zones
            },
        )
        self.register_outputs({"servers": self.servers, "groups": self.groups, "zones": self.zones})

    @classmethod
    def from_config(
        cls, name: str, config: pulumi.Config, opts: pulumi.ResourceOptions | None = None
    ) -> Self:
        """Create the firewall that a stack's configuration declares.

        The settings have the names of the constructor's arguments: `topology`, `networks` and `tags`, and
        for an update in phases `previous`, `phase` and `servers_in`.

        :raises TopologyError: as the constructor, and if a setting is a secret, or a setting under
            `exchange-ports:` is unknown.
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
        given = {key: _setting(config, key) for key in SETTINGS}
        located = _LOCATE.set(cache(lambda: _in_the_stack_file(config, given)))
        try:
            return cls(
                name,
                topology=given["topology"],
                networks=given["networks"] or {},
                tags=given["tags"],
                previous=given["previous"],
                phase=given["phase"],
                servers_in=given["servers_in"],
                opts=opts,
            )
        except TopologyError as refused:
            raise TopologyError(map(_located, refused.findings)) from None
        finally:
            _LOCATE.reset(located)


#: Where a field of the settings stands, as far as it is known: the file is read for the first finding.
_LOCATE: Final = ContextVar[Callable[[], Callable[[Path], Place] | None]](
    "locate", default=lambda: None
)


def _located(finding: Finding) -> Finding:
    locate = _LOCATE.get()()
    return finding if locate is None else finding.located(locate)


def _in_the_stack_file(
    config: pulumi.Config, given: Mapping[str, object]
) -> Callable[[Path], Place] | None:
    """Where the fields of the settings stand, if the stack's file is in its usual place and says the same."""
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
    """A setting as plain data; what is no JSON is text, and refused as text. None where it is not set."""
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


_UNPROVED: Final = (
    "NOT PROVED: skip_proof is set, so these rules may allow more or less than the required traffic. "
    "Remove skip_proof as soon as the emergency is over."
)


#: The variable that makes the engine continue after an error. The flag `--continue-on-error` is not passed to
#: programs: RunRequest of Pulumi's language.proto has no such field.
_CONTINUE: Final = "PULUMI_CONTINUE_ON_ERROR"
_CONTINUES: Final = (
    f"{_CONTINUE} is set: if a rule cannot be created, the engine continues and deletes the rule that it "
    "replaces, and the traffic that both allow is blocked. Unset it."
)


def _continues_on_error() -> bool:
    """Whether the engine continues after an error, as far as a program can see it."""
    # The values that Pulumi reads as true.
    return os.environ.get(_CONTINUE, "").lower() in {"1", "true"}


def _must_be_proved(stack: Compiled) -> None:
    """Refuse plans that do not allow exactly the required traffic.

    :raises NotProved: with the counterexamples.
    """
    for proof in stack.proofs():
        if not proof.holds:
            raise NotProved(proof.failures)


_AT_ONCE: Final = (
    "In one step, this update temporarily allows or blocks traffic that must not change. The update "
    "continues. To update in phases instead, set `phase` to the first phase below, then to the next."
)


def _network(
    name: str,
    asked: RegisteredNetwork,
    ids: NetworkArgs,
    tags: Mapping[str, pulumi.Input[str]] | None,
    parent: pulumi.Resource,
) -> NetworkOutputs:
    provider = ids.get("provider")
    opts = pulumi.ResourceOptions(parent=parent, providers=None if provider is None else [provider])
    resources = cloud_of(asked.plan).resources
    return resources.register(name, asked.plan, ids, asked.flows, tags, opts)
