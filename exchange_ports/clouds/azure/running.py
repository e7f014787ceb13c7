"""The network security groups that run in a VNet, read by the evaluator that reads planned ones.

Knows: the answers of `az network nsg list`, `asg list`, `nic list` and `vnet list`, as the Azure CLI, the REST API and
Azure PowerShell print them. Each interface has at most one group, and its subnet has one; a rule that
names several groups, or ports of any protocol, is evaluated as several rules of the same order.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from shlex import quote
from typing import Any, Final, cast

from exchange_ports.clouds.azure import live
from exchange_ports.clouds.azure import rules as azure
from exchange_ports.clouds.azure.evaluator import AzureEvaluator
from exchange_ports.clouds.base import Direction, NamedRule
from exchange_ports.clouds.existing import (
    Json,
    PrintedDocument,
    Urn,
    fields_of,
    items_of,
)
from exchange_ports.clouds.running import (
    Deviation,
    DeviationKind,
    Interface,
    Match,
    MatchedServers,
    WantedNetwork,
    address_or_none,
    match_servers,
    outputs_of,
)
from exchange_ports.findings import Finding
from exchange_ports.findings.command_kinds import INCOMPLETE_OUTPUT
from exchange_ports.flows.flow_index import Way
from exchange_ports.topology.models import Attachment, Zone
from exchange_ports.traffic.addresses import Address, AddressSet, Network, network
from exchange_ports.traffic.ports import ANY_PORTS, HIGHEST_PORT, PortRange, Ports, Protocol
from exchange_ports.traffic.traffic import Packet, Traffic

NICS: Final = "az network nic list"
VNETS: Final = "az network vnet list"
COMMANDS: Final = (live.NSGS, live.ASGS, NICS, VNETS)

_NSG, _ASG, _NIC, _VNET, _SUBNET = (
    "networksecuritygroups",
    "applicationsecuritygroups",
    "networkinterfaces",
    "virtualnetworks",
    "subnets",
)
#: The type as it stands in ARM, for the reader of groups.
_ARM: Final = {
    _NSG: "Microsoft.Network/networkSecurityGroups",
    _ASG: "Microsoft.Network/applicationSecurityGroups",
}
_FIX: Final = f"run `{live.NSGS}`, `{live.ASGS}`, `{NICS}` and `{VNETS}`, with `--output json`"


@dataclass(frozen=True, slots=True)
class RunningAzure:
    """What was exported: groups, interfaces, the group of each interface and subnet, and address spaces."""

    there: live.ExistingAzure
    interfaces: tuple[Interface, ...]
    #: Ids of network security groups, by the id of an interface or subnet.
    nsgs: Mapping[str, str]
    #: The addresses of each VNet with its peers, by id.
    spaces: Mapping[str, AddressSet] = field(default_factory=dict[str, AddressSet])


def owns(document: PrintedDocument) -> bool:
    """Whether some output in a file has resources with ids of ARM."""
    for each in outputs_of(document):
        for item in _items(each.data) or ():
            id_ = fields_of(item).get("id") or fields_of(item).get("Id")
            if isinstance(id_, str) and id_.lower().startswith("/subscriptions/"):
                return True
    return False


def _items(data: object) -> list[Any] | None:
    """The resources of an output: a list, a page of ARM, or one resource."""
    fields = fields_of(data)
    if "value" in fields or "Value" in fields:
        return items_of(fields.get("value", fields.get("Value")))
    if "id" in fields or "Id" in fields:
        return [data]
    return items_of(data)


def _lowered(data: object) -> Any:
    """Names as ARM spells them: PowerShell begins them with a capital letter."""
    if fields_of(data):
        return {
            f"{key[:1].lower()}{key[1:]}": _lowered(value) for key, value in fields_of(data).items()
        }
    several = items_of(data)
    return data if several is None else [_lowered(each) for each in several]


def _flat(data: object) -> Json:
    """A resource with its properties at its top, as the Azure CLI prints it."""
    fields = fields_of(data)
    return {**fields, **fields_of(fields.get("properties"))}


def _type_of(id_: str) -> str:
    """The type of a resource in its id, in small letters; of a subnet, `subnets`."""
    segments = id_.lower().split("/")
    return segments[-2] if len(segments) > 1 else ""


def _id(data: object) -> str:
    found = fields_of(data).get("id")
    return found.lower() if isinstance(found, str) else ""


def _pages(outputs: Iterable[PrintedDocument]) -> tuple[dict[str, PrintedDocument], set[str]]:
    """The types of resources with a page that another one follows, and those with a last page."""
    open_: dict[str, PrintedDocument] = {}
    closed: set[str] = set()
    for each in outputs:
        whole = fields_of(each.data)
        items = items_of(whole.get("value") if whole else each.data) or [each.data]
        type_ = _type_of(_id(items[0])) if items else ""
        if whole.get("nextLink"):
            open_[type_] = each
        else:
            closed.add(type_)
    return open_, closed


def read(documents: Iterable[PrintedDocument]) -> RunningAzure | list[Finding]:
    """What runs, out of any number of outputs in any order, or all that is wrong with them."""
    outputs = [each for document in documents for each in outputs_of(document)]
    reader = _Reader()
    for each in outputs:
        reader.read(each)
    open_, closed = _pages(outputs)
    for type_ in sorted(open_.keys() - closed):
        reader.findings.append(
            open_[type_].at(
                INCOMPLETE_OUTPUT,
                ("nextLink",),
                what=open_[type_].file,
                missing="every page of its kind ends with a nextLink, so there are more pages",
                fix="pass the other pages too",
            )
        )
    there = live.read(reader.groups)
    findings = [*(there if isinstance(there, list) else ()), *reader.findings]
    for type_, command in ((_NSG, live.NSGS), (_NIC, NICS)):
        if type_ not in reader.types:
            findings.append(
                INCOMPLETE_OUTPUT.at(
                    (),
                    what="The export from Azure",
                    missing=f"the output of `{command}` is missing or empty",
                    fix="pass it with `--live` too",
                )
            )
    if findings or isinstance(there, list):
        return findings
    nsgs = {at: nsg for at, nsg in reader.nsgs.items() if nsg}
    unknown = sorted({nsg for nsg in nsgs.values() if nsg not in there.nsgs})
    if unknown:
        return [
            INCOMPLETE_OUTPUT.at(
                (),
                what=f"The output of `{live.NSGS}`",
                missing=f"{each.rpartition('/')[2]} is associated with an interface or subnet, and not listed",
                fix="export the groups of all resource groups",
            )
            for each in unknown[:10]
        ]
    return RunningAzure(there, tuple(reader.interfaces), nsgs, reader.spaces)


class _Reader:
    """Collects resources out of documents."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.types: set[str] = set()
        #: What the reader of `adopt` reads.
        self.groups: list[PrintedDocument] = []
        self.interfaces: list[Interface] = []
        self.nsgs: dict[str, str] = {}
        self.spaces: dict[str, AddressSet] = {}
        self._seen: set[str] = set()

    def read(self, document: PrintedDocument) -> None:
        items = _items(document.data)
        if items is None:
            self.findings.append(document.wrong((), "it contains no list of resources", _FIX))
            return
        groups: list[Json] = []
        for at, item in enumerate(items):
            fields = _flat(_lowered(item))
            id_ = _id(fields)
            type_ = _type_of(id_)
            self.types.add(type_)
            if type_ in _ARM:
                groups.append(_as_the_cli_prints(fields, _ARM[type_]))
            elif type_ == _NIC and id_ not in self._seen:
                self._seen.add(id_)
                self._interface(fields, id_)
            elif type_ == _VNET:
                self._vnet(fields, id_)
            elif type_ == _SUBNET:
                self._subnet(fields)
            elif type_ not in ("virtualmachines", _NIC):
                wrong = "it has no id of a resource" if not id_ else f"it lists {type_}"
                self.findings.append(document.wrong((at,), wrong, _FIX))
                break
        if groups:
            self.groups.append(PrintedDocument(document.file, groups))

    def _interface(self, fields: Json, id_: str) -> None:
        self.nsgs[id_] = _id(fields.get("networkSecurityGroup"))
        addresses: dict[Address, None] = {}
        groups: dict[str, None] = {}
        subnet = ""
        for each in items_of(fields.get("ipConfigurations")) or ():
            configuration = _flat(each)
            text = configuration.get("privateIPAddress") or configuration.get("privateIpAddress")
            address = address_or_none(text)
            if address is not None:
                addresses[address] = None
            subnet = subnet or _id(configuration.get("subnet"))
            for group in items_of(configuration.get("applicationSecurityGroups")) or ():
                groups[_id(group)] = None
        machine = _id(fields.get("virtualMachine")).rpartition("/")[2]
        tags = fields_of(fields.get("tags") or fields.get("tag"))
        named = str(tags.get("Name") or tags.get("name") or "")
        own = id_.rpartition("/")[2]
        self.interfaces.append(
            Interface(
                id_,
                tuple(name for name in (named, machine, own, own.removesuffix("-nic")) if name),
                subnet.partition("/subnets/")[0],
                subnet,
                tuple(addresses),
                tuple(group for group in groups if group),
            )
        )

    def _vnet(self, fields: Json, id_: str) -> None:
        spaces = [fields.get("addressSpace")]
        for each in items_of(fields.get("virtualNetworkPeerings")) or ():
            peering = _flat(each)
            spaces.append(
                peering.get("remoteVirtualNetworkAddressSpace") or peering.get("remoteAddressSpace")
            )
        ranges = [
            range_
            for space in spaces
            for text in items_of(fields_of(space).get("addressPrefixes")) or ()
            if (range_ := _range(text)) is not None
        ]
        self.spaces[id_] = AddressSet.of(ranges)
        for subnet in items_of(fields.get("subnets")) or ():
            self._subnet(_flat(subnet))

    def _subnet(self, fields: Json) -> None:
        self.nsgs[_id(fields)] = _id(fields.get("networkSecurityGroup"))


