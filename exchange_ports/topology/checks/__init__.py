"""What a topology must not say, and what it had better not: checks across its fields.

Each check is one small function from the topology to its findings. Every check is made on every
topology whose fields have the right shape, so a check must bear what another one refuses. Must not
know: flows or clouds' rules.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Final

from exchange_ports.findings import Finding, Path, Severity, nearest
from exchange_ports.findings.command_kinds import DATED_WARNINGS, WARNINGS
from exchange_ports.findings.topology_kinds import BY_CODE, KINDS
from exchange_ports.topology.checks import (
    additional,
    addressing,
    mail,
    naming,
    sizes,
    unified_messaging,
    versions,
    warnings,
)
from exchange_ports.topology.models import Topology

__all__ = ["check"]


def _hybrid(topology: Topology) -> Iterator[Finding]:
    """The checks of a hybrid deployment, loaded where one is declared."""
    if topology.hybrid is not None:
        from exchange_ports.topology.checks import hybrid

        yield from hybrid.check(topology, topology.hybrid)


_CHECKS: Final[tuple[Callable[[Topology], Iterator[Finding]], ...]] = (
    mail.not_realized,
    mail.rebound,
    naming.undeclared,
    naming.reserved,
    naming.used_twice,
    versions.roles,
    versions.mixed,
    mail.roles,
    mail.sites_without_servers,
    versions.published,
    versions.needs,
    versions.published_without_effect,
    versions.availability_groups,
    addressing.ranges,
    addressing.special,
    addressing.over_perimeter,
    addressing.places,
    addressing.same_address,
    addressing.families,
    addressing.unrestricted,
    addressing.connections,
    addressing.addresses_needed,
    addressing.addresses_for_flows,
    addressing.unused,
    addressing.listed_twice,
    mail.of_another_cloud,
    addressing.subnets,
    addressing.subnets_of_one_server,
    warnings.groups,
    mail.send,
    mail.edge_servers,
    mail.relays,
    mail.services,
    additional.additional_flows,
    additional.relays,
    unified_messaging.availability,
    unified_messaging.sources_of_calls,
    unified_messaging.roles,
    unified_messaging.ports,
    unified_messaging.used_twice,
    unified_messaging.later_versions,
    _hybrid,
    warnings.port_25,
    warnings.plain_text,
    warnings.edge_name_servers,
    warnings.unsubscribed_edge,
    warnings.older_edge,
    warnings.internet_any,
    warnings.ipv6_residue,
    warnings.management,
    warnings.updates,
    warnings.sender_reputation,
)


def check(topology: Topology, at: Path = ("topology",)) -> tuple[Finding, ...]:
    """Everything that is wrong or unwise; `at` is where the topology stands.

    Warnings that the topology acknowledges are left out; one that it acknowledges in vain is named.
    """
    too_much = tuple(sizes.combinations(topology))
    if too_much:
        # The other checks look at each combination.
        return tuple(finding.under(at) for finding in too_much)
    swapped = tuple(addressing.swapped(topology))
    if swapped:
        # One cause for what would be reported of every server there.
        topology = addressing.with_zones_as_meant(topology)
    found = [*swapped, *_few(finding for each in _CHECKS for finding in each(topology))]
    acknowledged = topology.acknowledge
    kept = [f for f in found if f.is_error or f.kind.code not in acknowledged]
    kept += _in_vain(acknowledged, {f.kind.code for f in found if not f.is_error})
    return tuple(finding.under(at) for finding in _once(kept))


#: More findings of a kind at one field are counted.
_MOST: Final = 20


def _few(findings: Iterable[Finding]) -> list[Finding]:
    """The first findings of each kind at each field; the last of them says how many more there are.

    A flow with 300 sources and 300 destinations can be wrong in 90,000 ways.
    """
    kept: dict[tuple[str, Path], list[Finding]] = {}
    counts: Counter[tuple[str, Path]] = Counter()
    for finding in findings:
        key = (finding.kind.code, finding.path)
        counts[key] += 1
        if counts[key] <= _MOST:
            kept.setdefault(key, []).append(finding)
    for key, several in kept.items():
        several[-1] = several[-1].and_more(counts[key] - len(several))
    return [finding for several in kept.values() for finding in several]


def _in_vain(acknowledged: Mapping[str, str], occurring: Collection[str]) -> Iterator[Finding]:
    warnings = [kind.code for kind in KINDS if kind.severity is Severity.WARNING]
    dated = DATED_WARNINGS
    warnings += sorted(WARNINGS | dated)
    if not set(acknowledged) <= set(warnings):
        # Few topologies acknowledge a warning about a hybrid deployment.
        from exchange_ports.findings.endpoint_kinds import OLD_SNAPSHOT
        from exchange_ports.findings.hybrid_kinds import HYBRID_WARNINGS

        dated = dated | {OLD_SNAPSHOT.code}
        warnings += sorted({OLD_SNAPSHOT.code, *HYBRID_WARNINGS})
    for code in acknowledged:
        path: Path = ("acknowledge", code)
        if code not in warnings:
            meant = nearest(code, warnings)
            no = "Remove the entry. Only warnings can be acknowledged; errors must be corrected."
            fix = f'Did you mean "{meant}"?' if meant else no
            yield BY_CODE["undeclared"].at(path, name=code, what="warning code", fix=fix)
        elif code not in occurring and code not in WARNINGS | dated:
            # Whether one of planning occurs is known when there is a plan (`plans`), and whether one of
            # a day occurs is known on that day.
            yield BY_CODE["unused-acknowledgment"].at(path, code=code)


def _once(findings: Iterable[Finding]) -> Iterator[Finding]:
    """One finding for one cause: what holds at several places is reported at the first of them."""
    together: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        content = (finding.kind.code, finding.summary, finding.fix)
        together.setdefault(content, []).append(finding)
    for first, *others in together.values():
        yield first.also_at(len({other.path for other in others} - {first.path}))
