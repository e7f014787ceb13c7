"""`prove`, `check` and `explain`: whether the rules allow the required traffic, whether traffic is allowed, and why."""

import argparse
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from ipaddress import ip_interface
from typing import Final

from exchange_ports.catalog import PORTS_OF_SERVICES
from exchange_ports.cli.console import FINE, NO, doing, failed
from exchange_ports.cli.days import the_day
from exchange_ports.cli.ports import names_ports, ports_of
from exchange_ports.cli.stacks import compiled, read, warn
from exchange_ports.clouds import platforms
from exchange_ports.findings import Finding, Refused, nearest
from exchange_ports.findings.command_kinds import (
    SAME_ENDPOINTS,
    UNKNOWN_ENDPOINT,
    WARNINGS,
)
from exchange_ports.findings.failed_checks import NOT_PROVED, TRAFFIC_BLOCKED
from exchange_ports.findings.finding import printable
from exchange_ports.findings.topology_kinds import BY_CODE
from exchange_ports.flows.labels import EndpointNames
from exchange_ports.flows.unusable import UNUSABLE
from exchange_ports.planning import Plans, compile_plans
from exchange_ports.proof import Failure
from exchange_ports.proof import prove as proved
from exchange_ports.proof.cross_cloud import swap, swapped
from exchange_ports.proof.explain import Explainer, PlannedRule
from exchange_ports.proof.reachability import Answer, QueryEndpoint, query
from exchange_ports.reports.proof_report import (
    check_report,
    explain_report,
    proof_report,
    unknown_report,
    wide_rules,
)
from exchange_ports.reports.writers import publish
from exchange_ports.stackfile.stack_file import StackFile
from exchange_ports.topology.checks.additional import reviews
from exchange_ports.topology.checks.versions import out_of_support
from exchange_ports.topology.fields import cloud_name
from exchange_ports.topology.groups import identity
from exchange_ports.topology.models import Platform, Topology
from exchange_ports.traffic.ports import Ports, Protocol


def prove(asked: argparse.Namespace) -> int:
    """Print the figures of the proof, or the failures with their counterexamples."""
    as_of = None if asked.as_of is None else the_day(asked.as_of)
    stack = read(asked.file)
    plans, warnings = compiled(stack)
    dates = None if as_of is None else reviews(plans.topology, as_of)
    old = () if as_of is None else _aged(plans.topology, as_of)
    known = plans.topology.acknowledge
    aged = [each.located(stack.locate) for each in old if each.kind.code not in known]
    passed = [] if dates is None else [each.located(stack.locate) for each in dates.passed]
    with doing("proving"):
        proof = proved(plans)
        swaps = swap(plans) if asked.both_clouds and proof.holds else ()
    publish(proof_report(proof, swaps, dates, passed, aged), "json" if asked.json else "text")
    whole = stack.locate(("topology",))
    failed(
        NOT_PROVED.at((), **_facts(each)).located(lambda _: whole)
        for several in (proof, *swaps)
        for each in several.failures
    )
    # What is unwise about the topology is `plan`'s to say; of the plans, both say it.
    warned = [each for each in warnings if each.kind.code in WARNINGS | UNUSABLE]
    warn([*([] if asked.json else (*passed, *aged)), *warned])
    holds = proof.complete and all(each.holds for each in swaps)
    return FINE if holds and not passed else NO


def _aged(topology: Topology, as_of: date) -> Iterator[Finding]:
    """Warnings about what is too old on a day: versions out of support, and a snapshot of endpoints."""
    yield from out_of_support(topology, as_of)
    if topology.hybrid is not None:
        from exchange_ports.topology.microsoft_365 import old_endpoints

        yield from old_endpoints(topology, as_of)


def _facts(failure: Failure) -> dict[str, str]:
    return {
        "law": failure.law,
        "counterexample": failure.counterexample,
        "summary": failure.summary,
    }


# ---- `check`: whether something passes, and who decides at each end ----


def check(asked: argparse.Namespace) -> int:
    """Whether something passes, and who decides."""
    stack = read(asked.file)
    plans, _ = compiled(stack)
    ends = EndpointNames(plans)
    source, destination = (the_end(end, ends) for end in (asked.source, asked.destination))
    ports = ports_of(asked.ports)
    if asked.live:
        return _check_running(asked, stack, plans, (source, destination), ports)
    answers: dict[str, Answer] = {}
    for name, those in _clouds(plans, asked.platform).items():
        try:
            with doing("evaluating the rules"):
                answers[name] = query(those, source, destination, ports)
        except ValueError as none:
            named = {"source": asked.source, "destination": asked.destination}
            raise Refused([SAME_ENDPOINTS.at((), why=none, **named)]) from None
    return _answered(asked, stack, (source, destination), ports, answers)


