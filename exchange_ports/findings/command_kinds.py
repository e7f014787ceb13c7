"""Findings about plans and limits, the arguments of commands, and existing resources."""

from functools import partial
from typing import Final

from exchange_ports.findings.finding import Kind, Severity

_warning = partial(Kind, severity=Severity.WARNING)

# ---- plans ----

OVER_LIMIT: Final = Kind(
    "over-limit",
    summary="{where} needs {used} {what}, and {cloud} allows {most} per {per}.",
    why="{cloud} would reject the excess during the update{largest}.",
    fix="{way_out}.",
)
NEAR_LIMIT: Final = _warning(
    "near-limit",
    summary="{where} uses {used} of {most} {what} that {cloud} allows per {per}.",
    why="{cloud} rejects an update that exceeds the limit{largest}.",
    fix="{way_out}.",
)
CREATED_OVER_LIMIT: Final = _warning(
    "created-over-limit",
    summary="{where} has {used} {what}, and {cloud} allows {most} per {per}.",
    why="{cloud} would refuse to create it. If it exists already, no action is needed.",
    fix="{way_out}.",
)
PROBES_OVER_LIMIT: Final = Kind(
    "probes-over-limit",
    summary="The direct tests of sender reputation exceed a limit: {where} needs {used} {what}, and {cloud} allows {most} per {per}.",
    why="{ports} are {ranges} port ranges, each to {prefixes} prefixes; {fit}.",
    fix="Declare a proxy, write `sender_reputation: disabled`, or {way_out}.",
)
QUOTA_TOO_HIGH: Final = Kind(
    "quota-too-high",
    summary="{asked} is more than AWS grants.",
    why="{why}.",
    fix="{fix}.",
)
NAME_TOO_LONG: Final = Kind(
    "name-too-long",
    summary="The name {name} has {length} characters; the limit is {most}.",
    why="{cloud} rejects longer names. The name is built from the names in the topology.",
    fix="Shorten the name of the network, site or server, or of the component.",
)

# ---- flows that result from all fields ----

