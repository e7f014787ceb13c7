"""Cases of versions and mixes of them: what is declared, and the findings."""

from collections.abc import Mapping
from typing import Any, Final

from exchange_ports.topology.validate import parse_topology
from tests.support.strategies import GONE, SMALL, WITH_EDGE, edited

Edit = Mapping[str, Any]

BOTH: Final = ["client_access", "mailbox"]
#: A second server at hq.
EX2: Final = "sites.hq.servers.ex2"
#: The small organization as one of SE, its server without roles.
SE: Final = edited(SMALL, {"version": "se", "sites.hq.servers.ex1.roles": GONE})
SE_EDGE: Final = edited(WITH_EDGE, {"version": "se", "sites.hq.servers.ex1.roles": GONE})
PARIS: Final[Edit] = {"sites.paris": {"network": "corp", "servers": {"ex3": {}}}}
#: Exchange 2013 with its roles on two servers.
SPLIT: Final = edited(
    SMALL,
    {
        "sites.hq.servers": {
            "cas1": {"roles": ["client_access"], "own_group": True},
            "mbx1": {"roles": ["mailbox"]},
        }
    },
)


def found(data: Mapping[str, Any]) -> set[str]:
    """The findings, each as its code and the field where it is."""
    _, findings = parse_topology(dict(data), ())
    return {f"{each.kind.code} at {'.'.join(map(str, each.path))}" for each in findings}


def asked(source: str, need: str) -> Edit:
    """An additional flow with a need."""
    flow = {"from": source, "to": "10.20.7.40", "need": need, "accept_risk": source == "edge"}
    return {"additional_flows": [flow]}


#: Where a field has a wrong shape, nothing else is checked.
#: A site of 2013, and one of 2016.
TWO_VERSIONS: Final = edited(
    SMALL,
    {"sites.paris": {"network": "corp", "servers": {"ex3": {"version": 2016}}}},
)
NOT_CHECKED: Final = ("- no-administration at sites", "- no-updates at sites")

