"""ExchangeFirewall: the component that a Pulumi program puts into its stack.

Decides nothing: the topology is checked and planned before the first resource is registered, and
each network's plan is handed to its cloud's `resources`. A cloud's SDK is loaded only when a network
needs it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Self, TypedDict, cast

import pulumi
from pulumi.runtime.config import is_config_secret

from exchange_ports.aws import limits as aws_limits
from exchange_ports.aws.neighbours import at_neighbours
from exchange_ports.aws.rules import RuleSet as AwsRuleSet
from exchange_ports.aws.rules import SecurityGroup
from exchange_ports.azure import limits as azure_limits
from exchange_ports.findings import Finding, Path, Refused, counted, in_order, render
from exchange_ports.findings.declared import BY_CODE
from exchange_ports.flows import Flow
from exchange_ports.plans import NetworkPlan, Plans, compile_plans
from exchange_ports.proof import Failure, prove
from exchange_ports.topology.bindings import check_bindings, check_tags
from exchange_ports.topology.checks import check
from exchange_ports.topology.declaring import understand
from exchange_ports.topology.groups import identity
from exchange_ports.topology.models import Platform, Topology

__all__ = ["ExchangeFirewall", "NetworkArgs", "NotProved", "TopologyError"]

TYPE: Final = "exchange-ports:index:ExchangeFirewall"

#: What a stack's configuration says to us.
_SETTINGS: Final = ("topology", "networks", "tags")


class NetworkArgs(TypedDict, total=False):
    """Where a network of the topology is in its cloud. Every value may be another resource's output."""

    vpc_id: pulumi.Input[str]
    """AWS: the VPC."""
    resource_group_name: pulumi.Input[str]
    """Azure: the resource group that holds the network security groups."""
    location: pulumi.Input[str]
    """Azure: the region of the VNet."""
    neighbours: Mapping[str, pulumi.Input[str]]
    """AWS: existing security groups of neighbours, by the neighbour's name (`domain-controllers.hq`).
    What flows say of them is opened there too, by rules beside those that they have."""
    provider: pulumi.ProviderResource
    """The provider for this network's resources. Left out, `opts.providers` or the default."""


