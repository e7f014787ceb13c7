"""A written history of two environments: edits as people make them, the dangerous ones among them.

Each edit follows the one before it. What the comment says of each is a golden in
`tests/goldens/history/`, under the edit's name.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

__all__ = ["EDITS", "START", "Edit", "states"]

_AWS: Final = "stacks/Pulumi.aws.yaml"
_AZURE: Final = "stacks/Pulumi.azure.yaml"
_WEST: Final = "stacks/Pulumi.west.yaml"
_LAB: Final = "stacks/Pulumi.lab.yaml"
_HERE: Final = Path(__file__).parent / "history"

START: Final = {
    _AWS: (_HERE / "Pulumi.aws.yaml").read_text("utf-8"),
    _AZURE: (_HERE / "Pulumi.azure.yaml").read_text("utf-8"),
}


@dataclass(frozen=True)
class Edit:
    """One commit: what is written in place of what, by file."""

    name: str
    changes: Mapping[str, tuple[tuple[str, str], ...]] = field(
        default_factory=dict[str, tuple[tuple[str, str], ...]]
    )
    #: Whole files; None takes one away.
    files: Mapping[str, str | None] = field(default_factory=dict[str, str | None])
    #: A file's new name.
    renames: Mapping[str, str] = field(default_factory=dict[str, str])


_FLOWS: Final = "    additional_flows:\n"
_CAS2: Final = "          cas2: {roles: [client_access], address: 10.20.1.11}\n"
_MBX3: Final = "mbx3: {roles: [mailbox], address: 10.20.0.22}"
_IMAP: Final = ("[https, smtp_submission]", "[https, smtp_submission, imap]")
_EDGE2: Final = "      edge2: {network: corp, address: 10.20.240.6, subscribed_site: hq, edgesync_except: [mbx3]}\n"
_EDGE2_INSIDE: Final = "          edge2: {roles: [client_access], address: 10.20.240.6}\n"

EDITS: Final = (
    Edit("imap-for-everyone", {_AWS: (_IMAP,), _AZURE: (_IMAP,)}),
    Edit(
        "only-tidied-up",
        {
            _AWS: (
                (
                    "      paris:\n",
                    "      # The branch in France.\n      paris-1:\n        id: paris\n",
                ),
                (f"{_CAS2}          mbx1", "          mbx1"),
                (_MBX3, f"{_MBX3}\n{_CAS2.rstrip()}"),
            )
        },
    ),
    Edit(
        "a-mailbox-server-more",
        {_AWS: ((_MBX3, f"{_MBX3}\n          mbx4: {{roles: [mailbox], address: 10.20.1.22}}"),)},
    ),
    Edit(
        "edgesync-to-the-whole-site",
        {
            _AWS: (
                (
                    "10.20.240.5, subscribed_site: hq, edgesync_except: [mbx3]",
                    "10.20.240.5, subscribed_site: hq",
                ),
                (
                    "10.20.240.6, subscribed_site: hq, edgesync_except: [mbx3]",
                    "10.20.240.6, subscribed_site: hq",
                ),
            )
        },
    ),
    Edit(
        "anyone-to-mailbox",
        {
            _AZURE: (
                (
                    _FLOWS,
                    f"{_FLOWS}      - {{from: 0.0.0.0/0, to: mailbox@hq, ports: [25/tcp], "
                    "reason: scanners send without authentication, accept_risk: true, owner: Print team}\n",
                ),
            )
        },
    ),
    Edit(
        "every-protocol-from-edge",
        {
            _AWS: (
                (
                    _FLOWS,
                    f"{_FLOWS}      - {{from: edge, to: 10.20.6.10, ports: [any], "
                    "reason: backup agent, accept_risk: true, ticket: MAIL-311, "
                    'review_by: "2027-03-31"}\n',
                ),
            )
        },
    ),
    Edit(
        "edge-becomes-client-access",
        {_AZURE: ((_EDGE2, ""), (_CAS2, f"{_CAS2}{_EDGE2_INSIDE}"))},
    ),
    Edit(
        "and-becomes-edge-again",
        {_AZURE: ((_EDGE2_INSIDE, ""), ("    clients:\n", f"{_EDGE2}    clients:\n"))},
    ),
    Edit(
        "a-server-takes-another-role",
        {_AWS: ((_MBX3, _MBX3.replace("[mailbox]", "[client_access, mailbox]")),)},
    ),
    Edit(
        # The new server takes its groups before the old rule is gone: two steps.
        "administration-is-narrowed-while-a-server-comes",
        {
            _AWS: (
                (
                    "          ex1: {roles",
                    "          ex2: {roles: [client_access, mailbox], address: 10.20.8.12}\n"
                    "          ex1: {roles",
                ),
                ("from: 10.20.6.0/24, to: exchange", "from: 10.20.6.64/26, to: exchange"),
            )
        },
    ),
    Edit(
        "branches-leave-and-azure-is-called-west",
        {
            _AWS: (("      branches: {from: [10.64.0.0/12], services: [https, imap]}\n", ""),),
            _AZURE: (("10.64.0.0/12", "10.64.0.0/13"),),
        },
        renames={_AZURE: _WEST},
    ),
    Edit(
        "other-words-for-the-same",
        {_AWS: (("ticket: MAIL-311", "ticket: MAIL-402"), ("10.20.240.5,", "10.20.240.7,"))},
    ),
    Edit(
        "a-lab-comes",
        files={
            _LAB: """\
config:
  exchange-ports:networks:
    lab: {vpc_id: vpc-0f1e2d3c4b5a69788}
  exchange-ports:topology:
    organization: lab
    networks: {lab: {platform: aws, internal: [10.30.0.0/24]}}
    sites:
      lab:
        network: lab
        servers: {ex1: {roles: [client_access, mailbox], address: 10.30.0.11}}
        domain_controllers: {addresses: [10.30.0.5]}
    clients:
      testers: {from: [10.30.9.0/24], services: [https]}
    name_servers: {internal: domain_controllers}
"""
        },
    ),
    Edit("the-lab-goes", files={_LAB: None}),
)


def states() -> Iterator[tuple[Edit, dict[str, str | None]]]:
    """Each edit with the files as they are after it; None is one that is gone."""
    now: dict[str, str | None] = dict(START)
    for edit in EDITS:
        for file, several in edit.changes.items():
            text = now[file]
            assert text is not None
            for old, new in several:
                assert text.count(old) == 1, (edit.name, old)
                text = text.replace(old, new)
            now[file] = text
        for old, new in edit.renames.items():
            now[new], now[old] = now[old], None
        now |= edit.files
        yield edit, now
        now = {file: text for file, text in now.items() if text is not None}
