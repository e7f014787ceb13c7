"""Ten edits of a topology, each of the one before, as people make them: of the smallest stack, and of any.

Must not know: any cloud.
"""

import copy
from collections.abc import Callable, Mapping
from typing import Any, Final

from tests.support.recordings import Platform, declared

__all__ = [
    "ANYWHERE",
    "OTHERS",
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


# ---- of any stack ----


def _first(topology: Topology, field: str) -> tuple[str, Any]:
    """The first site that has something."""
    return next((key, site) for key, site in topology["sites"].items() if site.get(field))


def _words_of_one(topology: Topology) -> None:
    topology["additional_flows"][0]["reason"] = "administration, as of the new year"


def _another_port_of_one(topology: Topology) -> None:
    flow = topology["additional_flows"][0]
    flow["ports"] = [flow["ports"][0], "22/tcp"]


def _monitored(topology: Topology) -> None:
    flow = {"from": "10.64.9.8", "to": "exchange", "ports": ["5666/tcp"], "reason": "monitoring"}
    topology["additional_flows"].append(flow)


def _monitored_no_more(topology: Topology) -> None:
    topology["additional_flows"] = [
        flow for flow in topology["additional_flows"] if flow.get("reason") != "monitoring"
    ]


def _https_alone(topology: Topology) -> None:
    next(iter(topology["clients"].values()))["services"] = ["https"]


def _imap(topology: Topology) -> None:
    next(iter(topology["clients"].values()))["services"] = ["https", "imap"]


def _controllers(topology: Topology) -> None:
    _, site = _first(topology, "domain_controllers")
    addresses = site["domain_controllers"]["addresses"]
    network, _, host = str(addresses[0]).rpartition(".")
    addresses.append(f"{network}.{int(host) + 40}")


def _one_server_more(topology: Topology) -> None:
    _, site = _first(topology, "servers")
    like = next(iter(site["servers"].values()))
    network, _, host = str(like["address"]).rpartition(".")
    site["servers"]["added"] = {**like, "address": f"{network}.{int(host) + 60}"}


def _one_server_less(topology: Topology) -> None:
    _, site = _first(topology, "servers")
    del site["servers"]["added"]


ANYWHERE: Final[Mapping[str, Callable[[Topology], None]]] = {
    "a flow is worded anew": _words_of_one,
    "a flow goes to another port": _another_port_of_one,
    "a flow comes": _a_flow,
    "another flow comes": _monitored,
    "clients read mail by IMAP": _imap,
    "clients have the web alone": _https_alone,
    "a domain controller comes": _controllers,
    "a server comes": _one_server_more,
    "a flow goes": _monitored_no_more,
    "a server goes": _one_server_less,
}


#: The other stacks that are not the same topology in another cloud, each in one.
OTHERS: Final[Mapping[str, Platform]] = {"both": "aws", "prod-aws": "aws", "proxied": "azure"}


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


def chain(platform: Platform, stack: str = BEGINNING) -> list[tuple[str, Topology]]:
    """The beginning, and what it is after each edit, with the edit's name."""
    found = [("the beginning", declared(stack, platform))]
    for name, edit in (EDITS if stack == BEGINNING else ANYWHERE).items():
        topology = copy.deepcopy(found[-1][1])
        edit(topology)
        found.append((name, topology))
    return found
