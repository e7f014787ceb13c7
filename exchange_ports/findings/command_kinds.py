"""What can be wrong or unwise beside what a file says: plans over limits, what commands get, what exists."""

from functools import partial
from typing import Final

from exchange_ports.findings.finding import Kind, Severity

_warning = partial(Kind, severity=Severity.WARNING)

# ---- plans ----

OVER_LIMIT: Final = Kind(
    "over-limit",
    summary="{where} needs {used} {what}, and {cloud} allows {most} per {per}",
    why="{cloud} refuses what is over its limit, half-way through an update{largest}",
    fix="{way_out}",
)
NEAR_LIMIT: Final = _warning(
    "near-limit",
    summary="{where} takes {used} of the {most} {what} that {cloud} allows per {per}",
    why="soon something more will not fit, and {cloud} refuses it half-way through an "
    "update{largest}",
    fix="{way_out}",
)
CREATED_OVER_LIMIT: Final = _warning(
    "created-over-limit",
    summary="{where} has {used} {what}, and {cloud} allows {most} per {per}",
    why="{cloud} refuses to create it with all of them; where it exists already, nothing is wrong",
    fix="{way_out}",
)
PROBES_OVER_LIMIT: Final = Kind(
    "probes-over-limit",
    summary="sender reputation's direct probes do not fit: {where} needs {used} {what}, and {cloud} "
    "allows {most} per {per}",
    why="{ports} are {ranges} ranges of ports, each to {prefixes} prefixes; {fit}",
    fix="set a proxy, set `sender_reputation: disabled`, or {way_out}",
)
QUOTA_TOO_HIGH: Final = Kind(
    "quota-too-high", summary="{asked} is more than AWS grants", why="{why}", fix="{fix}"
)
NAME_TOO_LONG: Final = Kind(
    "name-too-long",
    summary="the name {name} has {length} of at most {most} characters",
    why="{cloud} refuses longer names, and the name is made of the names declared here",
    fix="shorten the network's, site's or server's name, or the component's",
)

# ---- flows as they result from all fields ----

#: Of planning, so that a limit that the blocks are over is said beside it.
PUBLIC_PRIVATE_BLOCK: Final = Kind(
    "public-private-block",
    summary="private blocks hold public addresses: {ranges}",
    why="`internet` is every address outside the blocks, so these would be taken for hosts of the "
    "organization",
    fix="declare only the blocks that the organization uses; where it uses public addresses inside, add "
    "`accept_risk: {{private_blocks: why it must be}}`",
)
UNUSED_ACCEPT_RISK: Final = _warning(
    "unused-accept-risk",
    summary="`accept_risk` of {field} has no effect",
    why="nothing that it allows is risky, and the next edit that is would be accepted in advance",
    fix="remove it",
)
OWN_SERVER_BY_ADDRESS: Final = Kind(
    "own-server-by-address",
    summary="{field} names the address {address}, which is the address of {server}",
    why="rules for the flow would be at one end only, so {server} would block it",
    fix="{fix}",
)
RANGE_WITHOUT_FAMILY: Final = _warning(
    "range-without-family",
    summary="{ranges}: {family} only, and no zone of {networks} has {family} addresses",
    why="no packet goes from one IP version to the other, so its rules match no traffic",
    fix="remove it, or declare the {family} ranges of the network's zones",
)
SOURCE_TRANSLATED: Final = _warning(
    "source-translated",
    summary="{server} in {network} accepts connections from {who}, and address translation replaces their "
    "source",
    why="connections arrive from the address of the device that translates, which no rule allows, so they "
    "are blocked",
    fix="declare the addresses that the device uses as source in {field}; where it keeps the source, "
    "acknowledge this",
)

FLOW_KINDS: Final = (
    PUBLIC_PRIVATE_BLOCK,
    UNUSED_ACCEPT_RISK,
    OWN_SERVER_BY_ADDRESS,
    RANGE_WITHOUT_FAMILY,
    SOURCE_TRANSLATED,
)

PLAN_KINDS: Final = (
    OVER_LIMIT,
    NEAR_LIMIT,
    CREATED_OVER_LIMIT,
    PROBES_OVER_LIMIT,
    QUOTA_TOO_HIGH,
    NAME_TOO_LONG,
    *FLOW_KINDS,
)

