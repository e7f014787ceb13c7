"""What is required of dense topologies, what their proofs tell, and answers about them, as goldens."""

from collections.abc import Callable, Iterator

from exchange_ports.flows.labels import EndpointNames
from exchange_ports.planning import Plans
from exchange_ports.proof import prove
from exchange_ports.proof.cross_cloud import swap
from exchange_ports.proof.explain import Explainer, without
from exchange_ports.proof.reachability import query
from exchange_ports.topology.fields import read_ports
from tests.proof.test_rows_of_edits import required
from tests.support.combined_edits import TOGETHER, both_clouds, dense
from tests.support.counted import CountedLines

#: One rule of so many is left out, and one question of so many is asked, so that all kinds are met.
RULES, QUESTIONS = 17, 23
PORTS = tuple(map(read_ports, ("25/tcp", "53/udp", "443/tcp", "1024-5062/tcp", "50636/tcp")))


def test_the_rows_that_dense_topologies_require_are_those_that_were_read(
    golden: Callable[[str, str], None],
) -> None:
    found = CountedLines()
    for number in range(len(TOGETHER)):
        found.add(str(number), (line.removeprefix("* ") for line in required(dense(number))))
    golden("proof/dense_rows.md", found.text("Rows that dense topologies require"))


def proved(plans: Plans) -> Iterator[str]:
    proof = prove(plans)
    assert proof.holds, [str(each) for each in proof.failures]
    yield from (f"note: {note}" for note in proof.notes)
    yield from (f"warning: {each}" for each in proof.warnings)
    yield from (f"unusable: {each.summary} / {each.why} / {each.fix}" for each in proof.unusable)
    figures = proof.figures
    yield f"figures: {figures}"
    for other in swap(plans):
        assert other.holds
        yield f"on {other.platform}: {other.servers} servers"
        yield from (f"over: {each.summary}" for each in (*other.over, *other.refused))


def left_out(plans: Plans, first: int) -> Iterator[str]:
    explainer = Explainer(plans)
    for rule in explainer.rules[first % RULES :: RULES]:
        told = explainer.explain([rule])
        name = f"{rule.name}: {rule.peer}"
        for why in told.whys:
            fields = ", ".join(".".join(map(str, path)) for path in why.fields) or "-"
            yield f"{name}: {why.reason.entry or why.reason.summary} at {fields}"
        for word, rows in (("cut", told.cut), ("opened", told.opened)):
            yield from (f"{name}: {word}: {row.summary}, such as {row.packet}" for row in rows)
        yield from (f"{name}: covered by {each}" for each in told.covered)
        failures = prove(without(plans, [rule])).failures
        yield from (f"{name}: {each.law}: {each}" for each in failures)


def answered(plans: Plans, first: int) -> Iterator[str]:
    names = EndpointNames(plans)
    servers = [server.name for server in plans.inventory.servers]
    outside = [f"{key}" for key in plans.topology.clients]
    ends = [*servers, *outside, "internet", "any", "exchange@hq", "10.20.0.0/16", "10.20.240.6"]
    asked = [(one, other) for one in ends for other in ends if one != other]
    for source, target in asked[first % QUESTIONS :: QUESTIONS]:
        try:
            parts = query(plans, names.find(source), names.find(target), PORTS).parts
        except ValueError as refused:
            yield f"{source} -> {target}: {refused}"
            continue
        for part in parts:
            word = {True: "allowed", False: "blocked", None: "not ours"}[part.passes]
            why = " ".join(reason.entry or reason.summary for reason in part.reasons)
            blocks = ", ".join(map(str, part.cloud_blocks))
            yield (
                f"{source} -> {target}: {word} {part.summary}, such as {part.packet}: {why} "
                f"({part.out.text}; {part.into.text}) {blocks}"
            )


def test_what_is_told_of_dense_plans_is_what_was_read(
    golden: Callable[[str, str], None],
) -> None:
    proofs, rules, answers = CountedLines(), CountedLines(), CountedLines()
    for number, (case, plans) in enumerate(both_clouds()):
        proofs.add(case, proved(plans))
        rules.add(case, left_out(plans, number))
        answers.add(case, answered(plans, number))
    golden("proof/dense_proofs.md", proofs.text("Proofs of dense topologies"))
    golden("proof/dense_rules.md", rules.text("Rules of dense topologies left out alone"))
    golden("proof/dense_answers.md", answers.text("Answers about dense topologies"))
