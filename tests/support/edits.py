"""Edits that people make to a topology, as functions on plain data, and any of them by Hypothesis."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any, Final

from hypothesis import assume
from hypothesis import strategies as st

from exchange_ports.planning import Plans
from tests.support.exchange_versions import roles_of, version_of, written
from tests.support.planning import planned, planned_or_none
from tests.support.strategies import Data, shuffled, topologies

__all__ = ["EDITS", "edited_plans", "edited_topologies", "shuffled_plans"]

#: An edit takes a topology and something to choose with, and says whether it changed anything.
Edit = Callable[[Data, Callable[[list[Any]], Any]], bool]


def _sites(data: Data) -> list[str]:
    return [key for key, site in data.get("sites", {}).items() if site.get("servers")]


def _servers(data: Data) -> list[tuple[str, str]]:
    return [(site, key) for site in _sites(data) for key in data["sites"][site]["servers"]]


def _server_added(data: Data, choose: Callable[[list[Any]], Any]) -> bool:
    if not _servers(data):
        return False
    site, like = choose(_servers(data))
    servers = data["sites"][site]["servers"]
    server = {k: v for k, v in servers[like].items() if k in ("roles", "version", "published")}
    data["sites"][site]["servers"]["added"] = server
    return True


def _server_removed(data: Data, choose: Callable[[list[Any]], Any]) -> bool:
    if len(_servers(data)) < 2:
        return False
    site, key = choose(_servers(data))
    del data["sites"][site]["servers"][key]
    return True


def _role_changed(data: Data, choose: Callable[[list[Any]], Any]) -> bool:
    if not _servers(data):
        return False
    site, key = choose(_servers(data))
    roles = [["client_access"], ["mailbox"], ["client_access", "mailbox"]]
    server = data["sites"][site]["servers"][key]
    if version_of(data, server) != "2013":
        return False
    server["roles"] = choose([each for each in roles if each != server["roles"]])
    return True


def _version_changed(data: Data, choose: Callable[[list[Any]], Any]) -> bool:
    """One server, to any version; whether the others can be beside it is for the checks to say."""
    if not _servers(data):
        return False
    site, key = choose(_servers(data))
    server = data["sites"][site]["servers"][key]
    before = version_of(data, server)
    version = choose([each for each in ("2013", "2016", "2019", "se") if each != before])
    # What it did before: of 2016 and later it may say nothing.
    roles = roles_of(data, server)
    server["version"] = written(version)
    server["roles"] = roles if version == "2013" else ["mailbox"]
    return True


def _all_upgraded(data: Data, choose: Callable[[list[Any]], Any]) -> bool:
    """All servers, to one version."""
    version = choose(["2016", "2019", "se"])
    data["version"] = written(version)
    for site, key in _servers(data):
        server = data["sites"][site]["servers"][key]
        server.pop("version", None)
        server.pop("roles", None)
    for other in [site.get("other_exchange", {}) for site in data.get("sites", {}).values()]:
        other.pop("version", None)
    for edge in data.get("edge_servers", {}).values():
        edge.pop("version", None)
    return True


def _published(data: Data, choose: Callable[[list[Any]], Any]) -> bool:
    if not _servers(data):
        return False
    site, key = choose(_servers(data))
    place = choose([data["sites"][site], data["sites"][site]["servers"][key]])
    place["published"] = not place.get("published", True)
    return True


def _server_moved(data: Data, choose: Callable[[list[Any]], Any]) -> bool:
    if len(_sites(data)) < 2:
        return False
    site, key = choose(_servers(data))
    to = choose([each for each in _sites(data) if each != site])
    server = data["sites"][site]["servers"].pop(key)
    data["sites"][to]["servers"][key] = server
    return True


def _own_group(data: Data, choose: Callable[[list[Any]], Any]) -> bool:
    if not _servers(data):
        return False
    site, key = choose(_servers(data))
    server = data["sites"][site]["servers"][key]
    server["own_group"] = not server.get("own_group", False)
    return True


def _address_changed(data: Data, choose: Callable[[list[Any]], Any]) -> bool:
    addressed = [
        (site, key)
        for site, key in _servers(data)
        if isinstance(address := data["sites"][site]["servers"][key].get("address"), str)
        and ":" not in address
    ]
    if not addressed:
        return False
    site, key = choose(addressed)
    server = data["sites"][site]["servers"][key]
    first, _, _ = server["address"].rpartition(".")
    server["address"] = f"{first}.{choose([61, 62, 63])}"
    return True


def _flow_added(data: Data, choose: Callable[[list[Any]], Any]) -> bool:
    ends = ["exchange", "client_access", "mailbox", "10.20.6.0/24"]
    flow = {
        "from": choose(ends[:3]),
        "to": choose(ends[3:]),
        "ports": [choose(["3389/tcp", "443/tcp", "8530/tcp"])],
        "reason": "added",
    }
    if choose([False, True]):
        flow["from"], flow["to"] = flow["to"], flow["from"]
    data.setdefault("additional_flows", []).append(flow)
    return True


def _flow_removed(data: Data, choose: Callable[[list[Any]], Any]) -> bool:
    flows = data.get("additional_flows", [])
    if not flows:
        return False
    flows.remove(choose(flows))
    return True


def _clients_changed(data: Data, choose: Callable[[list[Any]], Any]) -> bool:
    services = choose([["https"], ["https", "imap"], ["https", "smtp_submission"], []])
    if services:
        data["clients"] = {"internet": {"services": services}}
    elif "clients" in data:
        del data["clients"]
    return True


def _blocks_changed(data: Data, choose: Callable[[list[Any]], Any]) -> bool:
    data["private_blocks"] = choose(
        [["10.0.0.0/8"], ["10.0.0.0/8", "192.168.0.0/16"], ["10.0.0.0/8", "172.16.0.0/12"]]
    )
    return True


def _edge_removed(data: Data, choose: Callable[[list[Any]], Any]) -> bool:
    edges = data.get("edge_servers", {})
    if not edges:
        return False
    del edges[choose(list(edges))]
    return True


def _exception_toggled(data: Data, choose: Callable[[list[Any]], Any]) -> bool:
    subscribed = [e for e in data.get("edge_servers", {}).values() if e.get("subscribed_site")]
    if not subscribed:
        return False
    edge = choose(subscribed)
    site = data["sites"][edge["subscribed_site"]]["servers"]
    mailboxes = [key for key, server in site.items() if "mailbox" in roles_of(data, server)]
    if not mailboxes:
        return False
    if edge.pop("edgesync_except", None) is None:
        edge["edgesync_except"] = [choose(mailboxes)]
    return True


def _retired(data: Data, choose: Callable[[list[Any]], Any]) -> bool:
    """The groups of one server's roles, whether others have them or not; or no more of them."""
    if not _servers(data):
        return False
    site, key = choose(_servers(data))
    network = data["networks"][data["sites"][site]["network"]]
    if network["platform"] == "external" or network.pop("retired_groups", None):
        return network["platform"] != "external"
    of = data["sites"][site].get("id", site)
    roles = roles_of(data, data["sites"][site]["servers"][key])
    network["retired_groups"] = [f"{role.replace('_', '-')}.{of}" for role in roles]
    return True