class TopologyError(pulumi.RunError, ValueError):
    """The topology cannot be used: the text has every finding. Pulumi shows it without a traceback."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        """Keep the findings; the text is their rendering."""
        self.findings: tuple[Finding, ...] = in_order(findings)
        super().__init__(render(self.findings))


#: More failures than this are counted: they are often one fault seen from every server.
_MOST_SHOWN: Final = 12


class NotProved(pulumi.RunError, ValueError):
    """The plans do not let through exactly what is meant: the text has every witness.

    This is a fault of this package, not of the topology. Pulumi shows it without a traceback.
    """

    def __init__(self, failures: tuple[Failure, ...]) -> None:
        """Keep the failures; the text has one a line."""
        shown = [f"  {failure}" for failure in failures[:_MOST_SHOWN]]
        if len(failures) > _MOST_SHOWN:
            shown.append(f"  and {len(failures) - _MOST_SHOWN} more")
        first = f"not proved, so nothing was registered: {counted(len(failures), 'failure')}"
        last = "what to do: report it; in an emergency, skip_proof=True goes on without the proof"
        super().__init__("\n".join([first, *shown, last]))
        self.failures: tuple[Failure, ...] = failures


class ExchangeFirewall(pulumi.ComponentResource):
    """The security groups (AWS) or network security groups (Azure) of an Exchange organization.

    Whatever is declared is checked, planned and proved first: with an error in it, nothing is
    registered. The outputs of a network resolve only when every rule of it stands, so that a server
    which attaches them is never cut off. No network waits for another one.
    """

    servers: Mapping[str, pulumi.Output[dict[str, Any]]]
    """What each server's network interfaces wear. AWS: `security_group_ids`. Azure:
    `network_security_group_id` and `application_security_group_ids`; the second alone where the
    network says `attach_to: subnets`. Servers of an `external` network wear nothing of ours."""
    zones: Mapping[str, Mapping[str, pulumi.Output[str]]]
    """Azure: the id of the network security group of each zone, by network. Where the network says
    `attach_to: subnets`, the zone's subnets take it, once every server has its application security
    groups."""
    groups: Mapping[str, Mapping[str, pulumi.Output[str]]]
    """The id of every security group or application security group, by network and key."""

    def __init__(
        self,
        name: str,
        *,
        topology: Topology | Mapping[str, Any],
        networks: Mapping[str, NetworkArgs],
        tags: Mapping[str, pulumi.Input[str]] | None = None,
        skip_proof: bool = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Check, plan, prove, and register.

        `topology` is what is declared, as a model or as plain data of the same shape. `networks`
        has the cloud ids of each network by its name; one that is `external` has none. `tags` go on
        everything that takes tags. `skip_proof` goes on where the proof fails: for emergencies, and
        never without a warning.

        :raises TopologyError: something declared is wrong, a cloud id is missing, or a plan is over
            a limit of its cloud. Nothing was registered then.
        :raises NotProved: a plan lets through what is not meant, or not all of it. Nothing was
            registered then either.
        """
        plans, warnings = _planned(name, topology, networks, tags)
        if not skip_proof:
            _must_be_proved(plans)
        super().__init__(TYPE, name, None, opts)
        if skip_proof:
            pulumi.log.warn(_UNPROVED, self)
        for warning in warnings:
            pulumi.log.warn(str(warning), self)
        made = {
            key: _network(
                _prefix(name, key, plans.topology),
                plan,
                plans.flows,
                networks[key],
                tags,
                self,
            )
            for key, plan in plans.networks.items()
        }
        self.servers = {
            server: worn for network in made.values() for server, worn in network.servers.items()
        }
        self.groups = {key: network.groups for key, network in made.items()}
        self.zones = {
            key: zones for key, network in made.items() if (zones := getattr(network, "zones", {}))
        }
        self.register_outputs({"servers": self.servers, "groups": self.groups, "zones": self.zones})

    @classmethod
    def from_config(
        cls, name: str, config: pulumi.Config, opts: pulumi.ResourceOptions | None = None
    ) -> Self:
        """The firewall that a stack's configuration declares: `topology`, `networks` and `tags`.

        :raises TopologyError: as the constructor does, and where one of the three is a secret.
        """
        # Alone: other findings could show what the secret is.
        secrets = [key for key in _SETTINGS if is_config_secret(config.full_key(key))]
        if secrets:
            raise TopologyError(
                BY_CODE["secret-topology"].at((key,), setting=config.full_key(key))
                for key in secrets
            )
        return cls(
            name,
            topology=cast("Mapping[str, Any]", config.get_object("topology")),
            networks=config.get_object("networks") or {},
            tags=config.get_object("tags"),
            opts=opts,
        )


_UNPROVED: Final = (
    "NOT PROVED: skip_proof is set, so nobody has shown that these rules let through what is meant "
    "and nothing else. Take it away as soon as the emergency is over."
)


def _must_be_proved(plans: Plans) -> None:
    """Refuse plans that do not let through exactly what is meant.

    :raises NotProved: with the witnesses.
    """
    proof = prove(plans)
    if not proof.holds:
        raise NotProved(proof.failures)


def _prefix(name: str, key: str, topology: Topology) -> str:
    """What the name of everything in a network begins with."""
    return f"{name}-{identity(key, topology.networks[key])}"


def _planned(
    name: str,
    topology: Topology | Mapping[str, Any],
    networks: Mapping[str, NetworkArgs],
    tags: Mapping[str, pulumi.Input[str]] | None,
) -> tuple[Plans, tuple[Finding, ...]]:
    """The plans, with the warnings that go with them.

    :raises TopologyError: there is an error in either.
    """
    at: Path = ("topology",)
    if isinstance(topology, Topology):
        declared, about = topology, check(topology, at)
    else:
        declared, about = understand(topology, at)
    found = [*about, *check_tags(tags)]
    if declared is not None:
        found += list(check_bindings(declared, networks)) or _check_providers(declared, networks)
    if declared is None or any(finding.is_error for finding in found):
        raise TopologyError(found)
    try:
        plans = compile_plans(declared)
    except Refused as refused:
        raise TopologyError([*found, *refused.findings]) from None
    names = dict.fromkeys((*_check_names(name, plans), *_check_neighbours(plans, networks)))
    if names:
        raise TopologyError([*found, *plans.warnings, *names])
    return plans, (*found, *plans.warnings)