#: Fields of a rule that are one text or several, as PowerShell prints both.
_ENDS: Final = (
    ("sourcePortRange", "sourcePortRanges"),
    ("destinationPortRange", "destinationPortRanges"),
    ("sourceAddressPrefix", "sourceAddressPrefixes"),
    ("destinationAddressPrefix", "destinationAddressPrefixes"),
)


def _as_the_cli_prints(fields: Json, type_: str) -> Json:
    """A group as the reader of `adopt` takes it."""
    found = {**fields, "type": type_}
    tags = found.get("tags", found.get("tag"))
    found["tags"] = {key: str(text) for key, text in fields_of(tags).items()} or None
    rules = items_of(found.get("securityRules"))
    if rules is not None:
        found["securityRules"] = [_rule_as_the_cli_prints(each) for each in rules]
    return found


def _rule_as_the_cli_prints(rule: object) -> Json:
    found = _flat(rule)
    for one, several in _ENDS:
        listed = items_of(found.get(one))
        if listed is not None:
            found[several], found[one] = listed, None
    return found


def _range(text: object) -> Network | None:
    try:
        return network(text) if isinstance(text, str) else None
    except ValueError:
        return None


def filters(running: RunningAzure, wanted: WantedNetwork) -> "RunningVnet | list[Finding]":
    """The filters of a VNet's servers."""
    matches = tuple(match_servers(wanted.servers, running.interfaces))
    return RunningVnet(running, wanted, matches)


