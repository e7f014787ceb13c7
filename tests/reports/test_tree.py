"""The tree of resources reads as that of `pulumi preview`."""

import subprocess
import sys
from dataclasses import dataclass
from typing import Final

import pytest

from exchange_ports import offline
from exchange_ports.offline import record
from exchange_ports.reports import preview_report
from exchange_ports.reports.preview_report import (
    diagnostics_lines,
    display_type,
    outputs_lines,
    resource_tree,
    summary_lines,
)
from tests.support.paths import PROGRAMS


@dataclass(frozen=True)
class One:
    urn: str
    type: str
    name: str
    parent: str | None = None
    read: bool = False


@dataclass(frozen=True)
class Message:
    severity: str
    message: str
    urn: str | None = None


# Not in order, as a program may register them.
RESOURCES: Final = (
    One("urn:f", "exchange-ports:index:ExchangeFirewall", "exchange", "urn:the-stack"),
    One("urn:f$n2", "exchange-ports:index:AwsNetwork", "exchange-west", "urn:f"),
    One("urn:f$n1", "exchange-ports:index:AwsNetwork", "exchange-corp", "urn:f"),
    One(
        "urn:f$n1$rule",
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        "in",
        "urn:f$n1",
    ),
    One("urn:f$n1$group", "aws:ec2/securityGroup:SecurityGroup", "mailbox.hq", "urn:f$n1"),
    One("urn:f$n2$group", "aws:ec2/securityGroup:SecurityGroup", "edge", "urn:f$n2"),
    One("urn:a", "aws:ec2/vpc:Vpc", "shared", "urn:the-stack", read=True),
)


def test_the_tree_is_that_of_the_cli() -> None:
    assert resource_tree(RESOURCES, "exchange-ports", "dev") == [
        "     Type                                       Name                Plan",
        " +   pulumi:pulumi:Stack                        exchange-ports-dev  create",
        " >   ├─ aws:ec2:Vpc                             shared              read",
        " +   └─ exchange-ports:index:ExchangeFirewall   exchange            create",
        " +      ├─ exchange-ports:index:AwsNetwork      exchange-corp       create",
        " +      │  ├─ aws:ec2:SecurityGroup             mailbox.hq          create",
        " +      │  └─ aws:vpc:SecurityGroupIngressRule  in                  create",
        " +      └─ exchange-ports:index:AwsNetwork      exchange-west       create",
        " +         └─ aws:ec2:SecurityGroup             edge                create",
    ]


def test_messages_are_counted_beside_what_they_are_about() -> None:
    reported = [
        Message("warning", "one"),
        Message("warning", "two"),
        Message("info", "three"),
        Message("error", "four", "urn:a"),
        Message("warning", "five", "urn:a"),
    ]
    lines = resource_tree(RESOURCES[-1:], "p", "dev", reported)
    assert lines == [
        "     Type                 Name    Plan       Info",
        " +   pulumi:pulumi:Stack  p-dev   create     2 warnings; 1 message",
        " >   └─ aws:ec2:Vpc       shared  read       1 error; 1 warning",
    ]


def test_nothing_registered_is_a_stack_alone() -> None:
    assert resource_tree([], "p", "dev") == [
        "     Type                 Name   Plan",
        " +   pulumi:pulumi:Stack  p-dev  create",
    ]
    assert summary_lines([]) == ["Resources:", "    + 1 to create"]


def test_the_count_is_of_what_is_to_be_made_and_the_stack() -> None:
    assert summary_lines(RESOURCES) == ["Resources:", "    + 7 to create"]


@pytest.mark.parametrize(
    "token, shown",
    [
        ("aws:ec2/securityGroup:SecurityGroup", "aws:ec2:SecurityGroup"),
        ("aws:a/b/thing:Thing", "aws:a/b:Thing"),
        ("aws:ec2/other:SecurityGroup", "aws:ec2/other:SecurityGroup"),
        ("azure-native:network:NetworkSecurityGroup", "azure-native:network:NetworkSecurityGroup"),
        ("pulumi:providers:aws", "pulumi:providers:aws"),
        ("strange", "strange"),
    ],
)
def test_only_a_file_named_for_its_type_is_left_out(token: str, shown: str) -> None:
    assert display_type(token) == shown


