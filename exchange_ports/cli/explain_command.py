"""`explain`: why a rule exists or a port is open, who asked, and what breaks without it."""

import argparse
import re
from collections.abc import Iterable, Sequence
from typing import Final

from exchange_ports.cli.check_command import the_ports
from exchange_ports.cli.console import FINE, NO, doing
from exchange_ports.cli.stacks import compiled, read
from exchange_ports.findings import counted
from exchange_ports.findings.finding import printable
from exchange_ports.proof.explain import Explainer, PlannedRule
from exchange_ports.reports.explain_report import explain_report, unknown_report
from exchange_ports.reports.writers import publish
from exchange_ports.topology.groups import identity
from exchange_ports.traffic.ports import Ports, Protocol

#: Rules of both clouds are called by words: what begins with a number is about ports.
_ABOUT_PORTS: Final = re.compile(r"[0-9-].*|any|icmp|esp|ah")
_NUMBERS: Final = re.compile(r"[0-9]+(-[0-9]+)?")

#: So many likely ones are shown.
_LIKELY: Final = 3


def explain(asked: argparse.Namespace) -> int:
    """Why it exists, who asked for it, and what breaks without it."""
    stack = read(asked.file)
    plans, _ = compiled(stack)
    explainer = Explainer(plans)
    what: str = asked.rule_or_port
    if _ABOUT_PORTS.fullmatch(what):
        ports = _ports(what)
        found = [rule for rule in explainer.rules if _opens(rule, ports)]
        wide = sum(_is_wide(rule) and rule not in found for rule in explainer.rules)
        likely = [] if found else _nearby(explainer.rules, ports)
    else:
        prefixes = {
            key: f"-{identity(key, network)}-" for key, network in plans.topology.networks.items()
        }
        found = [rule for rule in explainer.rules if rule.name == what] or [
            rule
            for rule in explainer.rules
            if what.endswith(f"{prefixes[rule.network]}{rule.name}")
        ]
        wide, likely = 0, [] if found else _like(what, (rule.name for rule in explainer.rules))
    if not found:
        unknown = unknown_report(what, _unknown(what, likely, wide), likely, wide)
        publish(unknown, "json" if asked.json else "text")
        return NO
    with doing("asking what would be cut without"):
        explained = explainer.explain(found)
    publish(explain_report(what, explained, wide, stack.locate), "json" if asked.json else "text")
    return FINE


def _ports(text: str) -> tuple[Ports, ...]:
    """What is asked about: a number without a protocol is about TCP and UDP.

    :raises Refused: they are no ports.
    """
    if _NUMBERS.fullmatch(text):
        return the_ports(f"{text}/tcp,{text}/udp")
    return the_ports(text)


def _is_wide(rule: PlannedRule) -> bool:
    return rule.allows and bool(rule.reasons) and rule.ports.protocol is Protocol.ANY


def _opens(rule: PlannedRule, ports: Iterable[Ports]) -> bool:
    """Whether a rule names any of the ports; what names everything is found by `any` alone."""
    if not rule.allows:
        return False
    everything = rule.ports.protocol is Protocol.ANY
    return any(
        everything if each.protocol is Protocol.ANY else not everything and each.meets(rule.ports)
        for each in ports
    )


def _nearby(rules: Iterable[PlannedRule], ports: Sequence[Ports]) -> list[str]:
    """The ports that some rule names, the nearest numbers first."""
    asked = [each.first for several in ports for each in several.ranges]
    named = {
        single
        for rule in rules
        if rule.allows
        for single in rule.ports.one_by_one()
        if single.ranges
    }
    if not asked:
        return []

    def distance(single: Ports) -> tuple[int, str]:
        (range_,) = single.ranges
        return min(max(range_.first - p, p - range_.last) for p in asked), str(single)

    return [str(single) for single in sorted(named, key=distance)[:_LIKELY]]


def _like(what: str, names: Iterable[str]) -> list[str]:
    from difflib import get_close_matches  # only mistakes should pay for it

    return get_close_matches(what, sorted(set(names)), n=_LIKELY, cutoff=0.5)


def _unknown(what: str, likely: Sequence[str], wide: int) -> list[str]:
    about = _ABOUT_PORTS.fullmatch(what)
    summary = f"nothing opens {what}" if about else f"no rule is called {printable(what)}"
    if likely:
        summary += (
            f"; {'these are open nearby' if about else 'these are likely'}: {', '.join(likely)}"
        )
    elif not about:
        summary += "; plan --json lists all names"
    return [summary, *([f"{_wide(wide)} let everything through, this too"] if wide else [])]


def _wide(rules: int) -> str:
    return f"{counted(rules, 'rule')} of the ground rules"
