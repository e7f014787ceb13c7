"""The stacks of the repository, and one edit of each, for the programs that are made in a cloud for tests.

Must not know: any cloud.
"""

import copy
from typing import Any, Final

from tests.support.paths import ROOT

__all__ = ["STACKS", "Topology", "changed"]

STACKS: Final = tuple(sorted(path.suffixes[0][1:] for path in (ROOT / "stacks").glob("*.yaml")))

Topology = dict[str, Any]


def changed(topology: Topology) -> Topology:
    """One flow is worded anew, one goes to another port, and one comes."""
    edited = copy.deepcopy(topology)
    flows = edited["additional_flows"]
    first = flows[0]
    first["reason"] = "administration, as of the new year"
    kept, *others = first["ports"]
    first["ports"] = [kept, "22/tcp"]
    if "clients" in edited:
        anyone = next(iter(edited["clients"].values()))
        if anyone.get("services") == ["https"] and not others:
            # Neither a service nor a port is taken away: a flow goes, so that some rule does.
            del flows[-1]
        anyone["services"] = ["https"]
    flows.append(
        {"from": "exchange", "to": "10.64.9.9", "ports": ["8531/tcp"], "reason": "the new WSUS"}
    )
    return edited