#: Found when planning, so that an exceeded limit is reported beside it.
PUBLIC_PRIVATE_BLOCK: Final = Kind(
    "public-private-block",
    summary="`private_blocks` contains public addresses: {ranges}.",
    why="`internet` is every address outside of these blocks, so these addresses count as internal.",
    fix="Declare only the blocks that the organization uses. If it uses public addresses internally, add "
    "`accept_risk: {{private_blocks: REASON}}`.",
)
UNUSED_ACCEPT_RISK: Final = _warning(
    "unused-accept-risk",
    summary="`accept_risk` of {field} has no effect.",
    why="The field allows no risky traffic. The entry would accept a later edit that does.",
    fix="Remove the entry.",
)
OWN_SERVER_BY_ADDRESS: Final = Kind(
    "own-server-by-address",
    summary="{field} contains the address {address}, which is the address of {server}.",
    why="The rules would exist at one end only, so {server} would block the traffic.",
    fix="{fix}.",
)
RANGE_WITHOUT_FAMILY: Final = _warning(
    "range-without-family",
    summary="{ranges} is an {family} range, and no zone of {networks} has {family} addresses.",
    why="IPv4 and IPv6 hosts cannot exchange packets, so its rules match no traffic.",
    fix="Remove the range, or declare the {family} ranges of the zones.",
)
SOURCE_TRANSLATED: Final = _warning(
    "source-translated",
    summary="{server} in {network} accepts connections from {who}, and address translation replaces their source.",
    why="The connections arrive with the address of the translating device, which no rule allows. They are blocked.",
    fix="Declare the source addresses of that device in {field}. If the device keeps the source, acknowledge this warning.",
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

#: What is unwise from a day on, which only a command with `--as-of` knows.
OUT_OF_SUPPORT: Final = Kind(
    "version-out-of-support",
    summary="Support for {version} ended on {ended}: {servers}{more}.",
    why="Microsoft publishes no security updates for it.",
    fix="Move to Exchange Server SE. See the table of versions in docs/versions.md.",
    severity=Severity.WARNING,
)
DATED_WARNINGS: Final = frozenset((OUT_OF_SUPPORT.code,))

# ---- commands ----

CANNOT_READ: Final = Kind(
    "cannot-read-file",
    summary="Cannot read {file}.",
    why="{why}.",
    fix="Name a stack file, such as `stacks/Pulumi.dev.yaml`.",
)
UNKNOWN_STACK: Final = Kind(
    "unknown-stack",
    summary='Unknown stack or file "{name}".',
    why="{why}.",
    fix="{fix}",
)
NO_PROJECT: Final = Kind(
    "no-project",
    summary="Cannot find the Pulumi program of {file}.",
    why="There is no project file, such as Pulumi.yaml, in its folder or in a folder above.",
    fix="Run the command on a stack file inside a Pulumi project.",
)
MISSING_EXTRA: Final = Kind(
    "missing-extra",
    summary="Cannot run the program: the package {module} is not installed.",
    why="The SDK of a cloud is needed only for `preview` and `pulumi up`.",
    fix='Run `pip install "exchange-ports[aws]"` or `pip install "exchange-ports[azure]"`.',
)
PROGRAM_FAILED: Final = Kind(
    "program-failed",
    summary="Cannot create a preview: the program failed.",
    why="{why}.",
    fix="Correct the program. The text above is what `pulumi up` would print.",
)
UNKNOWN_ENDPOINT: Final = Kind(
    "unknown-endpoint",
    summary='Unknown source or destination "{end}".',
    why="{known}.",
    fix="{fix}",
)
UNKNOWN_PORTS: Final = Kind(
    "unknown-ports",
    summary='Unknown port or service "{text}".',
    why="Ports are written `8443/tcp`. Services are {services}.",
    fix="{fix}",
)
SAME_ENDPOINTS: Final = Kind(
    "same-endpoints",
    summary="Cannot check traffic from {source} to {destination}.",
    why="{why}.",
    fix="Name two different ends.",
)
NO_REVISION: Final = Kind(
    "no-revision",
    summary="Cannot read {revision} from Git.",
    why="{why}.",
    fix="Name a commit, branch or tag that `git rev-parse --verify` finds in this repository.",
)
NOTHING_TO_COMPARE: Final = Kind(
    "nothing-to-compare",
    summary="Cannot compare: {got}.",
    why="A comparison needs an old and a new version: two files, or a revision and optionally files.",
    fix="Write `diff OLD NEW`, or `diff --against REVISION [FILE...]`.",
)
CANNOT_WRITE: Final = Kind(
    "cannot-write-file",
    summary="Cannot write {file}.",
    why="{why}.",
    fix="Name a file in an existing folder with write permission.",
)
NO_FREE_ADDRESS: Final = Kind(
    "no-free-address",
    summary="Cannot assign an address to each server: {why}.",
    why="Each site needs 32 addresses of the internal range, and each Edge server one address of the perimeter.",
    fix="Use a larger range (`--internal`, `--perimeter`), or fewer sites or servers.",
)
BAD_AS_OF: Final = Kind(
    "bad-as-of",
    summary='Invalid date "{text}".',
    why="{why}.",
    fix="{fix}.",
)
REVIEW_OVERDUE: Final = Kind(
    "review-overdue",
    summary="The review of the additional flow {flow} was due on {review}, {ago}.",
    why="A flow that is not reviewed stays open{accepted}, even if it is not needed.",
    fix="Ask {owner}{ticket}. Set a later `review_by` if the flow is needed; otherwise delete it.",
)

# ---- adopting existing resources ----

CANNOT_READ_OUTPUT: Final = Kind(
    "cannot-read-output",
    summary="Cannot read {file}.",
    why="{why}.",
    fix="Pass the complete JSON output of {commands}.",
)
WRONG_OUTPUT: Final = Kind(
    "wrong-output",
    summary="{file} has the wrong content: {wrong}.",
    why="`adopt` compares existing resources field by field and does not guess.",
    fix="{fix}.",
)
INCOMPLETE_OUTPUT: Final = Kind(
    "incomplete-output",
    summary="{what} is incomplete: {missing}.",
    why="A missing resource would count as nonexistent, and an update would create it again.",
    fix="{fix}.",
)
OTHER_LOCATION: Final = Kind(
    "other-location",
    summary="{what} belongs to another account, region or stack: {where}.",
    why="The resources of one location cannot be compared with the plan of another.",
    fix="{fix}.",
)
NOT_IN_PLAN: Final = Kind(
    "not-in-plan",
    summary="Cannot adopt {name}: {what}.",
    why="Only resources in the plan can be adopted, and each only once.",
    fix="{fix}.",
)

ADOPTION_KINDS: Final = (
    CANNOT_READ_OUTPUT,
    WRONG_OUTPUT,
    INCOMPLETE_OUTPUT,
    OTHER_LOCATION,
    NOT_IN_PLAN,
)

KINDS: Final = tuple(each for each in tuple(globals().values()) if isinstance(each, Kind))
