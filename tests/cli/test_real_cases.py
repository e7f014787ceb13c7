"""Stack files from real situations (`tests/fixtures/cases`): what the command line answers, and what it must not."""

import shlex
from typing import Final, NamedTuple

import pytest

from tests.support.command import run
from tests.support.paths import TESTS

FOLDER: Final = TESTS / "fixtures" / "cases"


class Answer(NamedTuple):
    """A command in the folder of the files, its exit code, texts of its answer, and texts that would be wrong."""

    command: str
    code: int
    has: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


#: With the state of the documented interruption on Azure.
_ADOPT: Final = (
    "adopt ../../../stacks/Pulumi.prod-azure.yaml --state ../adoption/azure/state.json --azure "
    "adopt-azure/asgs.json "
)

ANSWERS: Final = (
    # Azure: rules of others at a group that the state has, and rules that others changed.
    Answer(
        _ADOPT + "adopt-azure/nsgs.json",
        1,
        (
            "exchange-corp-internal AllowAll allow inbound all protocols from * to *, priority 101",
            "az network nsg rule delete --ids",
        ),
        ("Changed outside Pulumi",),
    ),
    Answer(
        _ADOPT + "adopt-azure/nsgs2.json",
        1,
        (
            "Changed outside Pulumi network security group exchange-corp-internal",
            "the rule in-2852-tcp-443-any-to-client-access.hq is deny inbound 443/tcp",
            "exchange-corp-internal AllowAll allow inbound all protocols from * to *, priority 101",
        ),
    ),
    # A prefix list of more entries than one call takes: at its creation, and at a change.
    Answer(
        "plan prefix-list-over-100.yaml",
        0,
        (
            "warning[created-over-limit] prefix list internet has 119 entries, and AWS allows 100",
            "fix: Declare fewer or larger `private_blocks`, or change them in several updates",
        ),
    ),
    # As it was: public blocks without a reason are refused, and the limit is said beside it.
    Answer(
        "plan prefix-list-public-blocks.yaml",
        2,
        (
            "error[public-private-block] `private_blocks` contains public addresses: 131.107.0.0/16",
            "warning[created-over-limit] prefix list internet has 119 entries, and AWS allows 100",
        ),
    ),
    Answer(
        "plan prefix-list-over-100.yaml --against prefix-list-before.yaml",
        1,
        ("prefix list internet (114 entries to add) needs 114 entries, and AWS allows 100",),
        ("Clean in",),
    ),
    Answer(
        "plan prefix-list-before.yaml --against prefix-list-over-100.yaml",
        1,
        ("prefix list internet (114 entries to remove) needs 114 entries",),
    ),
    Answer("plan prefix-list-before.yaml", 0, (), ("created-over-limit",)),
    # Inbound mail by two ways, and to one server: who is not named stays closed.
    Answer("check inbound-two-ways.yaml 192.0.2.25 edge1 25", 0, (": allowed",)),
    Answer("check inbound-two-ways.yaml inbound-mail hybrid1 25", 0, (": allowed",)),
    Answer("check inbound-two-ways.yaml 192.0.2.25 hybrid1 25", 1, (": blocked",)),
    Answer("prove inbound-two-ways.yaml", 0, ("Proved",)),
    Answer("check inbound-to-one-server.yaml 192.0.2.25 hybrid1 25", 0, (": allowed",)),
    Answer("check inbound-to-one-server.yaml 192.0.2.25 ex1 25", 1, (": blocked",)),
    Answer("prove inbound-to-one-server.yaml", 0, ("Proved",)),
    Answer(
        "explain inbound-two-ways.yaml 25",
        0,
        (
            "topology.mail_flow.inbound[1]",
            "topology.mail_flow.inbound[0]",
        ),
    ),
    # Two addresses of an internal server: a replication network.
    Answer("prove two-addresses.yaml", 0, ("Proved",)),
    Answer("check two-addresses.yaml 10.20.50.11 10.20.50.12 64327", 0, (": allowed",)),
    Answer("check two-addresses.yaml 10.20.2.10 10.20.50.12 any", 0, (": allowed",)),
    Answer("check two-addresses.yaml 10.20.3.9 10.20.50.12 64327", 1, (": blocked",)),
    Answer("handover two-addresses.yaml", 0, ("10.20.0.11, 10.20.50.11, 10.20.0.12, 10.20.50.12",)),
    # An Edge server of 2016: the same rows.
    Answer("prove edge-2016.yaml", 0, ("Proved",)),
    Answer("check edge-2016.yaml ex1 edge1 50636", 0, (": allowed",)),
    Answer("check edge-2016.yaml edge1 ex1 25", 0, (": allowed",), ("older-edge-delivery-port",)),
    # Text in brackets that needs quotes: the line, and why.
    Answer(
        "plan flow-style-colon.yaml",
        2,
        ("flow-style-colon.yaml:5", "Quote the value", "a colon and a space in it"),
        ("column",),
    ),
    Answer(
        "plan flow-style-hash.yaml",
        2,
        ("flow-style-hash.yaml:5", "Quote the value", "a space and `#` start a comment"),
        ("column",),
    ),
    Answer(
        "plan flow-style-ipv6.yaml",
        2,
        ("flow-style-ipv6.yaml:6", "Quote the value", "begins with a colon"),
        ("column",),
    ),
    # A host name cannot be in a rule.
    Answer(
        "plan smart-host-by-name.yaml",
        2,
        ('"smtp.example.net" is a host name', "match IP addresses only"),
        ("smtp.example.net is not an address",),
    ),
    # The encrypted port alone: as the file shows, and what leads there.
    Answer("check imaps-only.yaml internet ex1 993", 0, (": allowed",)),
    Answer("check imaps-only.yaml internet ex1 143", 1, (": blocked",)),
    Answer("plan imaps-by-name.yaml", 2, ("service_ports: {imap: [993/tcp]}",), ("Did you mean",)),
    # An Edge server without a subscription, and the key that leads there.
    Answer(
        "plan edge-with-mail-site.yaml",
        0,
        ("warning[edge-unsubscribed] edge1 exchanges mail with site munich",),
    ),
    Answer(
        "plan edge-with-site.yaml",
        2,
        (
            "`manual_connectors_site` - The site with which it exchanges mail through manually created",
            "`subscribed_site` - The Active Directory site to which it is subscribed, with EdgeSync",
        ),
        ("Did you mean",),
    ),
    # Nearly ports, and an address of one link: nothing that was written is lost.
    Answer(
        "plan ports-nearly.yaml",
        2,
        (
            "fix: Write `ports: [10000/tcp]`.",
            "fix: Write `ports: [135/tcp, 445/tcp]`.",
            "fix: Write `ports: [1-65535/tcp]`.",
            "The range is link-local",
        ),
        ("443/tcp", "fe80::1%eth0 is not"),
    ),
    # A renamed site: `id` keeps its groups.
    Answer(
        "plan rename-without-id.yaml --against rename-before.yaml",
        1,
        ("site hq looks renamed to headquarters: add id: hq to sites.headquarters",),
    ),
    Answer(
        "diff rename-before.yaml rename-without-id.yaml",
        0,
        ("Site hq looks renamed to headquarters: add id: hq to sites.headquarters",),
    ),
    Answer(
        "diff rename-before.yaml rename-without-id.yaml --format markdown",
        0,
        ("Site `hq` looks renamed to `headquarters`: add `id: hq` to `sites.headquarters`",),
    ),
    Answer("diff rename-before.yaml rename-with-id.yaml", 0, (), ("looks renamed",)),
    Answer("plan rename-with-id.yaml --against rename-before.yaml", 0, (), ("looks renamed",)),
)


@pytest.mark.parametrize("case", ANSWERS, ids=[case.command for case in ANSWERS])
def test_real_case_gets_its_answer(case: Answer) -> None:
    ran = run(*shlex.split(case.command), folder=FOLDER)
    answer = " ".join((ran.stdout + ran.stderr).decode().split())
    assert ran.returncode == case.code, answer
    assert [text for text in case.has if text not in answer] == [], answer
    assert [text for text in case.never if text in answer] == [], answer