#: What the evaluator knows of, by small letters; what other tags hold is Azure's business.
_TAGS: Final = {
    name.lower(): azure.Tag(name) for name in ("VirtualNetwork", "Internet", "AzureLoadBalancer")
}
_PROTOCOLS: Final = {
    "tcp": Protocol.TCP,
    "udp": Protocol.UDP,
    "icmp": Protocol.ICMP,
    "esp": Protocol.ESP,
    "ah": Protocol.AH,
}
_EVERY_PORT: Final = (PortRange(0, HIGHEST_PORT),)
#: Where the numbers of own priorities begin and end: rules of several ends are numbered anew.
_FIRST, _LAST = 100, 4096
#: Behind the name of a rule that is evaluated as several: no name of a rule has it.
_PART: Final = "#"


class RunningVnet:
    """The network security groups of the servers of one VNet; see `clouds.running.RunningNetwork`."""

    def __init__(
        self, running: RunningAzure, wanted: WantedNetwork, matches: tuple[Match, ...]
    ) -> None:
        """Read all rules of groups that are attached to a server."""
        assert isinstance(wanted.plan, azure.AzureRuleSet)  # noqa: S101 - the registry pairs them
        self._running, self._wanted, self._plan = running, wanted, wanted.plan
        self._servers = MatchedServers(wanted, matches)
        members: defaultdict[str, list[Address]] = defaultdict(list)
        for each in running.interfaces:
            for group in each.groups:
                members[group] += each.addresses
        self._members = {key: AddressSet.at(several) for key, several in members.items()}
        self._asgs = {*running.there.asgs, *self._members}
        self._unread: dict[tuple[str, str], str] = {}
        self._rules: dict[str, tuple[azure.SecurityRule, ...]] = {}
        self._evaluators: dict[tuple[str, str, str], AzureEvaluator] = {}
        self._nsg_ids = self._named_groups(running.there.nsgs, {g.key for g in self._plan.groups})
        self._asg_ids = self._named_groups(running.there.asgs, set(self._plan.member_groups))
        self._keys = {id_: key for key, id_ in (*self._nsg_ids.items(), *self._asg_ids.items())}
        for match in matches:
            self._evaluator(match.interface)

    @property
    def matches(self) -> tuple[Match, ...]:
        """The interfaces of servers."""
        return self._servers.matches

    def permitted(self, server: str, way: Way, own: Address) -> Traffic:
        """What the groups of the interface with that address, and of its subnet, allow."""
        interface = self._servers.at(server, own)
        return self._evaluator(interface).permitted(interface.id, way, own)

    def decided(
        self, server: str, way: Way, packet: Packet, own: Address
    ) -> tuple[bool, tuple[NamedRule, ...]]:
        """Whether one packet is allowed there, and the rule that decides."""
        interface = self._servers.at(server, own)
        passes, rules = self._evaluator(interface).decided(interface.id, way, packet, own)
        nic, subnet = self._groups_of(interface)
        named: list[NamedRule] = []
        for rule in rules:
            at_subnet = rule.name.endswith(_AT_SUBNET)
            name = rule.name.removesuffix(_AT_SUBNET).partition(_PART)[0]
            group = self._named(subnet if at_subnet else nic)
            named.append(NamedRule(f"{name} of {group}{_AT_SUBNET * at_subnet}", ()))
        return passes, tuple(named)

    def _groups_of(self, interface: Interface) -> tuple[str, str]:
        nsgs = self._running.nsgs
        return nsgs.get(interface.id, ""), nsgs.get(interface.subnet, "")

    def _evaluator(self, interface: Interface) -> AzureEvaluator:
        """What the groups of an interface allow; interfaces with the same groups share it."""
        nic, subnet = self._groups_of(interface)
        key = (nic, subnet, interface.network)
        if key not in self._evaluators:
            alike = [
                match.interface
                for match in self.matches
                if (*self._groups_of(match.interface), match.interface.network) == key
            ]
            places = ((nic, Attachment.NETWORK_INTERFACES), (subnet, Attachment.SUBNETS))
            rules = azure.AzureRuleSet(
                self._plan.network,
                tuple(
                    azure.NetworkSecurityGroup(Zone.INTERNAL, self._rules_of(id_), at)
                    for id_, at in places
                    if id_
                ),
                tuple(azure.ApplicationGroup(each) for each in sorted(self._asgs)),
                {each.id: each.groups for each in alike},
                {each.id: Zone.INTERNAL for each in alike},
            )
            space = self._running.spaces.get(interface.network, self._wanted.space)
            self._evaluators[key] = AzureEvaluator(rules, self._members, space)
        return self._evaluators[key]

    def _rules_of(self, nsg: str) -> tuple[azure.SecurityRule, ...]:
        """The rules of an exported group, as the evaluator takes them."""
        if nsg in self._rules:
            return self._rules[nsg]
        found: list[azure.SecurityRule] = []
        there = self._running.there.nsgs[nsg]
        seen: set[str] = set()
        for rule in sorted(there.rules, key=lambda each: (cast("int", each.summary[0]), each.name)):
            twice = rule.name.lower() in seen
            seen.add(rule.name.lower())
            parts = "two rules have this name" if twice else self._parts(rule)
            if isinstance(parts, str):
                self._unread[nsg, rule.name] = parts
            else:
                found += parts
        numbered: list[azure.SecurityRule] = []
        for direction in Direction:
            here = [each for each in found if each.direction is direction]
            # No plan and no limit of Azure has as many.
            numbered += [
                replace(each, priority=priority)
                for priority, each in zip(range(_FIRST, _LAST + 1), here, strict=False)
            ]
            for each in here[_LAST + 1 - _FIRST :]:
                name = each.name.partition(_PART)[0]
                self._unread[nsg, name] = "the group has too many rules"
        self._rules[nsg] = tuple(numbered)
        return self._rules[nsg]

    def _parts(self, rule: live.ExistingRule) -> list[azure.SecurityRule] | str:
        """A rule as several of one source, destination and protocol each; or why it is not evaluated."""
        _, direction, access, protocol, _, own_ports, ports, source, destination = rule.summary
        if own_ports not in (("*",), (f"0-{HIGHEST_PORT}",)):
            return "it depends on the source port"
        if direction not in _DIRECTIONS or access not in ("allow", "deny"):
            return f"{direction} or {access} is not known"
        try:
            named = list(_ports(str(protocol), cast("tuple[str, ...]", ports)))
            sources = self._sides(cast("tuple[str, ...]", source))
            destinations = self._sides(cast("tuple[str, ...]", destination))
        except ValueError as refused:
            return str(refused)
        if len(named) * len(sources) * len(destinations) > _LAST:
            return "it names too many groups and ports"
        return [
            azure.SecurityRule(
                rule.name if at == 0 else f"{rule.name}{_PART}{at}",
                _FIRST,
                _DIRECTIONS[str(direction)],
                azure.Access(str(access)),
                each,
                one,
                other,
                (),
            )
            for at, (each, one, other) in enumerate(product(named, sources, destinations))
        ]

    def _sides(self, end: tuple[str, ...]) -> list[azure.Side]:
        """What an end of a rule names.

        :raises ValueError: it names something that the export does not say.
        """
        found: list[azure.Side] = []
        ranges: list[Network] = []
        for each in end:
            if each.startswith("/subscriptions/"):
                if each not in self._asgs:
                    raise ValueError(f"{each.rpartition('/')[2]} is not among the exported groups")
                found.append(azure.GroupRef(each))
            elif each in ("*", "Any"):
                found.append(azure.Anything())
            elif each.lower() in _TAGS:
                found.append(_TAGS[each.lower()])
            else:
                range_ = _range(each)
                if range_ is None:
                    raise ValueError(f"the export does not list the addresses of {each}")
                ranges.append(range_)
        if ranges:
            found.append(azure.Prefixes(AddressSet.of(ranges).prefixes()))
        return found

    def _named_groups(self, there: Mapping[str, live.Resource], keys: set[str]) -> dict[str, str]:
        """The ids of planned groups, by key."""
        found: dict[str, str] = {}
        wanted = str(self._wanted.ids.get("resource_group_name", "")).lower()
        used = {self._running.nsgs.get(m.interface.id, "") for m in self.matches}
        used |= {self._running.nsgs.get(m.interface.subnet, "") for m in self.matches}
        used |= {group for match in self.matches for group in match.interface.groups}
        for key in keys:
            end = f"-{self._plan.network}-{key}".lower()
            ids = [id_ for id_, each in there.items() if each.name.lower().endswith(end)]
            ids.sort(
                key=lambda id_: (there[id_].resource_group.lower() != wanted, id_ not in used, id_)
            )
            if ids:
                found[key] = ids[0]
        return found

    def _named(self, id_: str) -> str:
        resource = self._running.there.nsgs.get(id_) or self._running.there.asgs.get(id_)
        return resource.name if resource else id_.rpartition("/")[2]

    # ---- deviations ----

    def deviations(self) -> Iterator[Deviation]:
        """Every difference of groups, rules and attachments."""
        yield from self._servers.missing(NICS)
        for key, ids, kind in (
            *((group.key, self._nsg_ids, "network") for group in self._plan.groups),
            *((key, self._asg_ids, "application") for key in self._plan.member_groups),
        ):
            if key not in ids:
                yield Deviation(
                    DeviationKind.GROUP_MISSING,
                    key,
                    f"no {kind} security group of the export has the name of {key}",
                    servers=self._members_of(key),
                    fix="pulumi up",
                )
        for match in self.matches:
            yield from self._attached(match)
            yield from self._beside(match)
        for group in self._plan.groups:
            if group.key in self._nsg_ids:
                yield from self._of_rules(group, self._nsg_ids[group.key])
        for (nsg, name), why in sorted(self._unread.items()):
            yield Deviation(
                DeviationKind.NOT_EVALUATED,
                self._named(nsg),
                why,
                name,
                self._behind(nsg),
                fix="compare this rule by hand",
            )

    def _members_of(self, key: str) -> tuple[str, ...]:
        plan = self._plan
        return tuple(
            sorted(
                name
                for name, groups in plan.memberships.items()
                if key in groups
                or any(g.key == key and g.zone is plan.zones[name] for g in plan.groups)
            )
        )

    def _behind(self, nsg: str) -> tuple[str, ...]:
        """The servers that a network security group filters."""
        return tuple(
            sorted({m.server for m in self.matches if nsg in self._groups_of(m.interface)})
        )

    def _attached(self, match: Match) -> Iterator[Deviation]:
        """Network security groups that are not attached, or in place of planned ones."""
        zone = self._plan.zones.get(match.server)
        nic, subnet = self._groups_of(match.interface)
        there = {Attachment.NETWORK_INTERFACES: nic, Attachment.SUBNETS: subnet}
        at = {
            Attachment.NETWORK_INTERFACES: (match.interface.id, "nic"),
            Attachment.SUBNETS: (match.interface.subnet, "vnet subnet"),
        }
        planned = {g.at: self._nsg_ids.get(g.key, "") for g in self._plan.groups if g.zone is zone}
        for place, (id_, command) in at.items():
            wanted, found = planned.get(place, ""), there[place]
            name = id_.rpartition("/")[2]
            if wanted and wanted != found:
                yield Deviation(
                    DeviationKind.NOT_ATTACHED,
                    match.server,
                    f"{self._named(wanted)} is not associated with {name}",
                    servers=(match.server,),
                    fix=f"az network {command} update --ids {quote(id_)} "
                    f"--network-security-group {quote(wanted)}",
                )
            if found and found != wanted:
                yield Deviation(
                    DeviationKind.ATTACHED_BESIDE,
                    match.server,
                    f"{self._named(found)} is associated with {name}",
                    servers=(match.server,),
                    fix=""
                    if wanted
                    else f"az network {command} update --ids {quote(id_)} --remove networkSecurityGroup",
                )

    def _beside(self, match: Match) -> Iterator[Deviation]:
        """Application security groups that are not attached, or attached beside planned ones."""
        keys = self._plan.memberships.get(match.server, ())
        planned = {self._asg_ids[key] for key in keys if key in self._asg_ids}
        there = set(match.interface.groups)
        kept = [*planned, *(each for each in match.interface.groups if each not in self._keys)]
        nic = match.interface.id
        fix = (
            f"az network nic ip-config update --nic-name {quote(nic.rpartition('/')[2])} "
            f"--resource-group {quote(nic.split('/')[4])} --name IPCONFIG "
            f"--application-security-groups {' '.join(map(quote, sorted(kept)))}"
        )
        for id_ in sorted(planned - there):
            yield Deviation(
                DeviationKind.NOT_ATTACHED,
                match.server,
                f"{self._named(id_)} is not attached to {nic.rpartition('/')[2]}",
                servers=(match.server,),
                fix=fix,
            )
        for id_ in sorted(there - planned):
            ours = id_ in self._keys
            yield Deviation(
                DeviationKind.ATTACHED_BESIDE
                if ours or self._rules_name(id_)
                else DeviationKind.NOTE,
                match.server,
                f"{self._named(id_)} is attached to {nic.rpartition('/')[2]} too",
                servers=(match.server,),
                fix=fix if ours else "",
            )

    def _rules_name(self, asg: str) -> bool:
        """Whether a rule of a group that filters servers names an application security group."""
        return any(
            azure.GroupRef(asg) in (rule.source, rule.destination)
            for rules in self._rules.values()
            for rule in rules
        )

    def _of_rules(self, group: azure.NetworkSecurityGroup, nsg: str) -> Iterator[Deviation]:
        resource = self._running.there.nsgs[nsg]
        base = resource.name[: len(resource.name) - len(group.key) - 1]
        place = live.AzureNetworkExpectation(
            self._plan.network,
            Urn("", "", "", base),
            self._plan,
            resource.resource_group,
            resource.location,
            {},
            resource.subscription,
        )
        there = {each.name.lower(): each for each in resource.rules}
        planned = {rule.name.lower(): rule for rule in group.rules}
        servers, name = self._behind(nsg), resource.name
        for key, rule in sorted(planned.items()):
            wanted = live.rule_as_it_would_stand(place, rule, resource.subscription)
            found = there.get(key)
            way: Way = rule.direction.value
            if found is None:
                yield Deviation(
                    DeviationKind.RULE_MISSING,
                    name,
                    f"the rule does not exist: {live.rule_text(wanted)}",
                    rule.name,
                    servers,
                    way,
                    self._reach([wanted]),
                    "blocks" if rule.access is azure.Access.ALLOW else "opens",
                    "pulumi up --refresh",
                    rule.reasons,
                )
            elif _content(found) != _content(wanted):
                yield Deviation(
                    DeviationKind.RULE_CHANGED,
                    name,
                    f"it is {live.rule_text(found)}; planned: {live.rule_text(wanted)}",
                    rule.name,
                    servers,
                    None if found.summary[1] != wanted.summary[1] else way,
                    self._reach([wanted, found]),
                    None,
                    "pulumi up --refresh",
                    rule.reasons,
                )
        for key, found in sorted(there.items()):
            if key not in planned:
                yield Deviation(
                    DeviationKind.RULE_ADDED,
                    name,
                    live.rule_text(found),
                    found.name,
                    servers,
                    _WAYS.get(str(found.summary[1])),
                    self._reach([found]),
                    "opens" if found.summary[2] == "allow" else "blocks",
                    f"az network nsg rule delete --ids {quote(f'{resource.id}/securityRules/{found.name}')}",
                )

    def _reach(self, rules: Iterable[live.ExistingRule]) -> Traffic | None:
        """The traffic that rules name, or none where that is not known."""
        parts: list[azure.SecurityRule] = []
        for rule in rules:
            found = self._parts(rule)
            if isinstance(found, str):
                return None
            parts += found
        numbered = tuple(
            replace(each, name=f"r{at}", priority=_FIRST + at) for at, each in enumerate(parts)
        )
        if len(numbered) > _LAST - _FIRST:
            return None
        group = azure.NetworkSecurityGroup(Zone.INTERNAL, numbered)
        asgs = tuple(azure.ApplicationGroup(each) for each in sorted(self._asgs))
        whole = azure.AzureRuleSet("", (group,), asgs, {}, {})
        reading = AzureEvaluator(whole, self._members, self._wanted.space)
        return Traffic.of(pair for rule in numbered for pair in reading.reach(rule))