def test_diagnostics_stand_by_resource_the_stack_first() -> None:
    reported = [
        Message("warning", "port 25 is blocked\nby the cloud\n", "urn:f$n1$group"),
        Message("error", "wrong"),
        Message("info", "so it is", "urn:f$n1$group"),
        Message("warning", "about nothing that is known", "urn:elsewhere"),
    ]
    assert diagnostics_lines(reported, RESOURCES, "p", "dev") == [
        "Diagnostics:",
        "  pulumi:pulumi:Stack (p-dev):",
        "    error: wrong",
        "    warning: about nothing that is known",
        "",
        "  aws:ec2:SecurityGroup (mailbox.hq):",
        "    warning: port 25 is blocked",
        "    by the cloud",
        "    so it is",
    ]
    assert diagnostics_lines([], RESOURCES, "p", "dev") == []


def test_outputs_are_nested_and_aligned_as_by_the_cli() -> None:
    outputs = {
        "servers": {"ex1": ["sg-1", "sg-2"], "edge1": [], "none": None},
        "zones": [{"name": "internal", "ports": [25, 2.5]}],
        "on": True,
        "id": 'a "quoted" text',
        "later": offline.UNKNOWN,
        "empty": [],
        "nothing": None,
        "__internal": "no",
    }
    assert outputs_lines(outputs) == [
        "Outputs:",
        '    id     : "a \\"quoted\\" text"',
        "    later  : [unknown]",
        "    on     : true",
        "    servers: {",
        "        edge1: []",
        "        ex1  : [",
        '            [0]: "sg-1"',
        '            [1]: "sg-2"',
        "        ]",
        "        none : <null>",
        "    }",
        "    zones  : [",
        "        [0]: {",
        '            name : "internal"',
        "            ports: [",
        "                [0]: 25",
        "                [1]: 2.5",
        "            ]",
        "        }",
        "    ]",
    ]
    assert outputs_lines({}) == outputs_lines({"empty": {}}) == []


def test_a_secret_is_never_shown() -> None:
    outputs = {"password": "hunter2", "users": [{"name": "ex1", "key": "hunter3"}], "free": "yes"}
    assert outputs_lines(outputs, ["password", "users[0].key"]) == [
        "Outputs:",
        '    free    : "yes"',
        "    password: [secret]",
        "    users   : [",
        "        [0]: {",
        "            key : [secret]",
        '            name: "ex1"',
        "        }",
        "    ]",
    ]
    # Not even that it is empty.
    assert outputs_lines({"password": ""}, ["password"]) == ["Outputs:", "    password: [secret]"]


def test_no_text_reaches_the_terminal_as_a_command() -> None:
    evil = "\x1b[2J\u202e\x9b\n"
    one = One("urn:x", f"a:b:{evil}", evil, "urn:the-stack")
    lines = [
        *resource_tree([one], evil, evil),
        *diagnostics_lines([Message("warning", evil, "urn:x")], [one], "p", "dev"),
        *outputs_lines({evil: evil}),
    ]
    assert all(line.isprintable() for line in lines), lines


def test_a_recording_is_shown_as_it_is() -> None:
    recording = record(PROGRAMS / "component", project="sample", stack="dev", config={})
    assert resource_tree(recording.registrations, "sample", "dev", recording.logs) == [
        "     Type                                       Name                   Plan       Info",
        " +   pulumi:pulumi:Stack                        sample-dev             create",
        " +   ├─ pulumi:providers:aws                    west                   create",
        " +   └─ sample:index:Firewall                   mail                   create     1 warning",
        " +      └─ sample:index:Network                 mail-corp              create",
        " +         ├─ aws:ec2:SecurityGroup             mail-corp-exchange     create",
        " +         └─ aws:vpc:SecurityGroupIngressRule  mail-corp-exchange-in  create",
    ]
    assert outputs_lines(recording.outputs, recording.secret_outputs) == [
        "Outputs:",
        "    groups: {",
        '        corp: "mail-corp-exchange.id"',
        "    }",
    ]


def test_the_tree_needs_no_pulumi() -> None:
    code = "import sys, exchange_ports.reports.preview_report; print('pulumi' in sys.modules)"
    ended = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=PROGRAMS.parent.parent,
    )
    assert ended.stdout == "False\n"


def test_unknown_is_one_word_on_both_sides() -> None:
    assert preview_report._UNKNOWN == offline.UNKNOWN
