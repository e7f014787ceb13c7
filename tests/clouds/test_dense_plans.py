"""The rules of dense topologies on both clouds, and who is in which group, as a golden."""

from collections.abc import Callable, Iterator

from exchange_ports.planning import Plans
from exchange_ports.proof.network_model import NetworkModel
from tests.support.combined_edits import TOGETHER, planned
from tests.support.counted import CountedLines


def lines(plans: Plans) -> Iterator[str]:
    for plan in plans.networks.values():
        for rule in plans.once(NetworkModel).views[plan.network].planned_rules():
            verb = "allow" if rule.allows else "deny"
            few = len(rule.addresses.spans) <= 3
            at = rule.addresses if few else f"{len(rule.addresses.spans)} ranges"
            why = " ".join(reason.entry or reason.summary for reason in rule.reasons)
            yield (
                f"{rule.network} {rule.place} {rule.name}: {verb} {rule.way} {rule.group} {rule.ports} "
                f"{rule.peer} ({at}): {why}: {rule.description}"
            )
        for server, groups in plan.memberships.items():
            yield f"{server} is in {', '.join(groups)}"


def test_the_rules_of_dense_topologies_are_those_that_were_read(
    golden: Callable[[str, str], None],
) -> None:
    for platform in ("aws", "azure"):
        found = CountedLines()
        for number in range(len(TOGETHER)):
            found.add(str(number), lines(planned(number, platform)))
        golden(f"plans/dense-{platform}.md", found.text(f"Rules of dense topologies on {platform}"))
