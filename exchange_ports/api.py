"""The functions that `exchange_ports` offers to programs: read a topology, plan it, prove it, compare two."""

from dataclasses import dataclass
from os import PathLike, fspath

from exchange_ports.differences import TopologyDiff, diff_plans
from exchange_ports.findings import Finding, Refused, in_order
from exchange_ports.pipeline import read_content, stack_of
from exchange_ports.planning import Plans, compile_plans
from exchange_ports.proof import Proof
from exchange_ports.proof import prove as prove_plans
from exchange_ports.topology.models import Topology
from exchange_ports.topology.validate import parse_topology


@dataclass(frozen=True, slots=True)
class Loaded:
    """A stack file as it was read: the topology, or none where there is an error, and every finding."""

    topology: Topology | None
    findings: tuple[Finding, ...]
    """Errors first, then warnings, each with its file and line."""

    def usable(self) -> Topology:
        """The topology.

        :raises Refused: there is an error in it.
        """
        if self.topology is None:
            raise Refused(self.findings)
        return self.topology


def load(source: str | PathLike[str]) -> Loaded:
    """Read the topology of a stack file, at most 1 MiB. Nothing in it is executed or fetched.

    `source` is a path; text with a line break in it is the content of a stack file itself. A file is read with
    its project file and its inline environment, as the commands read it; text has no project. Faults of
    the file, of the topology's shape and of its meaning are findings, not exceptions.

    >>> load("stacks/no-such-file.yaml").findings[0].kind.code
    'cannot-read-file'
    >>> load("stacks/Pulumi.dev.yaml").usable().organization
    'contoso-dev'
    """
    name = fspath(source)
    is_text = "\n" in name
    try:
        content = name.encode(errors="surrogateescape") if is_text else read_content(name)
        stack = stack_of(content, "<text>" if is_text else name)
    except Refused as refused:
        return Loaded(None, refused.findings)
    topology, findings = parse_topology(stack.config["topology"])
    found = in_order(finding.located(stack.locate) for finding in findings)
    return Loaded(None if any(each.is_error for each in found) else topology, found)


def plan(topology: Topology) -> Plans:
    """The flows of a topology, and the rule set of each of its networks.

    :raises Refused: a plan is over a limit of its cloud; the findings name the largest contributors.

    >>> plans = plan(load("stacks/Pulumi.dev.yaml").usable())
    >>> sorted(plans.networks)
    ['lab']
    """
    return compile_plans(topology)


def prove(plans: Plans) -> Proof:
    """Compare what the plans allow with what their flows require, exactly.

    A failure has a counterexample: one packet, and what decides about it at each end.

    >>> prove(plan(load("stacks/Pulumi.dev.yaml").usable())).holds
    True
    """
    return prove_plans(plans)


def diff(before: Topology | None, after: Topology | None) -> TopologyDiff:
    """The traffic that an edit newly allows or newly blocks; without one of them it is all of the other's.

    :raises Refused: a plan is over a limit of its cloud.

    >>> dev = load("stacks/Pulumi.dev.yaml").usable()
    >>> diff(dev, dev).all
    ()
    """
    return diff_plans(
        None if before is None else compile_plans(before),
        None if after is None else compile_plans(after),
    )
