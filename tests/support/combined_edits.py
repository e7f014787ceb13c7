"""Edits of several tables of tests, and dense topologies: two sites with seven of these edits at once."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

from exchange_ports.planning import Plans
from exchange_ports.planning import planned as planned_of
from tests.support import hybrid_edits, two_sites
from tests.support.strategies import Data, declared, edited
from tests.topology import test_checks, test_unified_messaging, test_versions

__all__ = ["EDITS", "TOGETHER", "both_clouds", "dense", "planned", "renamed", "stages"]

Edit = Mapping[str, Any]


def _merged(edits: tuple[Edit, ...]) -> Edit:
    return {path: value for edit in edits for path, value in edit.items()}


EDITS: Final[Mapping[str, Edit]] = {
    **two_sites.EDITS,
    **two_sites.MORE,
    **{f"hybrid: {case}": edit for case, edit in hybrid_edits.EDITS.items()},
    **{f"checks: {case}": _merged(edits) for case, (_, edits, _) in test_checks.TABLE.items()},
    **{f"calls: {case}": edit for case, (_, edit, _) in test_unified_messaging.TABLE.items()},
    **{f"versions: {case}": edit for case, (_, edit, _) in test_versions.TABLE.items()},
}


def renamed(data: Data) -> Data:
    """The same with an `id` for every network, site and server that has none, so that no key is an identity."""
    found = edited(data, {})
    places = [
        found.get("networks", {}),
        found.get("sites", {}),
        found.get("edge_servers", {}),
        *(site.get("servers", {}) for site in found.get("sites", {}).values()),
    ]
    for several in places:
        for key, each in several.items():
            each.setdefault("id", f"{key}-of-old")
    return found


def dense(number: int) -> Data:
    """One of the dense topologies; every other one has an `id` everywhere."""
    *_, last = stages(number)
    return last


@cache
def stages(number: int) -> tuple[Data, ...]:
    """Two sites with the first edit of a row, with the first two, and so on."""
    found: list[Data] = [edited(two_sites.TWO_SITES, {})]
    for case in TOGETHER[number]:
        found.append(edited(found[-1], EDITS[case]))
    # A retired group is declared by the identity of its site or server, which would be another one.
    retired = any("retired_groups" in each for each in found[-1]["networks"].values())
    return tuple(map(renamed, found) if number % 2 and not retired else found)


@cache
def planned(number: int, platform: str, stage: int = -1) -> Plans:
    """The plans of a dense topology with every network that is ours on one cloud."""
    data = edited(stages(number)[stage], {})
    for network in data["networks"].values():
        if network["platform"] != "external":
            network["platform"] = platform
            if platform == "aws":
                network.pop("attach_to", None)
    plans, _ = planned_of(declared(data))
    return plans


def both_clouds() -> Iterator[tuple[str, Plans]]:
    """Every dense topology, half of them on each cloud."""
    for number in range(len(TOGETHER)):
        platform = ("aws", "azure")[number // 2 % 2]
        yield f"{number} on {platform}", planned(number, platform)


#: Chosen from random ones by the number of flows and required rows that no earlier one has.
TOGETHER: Final[tuple[tuple[str, ...], ...]] = (
    (
        "checks: Edge asks others",
        "versions: the need hybrid_modern_auth of 2019",
        "an Edge server that sends only",
        "checks: nothing declared of sender reputation",
        "versions: a witness beside Client Access servers of another version",
        "checks: a relay behind the front end on another port",
        "hybrid: the agent on a server and beside",
    ),
    (
        "versions: the need exchange_online of 2016",
        "hybrid: classic full by one Edge server",
        "checks: outbound by Edge without Edge",
        "checks: clients in a range that holds the perimeter",
        "versions: an Edge server of 2013 with SE",
        "checks: Edge asks a domain controller by address",
        "calls: media over UDP",
    ),
    (
        "hybrid: with IPv6",
        "versions: a need that one of the servers has",
        "calls: a server of 2016 at a site with Unified Messaging",
        "checks: no outbound mail",
        "checks: a relay behind the front end",
        "calls of one site by TLS",
        "checks: Edge asks domain controllers",
    ),
    (
        "checks: relays of one range on two ports",
        "identities",
        "hybrid: a server of 2019 among those of 2013",
        "versions: a witness of both sites by default",
        "versions: the need feature_flighting of 2013",
        "checks: an Edge server with a NIC in each zone, and groups at interfaces",
        "versions: no role of Client Access is missing where all are SE",
    ),
    (
        "versions: the need graph of 2013",
        "mail sent by every Mailbox server",
        "calls of one server in dual mode, and faxes",
        "versions: an Edge server of 2013 with 2019",
        "checks: a retired group that is worn",
        "clients from anywhere",
        "checks: name servers by network, all there",
    ),
    (
        "two networks",
        "hybrid: port 80 to the Internet",
        "checks: IMAP for an organization's IPv6",
        "checks: an Edge server in the perimeter, and groups at subnets",
        "mail of one Mailbox server proxied",
        "versions: published on a server without Client Access",
        "checks: a retired group of nobody declared",
    ),
    (
        "hybrid: the agent for one site",
        "checks: a relay from public addresses at an accepted risk",
        "domain controllers as name servers of Edge",
        "versions: the need graph of 2019",
        "checks: a proxy without Edge",
        "checks: an IPv6 zone",
        "checks: mail to a site from a range that holds the perimeter",
    ),
    (
        "hybrid: classic full by one site",
        "checks: a server with the id of another",
        "checks: a warning that does not occur, acknowledged",
        "the platform's name servers",
        "a site by its identity and its key",
        "checks: a day",
        "IPv6",
    ),
    (
        "checks: a relay in a range that holds the perimeter",
        "versions: mail to a site that is not published",
        "versions: two Edge servers that do not",
        "checks: no Client Access server",
        "checks: a flow to the Internet",
        "checks: clients in the perimeter",
        "hybrid: modern authentication",
    ),
    (
        "a retired group",
        "calls: 2019 with one server of 2016",
        "hybrid: classic full by single servers",
        "versions: one version behind a witness",
        "checks: mail by a smart host inside",
        "calls: two gateways with one address",
        "relays",
    ),
    (
        "checks: an accounts forest beside the perimeter",
        "checks: inspected, beside another network",
        "versions: an Edge server of 2019 with SE",
        "an Edge server that takes mail only",
        "inbound mail from a filtering service",
        "checks: subnets on Azure",
        "calls: Lync beside a gateway, and TCP",
    ),
    (
        "inbound mail by two ways",
        "no subscription",
        "versions: a public relay to one that is not published, accepted",
        "checks: a server at two sites",
        "versions: a need of every server, of Edge",
        "hybrid: classic minimal",
        "mail sent by one Edge server",
    ),
    (
        "mail proxied to a smart host",
        "checks: an older Edge server",
        "hybrid: requests to one server",
        "checks: administration, named by port",
        "versions: SE with both roles",
        "checks: IMAP for everyone",
        "neighbors of both sites",
    ),
    (
        "checks: IMAP for a public range",
        "calls: two gateways",
        "hybrid: requests to one site",
        "checks: translated, alone",
        "versions: the need exchange_online of 2013",
        "versions: nothing published, and mail to Edge servers",
        "versions: a site of 2013 with Mailbox alone, and 2016 in the site",
    ),
    (
        "checks: a flow by its need",
        "checks: a reserved address in a network that is not ours",
        "checks: IMAP for a private range",
        "hybrid: requests from a range that holds the perimeter",
        "checks: a warning of planning, acknowledged",
        "checks: an Edge server with connectors made by hand without a common family",
        "checks: a network in which nothing is",
    ),
    (
        "clients by several ways",
        "a relay of every site",
        "hybrid: an agent in the perimeter",
        "versions: two versions of which one is Client Access alone",
        "checks: a private IPv6 zone",
        "checks: an older Edge server with a port",
        "checks: an Edge server inside, and groups at subnets",
    ),
    (
        "a proxy",
        "hybrid: MX at Exchange Online and senders of the Internet",
        "checks: IMAP on its secure port for everyone",
        "checks: a connector of Edge where none sends",
        "checks: a flow to a range beside the perimeter",
        "checks: no Mailbox server",
        "calls of a gateway",
    ),
    (
        "hybrid: requests from ranges",
        "additional flows",
        "clients from public addresses",
        "clients of one site on another port",
        "checks: two relays of different ranges",
        "inbound mail past Edge as well",
        "checks: mail from a site that is not ours",
    ),
    (
        "checks: a flow across networks between addresses",
        "checks: inbound mail where no Edge server receives",
        "hybrid: MX at Exchange Online",
        "ports of its own and an exception",
        "name servers",
        "checks: mail by a smart host from Azure",
        "checks: IMAP for one public address",
    ),
    (
        "hybrid: an Edge server that does not send",
        "an external site with Edge of ours",
        "checks: an Edge server with an adapter in each zone",
        "checks: a flow to an Edge server with a group",
        "checks: mail by a smart host on 587",
        "versions: 2010 beside 2016",
        "checks: probes from anywhere",
    ),
    (
        "mail proxied by a site",
        "hybrid: classic full by a site with a combined server",
        "versions: published on a site with Client Access",
        "checks: its own port",
        "a witness",
        "versions: the need hybrid_modern_auth of se",
        "versions: 2016 without roles",
    ),
    (
        "checks: IMAP on another port for everyone",
        "versions: a public relay to SE",
        "no inbound mail",
        "versions: two versions behind a witness",
        "hybrid: the agent beside Exchange",
        "versions: the need feature_flighting of se",
        "checks: mail to the Internet from Azure",
    ),
    (
        "checks: a relay from public addresses to Client Access servers",
        "versions: a relay to a server that is not published",
        "mail sent by the Mailbox servers of a site",
        "hybrid: certificates checked",
        "checks: an older Edge server before standalone Mailbox servers",
        "calls: faxes with Lync beside a gateway",
        "checks: mail to Edge servers from a range that holds the perimeter",
    ),
    (
        "hybrid: the agent for a server",
        "checks: an accepted risk",
        "checks: a retired group",
        "checks: an older Edge server with connectors made by hand",
        "versions: two versions, one of them behind a witness",
        "checks: a relay on 587",
        "checks: Edge asks a domain controller by network",
    ),
)
