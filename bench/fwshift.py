"""An outside checker: fwshift reads our plans for both clouds and says where they differ.

fwshift is GPL-3.0. It is run as a program in an environment of its own, never imported, and nothing
of it is ours. It knows the clouds' exports and nothing of Exchange, flows or our planners. It is
asked three things about one site: whether our AWS and our Azure plan pass the same; whether our Azure
plan passes what the flows say; and how many rules it would write itself for these flows.
"""

import json
import re
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final

from bench import exported
from bench.compiling import compiled
from bench.measure import Section
from bench.workload import AddressFlow, by_address, topology
from exchange_ports.clouds.aws.rules import AwsRuleSet, Direction, ListRef
from exchange_ports.clouds.azure.rules import AzureRuleSet
from exchange_ports.flows import Flow
from exchange_ports.planning import Plans
from exchange_ports.topology.groups import Group
from exchange_ports.topology.models import Platform
from exchange_ports.traffic.addresses import EVERYTHING_V4, Network, covers, difference

__all__ = ["VERSION", "Site", "independent_check", "nftables", "remaining"]

VERSION: Final = "0.40.18"
TITLE: Final = f"External checker: fwshift {VERSION}"
_FLOWS: Final = 30
_NETWORK: Final = "net0"
_ENVIRONMENT: Final = Path(__file__).parent.parent / ".cache" / f"fwshift-{VERSION}"
#: What `compare` ends with where verdicts differ.
_DIFFERENT: Final = 3

#: Addresses that Azure's own platform speaks from, let in by name on Azure alone (DESIGN 5).
_PLATFORM: Final = "168.63.129.16"
#: fwshift reads Azure's protocol `*` as TCP, UDP and ICMP; ours, as Azure's documentation of `Any`.
_BEYOND_STAR: Final = frozenset({"any except icmp, tcp, udp", "ip/50 (esp)", "ip/51 (ah)"})


#: Once in every rule of an ARM template.
_PRIORITY: Final = '"priority":'


@dataclass(frozen=True, slots=True)
class Site:
    """One site as both clouds' plans."""

    aws: Plans
    azure: Plans

    @property
    def servers(self) -> dict[str, tuple[Network, ...]]:
        """The addresses of the servers in each zone."""
        plan = self.azure.networks[_NETWORK]
        if not isinstance(plan, AzureRuleSet):
            raise TypeError(f"{_NETWORK} is not on Azure")
        zones: dict[str, tuple[Network, ...]] = {}
        for name, address in exported.servers(self.azure, _NETWORK).items():
            zone = plan.zones[name].value
            zones[zone] = (*zones.get(zone, ()), ip_network(address))
        return zones


def independent_check() -> Section:
    """What fwshift says, or loudly that it did not run."""
    try:
        program = _program()
    except (OSError, subprocess.CalledProcessError) as failed:
        print(f"error: fwshift {VERSION} DID NOT RUN: {failed}", file=sys.stderr)
        return Section(TITLE, notes=(f"DID NOT RUN: it cannot be installed here ({failed})",))
    site = Site(*(compiled(topology(_FLOWS, each)) for each in (Platform.AWS, Platform.AZURE)))
    with tempfile.TemporaryDirectory() as folder:
        return _checked(program, site, Path(folder))


def _program() -> str:
    script = _ENVIRONMENT / ("Scripts" if sys.platform == "win32" else "bin")
    if not (script / "fwshift").exists():
        venv.create(_ENVIRONMENT, with_pip=True, clear=True)
        wanted = f"fwshift=={VERSION}"
        pip = [str(script / "python"), "-m", "pip", "--disable-pip-version-check", "install"]
        subprocess.run([*pip, "--quiet", wanted], check=True)
    return str(script / "fwshift")