#: Whose provider a network of each platform takes.
_PACKAGES: Final = {Platform.AWS: "aws", Platform.AZURE: "azure-native"}


def _check_providers(topology: Topology, networks: Mapping[str, NetworkArgs]) -> Iterator[Finding]:
    # Pulumi passes over a provider of another cloud without a word, and takes the default one.
    for key, ids in networks.items():
        provider = ids.get("provider")
        package = getattr(provider, "package", None)
        wanted = _PACKAGES.get(topology.networks[key].platform)
        if provider is not None and wanted is None:
            fix = "take it away: nothing is registered for an external network"
            yield BY_CODE["unknown-key"].at(("networks", key, "provider"), key="provider", fix=fix)
        elif provider is not None and package != wanted:
            got = f"a provider of {package}" if package else "no provider"
            yield BY_CODE["wrong-type"].at(
                ("networks", key, "provider"), got=got, expected=f"a provider of {wanted}"
            )


def _check_names(name: str, plans: Plans) -> Iterator[Finding]:
    """What a cloud would refuse in the names that begin with the component's."""
    for key, plan in plans.networks.items():
        prefix = _prefix(name, key, plans.topology)
        if isinstance(plan, AwsRuleSet):
            long = aws_limits.check_names(prefix, plan)
            yield from aws_limits.check_component_name(name)
        else:
            long = azure_limits.check_names(prefix, plan)
            yield from azure_limits.check_component_name(name)
        yield from (finding.under(("topology", "networks", key)) for finding in long)


def _check_neighbours(plans: Plans, networks: Mapping[str, NetworkArgs]) -> Iterator[Finding]:
    """What EC2 would refuse of our rules alone at a neighbour's group; it may have others."""
    for key, plan in plans.networks.items():
        bound = networks[key].get("neighbours") or {}
        if isinstance(plan, AwsRuleSet) and bound:
            rules = at_neighbours(plan.network, plans.flows, bound)
            theirs = tuple(SecurityGroup(neighbour, "") for neighbour in bound)
            alone = AwsRuleSet(plan.network, (*plan.groups, *theirs), (), rules, {})
            quotas = plans.topology.networks[key].quotas.raised
            yield from (f for f in aws_limits.check(alone, key, quotas) if f.is_error)


def _network(
    name: str,
    plan: NetworkPlan,
    flows: Sequence[Flow],
    ids: NetworkArgs,
    tags: Mapping[str, pulumi.Input[str]] | None,
    parent: pulumi.Resource,
) -> Any:
    # AwsNetwork or AzureNetwork; naming either in a type would load its SDK.
    provider = ids.get("provider")
    opts = pulumi.ResourceOptions(parent=parent, providers=None if provider is None else [provider])
    if isinstance(plan, AwsRuleSet):
        from exchange_ports.aws.resources import AwsNetwork

        neighbours = ids.get("neighbours") or {}
        return AwsNetwork(
            name,
            plan,
            vpc_id=ids["vpc_id"],  # pyright: ignore[reportTypedDictNotRequiredAccess]
            neighbours=neighbours,
            at_neighbours=at_neighbours(plan.network, flows, neighbours),
            tags=tags,
            opts=opts,
        )
    from exchange_ports.azure.resources import AzureNetwork

    return AzureNetwork(
        name,
        plan,
        resource_group_name=ids["resource_group_name"],  # pyright: ignore[reportTypedDictNotRequiredAccess]
        location=ids["location"],  # pyright: ignore[reportTypedDictNotRequiredAccess]
        tags=tags,
        opts=opts,
    )