#: The topology, what is edited, and the findings more (+) and less (-) than without.
TABLE: Final[Mapping[str, tuple[Mapping[str, Any], Edit, list[str]]]] = {
    # Roles.
    "2013 without roles": (
        SMALL,
        {"sites.hq.servers.ex1.roles": GONE},
        ["+ organization-without-role at sites", "+ roles-missing at sites.hq.servers.ex1"],
    ),
    "2016 without roles": (
        SMALL,
        {EX2: {"version": 2016}},
        ["+ versions-need-updates at {}.version"],
    ),
    "SE without roles": (SE, {EX2: {}}, []),
    "SE with the Mailbox role": (SE, {EX2: {"roles": ["mailbox"]}}, []),
    "SE with both roles": (SE, {EX2: {"roles": BOTH}}, ["+ role-of-another-version at {}.roles"]),
    "SE with Client Access alone": (
        SE,
        {EX2: {"roles": ["client_access"]}},
        ["+ role-of-another-version at {}.roles"],
    ),
    "2013 in an organization of 2016, without roles": (
        edited(SE, {"version": 2016}),
        {EX2: {"version": 2013}},
        ["+ roles-missing at {}", "+ versions-need-updates at {}.version"],
    ),
    "no role of Client Access is missing where all are SE": (
        SE,
        {"sites.hq.servers.ex1.roles": ["mailbox"]},
        [],
    ),
    "a site of 2013 with Mailbox alone, beside 2016": (
        SMALL,
        {"sites.paris": {"network": "corp", "servers": {"mbx3": {"roles": ["mailbox"]}}}},
        ["+ mailbox-without-client-access at sites.paris"],
    ),
    "a site of 2013 with Mailbox alone, and 2016 in the site": (
        SMALL,
        {
            "sites.paris": {
                "network": "corp",
                "servers": {"mbx3": {"roles": ["mailbox"]}, "ex4": {"version": 2016}},
            }
        },
        ["+ versions-need-updates at sites.paris.servers.ex4.version"],
    ),
    # Older Exchange servers.
    "2010 beside 2016": (
        edited(SE, {"version": 2016}),
        {"sites.hq.other_exchange": {"addresses": ["10.20.5.1"], "version": 2010}},
        ["+ versions-need-updates at sites.hq.other_exchange.version"],
    ),
    "2010 beside 2019": (
        edited(SE, {"version": 2019}),
        {"sites.hq.other_exchange": {"addresses": ["10.20.5.1"], "version": 2010}},
        ["+ versions-exclude-each-other at sites.hq.other_exchange.version"],
    ),
    "other servers without a version": (
        edited(SE, {"version": 2019}),
        {"sites.hq.other_exchange": ["10.20.5.1"]},
        [],
    ),
    "2016 declared as another server": (
        SE,
        {"sites.hq.other_exchange": {"addresses": ["10.20.5.1"], "version": 2016}},
        ["+ unknown-version at sites.hq.other_exchange.version", *NOT_CHECKED],
    ),
    "2010 declared as a server": (
        SMALL,
        {EX2: {"version": 2010, "roles": BOTH}},
        ["+ unknown-version at {}.version", *NOT_CHECKED],
    ),
    # Edge servers.
    "an Edge server of the organization's version": (SE_EDGE, {}, []),
    "an Edge server of 2019 with SE": (
        SE_EDGE,
        {"edge_servers.edge1.version": 2019},
        ["+ versions-need-updates at edge_servers.edge1.version"],
    ),
    "an Edge server of 2013 with SE": (
        SE_EDGE,
        {"edge_servers.edge1.version": 2013},
        ["+ edge-version-unsupported at edge_servers.edge1.version"],
    ),
    "an Edge server of 2013 with 2019": (
        edited(SE_EDGE, {"version": 2019}),
        {"edge_servers.edge1.version": 2013},
        ["+ versions-need-updates at edge_servers.edge1.version"],
    ),
    "an Edge server of the organization's version that a server excludes": (
        WITH_EDGE,
        {"sites.hq.servers.ex1.version": "se", "sites.hq.servers.ex1.roles": GONE},
        ["+ edge-version-unsupported at edge_servers.edge1"],
    ),
    "two Edge servers that exclude each other": (
        edited(SE_EDGE, {"version": 2016, "edge_servers.edge1.version": 2010}),
        {
            "edge_servers.edge2": {
                "network": "corp",
                "subscribed_site": "hq",
                "version": 2019,
            }
        },
        ["+ edge-version-unsupported at edge_servers.edge2.version"],
    ),
    "two Edge servers that do not": (
        edited(SE_EDGE, {"version": 2016, "edge_servers.edge1.version": 2013}),
        {
            "edge_servers.edge2": {
                "network": "corp",
                "subscribed_site": "hq",
                "version": 2019,
            }
        },
        ["+ versions-need-updates at edge_servers.edge2.version"],
    ),
    "what two versions need is said once": (
        edited(
            WITH_EDGE,
            {EX2: {"version": 2016}, "sites.hq.servers.ex1.own_group": True},
        ),
        {"edge_servers.edge1.version": 2016},
        [],
    ),
    # Needs (exchange-later.md 8).
    **{
        f"the need {need} of {version}": (
            edited(SMALL, {"version": version, "sites.hq.servers.ex1.own_group": True})
            if version == 2013
            else edited(SE, {"version": version}),
            {"additional_flows": [{"from": "mailbox", "to": "10.20.7.40", "need": need}]},
            [
                *([] if able else ["+ need-of-other-servers at additional_flows.0.need"]),
            ],
        )
        for need, versions in {
            "emergency_mitigation": (2016, 2019, "se"),
            "feature_flighting": (2019, "se"),
            "graph": ("se",),
            "hybrid_modern_auth": (2013, 2016, 2019, "se"),
            "exchange_online": (2013, 2016, 2019, "se"),
        }.items()
        for version in (2013, 2016, 2019, "se")
        for able in [version in versions]
    },
    "a need of Mailbox servers, of Edge": (
        SE_EDGE,
        asked("edge", "emergency_mitigation"),
        ["+ need-of-other-servers at additional_flows.0.need"],
    ),
    "a need of every server, of Edge": (
        SE_EDGE,
        asked("edge", "certificate_checks"),
        [],
    ),
    "a need that one of the servers has": (
        edited(SE, {"version": 2016, EX2: {"version": 2019}}),
        asked("exchange", "feature_flighting"),
        [],
    ),
    # Witness servers.
    "one version behind a witness": (SE, {"witness_servers.w": {"address": "10.20.2.60"}}, []),
    "two versions behind a witness": (
        edited(SE, {EX2: {"version": 2019}}),
        {"witness_servers.w": {"address": "10.20.2.60"}},
        ["+ availability-group-of-several-versions at witness_servers.w"],
    ),
    "two versions, one of them behind a witness": (
        edited(SE, {**PARIS, "sites.paris.servers.ex3.version": 2019}),
        {"witness_servers.w": {"address": "10.20.2.60", "sites": ["paris"]}},
        [],
    ),
    "two versions of which one is Client Access alone": (
        edited(SE, {"version": 2016, EX2: {"version": 2013, "roles": ["client_access"]}}),
        {"witness_servers.w": {"address": "10.20.2.60"}},
        [],
    ),
    # Published servers.
    "published on a server without Client Access": (
        SPLIT,
        {"sites.hq.servers.mbx1.published": False},
        ["+ published-without-effect at sites.hq.servers.mbx1.published"],
    ),
    "published on a server with Client Access": (
        SPLIT,
        {"sites.hq.servers.cas1.published": True},
        [],
    ),
    "published on a site without Client Access": (
        SE,
        {"sites.rome": {"published": False}},
        ["+ published-without-effect at sites.rome.published"],
    ),
    "published on a site with Client Access": (
        edited(SE, PARIS),
        {"sites.paris.published": False},
        [],
    ),
    "clients of a site that is not published": (
        edited(SE, {**PARIS, "clients.c": {"to": ["paris"]}}),
        {"sites.paris.published": False},
        ["+ not-published at clients.c.to.0"],
    ),
    "clients of a site of which one server is published": (
        edited(SE, {**PARIS, "clients.c": {"to": ["paris"]}, "sites.paris.servers.ex4": {}}),
        {"sites.paris.published": False, "sites.paris.servers.ex4.published": True},
        [],
    ),
    "clients of a server that is not published": (
        edited(SE, {EX2: {"own_group": True}, "clients.c": {"to": ["ex2"]}}),
        {"sites.hq.servers.ex2.published": False},
        ["+ not-published at clients.c.to.0"],
    ),
    "mail to a site that is not published": (
        edited(SE, {**PARIS, "mail_flow.inbound": {"to": ["hq", "paris"]}}),
        {"sites.paris.published": False},
        ["+ not-published at mail_flow.inbound.to.1"],
    ),
    "nothing published, and clients": (
        edited(SE, {"clients.c": {}}),
        {"sites.hq.published": False},
        ["+ nothing-published at clients.c"],
    ),
    "nothing published, and mail": (
        edited(SE, {"mail_flow.inbound": {"from": "internet"}}),
        {"sites.hq.published": False},
        ["+ nothing-published at mail_flow.inbound"],
    ),
    "nothing published, and mail to Edge servers": (
        edited(SE_EDGE, {"mail_flow.inbound": {"from": "internet"}}),
        {"sites.hq.published": False},
        [],
    ),
    "nothing published, and nothing to reach": (SE, {"sites.hq.published": False}, []),
    "a relay to a server that is not published": (
        edited(SE, {"mail_flow.relays.r": {"from": "10.20.7.0/28"}}),
        {"sites.hq.published": False},
        [],
    ),
    # The Internet, to what is not published (V4).
    "from the Internet to a Client Access server": (
        SPLIT,
        {
            "additional_flows": [
                {"from": "internet", "to": "cas1", "ports": ["8443/tcp"], "reason": "r"}
            ]
        },
        [],
    ),
    "a witness of both sites by default": (
        TWO_VERSIONS,
        {"witness_servers.w": {"address": "10.20.9.60"}},
        ["+ availability-group-of-several-versions at witness_servers.w"],
    ),
    "a witness of a site with one version": (
        TWO_VERSIONS,
        {"witness_servers.w": {"address": "10.20.9.60", "sites": ["paris"]}},
        [],
    ),
    "a witness of a site with the other version": (
        TWO_VERSIONS,
        {"witness_servers.w": {"address": "10.20.9.60", "sites": ["hq"]}},
        [],
    ),
    "a witness of both sites": (
        TWO_VERSIONS,
        {"witness_servers.w": {"address": "10.20.9.60", "sites": ["hq", "paris"]}},
        ["+ availability-group-of-several-versions at witness_servers.w"],
    ),
    "a witness beside Client Access servers of another version": (
        edited(
            TWO_VERSIONS,
            {
                "sites.paris.servers.ex3": {"version": 2016},
                "version": 2016,
                "sites.hq.servers.cas1": {"roles": ["client_access"], "version": 2013},
            },
        ),
        {"witness_servers.w": {"address": "10.20.9.60"}},
        [],
    ),
    "from the Internet to one that is not published": (
        edited(SPLIT, {"sites.hq.servers.cas1.published": False}),
        {
            "additional_flows": [
                {"from": "internet", "to": "cas1", "ports": ["8443/tcp"], "reason": "r"}
            ]
        },
        ["+ risky-traffic at additional_flows.0"],
    ),
    "a public relay to a Client Access server": (
        SPLIT,
        {"mail_flow.relays.r": {"from": "198.51.100.7"}},
        [],
    ),
    "a public relay to one that is not published": (
        edited(SPLIT, {"sites.hq.servers.cas1.published": False}),
        {"mail_flow.relays.r": {"from": "198.51.100.7"}},
        ["+ risky-traffic at mail_flow.relays.r"],
    ),
    "a public relay to one that is not published, accepted": (
        edited(SPLIT, {"sites.hq.servers.cas1.published": False}),
        {"mail_flow.relays.r": {"from": "198.51.100.7", "accept_risk": True}},
        [],
    ),
    "a public relay to SE": (
        SE,
        {"mail_flow.relays.r": {"from": "198.51.100.7"}},
        ["+ risky-traffic at mail_flow.relays.r"],
    ),
}
