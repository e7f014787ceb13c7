"""ExchangeFirewall: the component that a Pulumi program puts into its stack.

Decides nothing: the topology is checked and planned before the first resource is registered, and
each network's plan is handed to its cloud's `resources`. A cloud's SDK is loaded only when a network
needs it.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final, Self, cast, overload
from weakref import WeakKeyDictionary

import pulumi
from pulumi.runtime.settings import get_root_resource

from exchange_ports.clouds import cloud_of
from exchange_ports.clouds.base import BoundServer, NetworkOutputs, RuleSet, ServerGroups, below
from exchange_ports.component.addresses import RealAddresses, after
from exchange_ports.component.arguments import (
    DeclaredTopology,
    ExchangeFirewallArgs,
    NetworkArgs,
)
from exchange_ports.component.declared import Declared
from exchange_ports.component.errors import NotProved, TopologyError
from exchange_ports.component.outputs import ByName, HandoverEntry, handover_entries
from exchange_ports.findings import Refused
from exchange_ports.findings.topology_kinds import BY_CODE
from exchange_ports.pipeline import Compiled, StackSettings, check_registered, compile_stack
from exchange_ports.planning import Plans, RegisteredNetwork
from exchange_ports.reports.rollout_report import phase_text, rollout_report
from exchange_ports.reports.text_writer import to_text
from exchange_ports.rollout import registered

TYPE: Final = "exchange-ports:index:ExchangeFirewall"


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
    # Of a parent in the program of another language, only the URN is known here.
    ours = f"{getattr(parent, 'pulumi_resource_type', '')}${TYPE}"
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

    @overload
    def __init__(
        self,
        name: str,
        args: ExchangeFirewallArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self,
        name: str,
        *,
        topology: DeclaredTopology,
        networks: Mapping[str, NetworkArgs],
        tags: Mapping[str, pulumi.Input[str]] | None = None,
        previous: DeclaredTopology | None = None,
        phase: str | None = None,
        servers_in: str | None = None,
        skip_proof: bool = False,
        addresses: Mapping[str, pulumi.Input[str]] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None: ...
    def __init__(  # noqa: PLR0913
        self,
        name: str,
        args: ExchangeFirewallArgs | Declared | None = None,
        opts: pulumi.ResourceOptions | None = None,
        *,
        topology: DeclaredTopology | None = None,
        networks: Mapping[str, NetworkArgs] | None = None,
        tags: Mapping[str, pulumi.Input[str]] | None = None,
        previous: DeclaredTopology | None = None,
        phase: str | None = None,
        servers_in: str | None = None,
        skip_proof: bool = False,
        addresses: Mapping[str, pulumi.Input[str]] | None = None,
    ) -> None:
        """Check, plan, prove, and register.

        `args` are the arguments of every language. Without `args`, keywords have the names of a stack
        file's settings. `topology` is a model or plain data of the same shape. `networks` has the cloud
        ids of each network by name, except for `external` networks. `tags` are added to every resource
        that supports tags.

        `previous` is the deployed topology. With it, a warning lists what a single update would block or
        open while it runs, and the phases that avoid it. `phase` is one of these:
        `remove_list_rules`, `add_rules`, `switch_groups`, `remove_servers`, `attach_groups`,
        `detach_groups` or `remove_rules`. The component registers the state at the end of this phase, and
        `servers` has the servers and groups of that state. Networks that only the previous topology has
        need their cloud ids too. `servers_in` is the stack that attaches the groups: `this_stack` (the
        default), or `other_stack`, which reads the outputs. The component does not know which phase was
        done last. Run the phases in their order.

        `addresses` are the real addresses of servers that the same program creates, by name. A group or
        rule is created or changed only after each of them is an address that the topology declares.

        `skip_proof` registers the resources although the proof fails. It is for emergencies and always
        causes a warning.

        :raises TopologyError: the topology is not valid, a cloud id is missing, a plan is over
            a limit of its cloud, or a phase is not offered. Nothing is registered.
        :raises NotProved: a plan does not allow exactly the required traffic. Nothing is registered.
        :raises AddressMismatch: later, while resources are registered: a server has another address
            than the declared one.
        :raises TypeError: both `args` and keywords are given.
        """
        given = StackSettings(topology, networks, tags, previous, phase, servers_in)
        declared = _declared(args, Declared(given, skip_proof=skip_proof, addresses=addresses))
        try:
            stack = compile_stack(declared.settings)
            if not declared.skip_proof:
                _must_be_proved(stack)
            rollout, current = stack.rollout() or (None, None)
        except Refused as refused:
            raise TopologyError(declared.shown(refused.findings)) from None
        plans, old = stack.plans, stack.previous
        bound: Any = declared.settings.networks or {}
        tags_of_all: Any = declared.settings.tags
        to_register = registered(old, plans, current)
        names, known = _names_of(name, to_register, opts), _names_known()
        taken = [each for each in names if each in known][:1]
        real = RealAddresses(declared.addresses, plans, old)
        unfit = (
            *real.check(),
            *check_registered(name, to_register, plans, bound),
            *(
                BY_CODE["component-name-taken"].at((), name=other, meant=f"{name}-2")
                for _, other in taken
            ),
        )
        warnings = declared.shown([*stack.findings, *unfit])
        if unfit or declared.findings:
            raise TopologyError(warnings)
        super().__init__(TYPE, name, None, opts)
        known.update(names)
        if declared.skip_proof:
            pulumi.log.warn(_UNPROVED, self)
        for warning in warnings:
            pulumi.log.warn(str(warning), self)
        if _continues_on_error():
            pulumi.log.warn(_CONTINUES, self)
        if current is not None and rollout is not None:
            pulumi.log.info(phase_text(rollout, current), self)
        elif old is not None and rollout is not None and not rollout.clean:
            text = to_text(rollout_report(old, plans, rollout))
            pulumi.log.warn(f"{_AT_ONCE}\n{text}", self)
        self._plans = plans
        addresses_known = real.waiting()
        made = [
            (
                each.key,
                _network(
                    below(name, each.plan.network),
                    each,
                    _by_identity(after(addresses_known, bound[each.key]), each.plan, plans, old),
                    tags_of_all,
                    self,
                    opts,
                ),
            )
            for each in to_register
        ]
        self.servers = ByName(
            "managed server",
            {
                server: member_of
                for _, network in made
                for server, member_of in network.servers.items()
            },
        )
        self.groups = ByName(
            "network in AWS or Azure",
            {key: ByName(f"group of {key}", network.groups) for key, network in made},
        )
        self.zones = ByName(
            "network with zones",
            {
                key: ByName(f"zone of {key}", network.zones)
                for key, network in made
                if network.zones
            },
        )
        self.register_outputs({"servers": self.servers, "groups": self.groups, "zones": self.zones})

    @cached_property
    def handover(self) -> Sequence[HandoverEntry]:
        """What other teams must allow, such as on central firewalls, network ACLs and the hosts of neighbors.

        It follows from the topology alone, so it is plain data.
        """
        return handover_entries(self._plans)

    @classmethod
    def from_config(
        cls, name: str, config: pulumi.Config, opts: pulumi.ResourceOptions | None = None
    ) -> Self:
        """Create the firewall that a stack's configuration declares.

        The settings have the names of the constructor's keywords: `topology`, `networks` and `tags`, and
        for an update in phases `previous`, `phase` and `servers_in`.

        :raises TopologyError: as the constructor, and if a setting is a secret, or a setting under
            `exchange-ports:` is unknown.
        """
        return cls(name, Declared.of_config(config), opts)  # type: ignore[call-overload] - ours alone


def _declared(args: object, keywords: Declared) -> Declared:
    """What is declared in one of the forms."""
    if args is None:
        return keywords
    if keywords != Declared(StackSettings(None)):
        raise TypeError("ExchangeFirewall takes `args` or keywords, not both")
    return args if isinstance(args, Declared) else Declared.of_arguments(cast("Any", args))


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


def _by_identity(
    ids: Mapping[str, Any], plan: RuleSet, plans: Plans, previous: Plans | None
) -> dict[str, Any]:
    """The cloud ids of a network, with the identity of each server that has one of its own."""
    both = [each.inventory.by_name for each in (previous, plans) if each is not None]
    identities = {name: server.identity for known in both for name, server in known.items()}
    of_servers = {
        field: {name: BoundServer(identities[name], given) for name, given in ids[field].items()}
        for field in plan.platform.facts.server_ids
        if ids.get(field)
    }
    return {**ids, **of_servers}


def _network(
    name: str,
    asked: RegisteredNetwork,
    ids: Mapping[str, Any],
    tags: Mapping[str, pulumi.Input[str]] | None,
    parent: pulumi.Resource,
    options: pulumi.ResourceOptions | None,
) -> NetworkOutputs:
    provider = ids.get("provider")
    opts = pulumi.ResourceOptions(
        parent=parent,
        providers=None if provider is None else [provider],
        # Pulumi does not hand this option on to children, and a component does nothing itself.
        depends_on=options and options.depends_on,
    )
    resources = cloud_of(asked.plan).resources
    return resources.register(name, asked.plan, ids, asked.flows, tags, opts)