EDITS: Final[Mapping[str, Edit]] = {
    "a server added": _server_added,
    "a server removed": _server_removed,
    "a role changed": _role_changed,
    "a version changed": _version_changed,
    "all servers upgraded": _all_upgraded,
    "a server published or not": _published,
    "a server moved to another site": _server_moved,
    "a group of its own": _own_group,
    "an address changed": _address_changed,
    "a flow added": _flow_added,
    "a flow removed": _flow_removed,
    "clients changed": _clients_changed,
    "private blocks changed": _blocks_changed,
    "an Edge server removed": _edge_removed,
    "an exception of EdgeSync": _exception_toggled,
    "groups retired": _retired,
}


@st.composite
def edited_topologies(draw: st.DrawFn, data: Data, most: int = 3) -> tuple[Data, list[str]]:
    """The same topology with one edit to three, and which these are."""
    changed = deepcopy(data)
    done: list[str] = []
    for name in draw(st.lists(st.sampled_from(list(EDITS)), min_size=1, max_size=most)):
        if EDITS[name](changed, lambda items: draw(st.sampled_from(items))):
            done.append(name)
    return changed, done


def edited_plans(draw: st.DataObject) -> tuple[Plans, Plans, list[str]]:
    """The plans of a topology before and after edits, and which these were; of both, or not looked at."""
    data = draw.draw(topologies())
    edit, names = draw.draw(edited_topologies(data))
    old, new = planned_or_none(data), planned_or_none(edit)
    assume(old is not None and new is not None)
    assert old is not None
    assert new is not None
    return old, new, names


def shuffled_plans(draw: st.DataObject) -> tuple[Plans, Plans]:
    """The plans of a topology, and of the same declaration in another order, which is planned as well."""
    data = draw.draw(topologies())
    other = planned_or_none(draw.draw(shuffled(data)))
    old = planned(data)
    assert other is not None
    return old, other