_AT_SUBNET: Final = " at the subnet"
_DIRECTIONS: Final = {"inbound": Direction.IN, "outbound": Direction.OUT}
_WAYS: Final[Mapping[str, Way]] = {"inbound": "in", "outbound": "out"}


def _content(rule: live.ExistingRule) -> tuple[object, ...]:
    """What a rule does: without its description, and its lists in one order."""
    kept = (*rule.summary[:4], *rule.summary[5:])
    return tuple(
        tuple(sorted(cast("tuple[str, ...]", each))) if isinstance(each, tuple | list) else each
        for each in kept
    )


def _ports(protocol: str, ranges: tuple[str, ...]) -> Iterator[Ports]:
    """What a rule names by protocol and ports.

    :raises ValueError: a protocol or a range of ports that there is not.
    """
    every = "*" in ranges or not ranges
    if protocol in ("*", "any"):
        if every:
            yield ANY_PORTS
            return
        # Ports of any protocol are those of TCP and UDP.
        several = (Protocol.TCP, Protocol.UDP)
    elif protocol in _PROTOCOLS:
        several = (_PROTOCOLS[protocol],)
    else:
        raise ValueError(f"the protocol {protocol} is not known")
    for each in several:
        if not each.has_ports:
            yield Ports(each)
            continue
        named = _EVERY_PORT if every else tuple(sorted(map(_port_range, ranges)))
        for one in named:
            yield Ports(each, (one,))


def _port_range(text: str) -> PortRange:
    first, _, last = text.partition("-")
    if not (first.isdecimal() and (last or first).isdecimal()):
        raise ValueError(f"{text} is not a range of ports")
    found = PortRange(int(first), int(last or first))
    if not 0 <= found.first <= found.last <= HIGHEST_PORT:
        raise ValueError(f"{text} is not a range of ports")
    return found