#: The codes of those that a topology may acknowledge.
WARNINGS: Final = frozenset(kind.code for kind in PLAN_KINDS if kind.severity is Severity.WARNING)

# ---- commands ----

CANNOT_READ: Final = Kind(
    "cannot-read-file",
    summary="Cannot read {file}",
    why="{why}",
    fix="name a stack file, such as stacks/Pulumi.dev.yaml",
)
NO_PROJECT: Final = Kind(
    "no-project",
    summary="Cannot find the Pulumi program of {file}",
    why="there is no Pulumi.yaml beside it or above it",
    fix="run it on a stack file inside a Pulumi project",
)
MISSING_EXTRA: Final = Kind(
    "missing-extra",
    summary="Cannot run the program: {module} is not installed",
    why="exchange-ports needs a cloud's SDK only for `preview` and `pulumi up`",
    fix='install it with pip install "exchange-ports[aws]" or "exchange-ports[azure]"',
)
PROGRAM_FAILED: Final = Kind(
    "program-failed",
    summary="Cannot preview: the program failed",
    why="{why}",
    fix="mend the program; the text above is what `pulumi up` would show",
)
UNKNOWN_ENDPOINT: Final = Kind(
    "unknown-endpoint",
    summary="Cannot ask about {end}: nothing is called so, and it is no address",
    why="{known}",
    fix="{fix}",
)
SAME_ENDPOINTS: Final = Kind(
    "same-endpoints",
    summary="Cannot ask what passes from {source} to {destination}",
    why="{why}",
    fix="name two different ends",
)
NO_REVISION: Final = Kind(
    "no-revision",
    summary="Cannot read {revision} from git",
    why="{why}",
    fix="name a commit, branch or tag that `git rev-parse --verify` finds in this repository",
)
NOTHING_TO_COMPARE: Final = Kind(
    "nothing-to-compare",
    summary="Cannot compare: {got}",
    why="an old side is needed and a new one: two files, or files and a revision",
    fix="`diff OLD NEW`, or `diff --against REVISION [FILE...]`",
)
CANNOT_WRITE: Final = Kind(
    "cannot-write-file",
    summary="Cannot write {file}",
    why="{why}",
    fix="name a file in a folder that is there and may be written to",
)
NO_FREE_ADDRESS: Final = Kind(
    "no-free-address",
    summary="Cannot give every server an address: {why}",
    why="each site gets 32 addresses of the internal range, and each Edge Transport server one of the perimeter's",
    fix="name a larger range by --internal or --perimeter, or fewer sites or servers",
)
BAD_AS_OF: Final = Kind(
    "bad-as-of", summary="Cannot take {text} for a day", why="{why}", fix="{fix}"
)
REVIEW_OVERDUE: Final = Kind(
    "review-overdue",
    summary="the additional flow {flow} was to be reviewed by {review}, {ago}",
    why="what nobody looks at again stays open{accepted}, needed or not",
    fix="ask {owner}{ticket}: set a later `review_by` where it is still needed, else delete the flow",
)

# ---- adopting what exists ----

CANNOT_READ_OUTPUT: Final = Kind(
    "cannot-read-output",
    summary="Cannot read {file}",
    why="{why}",
    fix="give the whole output, as JSON, of {commands}",
)
WRONG_OUTPUT: Final = Kind(
    "wrong-output",
    summary="{file} is not what adopt reads there: {wrong}",
    why="what exists is compared field by field, and nothing is guessed",
    fix="{fix}",
)
INCOMPLETE_OUTPUT: Final = Kind(
    "incomplete-output",
    summary="{what} is not whole: {missing}",
    why="what is not listed would count as not there, and an update would make it again",
    fix="{fix}",
)
OTHER_LOCATION: Final = Kind(
    "other-location",
    summary="{what} is of another place: {where}",
    why="what exists in one place says nothing about what exists in another",
    fix="{fix}",
)
NOT_IN_PLAN: Final = Kind(
    "not-in-plan",
    summary="Cannot adopt {name}: {what}",
    why="only what the stack file needs can be adopted, each thing once",
    fix="{fix}",
)

ADOPTION_KINDS: Final = (
    CANNOT_READ_OUTPUT,
    WRONG_OUTPUT,
    INCOMPLETE_OUTPUT,
    OTHER_LOCATION,
    NOT_IN_PLAN,
)

KINDS: Final = tuple(each for each in tuple(globals().values()) if isinstance(each, Kind))
