"""Findings about a hybrid deployment with Exchange Online.

Codes are permanent. Loaded where a hybrid deployment is declared. What any field may get wrong is among
`topology_kinds`, and what an endpoint snapshot may get wrong among `endpoint_kinds`.
"""

from functools import partial
from typing import Final

from exchange_ports.findings.finding import Kind, Severity

_warning = partial(Kind, severity=Severity.WARNING)

# ---- mail ----

MAIL_MISSING: Final = Kind(
    "hybrid-mail-missing",
    summary="The hybrid mode is `classic_full`, and no server exchanges mail with Exchange Online.",
    why="This mode includes mail between the organization and Exchange Online.",
    fix="Write `mail: edge`, or the sites or servers that were chosen for mail: `mail: [{site}]`. Without mail "
    "to Exchange Online, write `mode: classic_minimal`.",
)
MAIL_IN_MINIMAL: Final = Kind(
    "hybrid-mail-in-minimal",
    summary="The hybrid mode is `classic_minimal`, and `mail` is declared.",
    why="Minimal and Express Hybrid configure no mail between the organization and Exchange Online.",
    fix="Write `mode: classic_full`, or remove `mail`.",
)
MAIL_AT_BOTH: Final = Kind(
    "hybrid-mail-at-both",
    summary="Hybrid mail uses Edge servers ({edges}) and internal servers ({inside}).",
    why="If EdgeTransportServers is set, SendingTransportServers and ReceivingTransportServers must be empty "
    "(requirement V10).",
    fix="Name Edge servers only, or internal servers only.",
)
MAIL_WITHOUT_EDGE: Final = Kind(
    "hybrid-mail-without-edge",
    summary="Hybrid mail uses Edge servers, and {what}.",
    why="No server would {do} this mail.",
    fix="{fix}",
)
EDGE_UNSUBSCRIBED: Final = Kind(
    "hybrid-edge-unsubscribed",
    summary="{edge} exchanges mail with Exchange Online and has no Edge subscription.",
    why="The Hybrid Configuration wizard configures Edge servers through EdgeSync (requirement V10).",
    fix="Subscribe {edge} and write `subscribed_site: {site}`, or name another server for this mail.",
)
MX_AND_INTERNET: Final = _warning(
    "mail-bypasses-exchange-online",
    summary="The MX records point to Exchange Online, and inbound mail from the Internet is allowed to {who}.",
    why="Mail that is delivered to the organization directly bypasses the filters of Exchange Online. Mail of "
    "Exchange Online has its own rule (row H1).",
    fix="Remove this route of inbound mail, 72 hours after the change of the MX records at the earliest.",
)
CENTRALIZED_WITHOUT_MAIL: Final = Kind(
    "centralized-transport-without-mail",
    summary="Centralized mail transport is declared, and no server exchanges mail with Exchange Online.",
    why="The servers in `mail` send the mail of Exchange Online mailboxes to the Internet.",
    fix="Declare `mail`, or remove `centralized_transport`.",
)
CENTRALIZED_WITHOUT_OUTBOUND: Final = Kind(
    "centralized-transport-without-outbound",
    summary="Centralized mail transport is declared, and no Send connector sends mail to the outside.",
    why="All mail of Exchange Online mailboxes to the Internet would wait in the organization.",
    fix="Declare `mail_flow: {{outbound: {{through: {through}}}}}`, or remove `centralized_transport`.",
)

# ---- web services ----

REQUESTS_RESTRICTED: Final = _warning(
    "hybrid-requests-restricted",
    summary="Requests of Exchange Online are allowed from {what} only.",
    why="Microsoft does not publish the source addresses of these requests. Mailbox moves (MRS) and free/busy "
    "can come from other addresses and are then blocked.",
    fix="Write `from: internet`. If the sources must be restricted, first give the MRS proxy a name and a public "
    "address of its own. Then watch blocked connections, and acknowledge this warning.",
)
SERVER_VERSION: Final = _warning(
    "hybrid-server-version",
    summary="The hybrid servers have {version}, and the organization has {other} ({name}).",
    why="Microsoft does not support {version}-based hybrid deployments in such an organization "
    '("Hybrid deployment prerequisites").',
    fix="Publish Exchange Web Services on a server with {able}.",
)
WITHOUT_GRAPH: Final = _warning(
    "hybrid-without-graph",
    summary="{version} ({name}) cannot use Microsoft Graph for requests to Exchange Online.",
    why="EWS in Exchange Online ends in April 2027. Free/busy, MailTips and photos of Exchange Online then need "
    "Graph, which Exchange Server SE uses.",
    fix="Move to Exchange Server SE before April 2027. The rules stay the same (row H7).",
)
WITHOUT_CERTIFICATE_CHECKS: Final = _warning(
    "hybrid-without-certificate-checks",
    summary="No rule allows {who} to check whether certificates are revoked.",
    why="All hybrid modes need it. Revocation lists are known by host name only, so no rule is made for them.",
    fix="Add an additional flow such as `{{from: {source}, to: internet, need: certificate_checks{accept}}}`, or "
    "one to your proxy.",
)

# ---- the Hybrid Agent ----

AGENT_MISSING: Final = Kind(
    "agent-hosts-missing",
    summary="The hybrid mode is `modern`, and no host of the Hybrid Agent is declared.",
    why="In this mode, Exchange Online connects through the Hybrid Agent.",
    fix="Add the addresses of the hosts: `agent_hosts: [10.20.7.40]`. A declared server is named: "
    "`agent_hosts: [{server}]`.",
)
AGENT_IN_CLASSIC: Final = Kind(
    "agent-hosts-in-classic",
    summary="The hybrid mode is `{mode}`, and hosts of the Hybrid Agent are declared.",
    why="Classic modes do not use the Hybrid Agent.",
    fix="Remove `agent_hosts`, or write `mode: modern`.",
)
AGENT_ON_EDGE: Final = Kind(
    "agent-on-edge",
    summary="{server} is an Edge server and a host of the Hybrid Agent.",
    why="The Hybrid Agent runs on a Mailbox server (Exchange 2013: Client Access server) or on a host of its own "
    "that is a member of a domain.",
    fix="Name another host.",
)
AGENT_IN_INSTANCE: Final = Kind(
    "agent-not-in-instance",
    summary="The hybrid mode is `modern`, and the instance is {instance}.",
    why="The Hybrid Agent is not available in this instance of Microsoft 365.",
    fix="Write `mode: classic_full` or `mode: classic_minimal`.",
)
AGENT_WITH_MODERN_AUTHENTICATION: Final = Kind(
    "agent-with-modern-authentication",
    summary="Hybrid modern authentication is declared with the Hybrid Agent.",
    why="Microsoft does not support this combination.",
    fix="Remove `modern_authentication`, or choose a classic mode.",
)

KINDS: Final = tuple(each for each in tuple(globals().values()) if isinstance(each, Kind))
#: The codes of those that a topology may acknowledge.
HYBRID_WARNINGS: Final = frozenset(kind.code for kind in KINDS if kind.severity is Severity.WARNING)