def _checked(program: str, site: Site, folder: Path) -> Section:
    aws = exported.aws(site.aws, _NETWORK)
    azure = folder / "azure.json"
    azure.write_text(json.dumps(exported.azure(site.azure, _NETWORK)), encoding="utf-8")
    flows, declared = site.aws.flows, site.aws.topology.networks[_NETWORK]
    by_zone = {"internal": declared.internal, "perimeter": declared.perimeter}
    named = by_address(site.aws.topology, flows)
    written = {
        "aws.json": json.dumps(aws),
        "fewer.json": json.dumps(_without_a_rule(aws)),
        "flows.nft": nftables(flows, named, site.servers, {}),
        "zoned.nft": nftables(flows, named, site.servers, by_zone),
    }
    for name, text in written.items():
        (folder / name).write_text(text, encoding="utf-8")

    def compared(second: str, source: str) -> tuple[list[str], float]:
        asked = ["compare", "--json", "--from", "azure", "--from-second", source]
        asked += _networks(_around(site.servers))
        start = time.perf_counter()
        reported = _run(program, [*asked, str(azure), str(folder / second)], (0, _DIFFERENT))
        return list(remaining(json.loads(reported))), time.perf_counter() - start

    clouds, seconds = compared("aws.json", "aws")
    meant, _ = compared("flows.nft", "nftables")
    awake, _ = compared("fewer.json", "aws")
    zones = {**by_zone, "outside": (EVERYTHING_V4,)}
    inside = [part for zone in by_zone for part in ("--inside-zone", zone)]
    made: dict[str, str] = {}
    for target in ("terraform-aws", "azure"):
        asked = ["convert", "--quiet", "--from", "nftables", "--to", target]
        asked += ["--output", str(folder / target), *_networks(zones), *inside]
        _run(program, [*asked, str(folder / "zoned.nft")], (0,))
        made[target] = (folder / target).read_text(encoding="utf-8")
    theirs, _ = compared("azure", "azure")
    notes = (
        f"{_differ(clouds)} between our AWS and our Azure plan of {_FLOWS} flows"
        f" (`compare`, {seconds:.1f} s)",
        f"{_differ(meant)} between our Azure plan and the flows by address",
        f"{_differ(theirs)} between our Azure plan and the one that it writes for these flows",
        f"{len(awake)} found when one rule is taken out of our AWS plan, so it does look",
        f"rules for these flows on AWS: ours {_count_aws(site.aws)}; its own"
        f" {_count_terraform(made['terraform-aws'])}",
        f"rules for these flows on Azure: ours {_count_azure(site.azure)}; its own"
        f" {made['azure'].count(_PRIORITY)}",
        f"left out of these figures: {_PLATFORM}, the address of Azure's platform; and protocols"
        " beside TCP, UDP and ICMP, which fwshift does not read in Azure's `*`",
    )
    return Section(TITLE, notes=notes, wrong=bool(clouds or meant) or not awake)


def _run(program: str, arguments: Sequence[str], expected: tuple[int, ...]) -> str:
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    if done.returncode not in expected:
        raise RuntimeError(f"fwshift {arguments[0]} ends with {done.returncode}: {done.stderr}")
    return done.stdout


def _networks(zones: dict[str, tuple[Network, ...]]) -> list[str]:
    return [
        part
        for zone, ranges in zones.items()
        for part in ("--zone-network", f"{zone}={','.join(map(str, ranges))}")
    ]


def _around(servers: dict[str, tuple[Network, ...]]) -> dict[str, tuple[Network, ...]]:
    """The servers of each zone, and everybody else outside."""
    ours = tuple(each for several in servers.values() for each in several)
    return {**servers, "outside": difference(EVERYTHING_V4, ours)}


