"""Ten edits of one topology, each of the one before, as people make them.

Must not know: any cloud.
"""

import copy
from collections.abc import Callable, Mapping
from typing import Any, Final

from tests.recordings import Platform, declared

__all__ = [
    "BEGINNING",
    "EDITS",
    "Topology",
    "a_server_while_a_flow_closes",
    "another_site",
    "chain",
    "here_and_there",
]

Topology = dict[str, Any]

#: The stack that they begin with: the smallest.
BEGINNING: Final = "dev"


def _imap_as_well(topology: Topology) -> None:
    topology["clients"]["office"]["services"] = ["https", "smtp_submission", "imap"]


def _no_submission(topology: Topology) -> None:
    topology["clients"]["office"]["services"] = ["https", "imap"]


def _words(topology: Topology) -> None:
    topology["additional_flows"][0]["reason"] = "administration, as of the new year"


def _another_port(topology: Topology) -> None:
    topology["additional_flows"][0]["ports"] = ["3389/tcp", "22/tcp"]


def _a_flow(topology: Topology) -> None:
    flow = {"from": "exchange", "to": "10.64.9.9", "ports": ["8531/tcp"], "reason": "the new WSUS"}
    topology["additional_flows"].append(flow)


def _a_server(topology: Topology) -> None:
    server = {"roles": ["client_access", "mailbox"], "address": "10.10.0.13"}
    topology["sites"]["lab"]["servers"]["ex3"] = server


def _a_domain_controller(topology: Topology) -> None:
    topology["sites"]["lab"]["domain_controllers"]["addresses"].append("10.10.1.11")


def _another_relay(topology: Topology) -> None:
    topology["mail_flow"]["inbound"]["from"] = ["10.10.2.26"]
    topology["mail_flow"]["outbound"]["next_hop"] = [{"address": "10.10.2.26"}]


def _more_clients(topology: Topology) -> None:
    topology["clients"]["office"]["from"] = ["10.64.0.0/16", "10.80.0.0/16"]


def _without_a_server(topology: Topology) -> None:
    del topology["sites"]["lab"]["servers"]["ex2"]


EDITS: Final[Mapping[str, Callable[[Topology], None]]] = {
    "clients read mail by IMAP as well": _imap_as_well,
    "clients no longer submit any": _no_submission,
    "a flow is worded anew": _words,
    "a flow goes to another port": _another_port,
    "a flow comes": _a_flow,
    "a server comes": _a_server,
    "a domain controller comes": _a_domain_controller,
    "mail goes by another relay": _another_relay,
    "clients come from another range too": _more_clients,
    "a server goes": _without_a_server,
}


def another_site(topology: Topology) -> Topology:
    """The site is renamed and does not keep its id, so its servers get other groups."""
    other = copy.deepcopy(topology)
    other["sites"]["works"] = other["sites"].pop("lab")
    return other


def here_and_there(topology: Topology) -> Topology:
    """A rule comes, one goes, one is worded anew; a server gets a group of its own."""
    other = copy.deepcopy(topology)
    other["clients"]["office"]["services"] = ["https"]
    other["additional_flows"][1]["reason"] = "Windows updates"
    flow = {"from": "exchange", "to": "10.64.9.9", "ports": ["8531/tcp"], "reason": "the new WSUS"}
    other["additional_flows"].append(flow)
    other["sites"]["lab"]["servers"]["ex2"]["own_group"] = True
    return other


def a_server_while_a_flow_closes(topology: Topology) -> Topology:
    """What one step does not do cleanly on AWS: the old rule is there until the end."""
    other = copy.deepcopy(topology)
    _a_server(other)
    del other["additional_flows"][0]
    return other


def chain(platform: Platform) -> list[tuple[str, Topology]]:
    """The beginning, and what it is after each edit, with the edit's name."""
    found = [("the beginning", declared(BEGINNING, platform))]
    for name, edit in EDITS.items():
        topology = copy.deepcopy(found[-1][1])
        edit(topology)
        found.append((name, topology))
    return found
