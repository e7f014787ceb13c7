"""The rules of dense topologies on both clouds, and who is in which group, as a golden."""

from collections.abc import Callable, Iterator

from exchange_ports.planning import Plans, compile_plans
from exchange_ports.proof.network_model import NetworkModel
from tests.support.combined_edits import TOGETHER, planned
from tests.support.counted import CountedLines
from tests.support.strategies import declared, edited
from tests.support.two_sites import TWO_SITES


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


def test_on_aws_a_rule_for_a_narrower_peer_gives_way_to_one_for_a_wider() -> None:
    flow = {"to": "edge", "ports": ["8443/tcp"], "reason": "r", "accept_risk": True}
    several = [{**flow, "from": "exchange"}, {**flow, "from": "mailbox"}]
    plans = compile_plans(declared(edited(TWO_SITES, {"additional_flows": several})))
    rules = plans.once(NetworkModel).views["corp"].planned_rules()
    names = {rule.name for rule in rules if "8443" in rule.name}
    assert any(name.endswith("/exchange") for name in names)
    assert not any("mailbox" in name for name in names), names