def _check_running(
    asked: argparse.Namespace,
    stack: StackFile,
    plans: Plans,
    ends: tuple[QueryEndpoint, QueryEndpoint],
    ports: Sequence[Ports],
) -> int:
    """The same of the rules that run, out of exports."""
    from exchange_ports.audit.running_model import RunningModel
    from exchange_ports.cli.audit_command import exports, network_settings

    running = RunningModel(plans, exports(asked.live), network_settings(stack))
    try:
        with doing("evaluating the rules that run"):
            answer = query(plans, *ends, ports, running)
    except ValueError as none:
        named = {"source": asked.source, "destination": asked.destination}
        raise Refused([SAME_ENDPOINTS.at((), why=none, **named)]) from None
    return _answered(asked, stack, ends, ports, {"live": answer})


def _answered(
    asked: argparse.Namespace,
    stack: StackFile,
    ends: tuple[QueryEndpoint, QueryEndpoint],
    ports: Sequence[Ports],
    answers: Mapping[str, Answer],
) -> int:
    ports_text = ", ".join(map(str, ports))
    question = {"source": asked.source, "destination": asked.destination, "ports": ports_text}
    document = check_report(ends[0].summary, ends[1].summary, question, answers)
    publish(document, "json" if asked.json else "text")
    failed(
        TRAFFIC_BLOCKED.at(
            (), traffic=part.summary, source=part.out.text, destination=part.into.text
        ).located(lambda _: stack.locate(("topology",)))
        for answer in answers.values()
        for part in answer.parts
        if part.passes is False
    )
    return FINE if all(answer.passes for answer in answers.values()) else NO


def _clouds(plans: Plans, platform: str | None) -> Mapping[str, Plans]:
    """The plans as they are declared, or those of the same topology on the cloud that is asked for.

    :raises Refused: that cloud's limits do not take it.
    """
    if platform is None:
        return {"declared": plans}
    clouds = platforms() if platform == "both" else (Platform(platform),)
    others = {cloud: swapped(plans.topology, cloud) for cloud in clouds}
    return {
        cloud.value: plans if other is plans.topology else compile_plans(other)
        for cloud, other in others.items()
    }


def the_end(text: str, ends: EndpointNames) -> QueryEndpoint:
    """An end of a question.

    :raises Refused: it is not a known name, address or range.
    """
    try:
        return ends.find(text)
    except ValueError:
        pass
    try:
        meant = str(ip_interface(text).network)
    except ValueError:
        meant = None
    if meant is not None and "%" not in text:
        raise Refused([BY_CODE["host-bits"].at((), range=text, meant=meant)]) from None
    pasted = cloud_name(text)
    if pasted is not None:
        raise Refused([BY_CODE["cloud-name"].at((), end=text, **pasted._asdict())]) from None
    likely = nearest(text, ends.named)
    known = f"known names are {', '.join(ends.named)}"
    fix = f'Did you mean "{likely}"?' if likely else "Write one of them, an address or a range."
    raise Refused([UNKNOWN_ENDPOINT.at((), end=text, known=known, fix=fix)]) from None


# ---- `explain`: why a rule exists or a port is open, who asked, and what breaks without it ----


#: Of a number without a protocol, whoever asks why it is open may mean either.
_EITHER: Final = (Protocol.TCP, Protocol.UDP)
#: So many likely ones are shown.
_LIKELY: Final = 3


def explain(asked: argparse.Namespace) -> int:
    """Why it exists, who asked for it, and what breaks without it."""
    stack = read(asked.file)
    plans, _ = compiled(stack)
    explainer = Explainer(plans)
    what: str = asked.rule_or_port
    if names_ports(what):
        ports = ports_of(what, _EITHER)
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
        known = (*(rule.name for rule in explainer.rules), *PORTS_OF_SERVICES)
        wide, likely = 0, [] if found else _like(what, known)
    if not found:
        unknown = unknown_report(what, _unknown(what, likely, wide), likely, wide)
        publish(unknown, "json" if asked.json else "text")
        return NO
    with doing("computing what is blocked without"):
        explained = explainer.explain(found)
    publish(explain_report(what, explained, wide, stack.locate), "json" if asked.json else "text")
    return FINE


def _is_wide(rule: PlannedRule) -> bool:
    return rule.allows and bool(rule.reasons) and rule.ports.protocol is Protocol.ANY


def _opens(rule: PlannedRule, ports: Iterable[Ports]) -> bool:
    """Whether a rule names any of the ports; a rule for all protocols is found by `any` alone."""
    if not rule.allows:
        return False
    all_protocols = rule.ports.protocol is Protocol.ANY
    return any(
        all_protocols
        if each.protocol is Protocol.ANY
        else not all_protocols and each.meets(rule.ports)
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
    about = names_ports(what)
    summary = f"no rule names {what}" if about else f"there is no rule {printable(what)}"
    if likely:
        summary += (
            f"; {'the nearest ports are' if about else 'similar names are'} {', '.join(likely)}"
        )
    elif not about:
        summary += "; plan --json lists all names"
    return [summary, *([f"{wide_rules(wide)} all protocols, and so this too"] if wide else [])]