def _without_a_rule(answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The export without the first rule that lets something into the Edge server."""
    copy = json.loads(json.dumps(answers))
    for answer in copy:
        for group in answer.get("SecurityGroups", ()):
            if group["GroupName"].startswith("edge-receiving."):
                group["IpPermissions"].pop(0)
                return copy
    raise ValueError("no group of an Edge server is in the export")


def remaining(compared: dict[str, Any]) -> Iterator[str]:
    """The connections on which two configurations differ, without what we know to differ.

    Left out are those that have no end of ours, those of Azure's own platform, and protocols that
    fwshift does not read in Azure's `*`.
    """
    for difference_ in compared["differences"]:
        zones = (difference_["from"], difference_["to"])
        if "internal" not in zones and "perimeter" not in zones:
            continue
        for each in difference_["connections"]:
            services = [each_ for each_ in each["services"] if each_ not in _BEYOND_STAR]
            if services and _PLATFORM not in (*each["sources"], *each["destinations"]):
                ends = " -> ".join(", ".join(each[end]) for end in ("sources", "destinations"))
                yield f"{difference_['change']}: {ends} {', '.join(services)}"


def _differ(found: list[str]) -> str:
    if not found:
        return "no difference"
    return f"{len(found)} difference{'s' * (len(found) > 1)} (first: {found[0]})"


def nftables(
    flows: Iterable[Flow],
    named: Iterable[AddressFlow],
    servers: dict[str, tuple[Network, ...]],
    zones: dict[str, tuple[Network, ...]],
) -> str:
    """The flows as a ruleset that forwards what they mean, one rule a flow.

    Between two of our servers both ends filter, so only a flow that means both lets anything pass:
    those come first, and the rest between our servers is dropped. Given zones, rules name them as
    interfaces.
    """
    both: list[str] = []
    others: list[str] = []
    for flow, each in zip(flows, named, strict=True):
        ours = isinstance(flow.source, Group) and isinstance(flow.destination, Group)
        (both if ours else others).append(_forwarded(each, zones))
    all_ = _set(tuple(each for several in servers.values() for each in several))
    lines = [
        "type filter hook forward priority 0; policy drop;",
        "ct state established,related accept",
        *both,
        f"ip saddr {all_} ip daddr {all_} drop",
        *others,
    ]
    inside = "\n".join(f"    {line}" for line in lines)
    return f"table ip filter {{\n  chain forward {{\n{inside}\n  }}\n}}\n"


def _forwarded(flow: AddressFlow, zones: dict[str, tuple[Network, ...]]) -> str:
    reported: list[str] = []
    for word, ranges in (("iifname", flow.source), ("oifname", flow.destination)):
        zone = _zone(ranges, zones)
        if zone is not None:
            reported.append(f'{word} "{zone}"')
    reported += [f"ip saddr {_set(flow.source)}", f"ip daddr {_set(flow.destination)}"]
    if flow.ports.ranges:
        ports = ", ".join(map(str, flow.ports.ranges))
        reported.append(f"{flow.ports.protocol.value} dport {{ {ports} }}")
    return " ".join([*reported, "accept"])


def _set(ranges: tuple[Network, ...]) -> str:
    return f"{{ {', '.join(map(str, ranges))} }}"


def _zone(ranges: tuple[Network, ...], zones: dict[str, tuple[Network, ...]]) -> str | None:
    """The one zone that addresses are in; none where zones are not told, or for any address."""
    if not zones or ranges == (EVERYTHING_V4,):
        return None
    return next((zone for zone, space in zones.items() if covers(space, ranges)), "outside")


def _count_aws(plans: Plans) -> str:
    plan = plans.networks[_NETWORK]
    if not isinstance(plan, AwsRuleSet):
        raise TypeError(f"{_NETWORK} is not on AWS")
    entries = {each.key: len(each.entries) for each in plan.prefix_lists}
    ways = {way: sum(rule.direction is way for rule in plan.rules) for way in Direction}
    weight = sum(
        entries[rule.peer.key] if isinstance(rule.peer, ListRef) else 1 for rule in plan.rules
    )
    return (
        f"{len(plan.groups)} groups, {ways[Direction.IN]} ingress and {ways[Direction.OUT]} egress"
        f" rules ({weight} with the Internet's prefix list at its weight)"
    )


def _count_azure(plans: Plans) -> int:
    plan = plans.networks[_NETWORK]
    if not isinstance(plan, AzureRuleSet):
        raise TypeError(f"{_NETWORK} is not on Azure")
    return sum(len(group.rules) for group in plan.groups)


def _count_terraform(text: str) -> str:
    def count(kind: str) -> int:
        return len(re.findall(rf'^resource "{kind}"', text, re.MULTILINE))

    rule = "aws_vpc_security_group_{}_rule"
    return (
        f"{count('aws_security_group')} groups, {count(rule.format('ingress'))} ingress and"
        f" {count(rule.format('egress'))} egress rules"
    )
